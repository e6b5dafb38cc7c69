import { compileFunction } from 'node:vm';
import { filling, hollowing, keeping, recolouring } from './colouring.ts';
import { completing, connecting, lines, parting, sorting } from './drawing.ts';
import { rule, same, type Grid, type Kind, type Pair, type Rule } from './rule.ts';
import { counting, cropping, repeating } from './sizing.ts';
import { falling, moving, turning } from './turning.ts';

export type { Grid, Pair, Rule } from './rule.ts';

// The plain ones first: of rules that fit, the first is believed.
const KINDS: readonly Kind[] = [
	...[turning, recolouring, cropping, repeating, falling, completing, filling, hollowing, parting, keeping],
	...[connecting, lines, counting, sorting, moving]
];

// The side of the largest grid.
const LARGEST = 30;

/** The first rule that is right on all of these pairs, and what it makes of the inputs; null when none is. */
export function solveByRules(
	train: readonly Pair[],
	inputs: readonly Grid[]
): { rule: string; program: string; outputs: Grid[] } | null {
	for (const each of fitting(train)) {
		const outputs = inputs.map(solverOf(each));
		if (outputs.every((output) => output !== null)) return { ...each, outputs };
	}
	return null;
}

/** The first rule that is right on all of these pairs; null when none is. */
export function ruleOf(train: readonly Pair[]): Rule | null {
	return fitting(train).next().value ?? null;
}

/** All rules that are right on all of these pairs. */
export function rulesOf(train: readonly Pair[]): Rule[] {
	return [...fitting(train)];
}

/** A rule that is not right on all pairs, and how far it is. */
export interface Attempt extends Rule {
	solved: number;
	/** Cells that are right, of all cells of the outputs. */
	right: number;
	of: number;
}

const UNCHANGED = rule('the grid stays as it is', 'return grid.map((row) => [...row]);');

/**
 * The rules that come nearest to these pairs, also those that one pair alone suggests: by pairs that are solved, then by cells
 * that are right, without those that have no cell right. Of rules that make the same of all pairs only the first is there.
 */
export function nearestRules(train: readonly Pair[]): Attempt[] {
	const kinds = [train, ...train.map((pair) => [pair])].flatMap((pairs) => KINDS.flatMap((kind) => kind(pairs)));
	const byOutputs = new Map<string, Attempt>();
	const tried = new Set<string>();
	for (const each of [UNCHANGED, ...kinds]) {
		// Most are suggested by every pair: run for each of them, large grids would keep the whole server waiting.
		if (tried.has(each.program)) continue;
		tried.add(each.program);
		const solve = solverOf(each);
		const made = train.map(({ input }) => solve(input));
		const key = JSON.stringify(made);
		if (!byOutputs.has(key)) byOutputs.set(key, { ...each, ...compared(made, train) });
	}
	const near = [...byOutputs.values()].filter(({ right }) => right > 0);
	return near.sort((a, b) => b.solved - a.solved || b.right - a.right);
}

function compared(made: readonly (Grid | null)[], train: readonly Pair[]): Pick<Attempt, 'solved' | 'right' | 'of'> {
	const cells = train.map(({ output }, index) => rightCells(made[index] ?? null, output));
	const solved = train.filter(({ output }, index) => fits(made[index] ?? null, output)).length;
	const sum = (all: readonly number[]) => all.reduce((total, each) => total + each, 0);
	return { solved, right: sum(cells), of: sum(train.map(({ output }) => output.flat().length)) };
}

/** None where the sizes differ. */
function rightCells(made: Grid | null, output: Grid): number {
	if (made?.length !== output.length || made[0]?.length !== output[0]?.length) return 0;
	return output.reduce((sum, row, y) => sum + row.filter((cell, x) => made[y]?.[x] === cell).length, 0);
}

function* fitting(train: readonly Pair[]): Generator<Rule, undefined> {
	for (const each of KINDS.flatMap((kind) => kind(train))) {
		const solve = solverOf(each);
		if (train.every(({ input, output }) => fits(solve(input), output))) yield each;
	}
}

function fits(made: Grid | null, output: Grid): boolean {
	return made !== null && same(made, output);
}

/** The rule's own program, which is the only place that says what it does; null for a grid that it cannot be applied to. */
function solverOf({ program }: Rule): (grid: Grid) => Grid | null {
	const solve = compileFunction(`${program}return solve(grid);`, ['grid']);
	return (grid) => {
		try {
			const made: unknown = solve(grid.map((row) => [...row]));
			return isGrid(made) ? made : null;
		} catch {
			return null;
		}
	};
}

function isGrid(made: unknown): made is Grid {
	if (!Array.isArray(made) || made.length < 1 || made.length > LARGEST) return false;
	const width: unknown = made[0]?.length;
	return made.every(
		(row) =>
			Array.isArray(row) &&
			row.length === width &&
			row.length >= 1 &&
			row.length <= LARGEST &&
			row.every((cell) => Number.isInteger(cell) && cell >= 0 && cell <= 9)
	);
}
