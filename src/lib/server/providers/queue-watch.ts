import type { ProviderEvent } from '../../operations/operation.ts';
import type { Clock } from '../clock.ts';

const stuckAfterMs = 600_000;

/** Watches how long a response has been queued at the provider; anything that happens to it ends the queueing. */
export class QueueWatch {
	readonly #clock: Clock;
	/** Stops the timer: time that passed counts, and not what the machine's clock was set to. */
	#stop: (() => void) | null = null;
	#stuck = false;

	constructor(clock: Clock) {
		this.#clock = clock;
	}

	note(event: ProviderEvent): void {
		if (event.type === 'created' || (event.type === 'alive' && !event.status)) return;
		if (event.type !== 'alive' || event.status !== 'queued') this.end();
		else this.#stop ??= this.#clock.after(stuckAfterMs, () => (this.#stuck = true));
	}

	/** Queued for more than ten minutes: such runs have never begun. */
	get isStuck(): boolean {
		return this.#stuck;
	}

	end(): void {
		this.#stop?.();
		this.#stop = null;
		this.#stuck = false;
	}
}
