import type { Cell, ChartRows, ResultColumn } from './model.ts';

/** Rows as a query gave them. */
export type Rowset = Pick<ChartRows, 'columns' | 'rows'>;

/** What can be done with a column: added up, laid along time, or told apart. */
export type Measure = 'number' | 'time' | 'category';

/** The field of each column in the drawing's data: its name where that is plain and unique, else `column_3`. */
export function fieldsOf(columns: readonly Pick<ResultColumn, 'name'>[]): string[] {
	const plain = (name: string) => /^\p{L}[\p{L}\p{N}_ ]*$/u.test(name) && !/^column_\d+$/.test(name);
	return columns.map(({ name }, place) => {
		const isFirst = columns.findIndex((other) => other.name === name) === place;
		return plain(name) && isFirst ? name : `column_${place + 1}`;
	});
}

/** The rows as a drawing's data take them: an object for each, points in time as they are read in UTC. */
export function rowObjects({ columns, rows }: Rowset): Record<string, Cell>[] {
	const fields = fieldsOf(columns);
	const isTime = columns.map((_, place) => measureOf({ columns, rows }, place) === 'time');
	return rows.map((row) =>
		Object.fromEntries(
			fields.map((field, place) => [field, isTime[place] ? pointIn(row[place]) : (row[place] ?? null)])
		)
	);
}

/** The place of a column by its name, in small letters or not; null where there is none. */
export function placeOf(columns: readonly ResultColumn[], name: string | null): number | null {
	if (name === null) return null;
	const exact = columns.findIndex((column) => column.name === name);
	const place = exact >= 0 ? exact : columns.findIndex((column) => column.name.toLowerCase() === name.toLowerCase());
	return place < 0 ? null : place;
}

/** What a column is good for, by its type and by what stands in it: `2025-03` is a time, and a year is one by its name. */
export function measureOf({ columns, rows }: Rowset, place: number): Measure {
	const { type, name } = columns[place] ?? { type: 'null', name: '' };
	const values = rows.flatMap((row) => (row[place] === null || row[place] === undefined ? [] : [row[place]]));
	if (type === 'date' || type === 'timestamp') return 'time';
	if (type === 'integer' && values.length > 0 && isYear(name) && values.every(isYearNumber)) return 'time';
	if (type === 'integer' || type === 'real') return 'number';
	const isTime =
		type === 'text' && values.length > 0 && values.every((value) => typeof value === 'string' && TIME.test(value));
	return isTime ? 'time' : 'category';
}

/** Year, month, day, or a moment. */
const TIME =
	/^\d{4}(?:-(?:0[1-9]|1[0-2])(?:-(?:0[1-9]|[12]\d|3[01])(?:[T ]\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:Z|[+-]\d\d:?\d\d)?)?)?)?$/;

const isYear = (name: string) => /year|jahr|ann[ée]e|\baño\b|\banno\b/i.test(name);
const isYearNumber = (value: Cell) => typeof value === 'number' && value >= 1000 && value <= 2999;

/** The finest unit that the values of a time column need. */
export function unitOf({ rows }: Rowset, place: number): 'utcyear' | 'utcyearmonth' | 'utcyearmonthdate' | null {
	const longest = Math.max(0, ...rows.map((row) => String(row[place] ?? '').length));
	if (longest <= 4) return 'utcyear';
	return longest <= 7 ? 'utcyearmonth' : longest <= 10 ? 'utcyearmonthdate' : null;
}

/** Without a zone a moment is taken for UTC, whatever the zone of who looks at it. */
function pointIn(value: Cell | undefined): Cell {
	if (typeof value === 'number') return String(value);
	if (typeof value !== 'string') return value ?? null;
	const moment = value.replace(' ', 'T');
	return moment.includes('T') && !/(?:Z|[+-]\d\d:?\d\d)$/.test(moment) ? `${moment}Z` : moment;
}

/** A column's values, those that are numbers. */
export function numbersIn({ rows }: Rowset, place: number): number[] {
	return rows.flatMap((row) => (typeof row[place] === 'number' ? [row[place]] : []));
}

/** How many different values there are among those of the named columns together. */
export function differentIn({ rows }: Rowset, places: readonly number[]): number {
	return new Set(rows.map((row) => JSON.stringify(places.map((place) => row[place] ?? null)))).size;
}
