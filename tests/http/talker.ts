import { expect } from 'vitest';
import { HeadwayError } from '$lib/jobs/error.ts';
import { chat, type ChatResult, type Cited } from '$lib/operations/chat/model.ts';
import { defineRun, type OperationRun, type RunContext } from '$lib/operations/operation.ts';
import type { App } from '$lib/server/app.ts';
import type { JobSnapshot } from '$lib/jobs/snapshot.ts';

type Context = RunContext<typeof chat>;

/** A passage that an answer cites. */
export const aSource: Cited = {
	...{ number: 1, passageId: 7, documentId: 'doc_1', title: 'Tides', ordinal: 3 },
	...{ page: 2, heading: 'The Moon', text: 'The Moon pulls at the sea.' }
};

const timing = {
	firstTokenMs: 120,
	answerFirstTokenMs: 100,
	helperMs: 0,
	answerMs: 50,
	tokens: { count: 3, counted: true }
};

/** The result of a turn that needed nothing, without its text. */
export const nothing: Omit<ChatResult, 'text'> = {
	...{ citations: [], plan: null, tools: [], memories: [], complete: true },
	timing
};

/** A turn in a test's hands. */
export interface TurnStep {
	readonly ctx: Context;
	/** Makes the answer longer. */
	say(text: string): void;
	finish(more?: Partial<ChatResult>): void;
	fail(message?: string): void;
}

/** The chat operation without an agent: a test takes each turn in hand with `begun`. */
export class Talker {
	readonly operation: OperationRun = defineRun(chat, (_input, ctx) => this.#run(ctx)) as OperationRun;
	readonly #steps = new Map<string, PromiseWithResolvers<TurnStep>>();
	/** A stopped turn holds on until the test lets it go. */
	readonly #holds = new Map<string, Promise<void>>();

	/** Resolves once the turn runs. */
	begun(jobId: string): Promise<TurnStep> {
		return this.#of(jobId).promise;
	}

	/** A turn that is told to stop goes on until `gone`. */
	hold(jobId: string, gone: Promise<void>): void {
		this.#holds.set(jobId, gone);
	}

	#of(jobId: string): PromiseWithResolvers<TurnStep> {
		const known = this.#steps.get(jobId) ?? Promise.withResolvers<TurnStep>();
		this.#steps.set(jobId, known);
		return known;
	}

	#run(ctx: Context): Promise<ChatResult> {
		let text = '';
		return new Promise((resolve, reject) => {
			const stop = () => void (this.#holds.get(ctx.jobId) ?? Promise.resolve()).then(() => reject(ctx.signal.reason));
			ctx.signal.addEventListener('abort', stop, { once: true });
			this.#of(ctx.jobId).resolve({
				ctx,
				say: (more) => {
					text += more;
					ctx.content('answer', more);
				},
				finish: (more = {}) => resolve({ ...nothing, text, ...more }),
				fail: (message = 'It broke.') => reject(new HeadwayError('provider_error', message))
			});
		});
	}
}

/** The chat operation that answers each message with `Echo: …` at once. */
export const echo = defineRun(chat, async ({ message }, ctx) => {
	const text = `Echo: ${message}`;
	ctx.content('answer', text);
	return { ...nothing, text };
}) as OperationRun;

/** Sends a message as `owner`. */
export async function send(app: App, input: object, owner = 'local'): Promise<JobSnapshot> {
	return (await app.jobs.start(owner, { operation: 'chat', input })).snapshot;
}

/** Sends a message and waits for the end of its turn. */
export async function say(app: App, input: object, owner = 'local'): Promise<JobSnapshot> {
	const { id } = await send(app, input, owner);
	const over = await app.jobs.wait(owner, id, 10_000, AbortSignal.timeout(10_000));
	expect(over.status).toBe('succeeded');
	return over;
}
