import { z } from 'zod';
import { grid } from '../../puzzles/grid.ts';
import { namesOnePuzzle, puzzleFields, puzzleTitle, toldPuzzle } from '../../puzzles/puzzle.ts';
import { countedAny } from '../../text/counted.ts';
import { defineOperation } from '../operation.ts';
import { whereFields } from '../where.ts';

const input = z
	.strictObject({
		...puzzleFields,
		...whereFields
	})
	.superRefine(namesOnePuzzle);

/** The four steps, in their order; each is one request, and its text grows under its name. */
export const steps = ['look', 'hypothesize', 'test', 'answer'] as const;
const step = z.enum(steps);
export type Step = z.infer<typeof step>;

/** Where the reasoning before a step's text grows, where a model gives it. */
export const reasoningOf = (name: Step): string => `reasoning-${name}`;

/** In tokens; null where the provider did not say. */
const tokens = z.object({ input: z.number().nullable(), output: z.number().nullable() });

const result = z.object({
	/** What the last answer says; where it is silent, the hypotheses, and what came of testing them. */
	pattern: z.string().nullable(),
	strategy: z.string().nullable(),
	hints: z.array(z.string()),
	/** One grid for each test, in their order. */
	prediction: z.array(grid),
	/** How sure the model says that it is; null where it does not. */
	confidence: z.number().min(0).max(100).nullable(),
	/** The share of cells that are right, 0 to 1; null where an answer is not known. */
	score: z.number().min(0).max(1).nullable(),
	/** Milliseconds; the last step's text is the prediction as JSON. */
	steps: z.array(z.object({ name: step, text: z.string(), tokens: tokens.nullable(), ms: z.number() }))
});
export type VisualResult = z.infer<typeof result>;

const events = {
	/** A puzzle that ships, so that the page can draw it; one that was given stands in the input. */
	puzzle: toldPuzzle,
	/** A picture that the model is shown. `number` counts from 1; width and height in pixels. */
	picture: z.object({
		of: z.enum(['pair', 'test']),
		number: z.int().min(1).max(10),
		name: z.string(),
		url: z.string(),
		width: z.int(),
		height: z.int()
	}),
	step: z.object({ name: step, finished: z.boolean(), tokens: tokens.nullable() }),
	predicted: z.object({ prediction: z.array(grid) })
};
export type ShownPicture = z.infer<(typeof events)['picture']>;

/** A step as far as it is known. Times are of the server's clock. */
export interface StepState {
	name: Step;
	startedAt: number;
	finishedAt: number | null;
	tokens: z.infer<typeof tokens> | null;
}

/** What a visual solver has shown so far. */
export interface VisualState {
	shipped: z.infer<typeof toldPuzzle> | null;
	pictures: ShownPicture[];
	steps: StepState[];
	prediction: z.infer<typeof grid>[] | null;
}

/** A puzzle solved by eye: its pictures are looked at in four steps. */
export const visual = defineOperation({
	id: 'visual',
	title: 'Visual solver',
	description: 'Looks at a grid puzzle as pictures, makes guesses, tests them and answers.',
	icon: 'eye',
	input,
	result,
	phases: [
		{ name: 'look', label: 'Looking at the pictures', weight: 28 },
		{ name: 'hypothesize', label: 'Making hypotheses', weight: 25 },
		{ name: 'test', label: 'Testing them', weight: 25 },
		{ name: 'answer', label: 'Answering', weight: 22 }
	],
	events,
	state: (): VisualState => ({ shipped: null, pictures: [], steps: [], prediction: null }),
	reduce(state, event) {
		switch (event.type) {
			case 'puzzle':
				return { ...state, shipped: event.data };
			case 'picture': {
				const others = state.pictures.filter(({ name }) => name !== event.data.name);
				return { ...state, pictures: [...others, event.data] };
			}
			case 'step':
				return { ...state, steps: mergeStep(state.steps, event.data, event.at) };
			case 'predicted':
				return { ...state, prediction: event.data.prediction };
		}
	},
	titleOf: puzzleTitle,
	scoreOf: ({ score }) => score,
	keptOf({ steps, pictures }, content) {
		const finished = steps.filter(({ finishedAt }) => finishedAt !== null).length;
		const sum = (of: (name: Step) => string) =>
			steps.reduce((length, { name }) => length + (content[of(name)]?.length ?? 0), 0);
		return countedAny(
			[pictures.length, 'picture'],
			[finished, 'finished step'],
			[sum((name) => name), 'character of answers', 'characters of answers'],
			[sum(reasoningOf), 'character of reasoning', 'characters of reasoning']
		);
	},
	limits: { timeoutMs: 30 * 60_000, running: 4 },
	can: { finishNow: false, resumable: true, repeatable: false },
	typicalMs: 60_000
});

/** A step that is told of again keeps the time of its beginning. */
function mergeStep(
	steps: readonly StepState[],
	{ name, finished, tokens }: z.output<(typeof events)['step']>,
	at: number
): StepState[] {
	const known = steps.find((each) => each.name === name);
	const next = { name, startedAt: known?.startedAt ?? at, finishedAt: finished ? at : null, tokens };
	return known ? steps.map((each) => (each === known ? next : each)) : [...steps, next];
}
