import { quoted } from './joins.ts';

/** A column of a query: its SQL, and what it is called there. */
export interface Shown {
	readonly sql: string;
	readonly name: string;
}

/**
 * SQL for the rows in the middle of each group, of which the average is the median: one, or two where their number is even.
 * `keys`: what the groups are told apart by; `others`: what else is taken along. SQLite and MySQL know no function for it.
 */
export function middleRows(
	value: Shown,
	{ keys, others, from }: { keys: Shown[]; others: Shown[]; from: string }
): string {
	const partition = keys.length === 0 ? '' : `PARTITION BY ${keys.map(({ sql }) => sql).join(', ')}`;
	const placed = [
		...[...keys, ...others, value].map(({ sql, name }) => `${sql} AS ${quoted(name)}`),
		`ROW_NUMBER() OVER (${partition}${partition && ' '}ORDER BY ${value.sql}) AS "place"`,
		`COUNT(*) OVER (${partition}) AS "number"`
	];
	return `(SELECT ${placed.join(', ')} FROM ${from}) AS "placed" WHERE "place" * 2 BETWEEN "number" AND "number" + 2`;
}
