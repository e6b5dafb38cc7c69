import { LARGEST_SIDE } from './grid.ts';

/** The cells of a row as models write them: numbers from 0 to 9, or a text of such digits; null when it is neither. */
export function cellsOf(value: unknown): number[] | null {
	const cells: unknown =
		typeof value === 'string' && /^[\d\s,]+$/.test(value) ? [...value.replaceAll(/[\s,]/g, '')].map(Number) : value;
	if (!Array.isArray(cells) || cells.length < 1 || cells.length > LARGEST_SIDE) return null;
	return cells.every(
		(cell: unknown): cell is number => Number.isInteger(cell) && Number(cell) >= 0 && Number(cell) <= 9
	)
		? cells
		: null;
}

/** Predicted grids as models write them, as lists of rows of numbers where they can be read so; one grid alone becomes the list of it. */
export function gridsOf(predictions: unknown): unknown {
	if (!Array.isArray(predictions)) return predictions;
	const grids: unknown[] =
		predictions.length > 0 && predictions.every((row) => cellsOf(row) !== null) ? [predictions] : predictions;
	return grids.map((rows) => (Array.isArray(rows) ? rows.map((row: unknown) => cellsOf(row) ?? row) : rows));
}
