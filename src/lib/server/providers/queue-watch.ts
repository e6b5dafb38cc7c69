import type { ProviderEvent } from '../../operations/operation.ts';

const stuckAfterMs = 600_000;

/** Watches how long a response has been queued at the provider; anything that happens to it ends the queueing. */
export class QueueWatch {
	#since: number | null = null;

	note(event: ProviderEvent, now: number): void {
		if (event.type === 'created' || (event.type === 'alive' && !event.status)) return;
		const queued = event.type === 'alive' && event.status === 'queued';
		this.#since = queued ? (this.#since ?? now) : null;
	}

	/** Queued for more than ten minutes: such runs have never begun. */
	isStuck(now: number): boolean {
		return this.#since !== null && now - this.#since > stuckAfterMs;
	}
}
