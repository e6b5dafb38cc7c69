import { PNG } from 'pngjs';
import { expect, test } from 'vitest';
import type { Grid } from '$lib/puzzles/grid.ts';
import { pictureOf } from '$lib/puzzles/picture.server.ts';

const read = (...grids: Grid[]) => PNG.sync.read(Buffer.from(pictureOf(...grids).bytes));

function pixel({ data, width }: PNG, x: number, y: number): string {
	return data.subarray(4 * (y * width + x), 4 * (y * width + x) + 4).join(' ');
}

const all: Grid = [
	[0, 1, 2, 3, 4],
	[5, 6, 7, 8, 9]
];

test('TS-07 each cell is in its colour, and no two colours are the same', () => {
	const picture = read(all);
	const corners = all.flatMap((row, y) => row.map((_, x) => pixel(picture, 12 + x * 40 + 3, 12 + y * 40 + 3)));
	expect(new Set(corners).size).toBe(10);
	expect(corners[1]).toBe('0 116 217 255');
	expect(pixel(picture, 2, 2)).toBe('255 255 255 255');
});

test('TS-07 each cell has its digit, so that it can be told apart without colour', () => {
	const picture = read(all);
	const inks = all.flatMap((row, y) =>
		row.map((_, x) => {
			const [left, top] = [12 + x * 40 + 1, 12 + y * 40 + 1];
			const ground = pixel(picture, left + 2, top + 2);
			let dots = '';
			for (let dy = 10; dy < 29; dy++)
				for (let dx = 10; dx < 29; dx++) dots += pixel(picture, left + dx, top + dy) === ground ? '.' : '#';
			return dots;
		})
	);
	expect(new Set(inks).size).toBe(10);
	expect(inks.every((dots) => dots.includes('#'))).toBe(true);
});

test('TS-07 a pair is one picture, the input on the left; the largest grids fit into one that models take', () => {
	const pair = pictureOf([[1]], [[2]]);
	expect(pair).toMatchObject({ mediaType: 'image/png', width: 2 * 41 + 48 + 24, height: 41 + 24 });
	const picture = read([[1]], [[2]]);
	expect(pixel(picture, 12 + 3, 12 + 3)).toBe('0 116 217 255');
	expect(pixel(picture, 12 + 41 + 48 + 3, 12 + 3)).toBe('255 65 54 255');
	const largest: Grid = Array.from({ length: 30 }, () => new Array<number>(30).fill(7));
	const { width, height, bytes } = pictureOf(largest, largest);
	expect(Math.max(width, height)).toBeLessThan(1_600);
	expect(bytes.length).toBeLessThan(100_000);
});

test('TS-07 a small grid stands where the arrow from the larger one leads', () => {
	const picture = read([[1], [1], [1]], [[2]]);
	const [left, middle] = [12 + 41 + 48 + 3, Math.floor(picture.height / 2)];
	expect(pixel(picture, left, middle - 15)).toBe('255 65 54 255');
	expect(pixel(picture, left, 12 + 3)).toBe('255 255 255 255');
});

test('TS-07 the same grids give the same picture', () => {
	expect(pictureOf(all).bytes).toEqual(pictureOf(all).bytes);
});
