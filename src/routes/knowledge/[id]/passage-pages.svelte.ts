import type { Passage } from '$lib/operations/knowledge.ts';

/** So many passages come at a time. */
export const PAGE = 100;

/** A document's passages, as far as they have been looked at: a page of them comes when one of it is wanted. */
export class PassagePages {
	readonly #read: (from: number) => Promise<readonly Passage[]>;
	#known: Readonly<Record<number, Passage>> = $state.raw({});
	#failure: string | null = $state(null);
	// eslint-disable-next-line svelte/prefer-svelte-reactivity -- only what came is shown
	readonly #asked = new Set<number>();

	/** Begins with what the page was loaded with. `read` gives the page that begins at `from`. */
	constructor(first: readonly Passage[], read: (from: number) => Promise<readonly Passage[]>) {
		this.#read = read;
		this.#take(first);
		for (const { ordinal } of first) this.#asked.add(Math.floor(ordinal / PAGE));
	}

	/** Why the last page did not come, as a sentence. */
	get failure(): string | null {
		return this.#failure;
	}

	/** The passage at a place; null until it has come. */
	at(ordinal: number): Passage | null {
		return this.#known[ordinal] ?? null;
	}

	/** Has the page of this passage come, once. */
	async want(ordinal: number): Promise<void> {
		const page = Math.floor(ordinal / PAGE);
		if (this.#asked.has(page)) return;
		this.#asked.add(page);
		try {
			this.#take(await this.#read(page * PAGE));
			this.#failure = null;
		} catch (error) {
			this.#asked.delete(page);
			this.#failure = error instanceof Error ? error.message : 'The text could not be loaded. Try again.';
		}
	}

	#take(passages: readonly Passage[]): void {
		this.#known = { ...this.#known, ...Object.fromEntries(passages.map((passage) => [passage.ordinal, passage])) };
	}
}

/** The place that an address's hash names, `#p-12`; null for any other. */
export function ordinalOf(hash: string): number | null {
	const [, digits] = /^#p-(\d{1,7})$/.exec(hash) ?? [];
	return digits === undefined ? null : Number(digits);
}
