import type { Asked } from './coverage.ts';
import { leadsTo } from './joins.ts';
import { AVERAGE, COUNT, DIFFERENT, MEDIAN, MOST, OF_ONE, SUM } from './patterns.ts';
import type { Fold } from './reading.ts';
import type { Column, Table } from './schema.ts';

/** How the rows of a group become one figure, and of what: of a column, or none where they are counted. */
export function foldOf(asked: Asked, fact: Table, measure: Column | null): { fold: Fold; measure: Column | null } {
	const { text } = asked;
	const different = differentOf(asked, fact);
	if (different) return { fold: 'different', measure: different };
	if (!measure) return { fold: 'count', measure: null };
	if (MEDIAN.test(text)) return { fold: 'median', measure };
	if (AVERAGE.test(text)) return { fold: 'average', measure };
	if (SUM.test(text)) return { fold: 'sum', measure };
	if (COUNT.test(text) && !isCounted(asked, measure)) return { fold: 'count', measure: null };
	if (/\b(?:maximum|max)\b/.test(text)) return { fold: 'most', measure };
	if (/\b(?:minimum|min)\b/.test(text)) return { fold: 'least', measure };
	// What is measured rather than counted up means nothing as a sum.
	const isLevel = /rating|score|temperature|price|rate|age|percent/i.test(measure.name);
	const isSum = !isLevel || /total|sum|amount/i.test(measure.name);
	return { fold: foldOfOne(asked) ?? (isSum ? 'sum' : 'average'), measure };
}

/** `the longest ride` is one of them, `the longest rides` are long on average. */
function foldOfOne({ text, tokens, mentions }: Asked): Fold | null {
	const at = tokens.findIndex(({ word }) => OF_ONE.test(word));
	if (at < 0) return null;
	const next = tokens[at + 1];
	const isRow = mentions.tables.some(({ from }) => from === next?.place);
	return isRow && !/s$/.test(next?.word ?? '') ? (MOST.test(text) ? 'most' : 'least') : 'average';
}

/** `how many minutes` counts no rows. */
function isCounted({ tokens, mentions }: Asked, measure: Column): boolean {
	// `how many sales` of a table of sales counts them, though `amount` may be called so too.
	const isTable = (place: number) => mentions.tables.some(({ from, sure }) => from === place && sure >= 0.9);
	return mentions.columns.some(
		({ column, from }) => column === measure && tokens[from - 1]?.word === 'many' && !isTable(from)
	);
}

/** The column whose different values are counted. */
function differentOf({ text, tokens, mentions, tables }: Asked, fact: Table): Column | null {
	const at = tokens.findIndex(({ word }) => DIFFERENT.test(word));
	if (at < 0 || !COUNT.test(text)) return null;
	const found = mentions.columns.filter(
		({ column, from }) => from > at && from <= at + 2 && leadsTo(fact, column.table, tables)
	);
	return found.toSorted((a, b) => a.from - b.from || b.sure - a.sure)[0]?.column ?? null;
}
