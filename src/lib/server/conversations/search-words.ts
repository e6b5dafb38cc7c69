/** The trigram index knows words from this length on. */
const INDEXED = 3;
const MOST_WORDS = 8;
/** How much of a text a finding shows, in UTF-16 units: before the word, and in all. */
const LEAD = 40;
const SNIPPET = 160;

/** What a person looks for: each of the words must be there. */
export interface SearchWords {
	/** In the form that comparisons use. */
	readonly all: readonly string[];
	/** For the index; null when no word is long enough. */
	readonly match: string | null;
	/** For each word that the index does not know, patterns for `like … escape '\'`: one of them has to fit. */
	readonly patterns: readonly (readonly string[])[];
}

/** The same for upper and lower case, with and without accents. */
export function folded(text: string): string {
	return text.normalize('NFKD').replace(/\p{M}/gu, '').toLowerCase();
}

/** The words of a query, at most 8. */
export function searchWords(query: string): SearchWords {
	const words = query
		.replace(/[\u0000-\u001f]/g, ' ')
		.trim()
		.split(/\s+/)
		.filter(Boolean)
		.slice(0, MOST_WORDS);
	const isIndexed = (word: string) => Array.from(word).length >= INDEXED;
	const indexed = words.filter(isIndexed).map((word) => `"${word.replaceAll('"', '""')}"`);
	return {
		all: words.map(folded),
		match: indexed.length > 0 ? indexed.join(' AND ') : null,
		patterns: words.filter((word) => !isIndexed(word)).map((word) => casesOf(word).map(patternOf))
	};
}

/** SQLite's LIKE knows upper and lower case of English letters only. */
function casesOf(word: string): string[] {
	const [first = '', ...rest] = word.toLowerCase();
	return [...new Set([word, word.toLowerCase(), word.toUpperCase(), `${first.toUpperCase()}${rest.join('')}`])];
}

function patternOf(word: string): string {
	return `%${word.replace(/[\\%_]/g, '\\$&')}%`;
}

/** Whether a text has all of the words. */
export function hasAll(text: string, { all }: SearchWords): boolean {
	const own = folded(text);
	return all.every((word) => own.includes(word));
}

/** The stretch around the first of the words in the first of the texts that has one, on one line. */
export function snippetOf(texts: readonly string[], { all }: SearchWords): string {
	for (const text of texts) {
		const own = folded(text);
		const at = Math.min(...all.map((word) => own.indexOf(word)).filter((index) => index >= 0));
		// Folding may shorten or lengthen a text a little: the place is near, and that is enough to show it.
		if (Number.isFinite(at)) return around(text, Math.min(at, text.length - 1));
	}
	return around(texts[0] ?? '', 0);
}

function around(text: string, at: number): string {
	const from = Math.max(0, at - LEAD);
	const cut = text.slice(from, from + SNIPPET).replace(/\s+/g, ' ');
	return `${from > 0 ? '…' : ''}${cut.toWellFormed().trim()}${from + SNIPPET < text.length ? '…' : ''}`;
}
