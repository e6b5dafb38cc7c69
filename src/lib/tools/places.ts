/** So many may be inside at once; the others wait in the order in which they came. */
export class Places {
	#free: number;
	readonly #waiting: (() => void)[] = [];

	constructor(count: number) {
		this.#free = count;
	}

	/** Does `work` in a place of its own. Fails with the signal's reason when it aborts before there is one. */
	async within<T>(signal: AbortSignal, work: () => Promise<T>): Promise<T> {
		await this.#take();
		try {
			signal.throwIfAborted();
			return await work();
		} finally {
			this.#leave();
		}
	}

	async #take(): Promise<void> {
		if (this.#free > 0) this.#free -= 1;
		else await new Promise<void>((resolve) => this.#waiting.push(resolve));
	}

	#leave(): void {
		const next = this.#waiting.shift();
		if (next) next();
		else this.#free += 1;
	}
}
