import { pause, type Clock } from './clock.ts';

/**
 * Says "look again", and nothing else: what happened is in the table. Listeners are a map of sets, because an
 * EventEmitter's `off` is a linear search and made 5,000 subscribers quadratic (transport-and-storage.md A8).
 */
export class Bell {
	readonly #listeners = new Map<string, Set<Waker>>();

	/** Wakes whoever listens to the key. Ring after the commit, never before. */
	ring(key: string): void {
		for (const listener of this.#listeners.get(key) ?? []) listener.wake();
	}

	/** Listens from now on. Take it before the first read, so that nothing falls between; close it when done. */
	listen(keys: readonly string[]): Listener {
		const listener = new Listener(() => this.#forget(keys, listener));
		for (const key of keys) this.join(key, listener);
		return listener;
	}

	/** Wakes `waker` at each ring of the key until it leaves. */
	join(key: string, waker: Waker): void {
		const set = this.#listeners.get(key);
		if (set) set.add(waker);
		else this.#listeners.set(key, new Set([waker]));
	}

	/** Undoes `join`. */
	leave(key: string, waker: Waker): void {
		const set = this.#listeners.get(key);
		set?.delete(waker);
		if (set?.size === 0) this.#listeners.delete(key);
	}

	/** How many listeners there are, for the leak tests and the metrics. */
	get size(): number {
		let size = 0;
		for (const set of this.#listeners.values()) size += set.size;
		return size;
	}

	#forget(keys: readonly string[], waker: Waker): void {
		for (const key of keys) this.leave(key, waker);
	}
}

/** Who is woken by the bell: in the middle of whatever rang it, so it only notes that there is something to look at. */
export interface Waker {
	wake(): void;
}

/** One who waits for the bell. A ring while nobody waits is remembered. */
export class Listener implements Waker {
	#rung = false;
	#resume: (() => void) | null = null;
	readonly #onClose: () => void;

	constructor(onClose: () => void) {
		this.#onClose = onClose;
	}

	wake(): void {
		this.#rung = true;
		this.#resume?.();
	}

	/** Resolves at the next ring, at once if it rang since the last call, or when the signal aborts. Never rejects. */
	next(signal: AbortSignal): Promise<void> {
		return new Promise((resolve) => {
			const resume = () => {
				this.#rung = false;
				this.#resume = null;
				signal.removeEventListener('abort', resume);
				resolve();
			};
			if (this.#rung || signal.aborted) return resume();
			this.#resume = resume;
			signal.addEventListener('abort', resume, { once: true });
		});
	}

	close(): void {
		this.#onClose();
	}
}

/** The listener's next ring, or `ms` later, or when the signal aborts: whichever comes first. Never rejects; leaves no timer behind. */
export async function ringWithin(listener: Listener, ms: number, clock: Clock, signal: AbortSignal): Promise<void> {
	const settled = new AbortController();
	const either = AbortSignal.any([signal, settled.signal]);
	await Promise.race([listener.next(either), pause(clock, ms, either)]);
	settled.abort();
}

/** Bell keys. */
export const jobKey = (jobId: string) => `job:${jobId}`;
export const feedKey = (owner: string) => `feed:${owner}`;
export const queueKey = 'queue';
