import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { compileFunction } from 'node:vm';
import { expect, test } from 'vitest';
import { rulesOf } from '../../../src/demo/puzzles/rules.ts';
import { root } from '../../../scripts/lib/project.mjs';
import { makePuzzles, puzzleFiles, puzzleRules } from '../../../scripts/make-puzzles.mjs';
import { isSameGrid, LARGEST_SIDE, type Grid } from '$lib/puzzles/grid.ts';
import { puzzle } from '$lib/puzzles/puzzle.ts';
import { shippedPuzzle, shippedPuzzles } from '$lib/puzzles/shipped.server.ts';

const all = shippedPuzzles();
const gridsOf = ({ train, test: tests }: (typeof all)[number]['puzzle']) => [
	...train.flatMap(({ input, output }) => [input, output]),
	...tests.flatMap(({ input, output }) => (output ? [input, output] : [input]))
];

test('TS-03 the generator with its seed makes the very files that ship', async () => {
	for (const [name, text] of Object.entries(await puzzleFiles()))
		expect(await readFile(join(root, 'src/lib/puzzles', name), 'utf8'), name).toBe(text);
	expect(makePuzzles('another seed')).not.toEqual(all);
});

test('TS-03 at least 48 puzzles ship, in five levels, each with an id and a title of its own', () => {
	expect(all.length).toBeGreaterThanOrEqual(48);
	expect(new Set(all.map(({ level }) => level))).toEqual(new Set([1, 2, 3, 4, 5]));
	expect(all.map(({ level }) => level)).toEqual(all.map(({ level }) => level).toSorted());
	expect(new Set(all.map(({ id }) => id)).size).toBe(all.length);
	expect(new Set(all.map(({ title }) => title)).size).toBe(all.length);
});

test('TS-03 their grids reach from one cell to the largest that there is', () => {
	const grids = all.flatMap(({ puzzle }) => gridsOf(puzzle));
	expect(grids.some((grid) => grid.length === 1 && grid[0]?.length === 1)).toBe(true);
	expect(grids.some((grid) => grid.length === LARGEST_SIDE && grid[0]?.length === LARGEST_SIDE)).toBe(true);
});

test.each(all)('TS-03 “$title” is a puzzle with a known answer that differs from what is asked', (shipped) => {
	expect(puzzle.parse(shipped.puzzle)).toEqual(shipped.puzzle);
	expect(shipped.puzzle.train.length).toBeGreaterThanOrEqual(2);
	expect(shipped.puzzle.train.length).toBeLessThanOrEqual(5);
	for (const { input, output } of [...shipped.puzzle.train, ...shipped.puzzle.test]) {
		expect(output).toBeDefined();
		expect(isSameGrid(input, output!)).toBe(false);
	}
	const trained = shipped.puzzle.train.map(({ input }) => input);
	for (const { input } of shipped.puzzle.test) expect(trained.some((known) => isSameGrid(known, input))).toBe(false);
	expect(shippedPuzzle(shipped.id)).toBe(shipped);
});

/** Whether a rule is right on all of these pairs; one that cannot be applied to their grids is not. */
function isRight(rule: (grid: Grid) => Grid, pairs: readonly { input: Grid; output?: Grid | undefined }[]): boolean {
	try {
		return pairs.every(({ input, output }) => output !== undefined && isSameGrid(rule(input), output));
	} catch {
		return false;
	}
}

test('TS-03 no puzzle has two answers: whichever rule of the set or of the demo is right on its pairs is right on its test', () => {
	for (const { id, puzzle } of all) {
		const fitting = puzzleRules().filter(({ rule }) => isRight(rule, puzzle.train));
		expect(
			fitting.map((each) => each.id),
			id
		).toContain(id);
		const wrong = fitting.filter(({ rule }) => !isRight(rule, puzzle.test));
		expect(wrong, id).toEqual([]);
		for (const { program } of rulesOf(puzzle.train)) {
			const rule = compileFunction(`${program}return solve(grid);`, ['grid']) as (grid: Grid) => Grid;
			expect(isRight(rule, puzzle.test), id).toBe(true);
		}
	}
});

test('TS-03 no pair is there twice, in one puzzle or in two', () => {
	const pairs = all.flatMap(({ puzzle: { train, test: tests } }) =>
		[...train, ...tests].map((pair) => JSON.stringify(pair))
	);
	expect(new Set(pairs).size).toBe(pairs.length);
});

test('TS-03 no answer has a colour that its puzzle shows nowhere before', () => {
	for (const { id, puzzle } of all)
		for (const { input, output } of puzzle.test) {
			const shown = new Set([
				...puzzle.train.flatMap(({ input, output }) => [...input.flat(), ...output.flat()]),
				...input.flat()
			]);
			expect(
				output!.flat().filter((colour) => !shown.has(colour)),
				id
			).toEqual([]);
		}
});
