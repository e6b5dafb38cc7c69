import type { Client, ClientConfig, QueryArrayResult } from 'pg';
import { notReached } from './database-sentences.ts';
import type { DatabaseRequest } from './request.ts';

const CONNECT_MS = 8_000;

/** A connection to PostgreSQL, as far as it is used here: rows as lists of texts. */
export interface PostgresClient {
	/** Runs one statement: several in one text are refused by the protocol. */
	rows(sql: string): Promise<Pick<QueryArrayResult<(string | null)[]>, 'rows' | 'fields'>>;
	close(): void;
}

/** Connects. Fails with `unavailable`, without the address. */
export async function connectPostgres(request: DatabaseRequest): Promise<PostgresClient> {
	const client = await connected(request);
	return {
		rows: (text) => client.query({ text, rowMode: 'array', queryMode: 'extended' } as never) as never,
		close: () => void client.end().catch(() => undefined)
	};
}

async function connected({ url, driver, timeoutMs }: DatabaseRequest): Promise<Client> {
	const { default: pg } = (await import(driver)) as { default: { Client: new (config: ClientConfig) => Client } };
	try {
		const client = new pg.Client({
			...{ connectionString: url, application_name: 'headway' },
			connectionTimeoutMillis: Math.min(CONNECT_MS, timeoutMs),
			types: { getTypeParser: () => (text: string) => text } as never
		});
		// A connection that breaks is told by the statement that it breaks.
		client.on('error', () => undefined);
		await client.connect();
		return client;
	} catch (error) {
		throw notReached(error);
	}
}
