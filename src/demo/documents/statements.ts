import { wordsOf } from '../terms.ts';

/** A sentence of the material, word for word, with the marks of its sources (`[1]`) behind it. */
export interface Statement {
	text: string;
	marks: string;
}

// Shorter pieces say nothing alone, longer ones are no sentences. A Chinese character says as much as a short word.
const SHORTEST = 14;
const SHORTEST_DENSE = 6;
const LONGEST = 420;
const DENSE = /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}]/u;
const MARKS = /^\s*((?:\[\d+\]\s*)+)/;

/** The sentences of a text in Markdown, without headings, tables, code and anything that holds a link. */
export function statementsIn(markdown: string): Statement[] {
	return markdown
		.replace(/^(```|~~~)[^]*?^\1.*$/gm, '')
		.split('\n')
		.filter((line) => line.trim() && !/^\s*(?:[#|>]|[-*_]{3,}\s*$)/.test(line))
		.flatMap((line) => statementsOfLine(plain(line)));
}

/** A statement with its marks, as it is written into a text. */
export function written({ text, marks }: Statement): string {
	const end = /[\p{L}\p{N})”"’]$/u.test(text) ? (DENSE.test(text) ? '。' : '.') : '';
	return `${text}${end}${marks ? ` ${marks}` : ''}`;
}

/** Whether a text is in a script whose words are not set apart. */
export function isDense(text: string): boolean {
	return DENSE.test(text);
}

/** Statements as running text. */
export function joined(statements: Statement[]): string {
	return statements.map(written).reduce((text, next) => `${text}${/[。！？]$/.test(text) ? '' : ' '}${next}`);
}

/** The words by which statements are compared; in scripts without spaces, pairs of characters. */
export function tokensOf(text: string): Set<string> {
	const tokens = wordsOf(text).flatMap((word) => {
		if (!DENSE.test(word)) return word.length > 3 || /\d/.test(word) ? [word.slice(0, 7)] : [];
		const characters = [...word];
		return characters.slice(1).map((character, index) => `${characters[index]}${character}`);
	});
	return new Set(tokens);
}

/** How much of what `wanted` says a text says, 0 to 1. */
export function overlap(wanted: Set<string>, text: string): number {
	if (wanted.size === 0) return 0;
	const tokens = tokensOf(text);
	return [...wanted].filter((token) => tokens.has(token)).length / wanted.size;
}

/** The statement that says most of what is wanted, and how much; undefined when there is none. */
export function nearestTo(
	wanted: Set<string>,
	statements: Statement[]
): { statement: Statement; share: number } | undefined {
	let nearest: { statement: Statement; share: number } | undefined;
	for (const statement of statements) {
		const share = overlap(wanted, statement.text);
		if (!nearest || share > nearest.share) nearest = { statement, share };
	}
	return nearest;
}

function statementsOfLine(line: string): Statement[] {
	const statements: Statement[] = [];
	for (const { segment } of new Intl.Segmenter(undefined, { granularity: 'sentence' }).segment(line)) {
		// A source's mark stands behind the full stop, so that it begins the next segment.
		const marks = MARKS.exec(segment)?.[1] ?? '';
		const last = statements.at(-1);
		if (marks && last) last.marks += compact(marks);
		const rest = segment.slice(marks && last ? marks.length : 0);
		const text = rest.replace(/(?:\s*\[\d+\])+/g, (found) => (/\d/.test(found) ? '' : found)).trim();
		if (text) statements.push({ text, marks: compact((rest.match(/\[\d+\]/g) ?? []).join('')) });
	}
	return statements.filter(isUsable);
}

function compact(marks: string): string {
	return marks.replace(/\s+/g, '');
}

function plain(line: string): string {
	return line
		.replace(/^\s*(?:[-*+•]|\d+[.)])\s+/, '')
		.replace(/\*\*([^*]+)\*\*/g, '$1')
		.replace(/(?<!\w)[*_]([^*_]+)[*_](?!\w)/g, '$1')
		.trim();
}

function isUsable({ text }: Statement): boolean {
	const least = DENSE.test(text) ? SHORTEST_DENSE : SHORTEST;
	return (
		text.length >= least &&
		text.length <= LONGEST &&
		!/\]\(|https?:|<\w/.test(text) &&
		/\p{L}{2}|[\p{Script=Han}]/u.test(text)
	);
}
