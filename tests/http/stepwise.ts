import { z } from 'zod';
import { defineOperation, defineRun, type OperationRun, type RunContext } from '$lib/operations/operation.ts';
import { HeadwayError } from '$lib/jobs/error.ts';

const model = defineOperation({
	id: 'stepwise',
	title: 'Stepwise',
	description: 'Does what a test tells it to.',
	icon: 'footprints',
	input: z.strictObject({
		text: z.string().min(1).max(1_000),
		count: z.number().int().min(0).default(0),
		provider: z.string().optional()
	}),
	result: z.object({ text: z.string() }),
	phases: [
		{ name: 'first', label: 'First', weight: 1 },
		{ name: 'second', label: 'Second', weight: 3 }
	],
	events: { mark: z.object({ n: z.number().int() }) },
	state: (): { marks: number[] } => ({ marks: [] }),
	reduce: (state, { data }) => ({ marks: [...state.marks, data.n] }),
	titleOf: ({ text }) => text,
	keptOf: ({ marks }) => (marks.length > 0 ? [`${marks.length} marks`] : []),
	limits: { timeoutMs: 600_000, running: 1_000 },
	can: { finishNow: false, resumable: false, repeatable: true },
	typicalMs: 10_000
});

export const stepwiseModel = model;
type Context = RunContext<typeof model>;

/** A run that waits for the test's next word. */
export interface Step {
	readonly ctx: Context;
	finish(text: string): void;
	fail(message: string): void;
}

/** An operation that does nothing by itself: a test takes each run in hand with `begun`. */
export class Stepwise {
	readonly operation: OperationRun;
	readonly #steps = new Map<string, PromiseWithResolvers<Step>>();

	constructor(id = model.id, finishNow = false) {
		const own = { ...model, id, can: { ...model.can, finishNow } };
		this.operation = defineRun(own, (_input, ctx) => this.#run(ctx as unknown as Context));
	}

	/** Resolves once the job runs. */
	begun(id: string): Promise<Step> {
		return this.#of(id).promise;
	}

	#of(id: string): PromiseWithResolvers<Step> {
		const known = this.#steps.get(id) ?? Promise.withResolvers<Step>();
		this.#steps.set(id, known);
		return known;
	}

	#run(ctx: Context): Promise<{ text: string }> {
		return new Promise((resolve, reject) => {
			ctx.signal.addEventListener('abort', () => reject(ctx.signal.reason), { once: true });
			const step = {
				ctx,
				finish: (text: string) => resolve({ text }),
				fail: (message: string) => reject(new HeadwayError('provider_error', message))
			};
			this.#of(ctx.jobId).resolve(step);
		});
	}
}

/** An operation that ends as soon as it runs. */
export function instant(id: string): OperationRun {
	return defineRun({ ...model, id }, async (input) => ({ text: input.text }));
}
