import { z } from 'zod';
import { grid } from '../../puzzles/grid.ts';
import { namesOnePuzzle, puzzleFields, puzzleTitle, toldPuzzle } from '../../puzzles/puzzle.ts';
import { countedAny } from '../../text/counted.ts';
import { defineOperation } from '../operation.ts';
import { whereFields } from '../where.ts';
import { iteration, mergeStage, stage, type IterationState } from './iterations.ts';

const input = z
	.strictObject({
		...puzzleFields,
		/** How many programs may be written at most. */
		iterations: z.int().min(1, 'At least 1 iteration.').max(10, 'At most 10 iterations.').default(5),
		...whereFields
	})
	.superRefine(namesOnePuzzle);

const result = z.object({
	/** What the best program's author said of it: the first sentence, the rest, and the observations that were listed. */
	pattern: z.string().nullable(),
	strategy: z.string().nullable(),
	hints: z.array(z.string()),
	/** One grid for each test, in their order; null where the best program failed on it. */
	prediction: z.array(grid.nullable()),
	/** Measured, not said: the share of the training cells that the best program gets right, 0 to 100. */
	confidence: z.number().min(0).max(100),
	/** The share of the tests' cells that are right, 0 to 1; null where an answer is not known. */
	score: z.number().min(0).max(1).nullable(),
	/** The best program. */
	program: z.string(),
	iterations: z.array(iteration)
});
export type SolverResult = z.infer<typeof result>;

const events = {
	/** A puzzle that ships, so that the page can draw it; one that was given stands in the input. */
	puzzle: toldPuzzle,
	iteration: stage,
	/** What the best program made of the tests; `error` of each that it failed on. */
	answered: z.object({
		number: iteration.shape.number,
		prediction: z.array(grid.nullable()),
		errors: z.array(z.string().nullable())
	})
};

/** What a solver has shown so far. */
export interface SolverState {
	shipped: z.infer<typeof toldPuzzle> | null;
	iterations: IterationState[];
	answered: ({ at: number } & z.infer<(typeof events)['answered']>) | null;
}

/** Where the text of an iteration grows, by its number. */
export const targetOf = (number: number): string => `code-${number}`;

/** Where the reasoning before that text grows, where a model gives it. */
export const reasoningOf = (number: number): string => `reasoning-${number}`;

/** A puzzle solved by a program that is written, run and corrected. */
export const solver = defineOperation({
	id: 'solver',
	title: 'Solver',
	description: 'Writes a program for a grid puzzle, runs it on the examples and corrects it until it is right.',
	icon: 'grid',
	input,
	result,
	phases: [
		{ name: 'reading', label: 'Reading the puzzle', weight: 2 },
		{ name: 'solving', label: 'Writing and running programs', weight: 93 },
		{ name: 'answering', label: 'Answering with the best program', weight: 5 }
	],
	events,
	state: (): SolverState => ({ shipped: null, iterations: [], answered: null }),
	reduce(state, event) {
		const { at } = event;
		switch (event.type) {
			case 'puzzle':
				return { ...state, shipped: event.data };
			case 'iteration':
				return { ...state, iterations: mergeStage(state.iterations, event.data, at) };
			case 'answered':
				return { ...state, answered: { at, ...event.data } };
		}
	},
	titleOf: puzzleTitle,
	scoreOf: ({ score }) => score,
	variantOf: ({ iterations }) => `${iterations}`,
	keptOf({ iterations }, content) {
		const programs = iterations.filter(({ written }) => written?.program != null).length;
		const sum = (of: (number: number) => string) =>
			iterations.reduce((length, { number }) => length + (content[of(number)]?.length ?? 0), 0);
		return countedAny(
			[programs, 'program'],
			[sum(targetOf), 'character of answers', 'characters of answers'],
			[sum(reasoningOf), 'character of reasoning', 'characters of reasoning']
		);
	},
	limits: { timeoutMs: 60 * 60_000, running: 4 },
	can: { finishNow: false, resumable: true, repeatable: false },
	typicalMs: 60_000
});
