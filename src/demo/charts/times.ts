import type { ColumnMention } from './mentions.ts';
import { TIME, TREND } from './patterns.ts';
import type { Reading, Unit } from './reading.ts';
import { hasHours, isTime, isYear } from './schema.ts';
import type { Column } from './schema.ts';

/** More years than these are a trend of years, fewer one of months. */
const MANY_YEARS = 3;

/** What a question wants to be seen along: a unit that it names, or one that suits what there is; null where it wants none. */
export function timeOf(text: string, column: Column | null): Reading['time'] {
	const [, unit, other, twice, annual, listed] = TIME.exec(text) ?? [];
	const named = unit ?? twice ?? listed ?? (other === 'dai' ? 'day' : other) ?? (annual ? 'year' : undefined);
	if (!column || (named === undefined && !TREND.test(text))) return null;
	if (isYear(column)) return { column, unit: 'year' };
	if (named === 'hour' && !hasHours(column)) return null;
	const [from = '', to = ''] = column.range ?? [];
	const isLong = Number(to.slice(0, 4)) - Number(from.slice(0, 4)) > MANY_YEARS;
	return { column, unit: (named as Unit | undefined) ?? (isLong ? 'year' : 'month') };
}

/** A table's own time: the one that is named, one without gaps before one that may be missing, dates before years. */
export function timeColumnOf(columns: readonly Column[], named: readonly ColumnMention[]): Column | null {
	const sure = (column: Column) => named.find((mention) => mention.column === column)?.sure ?? 0;
	// `returned per month` goes by when, though not all were.
	const isSaid = (column: Column) => sure(column) >= 0.6;
	const order = (a: Column, b: Column) =>
		Number(isSaid(b)) - Number(isSaid(a)) ||
		Number(a.hasGaps) - Number(b.hasGaps) ||
		Number(isYear(a)) - Number(isYear(b)) ||
		sure(b) - sure(a);
	return columns.filter(isTime).toSorted(order)[0] ?? null;
}
