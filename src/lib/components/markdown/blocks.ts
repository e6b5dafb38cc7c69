import { Lexer, type Token, type TokensList } from 'marked';
import { LineEnds } from './line-ends.ts';
import { LinkDefinitions, type Links } from './link-definitions.ts';
import { reuse } from './reuse.ts';

/** One top-level piece of a Markdown text. The same object for as long as its source is the same. */
export interface Block {
	/** Its place, from 0; keeps its DOM while the text grows. */
	key: number;
	token: Token;
}

/** Blocks that stand together. The same array for as long as each of them is the same. */
export type Chunk = readonly Block[];

// What follows may still change the last block (a list goes on, a paragraph becomes a heading), and while a line is half
// written also the one before it.
const UNSETTLED = 2;
/** What a frame looks at of a long text: the blocks of the last chunk, and one entry for each chunk before it. */
const CHUNK = 32;

/** Splits a growing Markdown text into blocks, and parses again only what may have changed (IR-03). */
export class MarkdownBlocks {
	readonly #lines = new LineEnds();
	readonly #definitions = new LinkDefinitions();
	#text = '';
	#settled: Block[] = [];
	/** Where each settled block ends in the text. */
	#ends: number[] = [];
	/** The settled blocks in chunks that are full. */
	#full: Chunk[] = [];
	/** What is not settled. */
	#open: Block[] = [];
	#shown: Chunk[] = [];
	#parsed = 0;

	/** How many characters have been parsed so far, each as often as it was. */
	get parsed(): number {
		return this.#parsed;
	}

	/** The blocks of `text`. Cheap when it begins with the text of the call before, or with most of it. */
	update(text: string): readonly Chunk[] {
		const { text: source, grown } = this.#lines.read(text);
		if (source === this.#text) return this.#shown;
		if (!grown) this.#rewind(sharedLength(source, this.#text));
		this.#text = source;
		const tail = source.slice(this.#ends.at(-1) ?? 0);
		const tokens = this.#lex(tail, this.#definitions.settled);
		const changed = this.#definitions.changes(tokens.links ?? {});
		this.#open = this.#renew(tokens, changed.length > 0);
		this.#resolveAnew(this.#definitions.mentioning(changed), tokens.links ?? {});
		this.#settle(tail, tokens);
		this.#shown = [...this.#full, ...this.#unfinished()];
		return this.#shown;
	}

	/** A block belongs to the same chunk before and after it is settled. */
	#unfinished(): Chunk[] {
		const blocks = [...this.#settled.slice(this.#full.length * CHUNK), ...this.#open];
		const count = Math.ceil(blocks.length / CHUNK);
		return Array.from({ length: count }, (_, index) => blocks.slice(index * CHUNK, (index + 1) * CHUNK));
	}

	/** What was settled before the first change stays so, but for the blocks that the change may still reach. */
	#rewind(shared: number): void {
		let kept = this.#ends.findIndex((end) => end > shared);
		if (kept === -1) kept = this.#settled.length;
		for (let open = 0; kept > 0 && open < UNSETTLED; kept--)
			if (this.#settled[kept - 1]?.token.type !== 'space') open++;
		this.#open = [...this.#settled.slice(kept), ...this.#open];
		this.#settled.length = kept;
		this.#ends.length = kept;
		this.#full.length = Math.floor(kept / CHUNK);
		this.#definitions.forgetFrom(kept);
	}

	#renew(tokens: Token[], anew: boolean): Block[] {
		return tokens.map((fresh, index) => {
			const key = this.#settled.length + index;
			const known = anew ? undefined : this.#open[index];
			const token = reuse(known?.token, fresh);
			return known && known.token === token ? known : { key, token };
		});
	}

	/** A link definition gives meaning to words far above it: the blocks that have them are parsed again, and only those. */
	#resolveAnew(keys: Iterable<number>, links: Links): void {
		for (const key of keys) {
			const block = this.#settled[key];
			const [token, ...more] = block ? this.#lex(block.token.raw, links) : [];
			if (!token || more.length > 0) continue;
			this.#settled[key] = { key, token };
			const chunk = Math.floor(key / CHUNK);
			if (chunk < this.#full.length) this.#full[chunk] = this.#chunk(chunk);
		}
	}

	#chunk(index: number): Chunk {
		return this.#settled.slice(index * CHUNK, (index + 1) * CHUNK);
	}

	#settle(tail: string, tokens: Token[]): void {
		const length = tokens.reduce((sum, { raw }) => sum + raw.length, 0);
		if (length !== tail.length) return;
		let open = 0;
		let index = tokens.length;
		while (index > 0 && open < UNSETTLED) if (tokens[--index]?.type !== 'space') open++;
		for (const block of this.#open.splice(0, index)) {
			this.#ends.push((this.#ends.at(-1) ?? 0) + block.token.raw.length);
			this.#settled.push(block);
			this.#definitions.settle(block.key, block.token);
		}
		for (let at = this.#full.length; (at + 1) * CHUNK <= this.#settled.length; at++) this.#full.push(this.#chunk(at));
	}

	// A text that the parser cannot take (nested beyond its stack) is shown as it is, and the page lives on (IR-12).
	#lex(source: string, links: Links): Token[] & { links?: TokensList['links'] } {
		this.#parsed += source.length;
		try {
			const lexer = new Lexer({ gfm: true });
			Object.assign(lexer.tokens.links, links);
			return lexer.lex(source);
		} catch {
			const plain: Token = { type: 'escape', raw: source, text: source };
			return [{ type: 'paragraph', raw: source, text: source, tokens: [plain] }];
		}
	}
}

/** How many characters two texts have in common at their beginning. */
function sharedLength(one: string, other: string): number {
	const most = Math.min(one.length, other.length);
	let length = 0;
	while (length < most && one.charCodeAt(length) === other.charCodeAt(length)) length++;
	return length;
}

/** The text without a link that is only half written, which would flicker as brackets while it streams. */
export function withoutHalfLink(text: string): string {
	const end = text.slice(-400);
	const half = /!?\[[^\]\n]*(\](\([^)\n]*)?)?$/.exec(end);
	return half ? text.slice(0, text.length - half[0].length) : text;
}
