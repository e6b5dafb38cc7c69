/** The side of a cell in the units of the drawing. */
export const CELL = 10;

/** A row's cells from 0 to 9; null for one that is not there, or could not be read. */
export type Row = readonly number[] | null;

/** A grid as the paths of an SVG: one for all cells of a colour, one for all their marks. */
export interface Drawing {
	rows: number;
	columns: number;
	/** How many rows are still to come. */
	fills: { colour: number; path: string }[];
	marks: { colour: number; path: string }[];
	/** The lines between cells. */
	lines: string;
	/** Rows that are not there, by their index. */
	missing: number[];
}

/** Each colour's mark, as strokes that begin at a place of the cell; the background has none. */
const MARKS: readonly (readonly [number, number, string][])[] = [
	[],
	[[4.6, 5, 'h.8']],
	[[2.6, 5, 'h4.8']],
	[[5, 2.6, 'v4.8']],
	[[3, 7, 'l4-4']],
	[[3, 3, 'l4 4']],
	[
		[5, 2.6, 'v4.8'],
		[2.6, 5, 'h4.8']
	],
	[
		[3, 3, 'l4 4'],
		[3, 7, 'l4-4']
	],
	[[2.8, 5, 'a2.2 2.2 0 1 0 4.4 0a2.2 2.2 0 1 0-4.4 0']],
	[[5, 2.8, 'l2.4 4.2h-4.8z']]
];
/** A ring inside the cell's edge with two corners cut: the cell's own mark, in the middle, stays to be seen. */
const WRONG: readonly [number, number, string][] = [
	[0.9, 0.9, 'h8.2v8.2h-8.2z'],
	[0.9, 2.7, 'l1.8-1.8'],
	[7.3, 9.1, 'l1.8-1.8']
];

/** Draws the rows that there are in a place for `size` of them, or for as many as there are. */
export function drawingOf(rows: readonly Row[], size: readonly [number, number] | null = null): Drawing {
	const height = Math.max(rows.length, size?.[0] ?? 0, 1);
	const width = Math.max(1, ...rows.map((row) => row?.length ?? 0), rows.some(Boolean) ? 0 : (size?.[1] ?? 3));
	const places = rows.flatMap((row, y) => (row ?? []).map((colour, x) => ({ colour, y, x })));
	const colours = [...new Set(places.map(({ colour }) => colour))].sort((a, b) => a - b);
	const of = (colour: number) => places.filter((place) => place.colour === colour);
	return {
		...{ rows: height, columns: width },
		fills: colours.map((colour) => ({ colour, path: of(colour).map(square).join('') })),
		marks: colours.flatMap((colour) => {
			const strokes = MARKS[colour] ?? [];
			return strokes.length > 0
				? [
						{
							colour,
							path: of(colour)
								.map((place) => stroked(place, strokes))
								.join('')
						}
					]
				: [];
		}),
		lines: linesOf(rows, width),
		missing: Array.from({ length: height }, (_, y) => y).filter((y) => !rows[y])
	};
}

/** The rows or the columns, whichever are more. */
export function longestSide(rows: readonly Row[]): number {
	return Math.max(rows.length, ...rows.map((row) => row?.length ?? 0));
}

/** The mark of cells that are not what was sought, `[row, column]`. */
export function wrongPath(wrong: readonly (readonly [number, number])[]): string {
	return wrong.map(([y, x]) => stroked({ y, x }, WRONG)).join('');
}

interface Place {
	y: number;
	x: number;
}

const square = ({ y, x }: Place) => `M${x * CELL} ${y * CELL}h${CELL}v${CELL}h-${CELL}z`;

function stroked({ y, x }: Place, strokes: readonly [number, number, string][]): string {
	return strokes.map(([left, top, path]) => `M${rounded(x * CELL + left)} ${rounded(y * CELL + top)}${path}`).join('');
}

const rounded = (length: number) => Math.round(length * 10) / 10;

/** Around and between the cells of the rows that are there. */
function linesOf(rows: readonly Row[], width: number): string {
	const drawn = rows.flatMap((row, y) => (row ? [y] : []));
	const across = [...new Set(drawn.flatMap((y) => [y, y + 1]))].map((y) => `M0 ${y * CELL}h${width * CELL}`);
	const down = drawn.flatMap((y) => Array.from({ length: width + 1 }, (_, x) => `M${x * CELL} ${y * CELL}v${CELL}`));
	return [...across, ...down].join('');
}
