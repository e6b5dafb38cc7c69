import { z } from 'zod';
import {
	defineOperation,
	defineRun,
	type AnyModel,
	type OperationRun,
	type RunContext
} from '$lib/operations/operation.ts';

/** A small operation of three phases with one event of its own and one transient one, for tests of whatever runs operations. */
export const steps = defineOperation({
	id: 'steps',
	title: 'Steps',
	description: 'Does what a test tells it, step by step.',
	icon: 'list',
	input: z.strictObject({
		name: z.string().default('work'),
		model: z.string().optional(),
		provider: z.string().optional()
	}),
	result: z.object({ sum: z.number() }),
	phases: [
		{ name: 'first', label: 'First step', weight: 20 },
		{ name: 'second', label: 'Second step', weight: 50 },
		{ name: 'third', label: 'Third step', weight: 30 }
	],
	events: { note: z.object({ text: z.string() }), preview: z.object({ index: z.number().int() }) },
	state: () => ({ notes: [] as string[], preview: 0 }),
	reduce(state, event) {
		if (event.type === 'note') return { ...state, notes: [...state.notes, event.data.text] };
		return { ...state, preview: event.data.index };
	},
	titleOf: ({ name }) => name,
	keptOf: ({ notes }) => (notes.length > 0 ? [`${notes.length} notes`] : []),
	limits: { timeoutMs: 10 * 60_000, running: 4 },
	can: { finishNow: true, resumable: false, repeatable: false },
	typicalMs: 60_000
});

export type StepsContext = RunContext<typeof steps>;
type Work = (ctx: StepsContext, input: { name: string }) => Promise<{ sum: number }>;

/** `steps` that does `work`, with whatever the test wants different about the model. */
export function stepsThat(work: Work, different: Partial<AnyModel> = {}): OperationRun {
	return defineRun({ ...steps, ...different } as typeof steps, (input, ctx) => work(ctx, input)) as OperationRun;
}

/** Waits until the signal aborts, then fails with its reason, as a well-behaved operation does. */
export function untilStopped(signal: AbortSignal): Promise<never> {
	return new Promise((_, reject) => {
		const stop = () => reject(signal.reason);
		if (signal.aborted) return stop();
		signal.addEventListener('abort', stop, { once: true });
	});
}

/** A promise that a test fulfils by hand. */
export class Gate<T = void> {
	readonly passed: Promise<T>;
	#open: (value: T) => void = () => undefined;

	constructor() {
		this.passed = new Promise((resolve) => (this.#open = resolve));
	}

	open(value: T): void {
		this.#open(value);
	}
}

/** `steps` around one response of the provider: asks in the first step, searches in the second, writes in the third. */
export function askingSteps(different: Partial<AnyModel> = {}): OperationRun {
	return stepsThat(async (ctx) => {
		ctx.phase('first');
		for await (const event of ctx.provider.respond({ input: 'work' })) {
			if (event.type === 'web') ctx.phase('second');
			if (event.type === 'reasoning') ctx.emit('note', { text: event.text });
			if (event.type === 'text') {
				ctx.phase('third');
				ctx.content('report', event.text);
			}
			if (event.type === 'ended') return { sum: event.outcome.text.length };
		}
		throw new Error('the provider ended without an end');
	}, different);
}
