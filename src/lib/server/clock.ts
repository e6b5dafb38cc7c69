/** The one source of time on the server, so that tests can own it. */
export interface Clock {
	/** Milliseconds since 1970. */
	now(): number;
	/** Calls `task` once after `ms`. Returns what stops it. Never keeps the process alive by itself. */
	after(ms: number, task: () => void): () => void;
}

/** The machine's clock. */
export const systemClock: Clock = {
	now: () => Date.now(),
	after(ms, task) {
		const timer = setTimeout(task, ms);
		timer.unref();
		return () => clearTimeout(timer);
	}
};

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
