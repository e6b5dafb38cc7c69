/** A timer that can be asked whether its time has come: a browser slows the timers of a hidden tab down to one a minute. */
export class Alarm {
	#timer: ReturnType<typeof setTimeout> | null = null;
	#task: (() => void) | null = null;
	#due = 0;

	get pending(): boolean {
		return this.#task !== null;
	}

	/** Runs `task` once after `ms`, in the place of what was set before. */
	set(ms: number, task: () => void): void {
		this.clear();
		this.#task = task;
		this.#due = Date.now() + ms;
		this.#timer = setTimeout(() => this.#run(), ms);
	}

	clear(): void {
		if (this.#timer) clearTimeout(this.#timer);
		this.#timer = this.#task = null;
	}

	/** Runs what is overdue. */
	check(): void {
		if (this.#task && Date.now() >= this.#due) this.#run();
	}

	#run(): void {
		const task = this.#task;
		this.clear();
		task?.();
	}
}
