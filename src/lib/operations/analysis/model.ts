import { z } from 'zod';
import { grid } from '../../puzzles/grid.ts';
import { namesOnePuzzle, puzzleFields, puzzleTitle, toldPuzzle } from '../../puzzles/puzzle.ts';
import { countedAny } from '../../text/counted.ts';
import { defineOperation } from '../operation.ts';
import { whereFields } from '../where.ts';
import { finishingTokens } from './prompt.ts';

const input = z
	.strictObject({
		...puzzleFields,
		...whereFields
	})
	.superRefine(namesOnePuzzle);

const result = z.object({
	/** What the pairs have in common, in a sentence. */
	pattern: z.string(),
	/** How to get from an input to its output. */
	strategy: z.string(),
	hints: z.array(z.string()),
	/** One grid for each test, in their order. */
	prediction: z.array(grid),
	/** How sure the model says that it is, 0 to 100; null where it gave no number. */
	confidence: z.number().min(0).max(100).nullable(),
	/** The share of cells that are right, 0 to 1; null where an answer is not known. */
	score: z.number().min(0).max(1).nullable()
});
export type AnalysisResult = z.infer<typeof result>;

const cells = z.array(z.int().min(0).max(9)).min(1).max(30);

const events = {
	/** A puzzle that ships, so that the page can draw it; one that was given stands in the input. */
	puzzle: toldPuzzle,
	pattern: z.object({ text: z.string() }),
	strategy: z.object({ text: z.string() }),
	/** `index` counts from 0. */
	hint: z.object({ index: z.number().int().min(0).max(99), text: z.string() }),
	/** A row of the grid that is predicted for a test; both count from 0. */
	row: z.object({ test: z.number().int().min(0).max(4), row: z.number().int().min(0).max(29), cells }),
	/** `note` says what had to be changed to make it one of 0 to 100, or what the model said where `percent` is null. */
	confidence: z.object({ percent: z.number().min(0).max(100).nullable(), note: z.string().nullable() }),
	/** The fields so far give way to those that follow. */
	restarted: z.object({}),
	/** The thinking was ended by finish now; the answer is made from this many characters of it. */
	early_finish: z.object({ reasoning: z.number().int() })
};

/** The fields of an answer as far as they are complete. */
export interface Preview {
	pattern: { at: number; text: string } | null;
	strategy: { at: number; text: string } | null;
	hints: { at: number; text: string }[];
	/** Of each test the rows; null for one that could not be read. */
	rows: (number[] | null)[][];
	/** When the first row came. */
	rowsAt: number | null;
	confidence: { at: number; percent: number | null; note: string | null } | null;
}

/** What an analysis has shown so far. */
export interface AnalysisState extends Preview {
	shipped: z.infer<typeof toldPuzzle> | null;
	/** How much reasoning the answer is made from, where finish now ended the thinking. */
	early: { at: number; reasoning: number } | null;
}

const nothing = (): Preview => ({
	...{ pattern: null, strategy: null, confidence: null, rowsAt: null },
	...{ hints: [], rows: [] }
});

/** What a puzzle's pairs have in common, and what its tests' answers are. */
export const analysis = defineOperation({
	id: 'analysis',
	title: 'Analysis',
	description: 'Finds the rule of a grid puzzle, explains it in steps and predicts the answer.',
	icon: 'puzzle',
	input,
	result,
	phases: [
		{ name: 'reading', label: 'Reading the puzzle', weight: 2 },
		{ name: 'thinking', label: 'Looking for the pattern', weight: 50 },
		{ name: 'writing', label: 'Writing the analysis', weight: 46 },
		{ name: 'scoring', label: 'Comparing with the answer', weight: 2 }
	],
	events,
	state: (): AnalysisState => ({ ...nothing(), shipped: null, early: null }),
	reduce(state, event) {
		const { at } = event;
		switch (event.type) {
			case 'puzzle':
				return { ...state, shipped: event.data };
			case 'pattern':
				return { ...state, pattern: { at, ...event.data } };
			case 'strategy':
				return { ...state, strategy: { at, ...event.data } };
			case 'hint':
				return {
					...state,
					hints: placed(state.hints, event.data.index, { at, text: event.data.text }, { at, text: '' })
				};
			case 'row':
				return { ...state, rows: withRow(state.rows, event.data), rowsAt: state.rowsAt ?? at };
			case 'confidence':
				return { ...state, confidence: { at, ...event.data } };
			case 'restarted':
				return { ...state, ...nothing() };
			case 'early_finish':
				return { ...state, early: { at, ...event.data } };
		}
	},
	titleOf: puzzleTitle,
	scoreOf: ({ score }) => score,
	finishingOf({ puzzle }, state, { reasoning = '', answer = '' }) {
		if (answer !== '') return { refused: 'The analysis is being written already. It will not take long.' };
		const about = puzzle ?? state.shipped?.puzzle;
		if (!about || reasoning.trim() === '')
			return { refused: 'Nothing was thought yet that an answer could be made from. Let it think, or cancel it.' };
		return finishingTokens(about, reasoning);
	},
	keptOf(state, { reasoning = '' }) {
		const rows = state.rows.flat().filter((row) => row !== null).length;
		return [
			...(state.pattern ? ['the pattern'] : []),
			...(state.strategy ? ['the strategy'] : []),
			...countedAny(
				[state.hints.length, 'hint'],
				[rows, 'row of the prediction', 'rows of the prediction'],
				[reasoning.length, 'character of reasoning', 'characters of reasoning']
			)
		];
	},
	limits: { timeoutMs: 30 * 60_000, running: 4 },
	can: { finishNow: true, resumable: true, repeatable: false },
	typicalMs: 45_000
});

/** The list with one more place set; places before it that are still missing are `empty`. */
function placed<T>(list: readonly T[], index: number, value: T, empty: T): T[] {
	return Array.from({ length: Math.max(list.length, index + 1) }, (_, place) =>
		place === index ? value : (list[place] ?? empty)
	);
}

function withRow(
	rows: AnalysisState['rows'],
	{ test, row, cells }: z.output<(typeof events)['row']>
): AnalysisState['rows'] {
	return placed(rows, test, placed(rows[test] ?? [], row, cells, null), []);
}
