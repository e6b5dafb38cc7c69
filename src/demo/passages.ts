/** One paragraph or list of a document. `text` has one line per paragraph or list item, without list markers. */
export interface Passage {
	slug: string;
	title: string;
	/** Position in the document, from 0. */
	index: number;
	/** The nearest heading below the title, or null above the first. */
	heading: string | null;
	text: string;
}

const ABBREVIATION =
	/(?:^|[\s(])(?:e\.g|i\.e|etc|approx|ca|cf|vs|Dr|Mr|Mrs|Ms|Prof|St|No|Nos|Fig|Inc|Ltd|U\.S|U\.K|[A-Z])\.\s*$/;

/** The first heading of a Markdown text, or undefined. */
export function titleOf(markdown: string): string | undefined {
	return /^#\s+(.+?)\s*#*\s*$/m.exec(withoutFrontMatter(markdown))?.[1];
}

/** Cuts a Markdown text into passages. Code, tables, quotations and HTML are left out: they hold no plain sentences. */
export function passagesOf(slug: string, title: string, markdown: string): Passage[] {
	const passages: Passage[] = [];
	let heading: string | null = null;
	for (const block of blocksOf(markdown)) {
		const found = /^#{1,6}\s+(.+?)\s*#*$/.exec(block[0] ?? '');
		if (found) heading = found[1] === title ? null : (found[1] ?? null);
		else passages.push({ slug, title, index: passages.length, heading, text: textOf(block) });
	}
	return passages.filter((passage) => passage.text !== '');
}

/** The sentences of a passage's text, word for word. */
export function sentencesOf(text: string): string[] {
	return text.split('\n').flatMap(sentencesOfLine);
}

function sentencesOfLine(line: string): string[] {
	const sentences: string[] = [];
	let open = '';
	for (const { segment } of new Intl.Segmenter('en', { granularity: 'sentence' }).segment(line)) {
		open += segment;
		if (ABBREVIATION.test(open)) continue;
		sentences.push(open.trim());
		open = '';
	}
	return [...sentences, open.trim()].filter(Boolean);
}

function blocksOf(markdown: string): string[][] {
	const blocks: string[][] = [[]];
	const lines = withoutCode(withoutFrontMatter(markdown)).split(/\r?\n/);
	for (const line of lines) {
		const heading = /^#{1,6}\s/.test(line);
		if (heading || !line.trim()) blocks.push([]);
		if (line.trim()) blocks.at(-1)?.push(line);
		if (heading) blocks.push([]);
	}
	return blocks.filter((block) => block.length > 0 && !/^\s*(?:[|>]|<\w|!\[|(?:-{3,}|\*{3,})$)/.test(block[0] ?? ''));
}

function textOf(block: string[]): string {
	const lines: string[] = [];
	for (const line of block) {
		const item = /^\s*(?:[-*+]|\d+[.)])\s+(.*)$/.exec(line);
		if (item || lines.length === 0) lines.push((item?.[1] ?? line).trim());
		else lines.push(`${lines.pop()} ${line.trim()}`);
	}
	return lines.join('\n');
}

function withoutCode(markdown: string): string {
	return markdown.replace(/^(```|~~~)[^]*?^\1.*$/gm, '');
}

function withoutFrontMatter(markdown: string): string {
	return markdown.replace(/^---\r?\n[^]*?\r?\n---\r?\n/, '');
}
