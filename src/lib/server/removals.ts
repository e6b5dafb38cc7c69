import type { Clock } from './clock.ts';

/** How many deleted jobs are remembered, of all owners together. */
const MOST = 500;

/** The jobs that were deleted since this process began, the newest ones: a list that shows one still is told. */
export class Removals {
	readonly #clock: Clock;
	#noted: { owner: string; id: string; at: number }[] = [];

	constructor(clock: Clock) {
		this.#clock = clock;
	}

	note(owner: string, id: string): void {
		this.#noted = [...this.#noted, { owner, id, at: this.#clock.now() }].slice(-MOST);
	}

	/** The ids of an owner's jobs that were deleted at this time (ms) or later, oldest first. */
	since(owner: string, at: number): string[] {
		return this.#noted.filter((removal) => removal.owner === owner && removal.at >= at).map(({ id }) => id);
	}
}
