import type { QueryResult, TableColumn } from '../../../operations/tables.ts';

/** Object ids of the types that are more than text (pg_type.dat, the same in every release). */
const types: Readonly<Record<number, TableColumn['type']>> = {
	...{ 16: 'boolean', 17: 'blob', 20: 'integer', 21: 'integer', 23: 'integer', 26: 'integer' },
	...{ 700: 'real', 701: 'real', 1700: 'real', 790: 'text' },
	...{ 1082: 'date', 1114: 'timestamp', 1184: 'timestamp' }
};

/** The type of a column by the object id of its own. */
export function typeNamed(id: number): TableColumn['type'] {
	return types[id] ?? 'text';
}

/** A value from the text that PostgreSQL sends. What no number can hold stays text. */
export function valueFrom(text: string | null, id: number): QueryResult['rows'][number][number] {
	if (text === null) return null;
	const type = typeNamed(id);
	if (type === 'boolean') return text === 't' || text === 'true';
	if (type === 'blob') return `(${Math.max(0, (text.length - 2) / 2)} bytes)`;
	if (type === 'timestamp') return text.replace(/\+00(?::00)?$/, 'Z');
	if (type !== 'integer' && type !== 'real') return text.toWellFormed();
	const number = Number(text);
	const fits = type === 'integer' ? Number.isSafeInteger(number) : Number.isFinite(number);
	return fits ? number : text;
}
