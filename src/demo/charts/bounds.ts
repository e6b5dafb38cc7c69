import type { Condition, Sign } from './conditions.ts';
import { isMeasure } from './schema.ts';
import type { Column, Table } from './schema.ts';
import { likeness, tokensIn, wordsOf } from './tokens.ts';

const LESS =
	'less|fewer|shorter|smaller|lower|younger|cheaper|colder|cooler|slower|lighter|nearer|closer|thinner|worse';
const SIGNS = [
	[/\b(?:at least|or more than)$/, '>='],
	[/\b(?:at most|up to)$/, '<='],
	[new RegExp(`\\b(?:under|below|(?:${LESS}) than)$`), '<'],
	[/\b(?:over|above|exceeding|more than|[a-z]{3,}er than)$/, '>']
] as const;
const OPPOSITE = { '>': '<=', '>=': '<', '<': '>=', '<=': '>' } as const;
/** What lies beyond one of these belongs to another bound. */
const CLAUSE = /\b(?:and|but|or|while|with)\b|,/;

/** A number of a question with what it bounds from: `longer than 30`. */
export interface Bound {
	readonly sign: Sign;
	readonly number: number;
	/** Of its first letter, and the one after its last, in the question. */
	readonly from: number;
	/** Of the number's own first letter. */
	readonly at: number;
	readonly to: number;
	/** The place of the word that turned its sign about: `not longer than`. */
	readonly not: readonly number[];
}

/** All numbers with a sign of which a question says that something is more or less than they. */
export function boundedIn(text: string): Bound[] {
	return [...text.matchAll(/\b\d+(?:\.\d+)?\b/g)].flatMap((match) => {
		const before = text.slice(0, match.index).trimEnd();
		const [found] = SIGNS.flatMap(([pattern, sign]) => {
			const said = pattern.exec(before);
			return said ? [{ sign, from: said.index }] : [];
		});
		if (!found) return [];
		const [denial] = /\b(?:not|no)\s+(?:(?:take|last|cost|be|have)\s+)?$/.exec(before.slice(0, found.from)) ?? [];
		const from = found.from - (denial?.length ?? 0);
		const not = denial ? [tokensIn(text.slice(0, from)).length] : [];
		const sign = denial ? OPPOSITE[found.sign] : found.sign;
		return [{ sign, number: Number(match[0]), from, at: match.index, to: match.index + match[0].length, not }];
	});
}

/** Bounds on numbers, such as `longer than 30 minutes`: of the column that the words around them name. */
export function boundsIn(text: string, { columns }: Table, measure: Column | null): Condition[] {
	const columnAt = (from: number, to: number) => {
		const [before = '', after = ''] = [text.slice(0, from).split(CLAUSE).at(-1), text.slice(to).split(CLAUSE)[0]];
		return nearestNamed(before, after, columns) ?? measure;
	};
	const pair = /\bbetween (\d+(?:\.\d+)?) and (\d+(?:\.\d+)?)\b/.exec(text);
	if (pair && !/^\d{4}$/.test(pair[1] ?? '')) {
		const column = columnAt(pair.index, pair.index + pair[0].length);
		const [from, to] = [Number(pair[1]), Number(pair[2])];
		return column
			? [
					{ column, sign: '>=', number: from },
					{ column, sign: '<=', number: to }
				]
			: [];
	}
	return boundedIn(text).flatMap(({ sign, number, at, to, not }) => {
		const column = columnAt(at, to);
		return column ? [{ column, sign, number, not }] : [];
	});
}

/** What each word between a name and a number takes from how surely the one belongs to the other. */
const FAR = 0.12;

/** The column of numbers that the words before and after a number name best, the nearer ones first; null where none does. */
function nearestNamed(before: string, after: string, columns: readonly Column[]): Column | null {
	const around = [tokensIn(before).toReversed(), tokensIn(after)].flatMap((tokens) =>
		tokens.map(({ word }, distance) => ({ word, weight: Math.max(0.1, 1 - distance * FAR) }))
	);
	const scored = columns.filter(isMeasure).map((column) => {
		const parts = wordsOf(column.name);
		const scores = around.flatMap(({ word, weight }) => parts.map((part) => likeness(word, part) * weight));
		return { column, score: Math.max(0, ...scores) };
	});
	const [best] = scored.filter(({ score }) => score > 0).toSorted((a, b) => b.score - a.score);
	return best?.column ?? null;
}
