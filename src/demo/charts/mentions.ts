import { NEGATIONS } from './patterns.ts';
import { isTime, type Column, type Table } from './schema.ts';
import { likeness, tokensIn, wordsOf, type Token } from './tokens.ts';

/** Where a question names something: from a word to a word, and how surely. */
interface Place {
	readonly from: number;
	readonly to: number;
	readonly sure: number;
}

export type ColumnMention = Place & { readonly column: Column };
export type TableMention = Place & { readonly table: Table };
export type ValueMention = Place & { readonly column: Column; readonly value: string };

/** What a question names of the tables. */
export interface Mentions {
	readonly columns: readonly ColumnMention[];
	readonly tables: readonly TableMention[];
	readonly values: readonly ValueMention[];
}

/** Parts of names that say in what or how a column is measured, or nothing at all. */
const UNITS = new Set(
	'id no nr total eur usd gbp chf km m kg g c f mwh kwh mw min mins s ms on at of the per in name date code'.split(' ')
);

export function mentionsIn(tokens: readonly Token[], tables: readonly Table[]): Mentions {
	const columns = tables.flatMap((table) => table.columns);
	const values = columns.flatMap((column) => valuesIn(tokens, column));
	return {
		columns: columns.flatMap((column) => columnIn(tokens, column)),
		tables: tables.flatMap((table) => tableIn(tokens, table)),
		values: values.filter((one) => !values.some((other) => other !== one && covers(other, one)))
	};
}

/** The longer of two that begin at one place is meant. */
function covers(one: Place, other: Place): boolean {
	return one.from <= other.from && one.to >= other.to && one.to - one.from > other.to - other.from;
}

/** By the words of its name that say something; where there are several, most of them. */
function columnIn(tokens: readonly Token[], column: Column): ColumnMention[] {
	const all = wordsOf(column.name);
	const telling = all.filter((word) => !UNITS.has(word));
	const words = telling.length > 0 ? telling : all.filter((word) => word !== 'id');
	const found = words.flatMap((word) => best(tokens, word, { synonyms: !isTime(column) }) ?? []);
	if (found.length === 0) return [];
	const sure = found.reduce((sum, one) => sum + one.sure, 0) / words.length;
	if (sure < (words.length > 2 ? 0.3 : 0.45)) return [];
	const places = found.map(({ place }) => place);
	const [from, to] = [Math.min(...places), Math.max(...places)];
	// Words that stand far apart do not make one name.
	return to - from > 4 ? [] : [{ column, from, to, sure }];
}

function tableIn(tokens: readonly Token[], table: Table): TableMention[] {
	const words = wordsOf(table.name);
	const last = words.at(-1) ?? '';
	const found = best(tokens, last, { synonyms: false });
	return found ? [{ table, from: found.place, to: found.place, sure: found.sure }] : [];
}

function best(
	tokens: readonly Token[],
	word: string,
	how = { synonyms: true }
): { place: number; sure: number } | null {
	const [first] = tokens
		.map((token) => ({ place: token.place, sure: likeness(token.word, word, how) }))
		.filter(({ sure }) => sure > 0)
		.toSorted((a, b) => b.sure - a.sure);
	return first ?? null;
}

/** Values that the prompt samples, as whole words, in the plural as well. */
function valuesIn(tokens: readonly Token[], column: Column): ValueMention[] {
	if (column.type !== 'text' || isTime(column)) return [];
	return column.samples.flatMap((sample) => {
		const words = tokensIn(String(sample)).map(({ word }) => word);
		// `no region` is no answer `no`.
		if (words.join('').length < 2 || (words.length === 1 && NEGATIONS.test(words[0] ?? ''))) return [];
		const at = tokens.findIndex((_, place) =>
			words.every((word, step) => isForm(tokens[place + step]?.word ?? '', word))
		);
		return at < 0 ? [] : [{ column, value: String(sample), from: at, to: at + words.length - 1, sure: 1 }];
	});
}

function isForm(said: string, word: string): boolean {
	return said === word || said === `${word}s` || said === `${word}es`;
}
