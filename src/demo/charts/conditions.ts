import { NEGATIONS } from './patterns.ts';
import { isYear } from './schema.ts';
import type { Column } from './schema.ts';
import { tokensIn } from './tokens.ts';

export type Sign = '>' | '>=' | '<' | '<=';

/** What the rows have to be; with `not`, what they must not be: the places of the words that say so. A sign is turned about already. */
export type Condition = { readonly column: Column; readonly not?: readonly number[] } & (
	| { readonly is: 'true' | 'false' | 'missing' | 'there' }
	| { readonly values: readonly string[] }
	| { readonly sign: Sign; readonly number: number }
	/** The beginning of a date, such as `2024` or `2024-03`. */
	| { readonly time: '=' | Sign; readonly point: string }
	/** Months of any year, such as `03`. */
	| { readonly months: readonly string[] }
	/** A quarter of any year: `1` to `4`. */
	| { readonly quarter: string }
);

const MONTHS = 'january february march april may june july august september october november december'.split(' ');
const MONTH = MONTHS.join('|');
const ORDINALS = ['first', 'second', 'third', 'fourth'];
const SIGNS: Readonly<Record<string, Sign>> = { since: '>=', after: '>', before: '<', until: '<=' };
const IN = 'in|during|for|of';

/** `July` or `july` as `07`; null for any other word. */
export function monthCalled(word: string): string | null {
	const at = MONTHS.indexOf(word);
	return at < 0 ? null : String(at + 1).padStart(2, '0');
}

/** The years, quarters and months that a question limits its rows to. */
export function timesIn(text: string, column: Column | null): Condition[] {
	if (!column) return [];
	const [, from, to] = /\b(?:between|from) (\d{4}) (?:and|to|until) (\d{4})\b/.exec(text) ?? [];
	if (from !== undefined && to !== undefined)
		return [
			{ column, time: '>=', point: from },
			{ column, time: '<=', point: to }
		];
	const years = yearIn(text, column);
	if (isYear(column)) return years;
	// `in July and in August 2024` has two of a kind, of which only one could be taken.
	const whole = years.filter((year) => 'point' in year && year.point.length === 4);
	return quarterIn(text, column, whole) ?? monthsIn(text, column, whole) ?? years;
}

/** `in 2024`, `since March 2024`. */
function yearIn(text: string, column: Column): Condition[] {
	const found = new RegExp(`\\b(${IN}|since|after|before|until) (?:(${MONTH}) )?(?:the year )?(\\d{4})\\b`).exec(text);
	const [, word = '', month, year] = found ?? [];
	if (!found || year === undefined || (month !== undefined && isYear(column))) return [];
	const time = SIGNS[word] ?? '=';
	const not = deniedAt(text, found.index);
	if (not.length > 0 && time !== '=') return [];
	return [{ column, time, point: month === undefined ? year : `${year}-${monthCalled(month) ?? ''}`, not }];
}

/** `in Q1`, `in the third quarter of 2024`. */
function quarterIn(text: string, column: Column, years: readonly Condition[]): Condition[] | null {
	const named = `q([1-4])|(${ORDINALS.join('|')}) quarter`;
	const found = new RegExp(`\\b(?:${IN}) (?:the )?(?:${named})(?:,? (?:(?:of|in) )?(\\d{4}))?\\b`).exec(text);
	if (!found) return null;
	const [, number, ordinal = '', year] = found;
	// Of which of the two it is not, cannot be known.
	if (deniedAt(text, found.index).length > 0) return [];
	const quarter = { column, quarter: number ?? String(ORDINALS.indexOf(ordinal) + 1) };
	return year === undefined ? [quarter, ...years] : [quarter, { column, time: '=', point: year }];
}

/** `in July and August`, `between March and May`; null for a single month of a year. */
function monthsIn(text: string, column: Column, years: readonly Condition[]): Condition[] | null {
	const [range, first = '', last = ''] =
		new RegExp(`\\b(?:between|from) (${MONTH}) (?:and|to|until|through) (${MONTH})\\b`).exec(text) ?? [];
	if (range) {
		const [from, to] = [MONTHS.indexOf(first), MONTHS.indexOf(last)];
		const months = MONTHS.slice(from, to + 1).flatMap((month) => monthCalled(month) ?? []);
		return months.length === 0 ? [] : [{ column, months }, ...years];
	}
	const found = new RegExp(
		`\\b(?:${IN}|except|excluding|without) ((?:${MONTH})(?:(?:,? (?:and |or )?)(?:${MONTH}))*)\\b(?: (\\d{4})\\b)?`
	).exec(text);
	if (!found) return null;
	const months = tokensIn(found[1] ?? '').flatMap(({ word }) => monthCalled(word) ?? []);
	const not = deniedAt(text, found.index);
	const year = found[2];
	if (year === undefined) return [{ column, months, not }, ...years];
	return months.length === 1 || not.length > 0
		? null
		: [
				{ column, months },
				{ column, time: '=', point: year }
			];
}

/** The place of a word that denies what begins at a letter: before it, or as its first word. */
function deniedAt(text: string, index: number): number[] {
	const before = tokensIn(text.slice(0, index));
	const [first] = tokensIn(text.slice(index));
	if (NEGATIONS.test(first?.word ?? '')) return [before.length];
	return NEGATIONS.test(before.at(-1)?.word ?? '') ? [before.length - 1] : [];
}
