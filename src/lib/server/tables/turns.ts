/** Lets so many work at once; the others wait for their turn, first come, first served. */
export class Turns {
	#free: number;
	readonly #waiting: (() => void)[] = [];

	constructor(count: number) {
		this.#free = count;
	}

	/** Works when there is room. Fails with the signal's reason when that aborts first. */
	async take<T>(signal: AbortSignal, work: () => Promise<T>): Promise<T> {
		await this.#enter(signal);
		try {
			return await work();
		} finally {
			const next = this.#waiting.shift();
			if (next) next();
			else this.#free += 1;
		}
	}

	#enter(signal: AbortSignal): Promise<void> {
		signal.throwIfAborted();
		if (this.#free > 0) return (void (this.#free -= 1), Promise.resolve());
		return new Promise((resolve, reject) => {
			const enter = () => {
				signal.removeEventListener('abort', leave);
				resolve();
			};
			const leave = () => {
				this.#waiting.splice(this.#waiting.indexOf(enter), 1);
				reject(signal.reason as Error);
			};
			this.#waiting.push(enter);
			signal.addEventListener('abort', leave, { once: true });
		});
	}
}
