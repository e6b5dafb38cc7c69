import { Lexer, type MarkedToken, type Token, type Tokens } from 'marked';
import { citationsIn } from './sources.ts';
import { DEEPEST, directionOf, linkOf, textOf, type Block, type Direction, type Run } from './tree.ts';

type Look = Omit<Run, 'text'>;

/** Turns a section's Markdown into blocks. `known` is how many sources there are to cite; `dir` is the document's direction. */
export function parseMarkdown(text: string, known: number, dir: Direction = 'ltr'): Block[] {
	return new Parser(known, dir).blocks(lex(text.replace(/\r\n?/g, '\n')), 0);
}

// A text that the parser cannot take (nested beyond its stack) is kept as it is.
function lex(source: string): Token[] {
	try {
		return new Lexer({ gfm: true }).lex(source);
	} catch {
		return source
			.split(/\n{2,}/)
			.map((raw) => ({ type: 'paragraph', raw, text: raw, tokens: [{ type: 'escape', raw, text: raw }] }));
	}
}

class Parser {
	readonly #known: number;
	readonly #dir: Direction;

	constructor(known: number, dir: Direction) {
		this.#known = known;
		this.#dir = dir;
	}

	blocks(tokens: readonly Token[], depth: number): Block[] {
		return tokens.flatMap((token) => this.#block(token as MarkedToken, depth));
	}

	#block(token: MarkedToken, depth: number): Block[] {
		if (depth > DEEPEST) return this.#paragraph(this.#plain(token.raw, {}));
		switch (token.type) {
			case 'space':
			case 'def':
				return [];
			case 'heading':
				return this.#heading(token);
			case 'list':
				return [this.#list(token, depth)];
			case 'table':
				return [this.#table(token)];
			case 'blockquote':
				return [{ type: 'quote', blocks: this.blocks(token.tokens, depth + 1) }];
			case 'code':
				return [{ type: 'code', text: token.text }];
			case 'hr':
				return [{ type: 'rule' }];
			case 'html':
				return this.#paragraph(this.#plain(withoutComments(token.raw).trim(), {}));
			default:
				return this.#paragraph(this.#inline([token], {}, 0));
		}
	}

	#paragraph(runs: Run[]): Block[] {
		if (textOf(runs).trim() === '') return [];
		return [{ type: 'paragraph', runs, dir: directionOf(textOf(runs), this.#dir) }];
	}

	/** A section's own headings stand below its heading, which is of depth 1. */
	#heading({ tokens, depth }: Tokens.Heading): Block[] {
		const runs = this.#inline(tokens, {}, 0);
		if (textOf(runs).trim() === '') return [];
		return [
			{ type: 'heading', depth: Math.min(6, Math.max(2, depth)), runs, dir: directionOf(textOf(runs), this.#dir) }
		];
	}

	#list({ ordered, start, items }: Tokens.List, depth: number): Block {
		return {
			type: 'list',
			ordered,
			start: ordered && Number.isInteger(start) ? Math.min(Number(start), 1_000_000) : 1,
			items: items.map((item) => {
				const blocks = this.blocks(item.tokens, depth + 1);
				return item.task ? withMark(blocks, item.checked ? '☑ ' : '☐ ') : blocks;
			})
		};
	}

	#table({ align, header, rows }: Tokens.Table): Block {
		const cell = ({ tokens }: Tokens.TableCell) => this.#inline(tokens, {}, 0);
		const dir = directionOf(
			[header, ...rows]
				.flat()
				.map(({ text }) => text)
				.join(' '),
			this.#dir
		);
		return { type: 'table', align, header: header.map(cell), rows: rows.map((row) => row.map(cell)), dir };
	}

	#inline(tokens: readonly Token[], look: Look, depth: number): Run[] {
		return merged(tokens.flatMap((token) => this.#piece(token as MarkedToken, look, depth)));
	}

	#piece(token: MarkedToken, look: Look, depth: number): Run[] {
		const within = (more: Look, tokens: readonly Token[]) => this.#inline(tokens, { ...look, ...more }, depth + 1);
		if (depth > DEEPEST * 2) return this.#plain(token.raw, look);
		switch (token.type) {
			case 'strong':
				return within({ bold: true }, token.tokens);
			case 'em':
				return within({ italic: true }, token.tokens);
			case 'del':
				return within({ strike: true }, token.tokens);
			case 'codespan':
				return this.#verbatim(token.text, { ...look, code: true });
			case 'br':
				return [{ text: '\n' }];
			case 'link': {
				const href = linkOf(token.href);
				return within(href === null ? {} : { href }, token.tokens);
			}
			case 'image':
				return this.#verbatim(`[${token.text || token.href}]`, look);
			case 'html':
				return /^<br\s*\/?>$/i.test(token.raw.trim())
					? [{ text: '\n' }]
					: this.#verbatim(withoutComments(token.raw), look);
			case 'escape':
				return this.#verbatim(token.text, look);
			case 'checkbox':
				return [];
			default:
				return 'tokens' in token && token.tokens ? within({}, token.tokens) : this.#plain(textIn(token), look);
		}
	}

	/** Text in which marks like `[1]` are citations. */
	#plain(text: string, look: Look): Run[] {
		return citationsIn(decoded(text), this.#known).flatMap((part): Run[] =>
			typeof part === 'number' ? [{ ...look, text: `[${part}]`, cite: part }] : this.#verbatim(part, look)
		);
	}

	#verbatim(text: string, look: Look): Run[] {
		const clean = text.replace(/\s*\n\s*/g, ' ').replace(CONTROLS, '');
		return clean === '' ? [] : [{ ...look, text: clean }];
	}
}

/** Neighbours of one look as one run: letters of a word that were escaped one by one are shaped together. */
function merged(runs: readonly Run[]): Run[] {
	return runs.reduce<Run[]>((all, run) => {
		const last = all.at(-1);
		const alike = last && isPlain(last) && isPlain(run) && sameLook(last, run);
		return alike ? [...all.slice(0, -1), { ...last, text: last.text + run.text }] : [...all, run];
	}, []);
}

const isPlain = ({ text, cite }: Run) => text !== '\n' && cite === undefined;
const looks = ['bold', 'italic', 'strike', 'code', 'href'] as const;
const sameLook = (a: Run, b: Run) => looks.every((look) => a[look] === b[look]);

// XML cannot hold them and no reader shows them.
const CONTROLS = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/g;

const textIn = (token: Token): string => ('text' in token && typeof token.text === 'string' ? token.text : token.raw);
const withoutComments = (html: string) => html.replace(/<!--[^]*?-->/g, '');

/** The few references that matter in prose; Markdown's own text tokens keep them as they stand. */
const entities: Record<string, string> = { amp: '&', lt: '<', gt: '>', quot: '"', '#39': "'", nbsp: '\u00a0' };
const decoded = (text: string) =>
	text.replace(/&(amp|lt|gt|quot|#39|nbsp);/g, (_, name: string) => entities[name] ?? '');

function withMark(blocks: Block[], mark: string): Block[] {
	const [first, ...rest] = blocks;
	if (first?.type !== 'paragraph') return [{ type: 'paragraph', runs: [{ text: mark }], dir: 'ltr' }, ...blocks];
	return [{ ...first, runs: [{ text: mark }, ...first.runs] }, ...rest];
}
