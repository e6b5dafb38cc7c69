import { readFileSync } from 'node:fs';
import type { Readable } from 'node:stream';
import type { Connection, ConnectionOptions, FieldPacket, SslOptions } from 'mysql2';
import { notReached } from './database-sentences.ts';
import { sentType, textFrom, type MysqlType } from './mysql-types.ts';
import type { DatabaseRequest } from './request.ts';

const CONNECT_MS = 8_000;
/** Rows that wait here to be looked at: a result as large as one likes is never here as a whole. */
const AT_ONCE = 100;

/** A column of a result. */
export interface MysqlColumn extends MysqlType {
	readonly name: string;
}

/** A connection to MySQL or MariaDB, as far as it is used here: rows as lists of texts. */
export class MysqlClient {
	readonly #connection: Connection;
	readonly #again: () => Promise<Connection>;
	#running: Readable | null = null;
	#broken: Error | null = null;

	constructor(connection: Connection, again: () => Promise<Connection>) {
		this.#connection = connection;
		this.#again = again;
		// One that breaks tells it nobody but the connection, which is heard by the statement that runs.
		connection.on('error', (error) => {
			this.#broken ??= error;
			this.#running?.destroy(error);
		});
	}

	/** Runs one statement: several in one text are refused by the server. */
	async rows(sql: string): Promise<(string | null)[][]> {
		const all: (string | null)[][] = [];
		await this.each(sql, (row) => (all.push([...row]), true));
		return all;
	}

	/** Runs one statement and tells its rows until one is not wanted; the connection is of no use after that. Resolves the columns. */
	async each(
		sql: string,
		row: (values: readonly (string | null)[], columns: readonly MysqlColumn[]) => boolean
	): Promise<readonly MysqlColumn[]> {
		let columns: readonly MysqlColumn[] = [];
		const query = this.#connection.query({ sql, rowsAsArray: true, typeCast: (field) => field.buffer() });
		query.on('fields', (fields: readonly FieldPacket[] | undefined) => (columns = (fields ?? []).map(columnOf)));
		this.#running = query.stream({ highWaterMark: AT_ONCE });
		// Between two statements nobody heard of it.
		if (this.#broken) throw this.#broken;
		for await (const values of this.#running as AsyncIterable<(Buffer | null)[]>) {
			// What a statement without rows did.
			if (!Array.isArray(values)) break;
			const texts = values.map((value, place) => textOf(value, columns[place]));
			if (!row(texts, columns)) break;
		}
		return columns;
	}

	/** Ends the statement that runs, at the server too: it would not notice that nobody listens. */
	async stop(): Promise<void> {
		const other = await this.#again();
		await new Promise<void>((resolve) => other.query(`KILL QUERY ${this.#connection.threadId}`, () => resolve()));
		other.destroy();
	}

	close(): void {
		this.#connection.destroy();
	}
}

/** Connects. Fails with `unavailable`, without the address. */
export async function connectMysql(request: DatabaseRequest): Promise<MysqlClient> {
	const connect = () => connected(request);
	return new MysqlClient(await connect(), connect);
}

async function connected({ url, driver, timeoutMs }: DatabaseRequest): Promise<Connection> {
	const { default: mysql } = (await import(driver)) as { default: typeof import('mysql2') };
	try {
		const connectTimeout = Math.min(CONNECT_MS, timeoutMs);
		const connection = mysql.createConnection({ ...settingsIn(url), connectTimeout });
		connection.on('error', () => undefined);
		await new Promise<void>((resolve, reject) => connection.connect((error) => (error ? reject(error) : resolve())));
		return connection;
	} catch (error) {
		throw notReached(error);
	}
}

/** Only what is named here: an address could otherwise allow several statements in one. */
function settingsIn(url: string): ConnectionOptions {
	const { hostname, port, username, password, pathname, searchParams } = new URL(url);
	const ssl = tlsFor(searchParams.get('ssl-mode'), searchParams.get('ssl-ca'));
	return {
		...{ host: hostname.replace(/^\[|\]$/g, ''), port: port === '' ? 3306 : Number(port), ...(ssl && { ssl }) },
		...{ user: decodeURIComponent(username), password: decodeURIComponent(password) },
		...{ database: decodeURIComponent(pathname.slice(1)), disableEval: true, flags: ['-LOCAL_FILES'] }
	};
}

/** As MySQL's own programs name it: absent, none, but where it is said whom to trust. */
function tlsFor(mode: string | null, authority: string | null): SslOptions | null {
	if (mode === 'DISABLED' || (mode === null && authority === null)) return null;
	if (mode === 'REQUIRED') return { rejectUnauthorized: false };
	return { rejectUnauthorized: true, verifyIdentity: true, ...(authority !== null && { ca: readFileSync(authority) }) };
}

function columnOf(field: FieldPacket): MysqlColumn {
	const { columnType = 253, columnLength = 0, characterSet = 0 } = field as FieldPacket & { columnType?: number };
	return { name: field.name, ...sentType({ columnType, columnLength, characterSet }) };
}

function textOf(value: Buffer | null, column: MysqlColumn | undefined): string | null {
	return column ? textFrom(value, column) : null;
}
