import { expect, onTestFinished, test, vi } from 'vitest';
import type { JobEvent } from '$lib/jobs/event.ts';
import { readConfig, settingNames } from '$lib/server/config.ts';
import { mysqlPrograms, startMysql } from '../lib/server/tables/mysql-server.ts';
import { postgresFolder, startPostgres } from '../lib/server/tables/postgres-server.ts';
import { makeApp } from '../support/app.ts';
import { serveRoutes } from '../support/route-server.ts';
import { codeBlocks, documents, read } from './documents.ts';
import { hasCurl, shell } from './shell.ts';

// A database server is made, on cores that others use too.
vi.setConfig({ testTimeout: 120_000 });

const operators = read('docs/operators.md');
const blocks = codeBlocks(operators).filter(({ heading }) => heading === 'Databases for charts');
const [forPostgres = '', forMysql = ''] = blocks.flatMap(({ info, code }) => (info === 'sql' ? code : []));
const [tried = ''] = blocks.flatMap(({ info, code }) => (info === 'sh' ? code : []));
/** The password of the documented roles, as the page says that an address has it. */
const password = /The password of the roles below is so `([^`]+)`/.exec(operators)?.[1] ?? '';
const tables = `CREATE TABLE orders (id int); CREATE TABLE customers (id int); CREATE TABLE hidden (id int);
	INSERT INTO orders VALUES (1), (2);`;

/** The last event that the documented command prints, asking `sql` of a database under that name; and all that it prints. */
async function tryOut(source: string, sql = 'SELECT 1 AS works'): Promise<{ last: JobEvent | undefined; out: string }> {
	const url = await serveRoutes(await makeApp({ env: { HEADWAY_DATA_SOURCES: source } }));
	const { out } = await shell(tried.replace('SELECT 1 AS works', sql), url);
	const events = [...out.matchAll(/^data: (.*)$/gm)].map(([, data = '']) => JSON.parse(data) as JobEvent);
	return { last: events.at(-1), out };
}

const gave = (value: number) => ({ type: 'done', data: { result: { rows: [[value]] } } });

test.skipIf(!hasCurl)('DC-07 OP-03 the command that tries a database says why one cannot be reached', async () => {
	const { last, out } = await tryOut('sales=postgres://reader:top-secret@127.0.0.1:1/sales');
	const why = expect.stringContaining('The database cannot be reached (') as string;
	expect(last).toMatchObject({ type: 'error', data: { message: why } });
	expect(out).not.toContain('top-secret');
});

test.skipIf(!hasCurl || postgresFolder() === null)(
	'DC-07 OP-03 the role that the page makes in PostgreSQL is taken, and the command that tries it works',
	async () => {
		const server = await startPostgres(tables);
		onTestFinished(() => server.stop());
		server.sql(forPostgres);
		const source = `sales=postgres://reader:${password}@127.0.0.1:${server.port}/shop`;
		expect((await tryOut(source)).last).toMatchObject(gave(1));
		expect((await tryOut(source, 'SELECT count(*) AS n FROM orders')).last).toMatchObject(gave(2));
		expect((await tryOut(source, 'SELECT count(*) AS n FROM hidden')).last?.type).toBe('error');
	}
);

test.skipIf(!hasCurl || mysqlPrograms() === null)(
	'DC-07 OP-03 the role that the page makes in MariaDB is taken, and the command that tries it works',
	async () => {
		const server = await startMysql(`CREATE DATABASE stock; USE stock; ${tables}`);
		onTestFinished(() => server.stop());
		server.sql(forMysql);
		const source = `sales=mysql://reader:${password}@127.0.0.1:${server.port}/stock`;
		expect((await tryOut(source)).last).toMatchObject(gave(1));
		expect((await tryOut(source, 'SELECT count(*) AS n FROM orders')).last).toMatchObject(gave(2));
		expect((await tryOut(source, 'SELECT count(*) AS n FROM hidden')).last?.type).toBe('error');
	}
);

/** What an example goes with, where it does not stand alone. */
const beside: Record<string, string> = {
	...{ CUSTOM_BASE_URL: 'https://models.example/v1', CUSTOM_MODEL: 'm', HEADWAY_S3_BUCKET: 'files' },
	BLOB_READ_WRITE_TOKEN: 'token'
};

test('DC-07 every setting that a document writes out with a value is one that there is, with a value that it takes', () => {
	// The changelog also tells of settings that were.
	const pages = documents().filter((path) => path !== 'CHANGELOG.md');
	const written = pages.flatMap((path) =>
		[...read(path).matchAll(/(?<![\w$])([A-Z][A-Z\d_]{3,})=([^\s`"';)|]+)/g)].map(([, name = '', value = '']) => ({
			...{ path, name, value }
		}))
	);
	const known = written.filter(({ name, value }) => settingNames.includes(name) && !value.includes('…'));
	expect(new Set(known.map(({ name }) => name)).size).toBeGreaterThan(8);
	const foreign = written.filter(({ name }) => name.startsWith('HEADWAY_') && !settingNames.includes(name));
	expect(foreign).toEqual([]);
	const refused = known.flatMap(({ path, name, value }) => {
		try {
			readConfig({ ...beside, [name]: value });
			return [];
		} catch (error) {
			return [`${path}: ${name}=${value}: ${(error as Error).message}`];
		}
	});
	expect(refused).toEqual([]);
});
