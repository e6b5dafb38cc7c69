import { z } from 'zod';

/** The side of the largest grid, as in ARC (https://arcprize.org). */
export const LARGEST_SIDE = 30;

const colour = z
	.int('A cell is a whole number from 0 to 9.')
	.min(0, 'A cell is a whole number from 0 to 9.')
	.max(9, 'A cell is a whole number from 0 to 9.');
const row = z
	.array(colour, 'A row is a list of cells.')
	.min(1, 'A row needs at least one cell.')
	.max(LARGEST_SIDE, `A row has at most ${LARGEST_SIDE} cells.`);

/** Rows of cells from 0 to 9, all rows of one length, at most 30 × 30. */
export const grid = z
	.array(row, { error: ({ input }) => (input === undefined ? 'This grid is missing.' : 'A grid is a list of rows.') })
	.min(1, 'A grid needs at least one row.')
	.max(LARGEST_SIDE, `A grid has at most ${LARGEST_SIDE} rows.`)
	.superRefine((rows, ctx) => {
		const width = rows[0]?.length ?? 0;
		const ragged = rows.findIndex(({ length }) => length !== width);
		if (ragged === -1) return;
		const cells = rows[ragged]?.length ?? 0;
		const message = `Row ${ragged + 1} has ${cells} ${cells === 1 ? 'cell' : 'cells'} and the first has ${width}: all rows need the same length.`;
		ctx.addIssue({ code: 'custom', path: [ragged], message });
	});
export type Grid = z.infer<typeof grid>;

/** Whether two grids have the same cells at the same places. */
export function isSameGrid(a: Grid, b: Grid): boolean {
	return a.length === b.length && a.every((cells, y) => sameCells(cells, b[y] ?? []));
}

function sameCells(a: readonly number[], b: readonly number[]): boolean {
	return a.length === b.length && a.every((cell, x) => cell === b[x]);
}

/** A grid as prompts write it: a row on each line, its cells apart by a space. */
export function gridText(rows: Grid): string {
	return rows.map((cells) => cells.join(' ')).join('\n');
}
