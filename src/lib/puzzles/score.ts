import { isSameGrid, type Grid } from './grid.ts';
import type { Puzzle } from './puzzle.ts';

/** How a grid compares with the one that was sought. */
export interface GridScore {
	/** Cells that are right; none where the sizes differ. */
	right: number;
	/** Cells of the grid that was sought. */
	of: number;
	/** The same size and all cells. */
	solved: boolean;
	/** The places of wrong cells, `[row, column]`; null where the sizes differ. */
	wrong: [number, number][] | null;
}

/** Compares cell by cell. */
export function scoreGrid(predicted: Grid | null | undefined, sought: Grid): GridScore {
	const of = sought.length * (sought[0]?.length ?? 0);
	if (!predicted || predicted.length !== sought.length || predicted[0]?.length !== sought[0]?.length)
		return { right: 0, of, solved: false, wrong: null };
	const wrong = sought.flatMap((cells, y) =>
		cells.flatMap((cell, x): [number, number][] => (predicted[y]?.[x] === cell ? [] : [[y, x]]))
	);
	return { right: of - wrong.length, of, solved: isSameGrid(predicted, sought), wrong };
}

/** The share of cells that are right, 0 to 1, over all tests; null where an answer is not known. */
export function scoreOf(predictions: readonly (Grid | null)[], { test }: Puzzle): number | null {
	const scores = test.map(({ output }, index) => output && scoreGrid(predictions[index], output));
	if (scores.some((score) => !score)) return null;
	const known = scores.filter((score) => score !== undefined);
	return known.reduce((sum, { right }) => sum + right, 0) / known.reduce((sum, { of }) => sum + of, 0);
}

/** A share from 0 to 1 as a percentage; only all is 100 %, and only nothing 0 %. */
export function percentText(share: number): string {
	if (share <= 0 || share >= 1) return `${Math.round(share * 100)} %`;
	return `${Math.min(99, Math.max(1, Math.round(share * 100)))} %`;
}
