import type { DocumentTree } from './tree.ts';

/** Scripts that the embedded fonts may lack, by the name that Unicode and people use. */
const scripts = [
	...['Hangul', 'Hiragana', 'Katakana', 'Han', 'Devanagari', 'Bengali', 'Gurmukhi', 'Gujarati', 'Tamil', 'Telugu'],
	...['Kannada', 'Malayalam', 'Sinhala', 'Thai', 'Lao', 'Khmer', 'Myanmar', 'Tibetan', 'Mongolian', 'Georgian'],
	...['Armenian', 'Ethiopic', 'Cherokee', 'Syriac', 'Thaana', 'Javanese', 'Odia', 'Arabic', 'Hebrew']
];
const unicodeNames: Record<string, string> = { Odia: 'Oriya' };
const tests = scripts.map((name) => ({
	name,
	test: new RegExp(`\\p{Script=${unicodeNames[name] ?? name}}`, 'u')
}));

/** Signs that models like and no embedded font has, and what says the same. */
const lookalikes: Record<string, string> = { '☐': '□', '✗': '×', '✘': '×' };

/** The document with signs that fonts have in place of some that they lack. */
export function withLookalikes(tree: DocumentTree): DocumentTree {
	return mapTexts(tree, (text) => text.replace(/[☐✗✘]/g, (sign) => lookalikes[sign] ?? sign));
}

/** Every character of a document that has to be drawn, as code points; those that are only instructions are left out. */
export function charactersOf(tree: DocumentTree): number[] {
	const characters = new Set<string>();
	mapTexts(tree, (text) => {
		for (const character of text) characters.add(character);
		return text;
	});
	return [...characters].filter((each) => !UNDRAWN.test(each)).map((each) => each.codePointAt(0) ?? 0);
}

const UNDRAWN = /[\s\p{Default_Ignorable_Code_Point}\p{Cc}]/u;

/** The document with something to read where characters are that no font has: `[12 Hangul characters]`, or `[U+1D54F]` for a single sign. */
export function withoutCharacters(tree: DocumentTree, codes: readonly number[]): DocumentTree {
	if (codes.length === 0) return tree;
	const missing = codes.map((code) => `\\u{${code.toString(16)}}`).join('');
	const stretch = new RegExp(`[${missing}](?:[\\s\\p{M}\\p{Default_Ignorable_Code_Point}]*[${missing}])*`, 'gu');
	return mapTexts(tree, (text) => text.replace(stretch, describe));
}

function describe(stretch: string): string {
	const characters = Array.from(stretch).filter((each) => !UNDRAWN.test(each));
	const script = scriptOf(characters[0] ?? '');
	if (script === null) return characters.map((each) => `[${codeOf(each)}]`).join('');
	return `[${characters.length} ${script} character${characters.length === 1 ? '' : 's'}]`;
}

/** Says what is missing, and what to do about it. */
export function missingNotice(codes: readonly number[]): string {
	const characters = codes.map((code) => String.fromCodePoint(code));
	const named = [...new Set(characters.map((each) => scriptOf(each) ?? `${each} (${codeOf(each)})`))];
	const list = named.length > 6 ? [...named.slice(0, 6), `${named.length - 6} more`] : named;
	const those = codes.length === 1 ? 'one character' : `${codes.length} characters`;
	return `The fonts in the PDF lack ${those}: ${list.join(', ')}. The PDF says in brackets where they stood. Word, HTML and Markdown files show them with the fonts of their reader.`;
}

const scriptOf = (character: string) => tests.find(({ test }) => test.test(character))?.name ?? null;
const codeOf = (character: string) =>
	`U+${(character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0')}`;

/** The same tree with every text passed through `change`; addresses and tags stay. */
function mapTexts(tree: DocumentTree, change: (text: string) => string): DocumentTree {
	const kept = new Set(['href', 'type', 'dir', 'lang', 'align']);
	const map = (value: unknown, key = ''): unknown => {
		if (typeof value === 'string') return kept.has(key) ? value : change(value);
		if (Array.isArray(value)) return kept.has(key) ? value : value.map((each) => map(each));
		if (typeof value !== 'object' || value === null) return value;
		return Object.fromEntries(Object.entries(value).map(([name, each]) => [name, map(each, name)]));
	};
	return map(tree) as DocumentTree;
}
