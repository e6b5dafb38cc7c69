/** The most frequent colour, which is taken for the ground. */
export const GROUND = `function groundOf(grid) {
	const counts = new Array(10).fill(0);
	for (const cell of grid.flat()) counts[cell]++;
	return counts[0] > 0 ? 0 : counts.indexOf(Math.max(...counts));
}`;

/** The parts: cells beside each other that are not ground, as lists of [y, x, colour]. */
export const PARTS = `function partsOf(grid, oneColour, corners) {
	const ground = groundOf(grid);
	const seen = grid.map((row) => row.map((cell) => cell === ground));
	const parts = [];
	for (let y = 0; y < grid.length; y++)
		for (let x = 0; x < grid[0].length; x++) {
			if (seen[y][x]) continue;
			const part = [];
			const open = [[y, x]];
			seen[y][x] = true;
			while (open.length > 0) {
				const [a, b] = open.pop();
				part.push([a, b, grid[a][b]]);
				for (let i = a - 1; i <= a + 1; i++)
					for (let j = b - 1; j <= b + 1; j++) {
						if (!corners && i !== a && j !== b) continue;
						if (grid[i]?.[j] === undefined || seen[i][j]) continue;
						if (oneColour && grid[i][j] !== grid[a][b]) continue;
						seen[i][j] = true;
						open.push([i, j]);
					}
			}
			parts.push(part);
		}
	return parts;
}`;

/** The smallest rectangle around cells. */
export const BOX = `function boxOf(cells) {
	const ys = cells.map(([y]) => y);
	const xs = cells.map(([, x]) => x);
	return { top: Math.min(...ys), left: Math.min(...xs), bottom: Math.max(...ys), right: Math.max(...xs) };
}`;

export const CUT = `function cut(grid, { top, left, bottom, right }) {
	return grid.slice(top, bottom + 1).map((row) => row.slice(left, right + 1));
}`;

/** Ground that cannot be reached from the edge. */
export const ENCLOSED = `function enclosed(grid) {
	const ground = groundOf(grid);
	const outside = grid.map((row) => row.map(() => false));
	const open = [];
	const enter = (y, x) => {
		if (grid[y]?.[x] !== ground || outside[y][x]) return;
		outside[y][x] = true;
		open.push([y, x]);
	};
	grid.forEach((row, y) => row.forEach((_, x) => {
		if (y === 0 || x === 0 || y === grid.length - 1 || x === row.length - 1) enter(y, x);
	}));
	while (open.length > 0) {
		const [y, x] = open.pop();
		enter(y - 1, x);
		enter(y + 1, x);
		enter(y, x - 1);
		enter(y, x + 1);
	}
	return grid.map((row, y) => row.map((cell, x) => cell === ground && !outside[y][x]));
}`;

export const TRANSPOSE = `function transpose(grid) {
	return grid[0].map((_, x) => grid.map((row) => row[x]));
}`;
