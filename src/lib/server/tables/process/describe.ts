import type { DatabaseSync } from 'node:sqlite';
import type { Table, TableColumn } from '../../../operations/tables.ts';
import { ColumnKind } from './kinds.ts';
import { knownAs, quoted } from './names.ts';
import type { ColumnTypes } from './request.ts';

/** Of more than these only the names are told, so that they can be counted. */
const MOST_TABLES = 100;
/** Rows that are looked at for a column's type and samples where its types are not known. */
const LOOKED_AT = 1_000;
const MOST_DISTINCT = 10_000;
/** More rows than these are not searched for different values. */
const MOST_SEARCHED = 2_000_000;
/** After so long only the names are told of what is left. */
const BUDGET_MS = 15_000;
const SAMPLES = 5;
/** A column of so few different values is told with all of them: they are what a question may name. */
const FEW = 20;
const LONGEST_VALUE = 200;

/** Longer names no question asks for: what bears one is left out. */
const LONGEST_NAME = 1_000;
/** All that is told, as JSON; of what comes after that only the names are. */
const MOST_CHARACTERS = 8 * 1024 ** 2;
/** What one statement may come to: SQLite takes 2,000 columns, and `limits` so many characters. */
const STATEMENT = { columns: 500, characters: 500_000 };

type Value = string | number | null;

/**
 * The tables of a database as a query may name them; one that no query could read is left out. `types` are those that are known,
 * of all rows.
 */
export function describe(database: DatabaseSync, types: ColumnTypes): Table[] {
	const begun = performance.now();
	const all = database.prepare('PRAGMA main.table_list').all() as { name: string; type: string }[];
	const own = all.filter(({ name, type }) => type !== 'shadow' && !name.toLowerCase().startsWith('sqlite_'));
	let room = MOST_CHARACTERS;
	return own.flatMap(({ name, type }, place) => {
		if (name.length > LONGEST_NAME) return [];
		if (place >= MOST_TABLES || room <= 0) return [{ name, rows: null, columns: [] }];
		const found = unlessBroken(() => new Described(database, name, knownAs(types, name) ?? {}));
		if (found === null) return [];
		const counted = type !== 'view' && performance.now() - begun < BUDGET_MS;
		const table = (counted ? unlessBroken(() => found.table(true)) : null) ?? found.table(false);
		room -= JSON.stringify(table).length;
		return [table];
	});
}

/** SQLite's own codes: an error in SQL, a value that is larger than its limit, and an index that its own module finds damaged. */
const [SQL_ERROR, TOO_BIG, DAMAGED_INDEX] = [1, 18, 267];

/**
 * Null for what is wrong with one table alone: a view of a table that is gone, an order or a module of the program that made the
 * file, a value of more than 16 MB. The others can be asked all the same.
 */
function unlessBroken<T>(look: () => T): T | null {
	try {
		return look();
	} catch (error) {
		const { errcode = 0 } = error as { errcode?: number };
		if ([SQL_ERROR, TOO_BIG].includes(errcode & 0xff) || errcode === DAMAGED_INDEX) return null;
		throw error;
	}
}

interface ColumnInfo {
	readonly name: string;
	readonly type: string;
	readonly pk: number;
	readonly hidden: number;
}

interface Counted {
	readonly rows: number;
	/** For each column: values, the least, the greatest. */
	readonly columns: readonly { values: number; min: Value; max: Value }[];
}

/** One table, looked at. */
class Described {
	readonly #database: DatabaseSync;
	readonly #name: string;
	readonly #types: ColumnTypes[string];
	readonly #columns: ColumnInfo[];

	constructor(database: DatabaseSync, name: string, types: ColumnTypes[string]) {
		this.#database = database;
		this.#name = name;
		this.#types = types;
		// Columns that are computed are there too, but for those of a virtual table that only its own commands use.
		const all = this.#all(`PRAGMA main.table_xinfo(${quoted(name)})`) as unknown as ColumnInfo[];
		this.#columns = all.filter(({ hidden, name }) => hidden !== 1 && name.length <= LONGEST_NAME);
	}

	table(counted: boolean): Table {
		const counts = counted ? this.#count() : null;
		const references = this.#references();
		const columns = this.#columns.map(({ name, type, pk }, place): TableColumn => {
			const { values, min, max } = counts?.columns[place] ?? { values: null, min: null, max: null };
			const looked = counts ? this.#values(name) : [];
			const distinct = counts && counts.rows <= MOST_SEARCHED ? this.#distinct(name) : null;
			return {
				...{ name, type: knownAs(this.#types, name) ?? typeOf(looked, type), min, max },
				nulls: counts && values !== null ? counts.rows - values : null,
				distinct,
				samples: [...new Set(looked.map(told))].slice(0, distinct !== null && distinct <= FEW ? FEW : SAMPLES),
				...{ primaryKey: pk > 0, references: references.get(name) ?? null }
			};
		});
		return { name: this.#name, rows: counts?.rows ?? null, columns };
	}

	#count(): Counted {
		const parts = this.#columns.map(({ name }) => {
			const column = quoted(name);
			return `count(${column}), ${beginning(`min(${column})`)}, ${beginning(`max(${column})`)}`;
		});
		const [rows = 0, ...told] = inStatements(parts).flatMap((some, at) =>
			this.#row(`SELECT ${at === 0 ? 'count(*), ' : ''}${some.join(', ')} FROM ${quoted(this.#name)}`)
		);
		const columns = this.#columns.map((_, at) => ({
			...{ values: Number(told[at * 3]), min: valueOf(told[at * 3 + 1]), max: valueOf(told[at * 3 + 2]) }
		}));
		return { rows: Number(rows), columns };
	}

	#distinct(column: string): number | null {
		const different = `SELECT DISTINCT ${quoted(column)} AS value FROM ${quoted(this.#name)} LIMIT ${MOST_DISTINCT + 2}`;
		const [count = 0] = this.#row(`SELECT count(value) FROM (${different})`);
		return Number(count) > MOST_DISTINCT ? null : Number(count);
	}

	/** Values of the first rows that have any. */
	#values(column: string): unknown[] {
		const name = quoted(column);
		const statement = this.#database.prepare(
			`SELECT ${beginning(name)} FROM ${quoted(this.#name)} WHERE ${name} IS NOT NULL LIMIT ${LOOKED_AT}`
		);
		statement.setReadBigInts(true);
		statement.setReturnArrays(true);
		return (statement.all() as unknown as unknown[][]).map(([value]) => value);
	}

	#references(): Map<string, string> {
		const keys = this.#all(`PRAGMA main.foreign_key_list(${quoted(this.#name)})`);
		return new Map(keys.map(({ from, table, to }) => [String(from), `${String(table)}.${String(to ?? 'id')}`]));
	}

	#all(sql: string): Record<string, unknown>[] {
		return this.#database.prepare(sql).all();
	}

	#row(sql: string): unknown[] {
		const statement = this.#database.prepare(sql);
		statement.setReadBigInts(true);
		statement.setReturnArrays(true);
		return (statement.get() as unknown as unknown[] | undefined) ?? [];
	}
}

/** A value as far as it is told: a thousand whole ones, of a table of pictures or pages, fill any memory. */
function beginning(value: string): string {
	const text = `WHEN 'text' THEN substr(${value}, 1, ${LONGEST_VALUE + 1})`;
	return `CASE typeof(${value}) ${text} WHEN 'blob' THEN x'' ELSE ${value} END`;
}

/** The parts in lists that fit into a statement each. */
function inStatements(parts: readonly string[]): string[][] {
	const lists: string[][] = [];
	let room = 0;
	for (const part of parts) {
		const list = lists.at(-1);
		room -= part.length;
		if (list && room >= 0 && list.length < STATEMENT.columns) list.push(part);
		else {
			lists.push([part]);
			room = STATEMENT.characters - part.length;
		}
	}
	return lists;
}

/** By what is in it; a declared boolean is one, and nothing at all is what was declared. */
function typeOf(values: readonly unknown[], declared: string): TableColumn['type'] {
	if (/bool/i.test(declared) && values.every((value) => value === 0n || value === 1n)) return 'boolean';
	if (values.length === 0) return declaredType(declared);
	const kind = new ColumnKind(false);
	for (const value of values) {
		if (value instanceof Uint8Array) kind.seeBytes();
		else if (typeof value === 'string') kind.seeText(value);
		// Written out, a whole real would be taken for an integer.
		else kind.see(typeof value === 'bigint' ? '0' : '0.5');
	}
	return kind.type;
}

const declarations: readonly (readonly [RegExp, TableColumn['type']])[] = [
	[/bool/i, 'boolean'],
	[/int/i, 'integer'],
	[/timestamp|datetime/i, 'timestamp'],
	[/date/i, 'date'],
	[/real|floa|doub|numeric|decimal/i, 'real'],
	[/blob/i, 'blob'],
	[/./, 'text']
];

function declaredType(declared: string): TableColumn['type'] {
	return declarations.find(([pattern]) => pattern.test(declared))?.[1] ?? 'null';
}

function told(value: unknown): Value {
	return valueOf(value) ?? '(bytes)';
}

function valueOf(value: unknown): Value {
	if (typeof value === 'string') return value.slice(0, LONGEST_VALUE).toWellFormed();
	if (typeof value === 'number') return Number.isFinite(value) ? value : String(value);
	if (typeof value !== 'bigint') return null;
	const number = Number(value);
	return Number.isSafeInteger(number) ? number : value.toString();
}
