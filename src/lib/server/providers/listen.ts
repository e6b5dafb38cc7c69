import type { Clock } from '../clock.ts';

export interface Listening {
	readonly clock: Clock;
	readonly signal: AbortSignal;
	/** How long nothing may come; Infinity for ever. */
	readonly idleMs: number;
	/** What to fail with then. */
	readonly idle: () => Error;
}

/**
 * Iterates what `open` gives. Fails when nothing comes for too long, and at once with the signal's reason when it
 * aborts. However it ends, the signal that `open` was given has aborted, so that the request behind it is closed.
 */
export async function* listen<T>(
	open: (signal: AbortSignal) => AsyncIterable<T>,
	listening: Listening
): AsyncGenerator<T, void> {
	listening.signal.throwIfAborted();
	const hangUp = new AbortController();
	const source = open(AbortSignal.any([listening.signal, hangUp.signal]))[Symbol.asyncIterator]();
	try {
		while (true) {
			const step = await within(source.next(), listening);
			if (step.done) return;
			yield step.value;
		}
	} catch (error) {
		// The source learns why: a silence is its fault, a person's stop is not.
		hangUp.abort(error);
		throw error;
	} finally {
		hangUp.abort();
		// Not awaited: a source that hangs in its read would hang here too.
		source.return?.().catch(() => {});
	}
}

/** The promise's value, unless the time runs out or the signal aborts first. */
export function within<T>(promise: Promise<T>, { clock, signal, idleMs, idle }: Listening): Promise<T> {
	return new Promise((resolve, reject) => {
		const late = () => settle(() => reject(idle()));
		const stop = Number.isFinite(idleMs) ? clock.after(idleMs, late) : () => {};
		const abort = () => settle(() => reject(signal.reason));
		const settle = (end: () => void) => {
			stop();
			signal.removeEventListener('abort', abort);
			end();
		};
		signal.addEventListener('abort', abort, { once: true });
		if (signal.aborted) abort();
		promise.then(
			(value) => settle(() => resolve(value)),
			(error: unknown) => settle(() => reject(error))
		);
	});
}
