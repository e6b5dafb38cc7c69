import { z } from 'zod';
import { grid } from '../../puzzles/grid.ts';

/** What a program came to on one training pair. */
const pairRun = z.object({
	/** Counts from 0. */
	pair: z.int().min(0).max(9),
	output: grid.nullable(),
	/** Cells that are right, of those of the output that was sought. */
	right: z.int(),
	of: z.int(),
	solved: z.boolean(),
	/** Why there is no output, as a sentence; `line` of the program counts from 1. */
	error: z.string().nullable(),
	line: z.int().nullable(),
	/** What it wrote with `console.log`. */
	log: z.string(),
	ms: z.number()
});
export type PairRun = z.infer<typeof pairRun>;

/** In tokens; null where the provider did not say. */
const tokens = z.object({ input: z.number().nullable(), output: z.number().nullable() });

/** An iteration as a whole. */
export const iteration = z.object({
	/** Counts from 1. */
	number: z.int().min(1).max(10),
	/** Null when the answer had no block of JavaScript. */
	program: z.string().nullable(),
	/** Training pairs that it solves, and cells of them that are right. */
	solved: z.int(),
	pairs: z.int(),
	right: z.int(),
	of: z.int(),
	tokens: tokens.nullable(),
	/** From asking for it to the last pair's run, in milliseconds. */
	ms: z.number()
});
export type Iteration = z.infer<typeof iteration>;

/** What is told of an iteration as it goes on. */
export const stage = z.discriminatedUnion('stage', [
	z.object({ stage: z.literal('started'), number: iteration.shape.number }),
	z.object({
		...{ stage: z.literal('written'), number: iteration.shape.number },
		program: iteration.shape.program,
		tokens: iteration.shape.tokens
	}),
	z.object({ stage: z.literal('ran'), number: iteration.shape.number, runs: z.array(pairRun) })
]);
export type Stage = z.infer<typeof stage>;

/** An iteration as far as it is known. Times are of the server's clock. */
export interface IterationState {
	number: number;
	startedAt: number;
	/** Null until the answer is complete. */
	written: { at: number; program: string | null; tokens: z.infer<typeof tokens> | null } | null;
	/** Null until the program ran on all pairs; without a program there are no runs. */
	ran: { at: number; runs: PairRun[] } | null;
}

/** The iterations with what is told of one; one that is told of again keeps its place. */
export function mergeStage(iterations: readonly IterationState[], told: Stage, at: number): IterationState[] {
	const known = iterations.find(({ number }) => number === told.number);
	const before = known ?? { number: told.number, startedAt: at, written: null, ran: null };
	const next = withStage(before, told, at);
	return known ? iterations.map((each) => (each === known ? next : each)) : [...iterations, next];
}

function withStage(before: IterationState, told: Stage, at: number): IterationState {
	if (told.stage === 'started') return before;
	if (told.stage === 'ran') return { ...before, ran: { at, runs: told.runs } };
	return { ...before, written: { at, program: told.program, tokens: told.tokens } };
}

/** How far a program is right on the training pairs. */
export function scoreOfRuns(runs: readonly PairRun[]): Pick<Iteration, 'solved' | 'pairs' | 'right' | 'of'> {
	const sum = (of: (run: PairRun) => number) => runs.reduce((total, run) => total + of(run), 0);
	const solved = runs.filter((run) => run.solved).length;
	return { solved, pairs: runs.length, right: sum(({ right }) => right), of: sum(({ of }) => of) };
}

/** The program that solves the most pairs, of those the one with the most right cells, of those the first; null without any. */
export function bestOf(iterations: readonly IterationState[]): (IterationState & { program: string }) | null {
	const programs = iterations.flatMap((each) => {
		const program = each.written?.program ?? null;
		return program === null || !each.ran ? [] : [{ ...each, program, ...scoreOfRuns(each.ran.runs) }];
	});
	programs.sort((a, b) => b.solved - a.solved || b.right - a.right || a.number - b.number);
	return programs[0] ?? null;
}

/** Whether its program solves every pair. */
export function isSolved({ ran }: IterationState): boolean {
	return ran !== null && ran.runs.length > 0 && ran.runs.every(({ solved }) => solved);
}
