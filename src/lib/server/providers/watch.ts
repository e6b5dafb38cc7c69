import { HeadwayError } from '../../jobs/error.ts';
import type { ProviderOutcome } from '../../operations/provider.ts';
import type { Clock } from '../clock.ts';
import type { Passage } from './breaker.ts';
import { connectionLost } from './errors.ts';
import type { Call, Health, Result } from './health.ts';

/** What a watch is made of. */
export interface Watching<T> {
	call: Call;
	signal: AbortSignal;
	/** The run goes on at the provider without the connection. */
	resumable: boolean;
	health: Health;
	clock: Clock;
	/** It was asked for in one piece: what it is answered with ends it. */
	whole?: boolean;
	/** Passes the breaker, or throws; absent where nothing is held back. */
	enter?(): Passage;
	open(): AsyncIterable<T>;
}

interface Told {
	readonly type: string;
	readonly outcome?: ProviderOutcome;
}

/** One streamed request, told of to the breaker and the health as it goes. It keeps no event: one may be a picture of megabytes. */
export class Watch<T extends Told> implements AsyncIterableIterator<T, void> {
	readonly #watching: Watching<T>;
	#source: AsyncIterator<T> | null = null;
	#passage: Passage | null = null;
	#since = 0;
	#answered = false;
	#over = false;

	constructor(watching: Watching<T>) {
		this.#watching = watching;
	}

	[Symbol.asyncIterator](): this {
		return this;
	}

	async next(): Promise<IteratorResult<T, void>> {
		this.#source ??= this.#begin();
		try {
			const step = await this.#source.next();
			if (step.done) await this.#ended();
			else await this.#saw(step.value);
			return step as IteratorResult<T, void>;
		} catch (error) {
			await this.#broke(error);
			throw error;
		}
	}

	async return(): Promise<IteratorResult<T, void>> {
		// It may hang in a read, which the abort of its signal ends.
		this.#source?.return?.().catch(() => undefined);
		const { signal } = this.#watching;
		if (signal.aborted) await this.#broke(signal.reason);
		else await this.#endWith('given_up', null);
		return { done: true, value: undefined };
	}

	#begin(): AsyncIterator<T> {
		const { enter, open, clock } = this.#watching;
		this.#passage = enter?.() ?? null;
		this.#since = clock.now();
		return open()[Symbol.asyncIterator]();
	}

	async #saw(event: T): Promise<void> {
		const { health } = this.#watching;
		health.heard();
		if (!this.#answered) {
			this.#answered = true;
			if (this.#passage) health.answered(this.#since);
			await this.#passage?.answered();
		}
		if (event.type !== 'ended') return;
		const error = event.outcome?.error ?? null;
		await this.#endWith(error?.code ?? 'ok', error);
	}

	/** A stream without its last event was cut. */
	async #ended(): Promise<void> {
		if (this.#watching.whole && this.#answered) await this.#endWith('ok', null);
		else await this.#endWith('cut', connectionLost(''));
	}

	async #broke(thrown: unknown): Promise<void> {
		const { signal } = this.#watching;
		const error = signal.aborted ? signal.reason : thrown;
		if (error instanceof HeadwayError) await this.#endWith(error.code, error);
		else await this.#endWith('given_up', null);
	}

	/** The first word about its end counts. */
	async #endWith(result: Result, error: HeadwayError | null): Promise<void> {
		const { call, resumable, health } = this.#watching;
		if (this.#over || !this.#source) return;
		this.#over = true;
		health.ended(call, result, result === 'cut' ? null : error);
		if (result === 'ok') await this.#passage?.succeeded();
		else if (error === null) await this.#passage?.dropped();
		else await this.#passage?.failed(error, resumable);
	}
}
