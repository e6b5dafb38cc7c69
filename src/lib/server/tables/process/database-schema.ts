import type { Table, TableColumn } from '../../../operations/tables.ts';
import type { DatabaseConnection, FoundColumn, FoundTable } from './database-connection.ts';

/** Of more than these only the names are told, so that they can be counted. */
const MOST_TABLES = 100;
/** Larger tables are not counted through: their rows are what the database estimates. */
const MOST_COUNTED = 500_000;
const SAMPLE_ROWS = 200;
const SAMPLES = 5;
/** A column of so few different values is told with all of them. */
const FEW = 20;
const LONGEST_VALUE = 200;
/** After so long only the names are told of what is left. */
const BUDGET_MS = 15_000;

/** The tables of a database, as a query may name them: counted and sampled, as far as that is quick and allowed. */
export async function describeDatabase(database: DatabaseConnection): Promise<Table[]> {
	const begun = performance.now();
	await database.begin();
	const all = await database.tables();
	const found = all.slice(0, MOST_TABLES);
	await database.rows('ROLLBACK');
	const tables: Table[] = [];
	for (const table of found) {
		const isCounted =
			performance.now() - begun < BUDGET_MS && table.estimate !== null && table.estimate <= MOST_COUNTED;
		tables.push((isCounted && (await looked(database, table))) || bare(table));
	}
	return [...tables, ...all.slice(MOST_TABLES).map(({ name }) => ({ name, rows: null, columns: [] }))];
}

/** A table with its counts and samples; null where that took too long or is not allowed. */
async function looked(database: DatabaseConnection, table: FoundTable): Promise<Table | null> {
	try {
		await database.begin();
		return await counted(database, table);
	} catch {
		return null;
	} finally {
		await database.rows('ROLLBACK');
	}
}

async function counted(database: DatabaseConnection, { name, columns }: FoundTable): Promise<Table> {
	const { quoted, asText } = database;
	const from = `FROM ${quoted(name)}`;
	const parts = columns.map((column) => {
		const own = quoted(column.name);
		const range = isRanged(column) ? `${asText(`min(${own})`)}, ${asText(`max(${own})`)}` : 'NULL, NULL';
		return `count(${own}), ${range}, count(DISTINCT ${asText(own)})`;
	});
	const [all = []] = await database.rows(`SELECT count(*), ${parts.join(', ')} ${from}`);
	const [count, ...told] = all;
	// A page or a picture in each row would fill any memory.
	const shown = columns.map((column) => database.beginning(column, LONGEST_VALUE)).join(', ');
	const first = await database.rows(`SELECT ${shown} ${from} LIMIT ${SAMPLE_ROWS}`);
	const described: TableColumn[] = [];
	for (const [place, column] of columns.entries()) {
		const [values, min, max, distinct] = told.slice(place * 4, place * 4 + 4);
		const isFew = Number(distinct) <= FEW;
		const some = isFew ? await allValues(database, column, from) : first.flatMap((row) => row[place] ?? []);
		described.push({
			...bareColumn(column),
			...{ nulls: Number(count) - Number(values), distinct: Number(distinct) },
			...{ min: cut(column.told(min ?? null)), max: cut(column.told(max ?? null)) },
			samples: [...new Set(some.map((text) => cut(toldOf(column, text))))].slice(0, isFew ? FEW : SAMPLES)
		});
	}
	return { name, rows: Number(count), columns: described };
}

async function allValues(database: DatabaseConnection, column: FoundColumn, from: string): Promise<string[]> {
	const own = database.quoted(column.name);
	const distinct = `SELECT DISTINCT ${database.beginning(column, LONGEST_VALUE)} ${from} WHERE ${own} IS NOT NULL`;
	const rows = await database.rows(`${distinct} ORDER BY 1 LIMIT ${FEW}`);
	return rows.flatMap(([value]) => value ?? []);
}

/** Bytes are told by the database as they are shown. */
function toldOf(column: FoundColumn, text: string): string | number | null {
	return column.type === 'blob' ? text : column.told(text);
}

function isRanged({ type }: FoundColumn): boolean {
	return ['integer', 'real', 'date', 'timestamp'].includes(type);
}

function bare({ name, estimate, columns }: FoundTable): Table {
	const rows = estimate !== null && estimate > MOST_COUNTED ? estimate : null;
	return { name, rows, columns: columns.map(bareColumn) };
}

function bareColumn({ name, type, primaryKey, references }: FoundColumn): TableColumn {
	return { name, type, nulls: null, distinct: null, min: null, max: null, samples: [], primaryKey, references };
}

/** A long text as far as it is told. */
function cut(value: string | number | null): string | number | null {
	return typeof value === 'string' ? value.slice(0, LONGEST_VALUE).toWellFormed() : value;
}
