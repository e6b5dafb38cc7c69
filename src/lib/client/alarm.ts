/** A timer that can be asked whether its time has come: a browser slows the timers of a hidden tab down to one a minute. */
export class Alarm {
	#timer: ReturnType<typeof setTimeout> | null = null;
	/** When the browser's timer goes off: perhaps before it is due, and then it is set again. */
	#rings = 0;
	#task: (() => void) | null = null;
	#ms = 0;
	#due = 0;

	get pending(): boolean {
		return this.#task !== null;
	}

	/** Runs `task` once after `ms`, in the place of what was set before. Cheap to put off: with each piece of a text, say. */
	set(ms: number, task: () => void): void {
		this.#task = task;
		this.#ms = ms;
		this.#due = Date.now() + ms;
		if (this.#timer === null || this.#rings > this.#due) this.#start(ms);
	}

	clear(): void {
		if (this.#timer) clearTimeout(this.#timer);
		this.#timer = this.#task = null;
	}

	/** Runs what is overdue. */
	check(): void {
		if (this.#task && Date.now() >= this.#due) this.#run();
	}

	#start(ms: number): void {
		if (this.#timer) clearTimeout(this.#timer);
		this.#rings = Date.now() + ms;
		this.#timer = setTimeout(() => this.#ring(), ms);
	}

	/** A clock that was put back in the meantime puts it off once more at the most. */
	#ring(): void {
		this.#timer = null;
		this.#due = Math.min(this.#due, Date.now() + this.#ms);
		const early = this.#due - Date.now();
		if (early > 0) this.#start(early);
		else this.#run();
	}

	#run(): void {
		const task = this.#task;
		this.clear();
		task?.();
	}
}
