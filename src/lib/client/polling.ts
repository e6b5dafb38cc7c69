import { TRPCClientError } from '@trpc/client';
import { Alarm } from './alarm.ts';
import { howOf, retryAfterMsOf, type AnswerError } from './answer-error.ts';
import { backoff } from './backoff.ts';
import { readFrame, type LiveFrame } from './live-frame.ts';
import type { WatchInput } from './live-stream.ts';
import type { Client } from './trpc.ts';

/** Who asks, and is told what came of it. */
export interface PollingUse {
	input(): WatchInput;
	frame(frame: LiveFrame, logEpoch: string | undefined): void;
	/** `first`: the one before had no answer, or there was none before. */
	answered(first: boolean): void;
	unanswered(how: 'cut' | 'missing' | 'refused'): void;
}

/** How often it asks. */
const EVERY_MS = 3_000;
/** While there is more. */
const MORE_MS = 50;
/** An answer that takes longer does not come. */
const PATIENCE_MS = 10_000;

/** The last resort (AG-06): asks for what a stream would bring, from the same cursors, again and again until it is stopped. */
export class Polling {
	readonly #client: Client;
	readonly #use: PollingUse;
	readonly #next = new Alarm();
	#asking: AbortController | null = null;
	#mark: { at: number; version: number } | undefined;
	#failures = 0;
	#answered = false;
	#active = false;

	constructor(client: Client, use: PollingUse) {
		this.#client = client;
		this.#use = use;
	}

	get active(): boolean {
		return this.#active;
	}

	/** Whether its last question was answered. */
	get answered(): boolean {
		return this.#answered;
	}

	start(): void {
		if (this.#active) return;
		this.#active = true;
		this.#answered = false;
		this.#failures = 0;
		this.#mark = undefined;
		void this.#ask();
	}

	stop(): void {
		this.#active = false;
		this.#next.clear();
		this.#asking?.abort();
		this.#asking = null;
	}

	/** Asks without waiting any longer. */
	now(): void {
		if (this.#active && !this.#asking) void this.#ask();
	}

	/** Asks if it is time, which a slowed timer may not have noticed. */
	check(): void {
		this.#next.check();
	}

	async #ask(): Promise<void> {
		this.#next.clear();
		const asking = (this.#asking = new AbortController());
		const late = new Alarm();
		late.set(PATIENCE_MS, () => asking.abort());
		const waitMs = await this.#exchange(asking).catch((error: unknown) => this.#fail(asking, error));
		late.clear();
		if (this.#asking !== asking) return;
		this.#asking = null;
		this.#next.set(waitMs, () => void this.#ask());
	}

	/** Resolves with how long to wait: not at all while there is more. */
	async #exchange(asking: AbortController): Promise<number> {
		const input = { ...this.#use.input(), ...(this.#mark ? { mark: this.#mark } : {}) };
		const { frame, mark, logEpoch } = await this.#client.live.poll.query(input, { signal: asking.signal });
		if (this.#asking !== asking) return 0;
		const read = readFrame(frame);
		if (!read) throw new Error('The answer was not understood.');
		const first = !this.#answered;
		[this.#mark, this.#failures, this.#answered] = [mark, 0, true];
		this.#use.frame(read, logEpoch);
		this.#use.answered(first);
		return read.kind === 'batch' ? MORE_MS : EVERY_MS;
	}

	#fail(asking: AbortController, error: unknown): number {
		if (this.#asking !== asking) return 0;
		this.#failures += 1;
		this.#answered = false;
		const answer: AnswerError = error instanceof TRPCClientError ? error : {};
		this.#use.unanswered(howOf(answer));
		return Math.max(EVERY_MS, retryAfterMsOf(answer), backoff(this.#failures));
	}
}
