import type { Grid } from './grid.ts';
import type { Puzzle } from './puzzle.ts';

/** Rows and columns. */
export type Size = [number, number];

const sizeOf = (grid: Grid): Size => [grid.length, grid[0]?.length ?? 0];
const isSame = (a: Size, b: Size) => a[0] === b[0] && a[1] === b[1];

/**
 * The size that a test's answer will probably have, for the room that is kept for it: that of the input where all pairs keep
 * it, that of the outputs where they have one; null where nothing can be said.
 */
export function expectedSize({ train, test }: Puzzle, index: number): Size | null {
	const outputs = train.map(({ output }) => sizeOf(output));
	const [first] = outputs;
	const asked = test[index];
	if (!first || !asked) return null;
	if (train.every(({ input, output }) => isSame(sizeOf(input), sizeOf(output)))) return sizeOf(asked.input);
	return outputs.every((size) => isSame(size, first)) ? first : null;
}
