import snowball from 'snowball-stemmers';
import { stopWords } from '../../text/stop-words.ts';

const stemmers: Record<string, string> = {
	...{ ar: 'arabic', hy: 'armenian', eu: 'basque', ca: 'catalan', cs: 'czech', da: 'danish', nl: 'dutch' },
	...{ en: 'english', fi: 'finnish', fr: 'french', de: 'german', hu: 'hungarian', it: 'italian', ga: 'irish' },
	...{ no: 'norwegian', pt: 'portuguese', ro: 'romanian', ru: 'russian', es: 'spanish', sl: 'slovene' },
	...{ sv: 'swedish', ta: 'tamil', tr: 'turkish' }
};

/** Writings that put no space between words: pairs of neighbouring characters stand for them. */
const unspaced = '\\p{Script=Han}\\p{Script=Hiragana}\\p{Script=Katakana}ー々';
/** Those whose words only a dictionary knows. */
const dictionary = '\\p{Script=Thai}\\p{Script=Lao}\\p{Script=Khmer}\\p{Script=Myanmar}';
const runs = new RegExp(
	`[${unspaced}]+|[${dictionary}\\p{M}]+|(?:(?![${unspaced}${dictionary}])[\\p{L}\\p{M}\\p{N}_])+`,
	'gu'
);
const isUnspaced = new RegExp(`^[${unspaced}]`, 'u');
const isDictionary = new RegExp(`^[${dictionary}]`, 'u');

/** A word of a text as it was written, folded, before a language's stemmer has seen it. */
export type Token = string;

/** The words of a text in order: normalized and in lower case. Where a writing has no spaces, its pairs of characters. */
export function tokensOf(text: string): Token[] {
	const found = text.normalize('NFKC').toLowerCase().match(runs) ?? [];
	return found.flatMap((run) => {
		if (isUnspaced.test(run)) return pairsOf(run);
		if (isDictionary.test(run)) return segmentsOf(run);
		return run.includes('_') ? partsOf(run) : [run];
	});
}

function pairsOf(run: string): string[] {
	const characters = Array.from(run);
	if (characters.length === 1) return characters;
	const pairs = characters.slice(1).map((character, index) => characters[index] + character);
	// An ideograph alone is a word too, and its pair with an ending is another one in each form.
	return [...pairs, ...characters.filter((character) => /\p{Script=Han}/u.test(character))];
}

function segmentsOf(run: string): string[] {
	const segmenter = new Intl.Segmenter('th', { granularity: 'word' });
	return Array.from(segmenter.segment(run), ({ segment }) => segment);
}

/** A name in a program is found whole and by its parts. */
function partsOf(name: string): string[] {
	const parts = name.split('_').filter((part) => part !== '');
	return parts.length > 1 ? [parts.join(''), ...parts] : parts;
}

/** How a word of that language stands in the index. Only letters and digits, so that SQLite takes it as one. */
export function termOf(token: Token, language: string | null): string {
	const stemmed = stemOf(token, language);
	const folded = stemmed.replaceAll('ß', 'ss').normalize('NFD').replace(latinMarks, '$1').normalize('NFC');
	return /^[\p{L}\p{N}]+$/u.test(folded) ? folded : `x${Buffer.from(folded).toString('hex')}`;
}

/** Marks of letters that people leave out when they write. */
const latinMarks = /([\p{Script=Latin}\p{Script=Greek}\p{Script=Cyrillic}])\p{M}+/gu;

const known = new Map<string, Map<string, string>>();
const MOST_KNOWN = 50_000;

function stemOf(token: Token, language: string | null): string {
	const name = stemmers[language ?? ''];
	if (language === null || name === undefined || isUnspaced.test(token)) return token;
	const stems = known.get(language) ?? new Map<string, string>();
	const before = stems.get(token);
	if (before !== undefined) return before;
	const stem = snowball.newStemmer(name).stem(token);
	if (stems.size >= MOST_KNOWN) stems.clear();
	known.set(language, stems.set(token, stem));
	return stem;
}

/** Whether a word tells nothing of what a text is about. */
export function isSmall(token: Token, language: string | null): boolean {
	return stopWords(language).has(token) || /^[\p{Script=Latin}]$/u.test(token);
}

/** A text as the index holds it: its terms but the small words, in order. */
export function termsOf(text: string, language: string | null): string[] {
	return tokensOf(text).flatMap((token) => (isSmall(token, language) ? [] : [termOf(token, language)]));
}
