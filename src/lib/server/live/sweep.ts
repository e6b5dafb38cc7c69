import type { Clock } from '../clock.ts';

/** How often streams are looked through, in ms. */
const SWEEP_MS = 500;
/** A quiet stream says that it is alive at least every 15 s (RS-08): told at the sweep before. */
const PING_MS = 15_000 - SWEEP_MS;
/** What one sweep counts for at the most, so that a clock that is set does not end every stream at once. */
const LONGEST_MS = 4 * SWEEP_MS;

/** One who is looked after. Its instants are of the sweep's time. */
export interface Swept {
	readonly sentAt: number;
	readonly renewAt: number;
	ping(): void;
	stop(how: 'renewed' | 'drained'): void;
}

/** One timer for all pushed streams, in the place of two for each: it says that quiet ones are alive, and ends those that have lasted long enough. */
export class Sweep {
	readonly #clock: Clock;
	readonly #streams = new Set<Swept>();
	#stop: (() => void) | null = null;
	#sweptAt = 0;
	/** In ms, as the sweeps count them; it never goes back, whatever becomes of the clock. */
	#time = 0;

	constructor(clock: Clock) {
		this.#clock = clock;
	}

	/** The sweep's own time, in ms: as old as the last sweep. */
	get time(): number {
		return this.#time;
	}

	/** How many it looks after. */
	get size(): number {
		return this.#streams.size;
	}

	add(stream: Swept): void {
		this.#streams.add(stream);
		if (!this.#stop) this.#wait();
	}

	remove(stream: Swept): void {
		this.#streams.delete(stream);
		if (this.#streams.size > 0) return;
		this.#stop?.();
		this.#stop = null;
	}

	/** Ends them all, to be picked up elsewhere. */
	drain(): void {
		for (const stream of this.#streams) stream.stop('drained');
	}

	#wait(): void {
		this.#sweptAt = this.#clock.now();
		this.#stop = this.#clock.after(SWEEP_MS, () => this.#sweep());
	}

	#sweep(): void {
		this.#stop = null;
		this.#time += Math.min(LONGEST_MS, Math.max(SWEEP_MS, this.#clock.now() - this.#sweptAt));
		for (const stream of this.#streams) {
			if (this.#time >= stream.renewAt) stream.stop('renewed');
			else if (this.#time - stream.sentAt >= PING_MS) stream.ping();
		}
		if (this.#streams.size > 0 && !this.#stop) this.#wait();
	}
}
