/** A stretch of text with one look. A line break is a run of `'\n'` alone. */
export interface Run {
	text: string;
	bold?: true;
	italic?: true;
	strike?: true;
	code?: true;
	/** An http, https or mailto address; nothing else gets this far. */
	href?: string;
	/** The number of the source that it cites; `text` is then its mark, `[1]`. */
	cite?: number;
}

/** Which way a text runs, found from its first letter that has a direction. */
export type Direction = 'ltr' | 'rtl';

/** One block of a document. Blocks nest at most `DEEPEST` levels. */
export type Block =
	| { type: 'heading'; depth: number; runs: Run[]; dir: Direction }
	| { type: 'paragraph'; runs: Run[]; dir: Direction }
	| { type: 'list'; ordered: boolean; start: number; items: Block[][] }
	| { type: 'table'; align: ('left' | 'center' | 'right' | null)[]; header: Run[][]; rows: Run[][][]; dir: Direction }
	| { type: 'quote'; blocks: Block[] }
	| { type: 'code'; text: string }
	| { type: 'rule' };

/** Deeper nesting than any honest text has is flattened: it would exhaust the stack of a writer. */
export const DEEPEST = 6;

/** Where a claim comes from; `id` is its number in the text. */
export interface Source {
	id: number;
	url: string;
	title: string;
}

/** A whole document, ready to be written in any format. Sections are headings of depth 1. */
export interface DocumentTree {
	title: string;
	/** A BCP 47 tag; empty when the language is not known. */
	lang: string;
	dir: Direction;
	blocks: Block[];
	/** The sources that the text cites, in the order of their numbers. */
	sources: Source[];
	/** Words that the writer adds, in the document's language where it knows them. */
	words: { contents: string; sources: string };
}

const RTL = /\p{Script=Arabic}|\p{Script=Hebrew}|\p{Script=Syriac}|\p{Script=Thaana}|\p{Script=Nko}/u;
const LETTER = /\p{L}/u;

/** The direction of a text, by its first letter; `fallback` where it has none. */
export function directionOf(text: string, fallback: Direction = 'ltr'): Direction {
	for (const character of text) if (LETTER.test(character)) return RTL.test(character) ? 'rtl' : 'ltr';
	return fallback;
}

/** The direction of the first block that has one, for what encloses them: the side of a list's marks, of a quotation's rule. */
export function directionOfBlocks(blocks: readonly Block[], fallback: Direction): Direction {
	const [first] = blocks;
	if (first?.type === 'list') return directionOfBlocks(first.items.flat(), fallback);
	if (first?.type === 'quote') return directionOfBlocks(first.blocks, fallback);
	return first && 'dir' in first ? first.dir : fallback;
}

/** The bare text of runs. */
export const textOf = (runs: readonly Run[]): string => runs.map(({ text }) => text).join('');

/** An address that a document may link to; null for everything else (scripts, files, pages of this server). */
export function linkOf(href: string): string | null {
	return /^(https?:|mailto:)/i.test(href) && URL.canParse(href) ? new URL(href).href : null;
}
