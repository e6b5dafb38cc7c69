/**
 * Does a task when asked to: at once when it was not done in this turn of the event loop, otherwise once in the next, however
 * often it was asked meanwhile. So what happens alone is not delayed, and what happens together is done together.
 */
export class Turn {
	readonly #task: () => Promise<void> | void;
	/** `idle`; `asked`: it will be done before anything waits; `busy`: it is done now, or was in this turn. */
	#state: 'idle' | 'asked' | 'busy' = 'idle';
	#again = false;

	/** The task must not throw. */
	constructor(task: () => Promise<void> | void) {
		this.#task = task;
	}

	ask(): void {
		if (this.#state === 'busy') this.#again = true;
		if (this.#state !== 'idle') return;
		this.#state = 'asked';
		queueMicrotask(this.#do);
	}

	readonly #do = async (): Promise<void> => {
		this.#state = 'busy';
		this.#again = false;
		await this.#task();
		setImmediate(this.#over);
	};

	readonly #over = (): void => {
		if (this.#again) return void this.#do();
		this.#state = 'idle';
	};
}

/** Resolves in the next turn of the event loop: others have theirs in between. */
export function nextTurn(): Promise<void> {
	return new Promise((resolve) => setImmediate(resolve));
}
