import type { Clock } from '../../src/lib/server/clock.ts';

interface Task {
	readonly due: number;
	readonly run: () => void;
}

/** A clock that stands still until a test moves it. Tasks run in the order in which they are due. */
export class FakeClock implements Clock {
	#now: number;
	readonly #tasks = new Set<Task>();

	constructor(now = Date.UTC(2026, 10, 20)) {
		this.#now = now;
	}

	now(): number {
		return this.#now;
	}

	after(ms: number, run: () => void): () => void {
		const task = { due: this.#now + Math.max(0, ms), run };
		this.#tasks.add(task);
		return () => void this.#tasks.delete(task);
	}

	/** How many tasks wait. */
	get pending(): number {
		return this.#tasks.size;
	}

	/** Milliseconds until the next task; null when none waits. */
	get next(): number | null {
		const task = this.#earliest(Infinity);
		return task ? task.due - this.#now : null;
	}

	/** Moves on by `ms`: each task runs at its own time, and promises settle after each. */
	async advance(ms: number): Promise<void> {
		const until = this.#now + ms;
		await settle();
		for (let task = this.#earliest(until); task; task = this.#earliest(until)) {
			this.#now = Math.max(this.#now, task.due);
			this.#tasks.delete(task);
			task.run();
			await settle();
		}
		this.#now = until;
	}

	#earliest(until: number): Task | undefined {
		let earliest: Task | undefined;
		for (const task of this.#tasks) {
			if (task.due <= until && (!earliest || task.due < earliest.due)) earliest = task;
		}
		return earliest;
	}
}

/** Lets promises (not sockets) settle: a few turns of the event loop, so that chains of awaits run to their end. */
export async function settle(): Promise<void> {
	for (let turn = 0; turn < 5; turn += 1) await new Promise((resolve) => setImmediate(resolve));
}

/** Moves the clock from task to task until the promise has settled, and gives what became of it. */
export async function drive<T>(clock: FakeClock, promise: Promise<T>): Promise<T> {
	let settled = false;
	const note = () => void (settled = true);
	promise.then(note, note);
	for (let idle = 0; !settled && idle < 200; idle = clock.next === null ? idle + 1 : 0)
		await clock.advance(clock.next ?? 0);
	if (!settled) throw new Error('nothing is due, and the promise has not settled');
	return promise;
}
