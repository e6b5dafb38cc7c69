/** What rules are made of: functions from grid to grid, and the things that lie in one. */
export const blank = (height, width, colour = 0) => Array.from({ length: height }, () => Array(width).fill(colour));
export const map = (grid, cell) => grid.map((row, y) => row.map((colour, x) => cell(colour, y, x)));
export const size = (grid) => [grid.length, grid[0].length];
export const at = (grid, y, x) => grid[y]?.[x];
export const same = (a, b) => JSON.stringify(a) === JSON.stringify(b);

export const transpose = (grid) => grid[0].map((_, x) => grid.map((row) => row[x]));
export const mirror = (grid) => grid.map((row) => row.toReversed());
export const flip = (grid) => grid.toReversed();
export const turnRight = (grid) => mirror(transpose(grid));
export const turnLeft = (grid) => flip(transpose(grid));
export const halfTurn = (grid) => flip(mirror(grid));

export const beside = (a, b) => a.map((row, y) => [...row, ...b[y]]);
export const above = (a, b) => [...a, ...b];
export const recolour = (grid, colours) => map(grid, (colour) => colours[colour] ?? colour);
export const enlarge = (grid, times) =>
	grid.flatMap((row) => Array.from({ length: times }, () => row.flatMap((colour) => Array(times).fill(colour))));
export const repeat = (grid, down, across) =>
	Array.from({ length: down }, () => grid.map((row) => Array(across).fill(row).flat())).flat();
export const fallDown = (grid) => transpose(transpose(grid).map(settled));
export const fallLeft = (grid) => grid.map((row) => settled(row.toReversed()).toReversed());
const settled = (line) => [...line.filter((colour) => colour === 0), ...line.filter((colour) => colour !== 0)];

/** How many cells each colour has, most first; equal ones in the order of their numbers. The background does not count. */
export function counts(grid) {
	const found = new Map();
	for (const colour of grid.flat()) if (colour !== 0) found.set(colour, (found.get(colour) ?? 0) + 1);
	return [...found].sort(([a, most], [b, more]) => more - most || a - b);
}

/** The part within the cells that are not background. */
export function crop(grid) {
	const cells = cellsOf(grid);
	return cut(grid, bounds(cells));
}

export const cut = (grid, { top, left, bottom, right }) =>
	grid.slice(top, bottom + 1).map((row) => row.slice(left, right + 1));

export const cellsOf = (grid) => grid.flatMap((row, y) => row.flatMap((colour, x) => (colour === 0 ? [] : [[y, x]])));

export function bounds(cells) {
	const rows = cells.map(([y]) => y);
	const columns = cells.map(([, x]) => x);
	return {
		top: Math.min(...rows),
		bottom: Math.max(...rows),
		left: Math.min(...columns),
		right: Math.max(...columns)
	};
}

export const neighbours = ([y, x]) => [
	[y - 1, x],
	[y + 1, x],
	[y, x - 1],
	[y, x + 1]
];

/** Cells that hang together by their sides and have one colour, as `{ colour, cells }`, in reading order. */
export function objects(grid) {
	const seen = new Set();
	const found = [];
	for (const [y, x] of cellsOf(grid)) {
		if (seen.has(`${y},${x}`)) continue;
		const colour = grid[y][x];
		found.push({ colour, cells: spread(grid, [[y, x]], colour, seen) });
	}
	return found;
}

function spread(grid, start, colour, seen) {
	const cells = [];
	const open = [...start];
	while (open.length > 0) {
		const cell = open.pop();
		const key = cell.join(',');
		if (seen.has(key) || at(grid, ...cell) !== colour) continue;
		seen.add(key);
		cells.push(cell);
		open.push(...neighbours(cell));
	}
	return cells;
}

/** Background that cannot be reached from the edge gets the colour. */
export function fillEnclosed(grid, colour) {
	const [height, width] = size(grid);
	const edge = grid.flatMap((row, y) =>
		row.flatMap((_, x) => (y === 0 || x === 0 || y === height - 1 || x === width - 1 ? [[y, x]] : []))
	);
	const outside = new Set();
	spread(grid, edge, 0, outside);
	return map(grid, (cell, y, x) => (cell === 0 && !outside.has(`${y},${x}`) ? colour : cell));
}

/** A copy in which the cells have the colour. */
export function painted(grid, cells, colour) {
	const copy = grid.map((row) => [...row]);
	for (const [y, x] of cells) if (at(copy, y, x) !== undefined) copy[y][x] = colour;
	return copy;
}

/** Background beside an object, corners too, gets the colour. */
export const outlined = (grid, colour) =>
	map(grid, (cell, y, x) =>
		cell === 0 && [-1, 0, 1].some((dy) => [-1, 0, 1].some((dx) => (at(grid, y + dy, x + dx) ?? 0) !== 0))
			? colour
			: cell
	);

/** Only the object alone, on background. */
export const only = (grid, { cells, colour }) => painted(blank(...size(grid)), cells, colour);
export const largest = (grid) => objects(grid).sort((a, b) => b.cells.length - a.cells.length)[0];
export const smallest = (grid) => objects(grid).sort((a, b) => a.cells.length - b.cells.length)[0];

/** Two cells of one colour in a line are joined through the background between them. */
export function connected(grid) {
	const along = (rows) =>
		rows.map((row) => {
			const filled = [...row];
			for (const [x, colour] of row.entries()) {
				const end = row.indexOf(colour, x + 1);
				if (colour === 0 || end === -1 || row.slice(x + 1, end).some((cell) => cell !== 0)) continue;
				filled.fill(colour, x, end);
			}
			return filled;
		});
	const across = along(grid);
	const down = transpose(along(transpose(grid)));
	return map(grid, (colour, y, x) => colour || across[y][x] || down[y][x]);
}

/** From each cell a line to both ends of its row, its column or its diagonals; cells that stand already stay. */
export function rays(grid, directions) {
	const drawn = grid.map((row) => [...row]);
	for (const [y, x] of cellsOf(grid))
		for (const [dy, dx] of directions)
			for (let step = 1; at(grid, y + dy * step, x + dx * step) !== undefined; step++)
				drawn[y + dy * step][x + dx * step] ||= grid[y][x];
	return drawn;
}
export const ACROSS = [
	[0, 1],
	[0, -1]
];
export const DOWN = [
	[1, 0],
	[-1, 0]
];
export const DIAGONAL = [
	[1, 1],
	[1, -1],
	[-1, 1],
	[-1, -1]
];
