import type { Condition } from './conditions.ts';
import { quoted } from './joins.ts';
import { monthOf, periodOf, quarterOf } from './periods.ts';
import type { Dialect } from './periods.ts';
import { isYear } from './schema.ts';
import type { Column } from './schema.ts';

/** SQL for a column, with its table. */
export function placeOf({ table, name }: Column): string {
	return `${quoted(table)}.${quoted(name)}`;
}

/** SQL for what rows have to be. Where a value is excluded, a row that has none stays: it is not the one that is excluded. */
export function conditionFor(condition: Condition, dialect: Dialect): string {
	if ('is' in condition) return standing(condition);
	if ('sign' in condition) return `${placeOf(condition.column)} ${condition.sign} ${condition.number}`;
	const meets = metBy(condition, dialect);
	if (!condition.not?.length) return meets;
	return condition.column.hasGaps ? `(NOT (${meets}) OR ${placeOf(condition.column)} IS NULL)` : `NOT (${meets})`;
}

function metBy(condition: Exclude<Condition, { is: string } | { sign: string }>, dialect: Dialect): string {
	const at = placeOf(condition.column);
	if ('quarter' in condition) return `${quarterOf(at, dialect)} = ${condition.quarter}`;
	if ('months' in condition) return oneOf(monthOf(at, dialect), condition.months);
	if ('values' in condition) return `${at} IN (${condition.values.map(literal).join(', ')})`;
	const { point, time, column } = condition;
	if (isYear(column)) return `${at} ${time} ${Number(point.slice(0, 4))}`;
	return `${periodOf(at, point.length === 4 ? 'year' : 'month', dialect)} ${time} ${literal(point)}`;
}

/** A number stands for yes or no in no condition of PostgreSQL. */
function standing({ column, is }: Extract<Condition, { is: string }>): string {
	const at = placeOf(column);
	const [yes, no] = column.type === 'boolean' ? [at, `NOT ${at}`] : [`${at} = 1`, `${at} = 0`];
	return { true: yes, false: no, missing: `${at} IS NULL`, there: `${at} IS NOT NULL` }[is];
}

function oneOf(at: string, texts: readonly string[]): string {
	return texts.length === 1 ? `${at} = ${literal(texts[0] ?? '')}` : `${at} IN (${texts.map(literal).join(', ')})`;
}

function literal(text: string): string {
	return `'${text.replaceAll("'", "''")}'`;
}
