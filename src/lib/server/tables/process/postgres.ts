import type { QueryResult, Table } from '../../../operations/tables.ts';
import { describeDatabase } from './database-schema.ts';
import { MORE_THAN_READING, ONLY_READING, tookTooLong } from './database-sentences.ts';
import { LimitedRows } from './limited-rows.ts';
import { quoted } from './names.ts';
import { connectPostgres, type PostgresClient } from './postgres-connection.ts';
import { tablesIn } from './postgres-schema.ts';
import { typeNamed, valueFrom } from './postgres-types.ts';
import { checked } from './query.ts';
import { WrongInput, type DatabaseRequest } from './request.ts';

/** Rows that are fetched at once: a result as large as one likes is never here as a whole. */
const AT_ONCE = 500;

/**
 * Asks a PostgreSQL database in a transaction that can only read, by a role that can do no more. Fails with `unavailable`
 * when it is not to be reached, `timeout` when a statement takes too long.
 */
export async function askPostgres(request: DatabaseRequest): Promise<readonly Table[] | QueryResult> {
	const client = await connectPostgres(request);
	const begun = () => begin(client, request);
	const rows = async (sql: string) => (await client.rows(sql)).rows;
	const asText = (expression: string) => `${expression}::text`;
	try {
		await refuseMighty(client);
		if (request.do === 'describe database')
			return await describeDatabase({ rows, begin: begun, tables: () => tablesIn(client), quoted, asText });
		await begun();
		return await query(client, request);
	} catch (error) {
		throw sentenceFor(error, request);
	} finally {
		// The process ends right after: what is still on its way there is broken off with the connection.
		client.close();
	}
}

/**
 * Whether some table of this database takes rows or changes from the role; those of the system and of extensions are their own
 * affair (pg_cron lets everybody delete from one of its own).
 */
const WRITES = `EXISTS (SELECT FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
	WHERE c.relkind IN ('r', 'p', 'f', 'v') AND n.nspname <> 'information_schema' AND n.nspname !~ '^pg_'
	AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'e')
	AND (has_table_privilege(c.oid, 'DELETE, TRUNCATE') OR has_any_column_privilege(c.oid, 'INSERT, UPDATE')))`;

/** A role that can write to tables, read the server's files or run its programs is no reader of tables. */
async function refuseMighty(client: PostgresClient): Promise<void> {
	const roles = ['pg_read_server_files', 'pg_write_server_files', 'pg_execute_server_program'];
	const has = roles.map((role) => `pg_has_role(current_user, '${role}', 'member')`).join(' OR ');
	const asked = `SELECT (rolsuper OR ${has} OR ${WRITES})::text FROM pg_roles WHERE rolname = current_user`;
	const { rows } = await client.rows(asked);
	if (rows[0]?.[0] === 'false') return;
	throw new WrongInput(MORE_THAN_READING, 'unavailable');
}

/** From here on nothing can be changed, no statement lasts, and one whose asker is gone is given up there too. */
async function begin(client: PostgresClient, { timeoutMs }: DatabaseRequest): Promise<void> {
	await client.rows('BEGIN TRANSACTION READ ONLY');
	const settings = {
		...{ statement_timeout: String(timeoutMs), lock_timeout: '2000', timezone: 'UTC', datestyle: 'ISO' },
		...{ idle_in_transaction_session_timeout: '30000', client_connection_check_interval: '500' },
		...{ extra_float_digits: '1', bytea_output: 'hex', intervalstyle: 'iso_8601' }
	};
	const values = Object.entries(settings).map(([name, value]) => `('${name}', '${value}')`);
	await client.rows(
		`SELECT set_config(s.name, wanted.value, true) FROM (VALUES ${values.join(', ')}) AS wanted(name, value) JOIN pg_settings s ON lower(s.name) = wanted.name`
	);
}

/** Through a cursor, which takes a SELECT and nothing else. */
async function query(client: PostgresClient, { sql, ...limits }: DatabaseRequest): Promise<QueryResult> {
	const begun = performance.now();
	await client.rows(`DECLARE headway NO SCROLL CURSOR FOR ${checked(sql).replace(/^[\s;]+|[\s;]+$/g, '')}`);
	const result = new LimitedRows(limits);
	for (;;) {
		const { rows, fields } = await client.rows(`FETCH ${AT_ONCE} FROM headway`);
		const columns = fields.map(({ name, dataTypeID }) => ({ name, type: typeNamed(dataTypeID) }));
		const taken = rows.every((row) =>
			result.add(row.map((text, place) => valueFrom(text, fields[place]?.dataTypeID ?? 0)))
		);
		if (taken && rows.length === AT_ONCE) continue;
		return { columns, rows: result.rows, truncated: !taken, ms: Math.round(performance.now() - begun) };
	}
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
