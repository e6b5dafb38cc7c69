import { Lexer, type Token, type TokensList } from 'marked';

/** One top-level piece of a Markdown text. The same object for as long as its source is the same. */
export interface Block {
	/** Its place, from 0; keeps its DOM while the text grows. */
	key: number;
	token: Token;
}

// What follows may still change the last block (a list goes on, a paragraph becomes a heading), and while a line is half
// written also the one before it.
const UNSETTLED = 2;

/** Splits a growing Markdown text into blocks, and parses again only what may have changed (IR-03). */
export class MarkdownBlocks {
	#text = '';
	/** Everything before this offset is settled, and stands in the first `#settled` blocks. */
	#offset = 0;
	#settled = 0;
	#blocks: Block[] = [];

	/** The blocks of `text`. Cheap when it begins with the text of the call before. */
	update(text: string): Block[] {
		const source = text.includes('\r') ? text.replace(/\r\n?/g, '\n') : text;
		if (source === this.#text) return this.#blocks;
		if (!source.startsWith(this.#text)) this.#forget();
		this.#text = source;
		const tail = source.slice(this.#offset);
		const tokens = lex(tail);
		if (this.#offset > 0 && tokens.links && Object.keys(tokens.links).length > 0) return this.#restart(source);
		this.#blocks = [...this.#blocks.slice(0, this.#settled), ...this.#renew(tokens)];
		this.#settle(tail, tokens);
		return this.#blocks;
	}

	// A link definition may give meaning to text far above it, so nothing before it counts as settled.
	#restart(source: string): Block[] {
		this.#forget();
		this.#text = source;
		this.#blocks = lex(source).map((token, key) => ({ key, token }));
		return this.#blocks;
	}

	#forget(): void {
		this.#offset = 0;
		this.#settled = 0;
		this.#blocks = [];
	}

	#renew(tokens: Token[]): Block[] {
		return tokens.map((token, index) => {
			const key = this.#settled + index;
			const known = this.#blocks[key];
			return known && known.token.raw === token.raw && known.token.type === token.type ? known : { key, token };
		});
	}

	#settle(tail: string, tokens: Token[]): void {
		const length = tokens.reduce((sum, { raw }) => sum + raw.length, 0);
		if (length !== tail.length) return;
		let open = 0;
		let index = tokens.length;
		while (index > 0 && open < UNSETTLED) if (tokens[--index]?.type !== 'space') open++;
		const settled = tokens.slice(0, index);
		this.#settled += settled.length;
		this.#offset += settled.reduce((sum, { raw }) => sum + raw.length, 0);
	}
}

// A text that the parser cannot take (nested beyond its stack) is shown as it is, and the page lives on (IR-12).
function lex(source: string): Token[] & { links?: TokensList['links'] } {
	try {
		return new Lexer({ gfm: true }).lex(source);
	} catch {
		return [{ type: 'paragraph', raw: source, text: source, tokens: [{ type: 'escape', raw: source, text: source }] }];
	}
}

/** The text without a link that is only half written, which would flicker as brackets while it streams. */
export function withoutHalfLink(text: string): string {
	const end = text.slice(-400);
	const half = /!?\[[^\]\n]*(\](\([^)\n]*)?)?$/.exec(end);
	return half ? text.slice(0, text.length - half[0].length) : text;
}
