/** The time that a limit goes by. */
export interface Timer {
	/** Milliseconds since 1970. */
	now(): number;
	/** Calls `task` once after `ms`. Returns what stops it. */
	after(ms: number, task: () => void): () => void;
}

/** A time limit that can stand still. Its signal aborts once that much time has run. */
export class TimeLimit {
	readonly #timer: Timer;
	readonly #over = new AbortController();
	#leftMs: number;
	#since = 0;
	#stop: (() => void) | null = null;
	#pauses = 0;

	constructor(timer: Timer, ms: number) {
		this.#timer = timer;
		this.#leftMs = ms;
		this.#go();
	}

	get signal(): AbortSignal {
		return this.#over.signal;
	}

	/** Does `work` while the limit stands still. */
	async without<T>(work: () => Promise<T>): Promise<T> {
		if (++this.#pauses === 1) this.#hold();
		try {
			return await work();
		} finally {
			if (--this.#pauses === 0) this.#go();
		}
	}

	/** Ends it for good. */
	clear(): void {
		this.#pauses = Infinity;
		this.#hold();
	}

	#go(): void {
		this.#since = this.#timer.now();
		this.#stop = this.#timer.after(Math.max(0, this.#leftMs), () => this.#over.abort());
	}

	#hold(): void {
		if (!this.#stop) return;
		this.#stop();
		this.#stop = null;
		this.#leftMs -= this.#timer.now() - this.#since;
	}
}
