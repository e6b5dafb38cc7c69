import { createContext } from 'svelte';

/** At least this long between two announcements, in ms: long enough to be spoken. */
export const PACE_MS = 5_000;

/** What is said to a screen reader: one polite voice for the whole page, never hurried (PG-13, BY-11). */
export class Announcer {
	#spoken = $state('');
	// eslint-disable-next-line svelte/prefer-svelte-reactivity -- nothing shows what still waits
	#waiting = new Map<string, string>();
	#timer: ReturnType<typeof setTimeout> | null = null;

	/** The text of the live region. */
	get spoken(): string {
		return this.#spoken;
	}

	/** Says a sentence when its turn comes; a newer one about the same subject takes the place of one still waiting. */
	say(subject: string, sentence: string): void {
		this.#waiting.delete(subject);
		this.#waiting.set(subject, sentence);
		if (this.#timer === null) this.#next();
	}

	close(): void {
		if (this.#timer) clearTimeout(this.#timer);
		this.#timer = null;
		this.#waiting.clear();
	}

	#next(): void {
		this.#timer = null;
		const [first] = this.#waiting;
		if (!first) return;
		this.#waiting.delete(first[0]);
		// A region that keeps its text is not read again, so the same sentence gets a mark that is not heard.
		this.#spoken = this.#spoken === first[1] ? `${first[1]}\u00a0` : first[1];
		this.#timer = setTimeout(() => this.#next(), PACE_MS);
	}
}

/** The page's voice, put into context by the layout. */
export const [getAnnouncer, setAnnouncer] = createContext<Announcer>();
