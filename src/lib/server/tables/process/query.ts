import type { StatementSync } from 'node:sqlite';
import type { QueryResult, TableColumn } from '../../../operations/tables.ts';
import { forbidAllButReading, openForReading } from './database.ts';
import { ONLY_READING } from './database-sentences.ts';
import { LimitedRows, toldColumn } from './limited-rows.ts';
import { knownAs } from './names.ts';
import { WrongInput, type ColumnTypes, type QueryLimits, type QueryRequest } from './request.ts';

type Value = QueryResult['rows'][number][number];

const LONGEST_QUERY = 100_000;

/** Runs one SELECT and reads its rows up to the limits. */
export function query({ database: path, sql, types, ...limits }: QueryRequest): QueryResult {
	const begun = performance.now();
	const database = openForReading(path);
	forbidAllButReading(database);
	const text = checked(sql);
	const statement = prepared(() => database.prepare(text));
	if (!isBlank(text.slice(statement.sourceSQL.length)))
		throw new WrongInput('Only one statement can be run. Send each one by itself.');
	const columns = statement.columns();
	const declared = columns.map(({ table, column }) => typeIn(types, table, column));
	const { rows, truncated } = prepared(() => read(statement, declared, limits));
	const told = columns.map(({ name }, place) => toldColumn(name, declared[place] ?? typeOf(rows, place)));
	return { columns: told, rows, truncated, ms: Math.round(performance.now() - begun) };
}

/** What SQLite says of a wrong query is for who wrote it. */
function prepared<T>(work: () => T): T {
	try {
		return work();
	} catch (error) {
		if (!(error instanceof Error) || error instanceof WrongInput) throw error;
		const forbidden = /not authorized|authorization denied|prohibited|readonly/.test(error.message);
		throw new WrongInput(forbidden ? ONLY_READING : `SQLite says: ${error.message}.`);
	}
}

/** Fails for what is no reading of tables by its first word. */
export function checked(sql: string): string {
	if (sql.length > LONGEST_QUERY)
		throw new WrongInput(`The query is longer than ${LONGEST_QUERY.toLocaleString('en')} characters.`);
	if (sql.includes('\0')) throw new WrongInput('The query holds a character that SQL does not know.');
	const [first = ''] = /^\w+/.exec(withoutComments(sql)) ?? [];
	if (/^(select|with|values)$/i.test(first)) return sql.toWellFormed();
	throw new WrongInput('Only reading is allowed: the query must begin with SELECT, WITH or VALUES.');
}

/** A query without the spaces and semicolons around it. */
export function bare(sql: string): string {
	let end = sql.length;
	while (end > 0 && /[\s;]/.test(sql[end - 1] ?? '')) end -= 1;
	return sql.slice(0, end).replace(/^[\s;]+/, '');
}

/** Nothing but spaces, semicolons and comments. */
function isBlank(rest: string): boolean {
	return withoutComments(rest) === '';
}

/** What stands behind the comments, spaces and semicolons at the beginning. A comment that is never closed goes to the end. */
export function withoutComments(sql: string): string {
	return sql.replace(/^(?:[\s;]+|--[^\n]*(?:\n|$)|\/\*[\s\S]*?(?:\*\/|$))+/, '');
}

function typeIn(types: ColumnTypes, table: string | null, column: string | null): TableColumn['type'] | null {
	if (table === null || column === null) return null;
	return knownAs(knownAs(types, table) ?? {}, column) ?? null;
}

function read(
	statement: StatementSync,
	types: readonly (TableColumn['type'] | null)[],
	limits: QueryLimits
): Pick<QueryResult, 'rows' | 'truncated'> {
	statement.setReturnArrays(true);
	statement.setReadBigInts(true);
	const result = new LimitedRows(limits);
	for (const found of statement.iterate() as Iterable<unknown>)
		if (!result.add((found as unknown[]).map((value, place) => valueOf(value, types[place] ?? null))))
			return { rows: result.rows, truncated: true };
	return { rows: result.rows, truncated: false };
}

function valueOf(value: unknown, type: TableColumn['type'] | null): Value {
	if (typeof value === 'bigint') {
		if (type === 'boolean') return value !== 0n;
		const number = Number(value);
		return Number.isSafeInteger(number) ? number : value.toString();
	}
	if (value instanceof Uint8Array) return `(${value.length} bytes)`;
	// JSON has no infinity.
	if (typeof value === 'number') return Number.isFinite(value) ? value : String(value);
	return typeof value === 'string' ? value.toWellFormed() : null;
}

/** The type of what a query made: that of its values when they are all of one. */
function typeOf(rows: readonly (readonly Value[])[], place: number): TableColumn['type'] {
	const kinds = new Set(rows.map((row) => kindOf(row[place] ?? null)));
	kinds.delete('null');
	if (kinds.size === 0) return 'null';
	if (kinds.size === 2 && kinds.has('integer') && kinds.has('real')) return 'real';
	return kinds.size === 1 ? ([...kinds][0] ?? 'text') : 'text';
}

function kindOf(value: Value): TableColumn['type'] {
	if (value === null) return 'null';
	if (typeof value === 'number') return Number.isInteger(value) ? 'integer' : 'real';
	return typeof value === 'boolean' ? 'boolean' : 'text';
}
