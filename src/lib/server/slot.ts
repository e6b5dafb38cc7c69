import { queueKey, ringWithin, type Bell } from './bell.ts';
import type { ClaimTerms } from './claim.ts';
import type { Clock } from './clock.ts';
import type { Slots } from './slots.ts';

/** How often a job that wants its slot back looks without a bell. */
const LOOK_MS = 1_000;

/** What a slot is made of. */
export interface SlotParts {
	jobId: string;
	epoch: number;
	slots: Slots;
	bell: Bell;
	clock: Clock;
	limits: ClaimTerms['limits'];
	signal: AbortSignal;
}

/** A run's place among those that may run at once: given up while it waits for a person or a child, and taken again before it goes on. */
export class Slot {
	readonly #parts: SlotParts;
	#waits = 0;

	constructor(parts: SlotParts) {
		this.#parts = parts;
	}

	/** Does `work` without holding the slot; of several at once the last one takes it again. Fails with the signal's reason. */
	async without<T>(what: 'person' | 'child', work: () => Promise<T>): Promise<T> {
		await this.give(what);
		try {
			return await work();
		} finally {
			await this.take();
		}
	}

	/** Gives the slot to others. */
	async give(what: 'person' | 'child'): Promise<void> {
		const { slots, jobId, epoch } = this.#parts;
		this.#waits += 1;
		if (this.#waits === 1) await slots.give(jobId, epoch, what);
	}

	/** Waits for a slot, before any job that has not begun. A run that is to stop needs none, nor does one that waits again. */
	async take(): Promise<void> {
		const { slots, bell, clock, signal, jobId, epoch, limits } = this.#parts;
		this.#waits -= 1;
		if (this.#waits > 0 || signal.aborted) return;
		const listener = bell.listen([queueKey]);
		try {
			while (this.#waits === 0 && !signal.aborted && !(await slots.take(jobId, epoch, limits)))
				await ringWithin(listener, LOOK_MS, clock, signal);
		} finally {
			listener.close();
		}
	}
}
