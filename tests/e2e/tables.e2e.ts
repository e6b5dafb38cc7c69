import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import type { JobSnapshot } from '../../src/lib/jobs/snapshot.ts';
import type { ChartResult, ChartState } from '../../src/lib/operations/chart/model.ts';
import { eventually } from './support/headway.ts';
import { startServer, type RunningServer } from './support/server.ts';

type Chart = JobSnapshot<ChartState, ChartResult>;

vi.setConfig({ testTimeout: 120_000 });

const endless = 'WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n';
const large = Array.from({ length: 200 }, (_, at) => `printf('%.${14_000_000 + at}c', 'x')`).join(', ');

describe('the process in which a table is read and asked, as it ships', () => {
	let server: RunningServer;
	let fileId: string;

	beforeAll(async () => {
		server = await startServer();
		fileId = await bring('odd.csv', '\ufeffselect;"a ""b""\nc";price\nred;"x\ny";1,5\nblue;;2,25\n');
	});
	afterAll(async () => {
		await server?.stop();
	});

	async function bring(name: string, content: string): Promise<string> {
		const form = new FormData();
		form.append('file', new Blob([content]), name);
		const answered = await fetch(`${server.url}/api/files`, { method: 'POST', body: form });
		return ((await answered.json()) as { fileId: string }).fileId;
	}
	async function post(query: string, source: object): Promise<Response> {
		const body = JSON.stringify({ operation: 'chart', input: { question: 'What is there?', query, source } });
		return fetch(`${server.url}/api/jobs`, { method: 'POST', headers: { 'content-type': 'application/json' }, body });
	}
	const start = async (query: string, source: object = { fileId }) =>
		((await (await post(query, source)).json()) as Chart).id;
	const job = async (id: string, wait = 0) =>
		(await (await fetch(`${server.url}/api/jobs/${id}?wait=${wait}`)).json()) as Chart;
	const made = async (query: string, source?: object) => job(await start(query, source), 55);
	const cancel = (id: string) => fetch(`${server.url}/api/jobs/${id}/cancel`, { method: 'POST' });
	const folders = () => readdirSync(join(server.dataDir, 'tables')).filter((name) => name !== 'program');
	/** The processes of the tables of this server. */
	const processes = (folder = server.dataDir) =>
		readdirSync('/proc').filter((pid) => /^\d+$/.test(pid) && commandOf(pid).includes(join(folder, 'tables')));
	const untilRuns = () =>
		eventually(
			async () => processes(),
			(found) => found.length === 1,
			20_000
		);
	const untilOver = () =>
		eventually(
			async () => processes(),
			(found) => found.length === 0,
			2_000
		);

	test('OP-03 a byte order mark, semicolons, decimal commas, a column called select, quotes and newlines come through', async () => {
		const { result, state } = await made('SELECT * FROM odd ORDER BY price');
		expect(state.tables?.tables[0]?.columns.map(({ name, type }) => `${name} ${type}`)).toEqual([
			...['select text', 'a "b" c text', 'price real']
		]);
		expect(result?.rows).toEqual([
			['red', 'x\ny', 1.5],
			['blue', null, 2.25]
		]);
	});

	test.each([
		['writes behind a reading word', 'WITH gone AS (SELECT 1) DELETE FROM odd', 'Only reading is allowed'],
		['runs two statements', "SELECT 1; ATTACH '/tmp/x' AS x", 'Only one statement'],
		['reads a setting', "SELECT * FROM pragma_table_info('odd')", 'Only reading is allowed'],
		['loads an extension', "SELECT load_extension('x')", 'Only reading is allowed'],
		['reads a file', "SELECT readfile('/etc/passwd')", 'no such function: readfile'],
		['makes a row of gigabytes', `SELECT ${large}`, 'needed more than 256 MB of memory'],
		['never ends', endless, 'stopped after 10 s']
	])('OP-03 CX-15 a query that %s ends in a sentence, and no process is left', async (_, query, words) => {
		const { error } = await made(query);
		expect(error?.message).toContain(words);
		await untilOver();
	});

	test.each([
		['page.csv', '<!doctype html>', 'The file is no table'],
		['words.sqlite', 'hello', 'called like a SQLite database, but it is none'],
		['empty.csv', '', 'The file is empty']
	])('OP-03 a file that holds no table is refused at its field, and nothing runs: %s', async (name, content, words) => {
		const answered = await post('SELECT 1', { fileId: await bring(name, content) });
		expect([answered.status, await answered.json()]).toMatchObject([
			400,
			{ fields: [{ path: 'input.source.fileId', message: expect.stringContaining(words) }] }
		]);
	});

	test('OP-03 the process has no environment, may read the table alone, and a cancel ends it within 2 s', async () => {
		const id = await start(endless);
		const [pid = ''] = await untilRuns();
		const allowed = commandOf(pid)
			.split('\0')
			.filter((flag) => flag.startsWith('--allow'));
		expect(allowed.map((flag) => flag.replace(/=.*[/](?=[\w-]+$|tables\.db$)/, '=')).sort()).toEqual([
			...['--allow-fs-read=csv-parse', '--allow-fs-read=hyparquet', '--allow-fs-read=program'],
			...['--allow-fs-read=tables.db', '--allow-worker']
		]);
		expect(readFileSync(`/proc/${pid}/environ`, 'utf8')).toBe('');
		const begun = performance.now();
		await cancel(id);
		expect((await job(id, 10)).status).toBe('cancelled');
		await untilOver();
		expect(performance.now() - begun).toBeLessThan(2_000);
	});

	test('CX-15 BY-11 a server that is killed while it reads a file leaves no process, and started again no half-made table', async () => {
		const long = await bring('long.csv', `id,words\n${'1,some words that are there to be read\n'.repeat(1_500_000)}`);
		const id = await start('SELECT count(*) AS n FROM long', { fileId: long });
		await untilRuns();
		const { dataDir, port } = server;
		const before = folders();
		await server.kill();
		await eventually(
			async () => processes(dataDir),
			(found) => found.length === 0,
			2_000
		);
		server = await startServer({ dataDir, port });
		const { status, result } = await job(id, 100);
		expect([status, result?.rows]).toEqual(['succeeded', [[1_500_000]]]);
		expect(folders().filter((name) => before.includes(name))).toEqual([]);
	});
});

function commandOf(pid: string): string {
	try {
		return readFileSync(`/proc/${pid}/cmdline`, 'utf8');
	} catch {
		return '';
	}
}
