import { PNG } from 'pngjs';
import type { Grid } from './grid.ts';

/** A picture of grids beside each other. */
export interface Picture {
	readonly bytes: Uint8Array;
	readonly mediaType: 'image/png';
	/** In pixels. */
	readonly width: number;
	readonly height: number;
}

type Colour = readonly [red: number, green: number, blue: number];

/** The colours of the ten cells, as people know them from ARC (https://arcprize.org). */
const COLOURS: readonly Colour[] = [
	[20, 20, 20],
	[0, 116, 217],
	[255, 65, 54],
	[46, 204, 64],
	[255, 220, 0],
	[170, 170, 170],
	[240, 18, 190],
	[255, 133, 27],
	[127, 219, 255],
	[135, 12, 37]
];
const PAPER: Colour = [255, 255, 255];
const LINE: Colour = [85, 85, 85];
const INK: Colour = [0, 0, 0];
const LIGHT_INK: Colour = [255, 255, 255];

/** Digits of 3 by 5 dots: five rows of three bits, the topmost first. */
const DIGITS = [0o75557, 0o26227, 0o71747, 0o71717, 0o55711, 0o74717, 0o74757, 0o71111, 0o75757, 0o75717];

/** Pixels: a cell's side at the least and at the most, what a whole grid should take, and what is between two grids and around all. */
const CELL = { least: 18, most: 40 };
const SIDE = 480;
const GAP = 48;
const MARGIN = 12;

/** Draws grids in a row with an arrow from one to the next, each cell in its colour and with its digit. */
export function pictureOf(...grids: Grid[]): Picture {
	const cell = cellFor(grids);
	const sizes = grids.map((grid) => ({ width: (grid[0]?.length ?? 0) * cell + 1, height: grid.length * cell + 1 }));
	const width = sizes.reduce((sum, size) => sum + size.width, 0) + GAP * (grids.length - 1) + 2 * MARGIN;
	const height = Math.max(...sizes.map((size) => size.height)) + 2 * MARGIN;
	const canvas = new Canvas(width, height);
	let left = MARGIN;
	for (const [index, grid] of grids.entries()) {
		if (index > 0) canvas.arrow(left - GAP + 10, Math.floor(height / 2), GAP - 20);
		// Beside a larger one it stands where the arrow leads.
		canvas.grid(grid, left, Math.floor((height - (sizes[index]?.height ?? 0)) / 2), cell);
		left += (sizes[index]?.width ?? 0) + GAP;
	}
	return { bytes: canvas.png(), mediaType: 'image/png', width, height };
}

function cellFor(grids: readonly Grid[]): number {
	const longest = Math.max(...grids.flatMap((grid) => [grid.length, grid[0]?.length ?? 0]));
	return Math.min(CELL.most, Math.max(CELL.least, Math.floor(SIDE / longest)));
}

class Canvas {
	readonly #png: PNG;

	constructor(width: number, height: number) {
		this.#png = new PNG({ width, height });
		this.fill([0, 0, width, height], PAPER);
	}

	/** Left, top, width and height. */
	fill([left, top, width, height]: readonly [number, number, number, number], colour: Colour): void {
		const { data, width: all } = this.#png;
		for (let y = top; y < top + height; y++)
			for (let x = left; x < left + width; x++) data.set([...colour, 255], 4 * (y * all + x));
	}

	grid(grid: Grid, left: number, top: number, cell: number): void {
		this.fill([left, top, (grid[0]?.length ?? 0) * cell + 1, grid.length * cell + 1], LINE);
		for (const [y, row] of grid.entries())
			for (const [x, value] of row.entries()) this.#cell(value, left + x * cell + 1, top + y * cell + 1, cell - 1);
	}

	arrow(left: number, middle: number, length: number): void {
		this.fill([left, middle - 1, length - 6, 3], LINE);
		for (let step = 0; step < 8; step++)
			this.fill([left + length - 8 + step, middle - 7 + step, 1, 15 - 2 * step], LINE);
	}

	png(): Uint8Array {
		return new Uint8Array(PNG.sync.write(this.#png));
	}

	/** Its digit tells it apart where its colour does not. */
	#cell(value: number, left: number, top: number, side: number): void {
		const colour = COLOURS[value] ?? PAPER;
		this.fill([left, top, side, side], colour);
		const dot = Math.max(1, Math.floor(side / 12));
		const ink = luminance(colour) > 0.35 ? INK : LIGHT_INK;
		const [x, y] = [left + Math.floor((side - 3 * dot) / 2), top + Math.floor((side - 5 * dot) / 2)];
		for (let bit = 0; bit < 15; bit++)
			if (((DIGITS[value] ?? 0) >> (14 - bit)) & 1)
				this.fill([x + (bit % 3) * dot, y + Math.floor(bit / 3) * dot, dot, dot], ink);
	}
}

/** 0 to 1, as eyes weigh the three. */
function luminance([red, green, blue]: Colour): number {
	return (0.2126 * red + 0.7152 * green + 0.0722 * blue) / 255;
}
