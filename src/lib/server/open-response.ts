import type { ProviderEvent, ProviderOutcome } from '../operations/operation.ts';
import { Seen } from './providers/seen.ts';

/** What hanging up ends the connection with. */
class HungUp extends Error {}

/** A response while it is read; it can be hung up on, and then ends with the provider's last word, where there is one. */
export class OpenResponse {
	/** Its connection's. */
	readonly signal: AbortSignal;
	readonly #hangUp = new AbortController();
	readonly #seen = new Seen();
	#outcome: ProviderOutcome | null = null;

	/** `reach` ends the connection too, as an abort. */
	constructor(reach: AbortSignal) {
		this.signal = AbortSignal.any([reach, this.#hangUp.signal]);
	}

	/** Passes on what it tells. Hung up on, it tells what was found besides, and `ended` only when it has ended at the provider. */
	async *read(events: AsyncIterable<ProviderEvent>): AsyncGenerator<ProviderEvent, void> {
		try {
			for await (const event of events) {
				this.#seen.first(event);
				yield event;
			}
		} catch (error) {
			if (!(this.signal.reason instanceof HungUp)) throw error;
			if (this.#outcome === null) return;
			yield* this.#found(this.#outcome);
			yield { cursor: null, type: 'ended', outcome: this.#outcome };
		}
	}

	/** Ends the connection. `outcome` is null where nobody knows how the response stands. */
	hangUp(outcome: ProviderOutcome | null): void {
		this.#outcome = outcome;
		this.#hangUp.abort(new HungUp('hung up'));
	}

	/** Searches and thoughts that nobody told: of a run that is polled, most of them. */
	*#found({ items }: ProviderOutcome): Generator<ProviderEvent, void> {
		for (const item of items)
			if ((item.type === 'web' || item.type === 'reasoning') && this.#seen.first(item)) yield item;
	}
}
