import type { QueryResult, Table } from '../../../operations/tables.ts';
import type { DatabaseConnection, FoundColumn } from './database-connection.ts';
import { describeDatabase } from './database-schema.ts';
import { ONLY_READING, tookTooLong } from './database-sentences.ts';
import { LimitedRows, toldColumn } from './limited-rows.ts';
import { connectMysql, type MysqlClient } from './mysql-connection.ts';
import { isMaria, refuseMighty } from './mysql-role.ts';
import { tablesIn } from './mysql-schema.ts';
import { valueFrom } from './mysql-types.ts';
import { bare, checked, withoutComments } from './query.ts';
import { WrongInput, type DatabaseRequest } from './request.ts';

/**
 * Asks a MySQL or MariaDB database in a transaction that can only read, by a role that can do no more. Fails with
 * `unavailable` when it is not to be reached, `timeout` when a statement takes too long. SIGTERM ends its statement there.
 */
export async function askMysql(request: DatabaseRequest): Promise<readonly Table[] | QueryResult> {
	const client = await connectMysql(request);
	process.once('SIGTERM', () => void client.stop().finally(() => process.exit(1)));
	try {
		await limit(client, request);
		await refuseMighty(client);
		if (request.do === 'describe database') return await describeDatabase(asDescribed(client));
		await begin(client);
		return await query(client, request);
	} catch (error) {
		throw sentenceFor(error, request);
	} finally {
		client.close();
	}
}

/** From here on nothing can be changed, and no statement lasts: each of the two has a setting of its own for that. */
async function limit(client: MysqlClient, { timeoutMs }: DatabaseRequest): Promise<void> {
	const most = (await isMaria(client))
		? `max_statement_time = ${timeoutMs / 1_000}`
		: `max_execution_time = ${timeoutMs}`;
	await client.rows(`SET SESSION ${most}, SESSION lock_wait_timeout = 2, SESSION time_zone = '+00:00'`);
	await client.rows('SET SESSION TRANSACTION READ ONLY');
}

async function begin(client: MysqlClient): Promise<void> {
	await client.rows('START TRANSACTION READ ONLY');
}

function asDescribed(client: MysqlClient): DatabaseConnection {
	return {
		...{ rows: (sql) => client.rows(sql), begin: () => begin(client), tables: () => tablesIn(client) },
		...{ quoted, asText: (expression) => expression, beginning }
	};
}

function quoted(name: string): string {
	return `\`${name.replaceAll('`', '``')}\``;
}

function beginning({ name, type }: FoundColumn, most: number): string {
	if (type === 'blob') return `CONCAT('(', LENGTH(${quoted(name)}), ' bytes)')`;
	return type === 'text' ? `LEFT(${quoted(name)}, ${most})` : quoted(name);
}

async function query(client: MysqlClient, { sql, ...limits }: DatabaseRequest): Promise<QueryResult> {
	const begun = performance.now();
	const result = new LimitedRows(limits);
	let truncated = false;
	const columns = await client.each(select(sql), (row, columns) => {
		const taken = result.add(
			row.map((text, place) => valueFrom(text, columns[place] ?? { type: 'text', isMoment: false, isBit: false }))
		);
		truncated ||= !taken;
		return taken;
	});
	const told = columns.map(({ name, type }) => toldColumn(name, type));
	return { columns: told, rows: result.rows, truncated, ms: Math.round(performance.now() - begun) };
}

/** A query that begins with SELECT; MySQL runs what stands in a comment with a mark. */
function select(sql: string): string {
	const text = checked(sql);
	const before = text.slice(0, text.length - withoutComments(text).length);
	if (/\/\*M?!/.test(before)) throw new WrongInput(ONLY_READING);
	return bare(text);
}

interface MysqlError extends Error {
	readonly errno?: number;
	readonly code?: string;
	readonly fatal?: boolean;
}

/** What MySQL says of a wrong query is for who wrote it, but not who asked. */
function sentenceFor(error: unknown, { timeoutMs }: DatabaseRequest): unknown {
	if (error instanceof WrongInput || !(error instanceof Error)) return error;
	const { errno = 0, code = 'no answer', fatal, message } = error as MysqlError;
	// Out of time in MySQL and MariaDB, and ended by somebody.
	if ([3024, 1969, 1317].includes(errno)) return tookTooLong(timeoutMs);
	// Shut down, or its connection ended there.
	if (fatal || errno === 0 || [1053, 1927].includes(errno))
		return new WrongInput(`The database broke off (${code}). Try again.`, 'unavailable');
	if (errno === 1792) return new WrongInput(ONLY_READING);
	return new WrongInput(`MySQL says: ${message.replace(/ (?:to|for) user '[^']*'@'[^']*'/g, '')}.`);
}
