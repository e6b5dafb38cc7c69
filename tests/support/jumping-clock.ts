import { systemClock, type Clock } from '../../src/lib/server/clock.ts';

/** The machine's clock, which a test may set: its timers go on as they were, as a real machine's do. */
export class JumpingClock implements Clock {
	#offset = 0;
	readonly #base: Clock;

	constructor(base: Clock = systemClock) {
		this.#base = base;
	}

	now(): number {
		return this.#base.now() + this.#offset;
	}

	after(ms: number, task: () => void): () => void {
		return this.#base.after(ms, task);
	}

	/** Sets the clock forward by `ms`, or back. */
	jump(ms: number): void {
		this.#offset += ms;
	}
}
