import { setImmediate } from 'node:timers/promises';

// The demo shares its process with the app: nothing may hold the event loop longer than a short breath.
const SLICE_MS = 4;

/** Shares one thread among all who draw: one slice of work a turn of the event loop, however many there are. */
export class Turns {
	#queue: Promise<void> = Promise.resolve();

	/** Begins a piece of work; await the result between its steps. */
	begin(signal: AbortSignal): () => Promise<void> | undefined {
		let since = -Infinity;
		return () => {
			if (performance.now() - since < SLICE_MS) return undefined;
			return this.#next(signal).then(() => void (since = performance.now()));
		};
	}

	/** Rejects with the signal's reason when it is aborted, without a turn. */
	#next(signal: AbortSignal): Promise<void> {
		const turn = this.#queue.then(() => {
			signal.throwIfAborted();
			return setImmediate();
		});
		this.#queue = turn.catch(() => undefined);
		return turn;
	}
}
