import type { Receipt } from '../jobs/event.ts';
import { pause, type Clock } from './clock.ts';

/** How long all cleanups of a job may take together. */
const LIMIT_MS = 10_000;

/** What a run left to be undone. Runs once, in reverse order, whatever fails in between. */
export class Cleanups {
	readonly #entries: { what: string; cleanup: () => void | Promise<void> }[] = [];
	readonly #clock: Clock;

	constructor(clock: Clock) {
		this.#clock = clock;
	}

	add(what: string, cleanup: () => void | Promise<void>): void {
		this.#entries.push({ what, cleanup });
	}

	/** What was cleaned up, and what could not be within `limitMs`. */
	async run(limitMs = LIMIT_MS): Promise<Receipt['cleanedUp']> {
		const deadline = new AbortController();
		const late = pause(this.#clock, limitMs, deadline.signal).then(() => 'late' as const);
		const done: Receipt['cleanedUp'] = [];
		for (let entry = this.#entries.pop(); entry; entry = this.#entries.pop()) {
			const attempt = attempted(entry.cleanup);
			done.push({ what: entry.what, ok: (await Promise.race([attempt, late])) === true });
		}
		deadline.abort();
		return done;
	}
}

async function attempted(cleanup: () => void | Promise<void>): Promise<boolean> {
	try {
		await cleanup();
		return true;
	} catch {
		return false;
	}
}
