import { at, blank, cellsOf, painted, flip, mirror, beside, above, neighbours } from './grids.mjs';

/** Inputs to puzzles, drawn by chance. */

/** Cells of any of the colours at chance places; `share` of them are not background. */
export function scatter(random, [height, width], colours, share) {
	return blank(height, width).map((row) => row.map(() => (random.chance(share) ? random.pick(colours) : 0)));
}

/** Every cell has one of the colours. */
export const noise = (random, size, colours) => scatter(random, size, colours, 1);

/** A size between the two, for both sides. */
export const anySize = (random, low, high) => [random.between(low, high), random.between(low, high)];

/** Puts shapes down so that no two touch, not even by a corner. `shapes` are `{ colour, cells }`, cells from 0, 0. */
export function placed(random, [height, width], shapes) {
	let grid = blank(height, width);
	for (const { colour, cells } of shapes) {
		const tall = Math.max(...cells.map(([y]) => y)) + 1;
		const wide = Math.max(...cells.map(([, x]) => x)) + 1;
		if (tall > height || wide > width) continue;
		for (let attempt = 0; attempt < 60; attempt++) {
			const top = random.between(0, height - tall);
			const left = random.between(0, width - wide);
			const there = cells.map(([y, x]) => [y + top, x + left]);
			if (!there.every((cell) => isFree(grid, cell))) continue;
			grid = painted(grid, there, colour);
			break;
		}
	}
	return grid;
}

const isFree = (grid, [y, x]) =>
	[-1, 0, 1].every((dy) => [-1, 0, 1].every((dx) => (at(grid, y + dy, x + dx) ?? 0) === 0));

/** A connected shape of so many cells. */
export function blob(random, count) {
	const cells = [[0, 0]];
	while (cells.length < count) {
		const [y, x] = random.pick(neighbours(random.pick(cells)));
		if (!cells.some(([row, column]) => row === y && column === x)) cells.push([y, x]);
	}
	const top = Math.min(...cells.map(([y]) => y));
	const left = Math.min(...cells.map(([, x]) => x));
	return cells.map(([y, x]) => [y - top, x - left]);
}

/** A full rectangle. */
export const block = (height, width) => cellsOf(blank(height, width, 1));

/** A rectangle's edge. */
export const ring = (height, width) =>
	block(height, width).filter(([y, x]) => y === 0 || x === 0 || y === height - 1 || x === width - 1);

/** Several shapes of different numbers of cells, each of a colour of its own where `colours` has enough. */
export function blobs(random, size, counts, colours) {
	const shapes = counts.map((count, index) => ({
		colour: colours[index % colours.length],
		cells: blob(random, count)
	}));
	return placed(random, size, shapes);
}

/** Four-fold symmetric, of twice the size. */
export function symmetric(random, [height, width], colours) {
	const quarter = noise(random, [height, width], colours);
	const half = beside(quarter, mirror(quarter));
	return above(half, flip(half));
}

/** A small pattern over and over. */
export function wallpaper(random, [height, width], [tall, wide], colours) {
	const tile = noise(random, [tall, wide], colours);
	return blank(height, width).map((row, y) => row.map((_, x) => tile[y % tall][x % wide]));
}
