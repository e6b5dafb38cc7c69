import type { QueryResult, Table } from '../../../operations/tables.ts';
import type { FoundColumn } from './database-connection.ts';
import { describeDatabase } from './database-schema.ts';
import { MORE_THAN_READING, ONLY_READING, tookTooLong } from './database-sentences.ts';
import { LimitedRows, toldColumn } from './limited-rows.ts';
import { quoted } from './names.ts';
import { connectPostgres, type PostgresClient } from './postgres-connection.ts';
import { tablesIn } from './postgres-schema.ts';
import { typeNamed, valueFrom } from './postgres-types.ts';
import { bare, checked } from './query.ts';
import { WrongInput, type DatabaseRequest } from './request.ts';

/** Rows that are fetched at first, at once at most, and their characters: a result as large as one likes is never here as a whole. */
const AT_ONCE = { first: 10, most: 500, characters: 4 * 1024 ** 2 };

/**
 * Asks a PostgreSQL database in a transaction that can only read, by a role that can do no more. Fails with `unavailable`
 * when it is not to be reached, `timeout` when a statement takes too long.
 */
export async function askPostgres(request: DatabaseRequest): Promise<readonly Table[] | QueryResult> {
	const client = await connectPostgres(request);
	const begun = () => begin(client, request);
	const rows = async (sql: string) => (await client.rows(sql)).rows;
	const asked = { rows, begin: begun, tables: () => tablesIn(client), quoted, asText, beginning };
	try {
		await refuseMighty(client);
		if (request.do === 'describe database') return await describeDatabase(asked);
		await begun();
		return await query(client, request);
	} catch (error) {
		throw sentenceFor(error, request);
	} finally {
		// The process ends right after: what is still on its way there is broken off with the connection.
		client.close();
	}
}

function asText(expression: string): string {
	return `${expression}::text`;
}

function beginning({ name, type }: FoundColumn, most: number): string {
	if (type === 'blob') return `'(' || octet_length(${quoted(name)}) || ' bytes)'`;
	return `left(${asText(quoted(name))}, ${most})`;
}

/**
 * Whether some table of this database takes rows or changes from the role "r"; those of the system and of extensions are their own
 * affair (pg_cron lets everybody delete from one of its own).
 */
const WRITES = `EXISTS (SELECT FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
	WHERE c.relkind IN ('r', 'p', 'f', 'v') AND n.nspname <> 'information_schema' AND n.nspname !~ '^pg_'
	AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'e')
	AND (has_table_privilege(r.oid, c.oid, 'DELETE, TRUNCATE') OR has_any_column_privilege(r.oid, c.oid, 'INSERT, UPDATE')))`;

/**
 * A role that can write to tables, read the server's files, run its programs, end what others do or keep its log from being cleared
 * is no reader of tables, nor is one that can become such a role: a SELECT can change the role, too.
 */
async function refuseMighty(client: PostgresClient): Promise<void> {
	const roles = ['pg_read_server_files', 'pg_write_server_files', 'pg_execute_server_program', 'pg_signal_backend'];
	const has = roles.map((role) => `pg_has_role(r.oid, '${role}', 'member')`).join(' OR ');
	const asked = `SELECT bool_or(r.rolsuper OR r.rolreplication OR ${has} OR ${WRITES})::text FROM pg_roles r WHERE pg_has_role(current_user, r.oid, 'member')`;
	const { rows } = await client.rows(asked);
	if (rows[0]?.[0] === 'false') return;
	throw new WrongInput(MORE_THAN_READING, 'unavailable');
}

/** From here on nothing can be changed, no statement lasts, and one whose asker is gone is given up there too. */
async function begin(client: PostgresClient, { timeoutMs }: DatabaseRequest): Promise<void> {
	await client.rows('BEGIN TRANSACTION READ ONLY');
	await set(client, {
		...{ lock_timeout: '2000', timezone: 'UTC', datestyle: 'ISO' },
		...{ extra_float_digits: '1', bytea_output: 'hex', intervalstyle: 'iso_8601' }
	});
	await limit(client, timeoutMs);
}

/** How long the next statements may take. A SELECT can change these settings for those that come after it. */
async function limit(client: PostgresClient, ms: number): Promise<void> {
	await set(client, {
		...{ statement_timeout: String(Math.ceil(ms)), idle_in_transaction_session_timeout: '30000' },
		client_connection_check_interval: '500'
	});
}

/** Gives settings their values until the end of the transaction, those that this release has. */
async function set(client: PostgresClient, settings: Readonly<Record<string, string>>): Promise<void> {
	const values = Object.entries(settings).map(([name, value]) => `('${name}', '${value}')`);
	await client.rows(
		`SELECT set_config(s.name, wanted.value, true) FROM (VALUES ${values.join(', ')}) AS wanted(name, value) JOIN pg_settings s ON lower(s.name) = wanted.name`
	);
}

/** Through a cursor, which takes a SELECT and nothing else. */
async function query(client: PostgresClient, { sql, ...limits }: DatabaseRequest): Promise<QueryResult> {
	const begun = performance.now();
	await client.rows(`DECLARE headway NO SCROLL CURSOR FOR ${bare(checked(sql))}`);
	const result = new LimitedRows(limits);
	for (let most = AT_ONCE.first; ;) {
		const left = limits.timeoutMs - (performance.now() - begun);
		if (left <= 0) throw tookTooLong(limits.timeoutMs);
		await limit(client, left);
		const { rows, fields } = await client.rows(`FETCH ${most} FROM headway`);
		const columns = fields.map(({ name, dataTypeID }) => toldColumn(name, typeNamed(dataTypeID)));
		const taken = rows.every((row) =>
			result.add(row.map((text, place) => valueFrom(text, fields[place]?.dataTypeID ?? 0)))
		);
		if (!taken || rows.length < most)
			return { columns, rows: result.rows, truncated: !taken, ms: Math.round(performance.now() - begun) };
		most = next(rows);
	}
}

/** How many rows of the size of these are fetched at once. */
function next(rows: readonly (readonly (string | null)[])[]): number {
	const characters = rows.reduce((all, row) => row.reduce((sum, text) => sum + (text?.length ?? 0), all), 0);
	const fitting = Math.floor((AT_ONCE.characters * rows.length) / Math.max(1, characters));
	return Math.max(1, Math.min(AT_ONCE.most, fitting));
}

/** What PostgreSQL says of a wrong query is for who wrote it. */
function sentenceFor(error: unknown, { timeoutMs }: DatabaseRequest): unknown {
	if (error instanceof WrongInput || !(error instanceof Error)) return error;
	const { code } = error as { code?: string };
	if (code === '57014') return tookTooLong(timeoutMs);
	if (code === undefined || /^(?:08|53|57P)/.test(code))
		return new WrongInput(`The database broke off (${code ?? 'no answer'}). Try again.`, 'unavailable');
	if (code === '25006') return new WrongInput(ONLY_READING);
	return new WrongInput(`PostgreSQL says: ${error.message}.`);
}
