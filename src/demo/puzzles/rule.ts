/** Rows of cells from 0 to 9. */
export type Grid = number[][];

/** An example of what a puzzle does to a grid. */
export interface Pair {
	input: Grid;
	output: Grid;
}

/** What might turn each input into its output. */
export interface Rule {
	/** In words, to stand after "the rule: ". */
	rule: string;
	/** JavaScript that defines `function solve(grid)`. */
	program: string;
}

/** Rules of one kind, with what they need to know read from examples. */
export type Kind = (pairs: readonly Pair[]) => Rule[];

/** A rule whose program is the body of `solve`, after the functions that it uses. */
export function rule(words: string, body: string, ...uses: string[]): Rule {
	const lines = body.split('\n').map((line) => line && `\t${line}`);
	return {
		rule: words,
		program: `${uses.map((text) => `${text}\n\n`).join('')}function solve(grid) {\n${lines.join('\n')}\n}\n`
	};
}

/** Whether two grids are the same. */
export function same(a: Grid, b: Grid): boolean {
	return (
		a.length === b.length &&
		a.every((row, y) => row.length === b[y]?.length && row.every((cell, x) => cell === b[y]?.[x]))
	);
}

/** The colours of the outputs, the most frequent first: what a rule may paint with. */
export function outputColours(pairs: readonly Pair[]): number[] {
	const counts = new Map<number, number>();
	for (const cell of pairs.flatMap(({ output }) => output.flat())) counts.set(cell, (counts.get(cell) ?? 0) + 1);
	return [...counts].sort((a, b) => b[1] - a[1]).map(([cell]) => cell);
}

/** The number that all pairs agree on; null when they do not, or it is none. */
export function agreed(pairs: readonly Pair[], of: (pair: Pair) => number): number | null {
	const [first, ...others] = new Set(pairs.map(of));
	return first !== undefined && others.length === 0 && Number.isInteger(first) && first > 0 ? first : null;
}
