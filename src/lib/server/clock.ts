/** The one source of time on the server, so that tests can own it. */
export interface Clock {
	/** Milliseconds since 1970. */
	now(): number;
	/** Calls `task` once after `ms`. Returns what stops it. Never keeps the process alive by itself. */
	after(ms: number, task: () => void): () => void;
}

/** What one timer can hold, a signed 32-bit number of ms: a longer one fires at once. */
const LONGEST_MS = 2 ** 31 - 1;

/** The machine's clock. */
export const systemClock: Clock = {
	now: () => Date.now(),
	after(ms, task) {
		let timer: NodeJS.Timeout;
		const arm = (left: number) => {
			const step = Math.min(left, LONGEST_MS);
			timer = setTimeout(() => (left > step ? arm(left - step) : task()), step);
			timer.unref();
		};
		arm(ms);
		return () => clearTimeout(timer);
	}
};

/** Resolves when the signal aborts. */
export function aborted(signal: AbortSignal): Promise<void> {
	return new Promise((resolve) => {
		if (signal.aborted) return resolve();
		signal.addEventListener('abort', () => resolve(), { once: true });
	});
}

/** Resolves after `ms`, or at once when the signal aborts; never rejects. */
export function pause(clock: Clock, ms: number, signal?: AbortSignal): Promise<void> {
	return new Promise((resolve) => {
		if (signal?.aborted) return resolve();
		const done = () => {
			stop();
			signal?.removeEventListener('abort', done);
			resolve();
		};
		const stop = clock.after(ms, done);
		signal?.addEventListener('abort', done, { once: true });
	});
}
