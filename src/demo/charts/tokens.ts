import { folded, sameWord } from '../chat/words.ts';

/** A word of a question. */
export interface Token {
	readonly word: string;
	readonly place: number;
}

/** The words of a question in their order, numbers among them. */
export function tokensIn(text: string): Token[] {
	const words = text.match(/\p{N}+(?:[.,]\p{N}+)*|[\p{L}\p{N}]+/gu) ?? [];
	return words.map((word, place) => ({ word: folded(word), place }));
}

/** The words of a name: `bikeType`, `bike_type`. */
export function wordsOf(name: string): string[] {
	const spaced = name.replace(/([\p{Ll}\d])(\p{Lu})/gu, '$1 $2');
	return tokensIn(spaced.replaceAll('_', ' ')).map(({ word }) => word);
}

/** Words for one thing: what people say, and what columns are called. */
const SYNONYMS = [
	'revenue sales turnover income earnings amount earned sold money',
	'price cost costs fare fee charge paid spent spend expensive cheap cheaper cheapest dearer dearest pay',
	'duration length minutes long longer lasted last longest short shorter shortest',
	'distance kilometres kilometers far farther further farthest',
	'produced production output generated generation',
	'co2 carbon emissions emission emitted',
	'temperature warm warmer warmest cold colder coldest hot hotter hottest degrees',
	'customer client buyer',
	'quantity units pieces',
	'rating rated stars score',
	'weight heavy heavier heaviest light lighter lightest',
	'eur euro euros',
	'usd dollar dollars',
	'min mins minute minutes',
	'km kilometre kilometres kilometer kilometers'
].map((line) => new Set(line.split(' ')));

/** How well a word of a question names a word of a column: 1 the same, less for a form or a synonym, 0 not at all. */
export function likeness(said: string, name: string, { synonyms = true } = {}): number {
	if (said === name) return 1;
	if (synonyms && SYNONYMS.some((words) => words.has(said) && words.has(name))) return 0.7;
	if (/\d/.test(said + name)) return 0;
	if (sameWord(said, name)) return 0.9;
	return isOfOneRoot(said, name) ? 0.6 : 0;
}

/** `visited` and `visits`, `production` and `produced`. */
function isOfOneRoot(one: string, other: string): boolean {
	const shorter = Math.min(one.length, other.length);
	let common = 0;
	while (common < shorter && one[common] === other[common]) common += 1;
	return common >= 5 && common >= shorter * 0.75;
}
