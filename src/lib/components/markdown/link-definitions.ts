import type { Token, Tokens, TokensList } from 'marked';

/** Definitions by label, as the parser keeps them: `[label]: address "title"`. */
export type Links = TokensList['links'];

// What may name a definition: brackets without brackets in them, as CommonMark has it.
const MENTION = /\[((?:\\[^]|[^[\]\\])+)\]/g;
const labelOf = (text: string) => text.replace(/\s+/g, ' ').toLowerCase();

/** The link definitions of a growing text, and which of its settled blocks may mean them. */
export class LinkDefinitions {
	#settled: Links = {};
	/** The block that a settled definition stands in. */
	readonly #blocks = new Map<string, number>();
	/** As of the last parse, those that are not settled included. */
	#known: Links = {};
	readonly #mentions = new Map<string, number[]>();

	/** Those of settled blocks: they count in all that follows. */
	get settled(): Links {
		return this.#settled;
	}

	/** The labels that mean something else than at the call before. */
	changes(links: Links): string[] {
		const known = this.#known;
		this.#known = { ...links };
		const labels = new Set([...Object.keys(known), ...Object.keys(links)]);
		return [...labels].filter(
			(label) => known[label]?.href !== links[label]?.href || known[label]?.title !== links[label]?.title
		);
	}

	/** The settled blocks that may mean one of these labels. */
	mentioning(labels: readonly string[]): Set<number> {
		return new Set(labels.flatMap((label) => this.#mentions.get(label) ?? []));
	}

	/** Takes note of a block that is settled now. */
	settle(key: number, token: Token): void {
		for (const { tag, href, title } of definitionsIn(token)) {
			// The first of several with one label counts.
			if (this.#blocks.has(tag)) continue;
			this.#blocks.set(tag, key);
			this.#settled[tag] = { href, title };
		}
		for (const [, text = ''] of token.raw.matchAll(MENTION)) this.#mention(labelOf(text), key);
	}

	#mention(label: string, key: number): void {
		const keys = this.#mentions.get(label);
		if (!keys) this.#mentions.set(label, [key]);
		else if (keys.at(-1) !== key) keys.push(key);
	}

	/** The blocks from this one on are not settled any more. */
	forgetFrom(key: number): void {
		for (const [label, block] of this.#blocks) {
			if (block < key) continue;
			this.#blocks.delete(label);
			delete this.#settled[label];
		}
		for (const [label, keys] of this.#mentions) {
			const kept = keys.filter((known) => known < key);
			if (kept.length < keys.length) this.#mentions.set(label, kept);
		}
	}
}

/** Also those within quotations and lists, which count for the whole text. */
function definitionsIn(token: Token): Tokens.Def[] {
	if (token.type === 'def') return [token as Tokens.Def];
	if (token.type !== 'list' && token.type !== 'blockquote' && token.type !== 'list_item') return [];
	const { items, tokens } = token as { items?: Token[]; tokens?: Token[] };
	return (items ?? tokens ?? []).flatMap(definitionsIn);
}
