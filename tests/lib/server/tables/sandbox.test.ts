import { existsSync, mkdirSync, readdirSync, readlinkSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { DatabaseSync } from 'node:sqlite';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { describe, expect, test, vi } from 'vitest';
import { askProcess } from '$lib/server/tables/table-process.ts';
import { TableSandbox } from '$lib/server/tables/table-sandbox.ts';
import { ended, makeApp, runsOf, start, temporaryFolder } from '../../../support/app.ts';
import { FakeClock } from '../../../support/fake-clock.ts';
import { stepsThat } from '../../../support/operations.ts';
import { Bench, processesWith } from './sandbox.ts';

// Each starts processes, which take their time on a busy machine.
vi.setConfig({ testTimeout: 60_000 });

const csv = 'a,b\n1,x\n2,y\n';
const onlyReading = { code: 'invalid_input', message: expect.stringContaining('Only reading is allowed') as string };
const onlyOne = { code: 'invalid_input', message: 'Only one statement can be run. Send each one by itself.' };
const endless = 'WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n';

/** A file with one table of two rows, loaded. */
async function loaded(parts: ConstructorParameters<typeof Bench>[0] = {}) {
	const bench = new Bench(parts);
	const id = bench.bring('t.csv', csv);
	await bench.describe(id);
	return { bench, id };
}

test('OP-03 all tables of a database are named, however many there are; a hundred are looked at', async () => {
	const path = join(temporaryFolder(), 'many.sqlite');
	const database = new DatabaseSync(path);
	for (let at = 0; at < 130; at += 1) database.exec(`CREATE TABLE t${at} (a)`);
	database.close();
	const bench = new Bench();
	const tables = await bench.describe(bench.bringPath(path));
	expect(tables).toHaveLength(130);
	expect(tables.filter(({ columns }) => columns.length === 0)).toHaveLength(30);
});

describe('a query', () => {
	test('OP-03 is one SELECT, and anything else is refused: writes, other files, settings, what reaches out', async () => {
		const { bench, id } = await loaded();
		const outside = join(temporaryFolder(), 'out.db');
		const made = new DatabaseSync(outside);
		made.exec("CREATE TABLE secrets (s); INSERT INTO secrets VALUES ('k')");
		made.close();
		const refused = [
			'DELETE FROM t',
			"INSERT INTO t VALUES (3, 'z')",
			'UPDATE t SET a = 0',
			'DROP TABLE t',
			'CREATE TABLE u (a)',
			'CREATE TEMP TABLE u (a)',
			'WITH gone AS (SELECT 1) DELETE FROM t',
			`ATTACH '${outside}' AS o`,
			`VACUUM INTO '${outside}.copy'`,
			'PRAGMA writable_schema = 1',
			'PRAGMA table_info(t)',
			"SELECT * FROM pragma_table_info('t')",
			"SELECT load_extension('x')",
			"SELECT fts3_tokenizer('simple')",
			'EXPLAIN SELECT 1',
			'BEGIN',
			'REINDEX',
			'',
			'-- nothing but a remark',
			'SELECT 1\0; DROP TABLE t'
		];
		for (const sql of refused) {
			const { code, message } = await bench.failure(id, sql);
			expect([sql, code]).toEqual([sql, 'invalid_input']);
			expect(message).toMatch(/Only reading is allowed|SQLite says|a character that SQL does not know/);
		}
		expect(await bench.failure(id, `ATTACH '${outside}' AS o`)).toEqual(onlyReading);
		expect(await bench.failure(id, "SELECT readfile('/etc/passwd')")).toMatchObject({
			message: 'SQLite says: no such function: readfile.'
		});
		expect(existsSync(`${outside}.copy`)).toBe(false);
		expect((await bench.query(id, 'SELECT * FROM t')).rows).toEqual([
			[1, 'x'],
			[2, 'y']
		]);
	});

	test('OP-03 is one statement: a second one is refused, also behind a remark that hides it', async () => {
		const { bench, id } = await loaded();
		expect(await bench.failure(id, 'SELECT 1; SELECT 2')).toEqual(onlyOne);
		expect(await bench.failure(id, 'SELECT 1; -- x\n /* y */ DROP TABLE t')).toEqual(onlyOne);
		expect(await bench.failure(id, "SELECT ';' AS é; /* ; */ DELETE FROM t")).toEqual(onlyOne);
		expect((await bench.query(id, "/* one */ SELECT ';--' ; -- done; really")).rows).toEqual([[';--']]);
		expect((await bench.query(id, 'VALUES (1), (2) ;;')).rows).toEqual([[1], [2]]);
	});

	test('OP-03 that is wrong fails with what the engine says of it', async () => {
		const { bench, id } = await loaded();
		expect(await bench.failure(id, 'SELECT c FROM t')).toEqual({
			...{ code: 'invalid_input', message: 'SQLite says: no such column: c.' }
		});
		expect(await bench.failure(id, 'SELECT FROM t')).toMatchObject({
			message: 'SQLite says: near "FROM": syntax error.'
		});
	});

	test('OP-03 gives whole numbers, large ones, bytes, infinities and nothing in a form that JSON can hold', async () => {
		const { bench, id } = await loaded();
		const sql =
			"SELECT 1 AS i, 9007199254740993 AS large, x'00ff' AS bytes, 1e999 AS infinite, NULL AS n, 1.5 AS r, 'ä' AS s";
		const { columns, rows } = await bench.query(id, sql);
		expect(rows).toEqual([[1, '9007199254740993', '(2 bytes)', 'Infinity', null, 1.5, 'ä']]);
		expect(columns.map(({ type }) => type)).toEqual(['integer', 'text', 'text', 'text', 'null', 'real', 'text']);
	});

	test('OP-03 that never ends is stopped at its time, and its process is gone', async () => {
		const { bench, id } = await loaded();
		await expect(bench.query(id, endless, { timeoutMs: 700 })).rejects.toMatchObject({
			...{ code: 'timeout', message: expect.stringContaining('stopped after 0.7 s') }
		});
		expect(processesWith(bench.folder)).toEqual([]);
	});

	test('CX-15 a cancel ends the process of a query within 2 s, with the reason of the cancel', async () => {
		const { bench, id } = await loaded();
		const stop = new AbortController();
		const asked = bench.query(id, endless, { signal: stop.signal });
		await expect.poll(() => processesWith(bench.folder).length).toBe(1);
		const begun = performance.now();
		stop.abort('user');
		await expect(asked).rejects.toBe('user');
		expect(performance.now() - begun).toBeLessThan(2_000);
		expect(processesWith(bench.folder)).toEqual([]);
	});

	test('OP-03 whose process the system takes is told so, and that it can be tried again', async () => {
		const { bench, id } = await loaded();
		const asked = bench.failure(id, endless);
		await expect.poll(() => processesWith(bench.folder).length).toBe(1);
		for (const pid of processesWith(bench.folder)) process.kill(pid, 'SIGKILL');
		expect(await asked).toMatchObject({ code: 'unavailable', message: expect.stringContaining('ended by the system') });
	});

	test.each([
		[
			'holds a row of gigabytes',
			`SELECT ${Array.from({ length: 200 }, (_, at) => `printf('%.${14_000_000 + at}c', 'x')`).join(', ')}`,
			/needed more than 256 MB of memory/
		],
		[
			'sorts more than fits',
			`SELECT * FROM (${numbers('hex(zeroblob(1000)) || i')}) ORDER BY 1 DESC`,
			/needed more than 300 MB on the disk/
		],
		[
			'keeps more than fits',
			`SELECT count(*) FROM (${numbers('i').replace('UNION ALL', 'UNION')})`,
			/needed more than 300 MB on the disk|stopped after/
		],
		['makes one value of a gigabyte', 'SELECT zeroblob(1000000000)', /too big/],
		[
			'joins texts to one of a gigabyte',
			`SELECT group_concat(hex(zeroblob(100000))) FROM (${numbers('i')} LIMIT 200)`,
			/too big/
		]
	])('OP-03 that %s takes no more memory, and no more of the disk, than it may', async (_, sql, sentence) => {
		const { bench, id } = await loaded({ limits: { queryWritten: 300 } });
		const { code, message } = await bench.failure(id, sql);
		expect(['invalid_input', 'timeout']).toContain(code);
		expect(message).toMatch(sentence);
	});

	test('OP-03 that groups more rows than fit into the memory sorts them in files without a name, which are gone with it', async () => {
		const { bench, id } = await loaded({ limits: { queryMemory: 160, queryMs: 60_000 } });
		const many = `SELECT i % 3, count(*) FROM (${numbers('i')} LIMIT 6000000) GROUP BY 1`;
		const asked = bench.query(id, many);
		await expect
			.poll(() => processesWith(bench.folder).flatMap(deletedFiles).length, { timeout: 50_000 })
			.toBeGreaterThan(0);
		expect((await asked).rows).toEqual([0, 1, 2].map((rest) => [rest, 2_000_000]));
		const [made = ''] = readdirSync(bench.folder).filter((name) => name !== 'program');
		expect(readdirSync(join(bench.folder, made))).toEqual(['tables.db']);
	});

	/** The files that a process writes to and that have no name any more, by Linux's own list. */
	function deletedFiles(pid: number): string[] {
		const folder = `/proc/${pid}/fd`;
		const link = (name: string) => {
			try {
				return readlinkSync(join(folder, name));
			} catch {
				return '';
			}
		};
		return existsSync(folder)
			? readdirSync(folder)
					.map(link)
					.filter((path) => / \(deleted\)$/.test(path))
			: [];
	}

	test('OP-03 with too many rows, or too large ones, is cut and says so; one row that is too large is refused', async () => {
		const { bench, id } = await loaded();
		const many = await bench.query(id, numbers('i'));
		expect([many.rows.length, many.truncated, many.rows.at(-1)]).toEqual([10_000, true, [10_000]]);
		const few = await bench.query(id, numbers('i'), { maxRows: 2 });
		expect([few.rows, few.truncated]).toEqual([[[1], [2]], true]);
		expect((await bench.query(id, 'SELECT a FROM t', { maxRows: 2 })).truncated).toBe(false);
		const wide = await bench.query(id, numbers("printf('%.100000c', 'x')"));
		expect([wide.rows.length, wide.truncated]).toEqual([83, true]);
		expect(await bench.failure(id, "SELECT printf('%.9000000c', 'x')")).toMatchObject({
			message: expect.stringContaining('larger than 8 MB')
		});
	});

	/** Numbers from 1 that do not end, as an expression of `i`. */
	function numbers(expression: string): string {
		return `WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT ${expression} FROM n`;
	}
});

describe('the process', () => {
	test('OP-03 has no environment of ours, no network and no file but its own, whatever runs in it', async () => {
		const folder = temporaryFolder();
		const server = createServer().listen(0, '127.0.0.1');
		await new Promise((resolve) => server.once('listening', resolve));
		const { port } = server.address() as { port: number };
		const probe = `
			import { readFileSync, writeFileSync } from 'node:fs';
			import { connect } from 'node:net';
			import { spawnSync } from 'node:child_process';
			const attempt = async (work) => { try { return String(await work()); } catch (error) { return error.code ?? error.message; } };
			const reach = () => new Promise((resolve, reject) => connect(${port}, '127.0.0.1', () => resolve('reached')).on('error', reject));
			const value = [
				await attempt(() => readFileSync('/etc/passwd').length),
				await attempt(() => writeFileSync('${folder}/written', 'x')),
				await attempt(() => spawnSync('true').status),
				await attempt(reach),
				Object.keys(process.env).filter((name) => !name.startsWith('__')).join()
			];
			process.stdout.write(JSON.stringify({ ok: true, value }));`;
		const program = { main: join(folder, 'main.js'), folder: join(folder, 'program'), packages };
		mkdirSync(program.folder);
		writeFileSync(join(folder, 'package.json'), '{ "type": "module" }');
		writeFileSync(program.main, probe);
		const request = { do: 'query', database: '', sql: '', maxRows: 1, maxCharacters: 1, types: {} } as const;
		const limits = { signal: new AbortController().signal, timeoutMs: 10_000, memoryMb: 256, writtenMb: 1, reads: [] };
		const found = await askProcess(request, {
			...limits,
			program: { ...program, folder, drivers: { PostgreSQL: none, MySQL: none } }
		});
		server.close();
		expect(found).toEqual(['ERR_ACCESS_DENIED', 'ERR_ACCESS_DENIED', 'ERR_ACCESS_DENIED', 'ERR_ACCESS_DENIED', '']);
		expect(existsSync(join(folder, 'written'))).toBe(false);
	});

	const none = { folder: '', url: '' };
	const packages = { folders: [], csv: '', parquet: '' };
});

describe('the files that are kept', () => {
	test('OP-03 IR-05 belong to one owner: to another they are not there', async () => {
		const { bench, id } = await loaded();
		const { signal } = new AbortController();
		await expect(bench.sandbox.of('mallory').describe({ fileId: id }, signal)).rejects.toMatchObject({
			code: 'not_found'
		});
		const asked = bench.sandbox.of('mallory').query({ fileId: id }, 'SELECT * FROM t', { signal });
		await expect(asked).rejects.toMatchObject({ code: 'not_found' });
	});

	test("OP-03 IR-05 are those of the job's owner: a run reaches its own upload, and nobody else's", async () => {
		const run = stepsThat(async (ctx, { name: fileId }) => {
			const options = { signal: ctx.signal };
			const { rows } = await ctx.tables.query({ fileId }, 'SELECT sum(a) FROM numbers', options);
			return { sum: Number(rows[0]?.[0]) };
		});
		const app = await makeApp({ runs: runsOf(run) });
		const put = (owner: string) =>
			app.uploads.put(owner, { name: 'numbers.csv', body: Readable.from([Buffer.from(csv)]) });
		const [own, other] = await Promise.all([put('local'), put('mallory')]);
		const done = await ended(app, (await start(app, 'steps', { name: own.id })).id);
		expect(done).toMatchObject({ status: 'succeeded', result: { sum: 3 } });
		const failed = await ended(app, (await start(app, 'steps', { name: other.id })).id);
		expect(failed).toMatchObject({ status: 'failed', error: { code: 'not_found' } });
	});

	test('OP-03 are read once for all questions, also when they come at the same time', async () => {
		const bench = new Bench();
		const id = bench.bring('t.csv', csv);
		const asked = ['sum', 'min', 'max'].map((word) => bench.query(id, `SELECT ${word}(a) FROM t`));
		expect((await Promise.all(asked)).map(({ rows }) => rows[0]?.[0])).toEqual([3, 1, 2]);
		await bench.describe(id);
		expect(bench.reads).toBe(1);
	});

	test('OP-03 go when nobody has asked for a while, and are read again for the next question', async () => {
		const clock = new FakeClock();
		const { bench, id } = await loaded({ clock });
		await clock.advance(9 * 60_000);
		expect((await bench.query(id, 'SELECT 1')).rows).toEqual([[1]]);
		await clock.advance(9 * 60_000);
		expect(bench.sandbox.loaded).toBe(1);
		await clock.advance(60_000);
		expect(bench.sandbox.loaded).toBe(0);
		await expect.poll(() => readdirSync(bench.folder)).toEqual(['program']);
		expect((await bench.query(id, 'SELECT 1')).rows).toEqual([[1]]);
		expect(bench.reads).toBe(2);
	});

	test('OP-03 are gone with the server, and what a killed one left is gone at the next start', async () => {
		const { bench } = await loaded();
		expect(readdirSync(bench.folder)).toHaveLength(2);
		await bench.sandbox.close();
		expect(existsSync(bench.folder)).toBe(false);
		mkdirSync(join(bench.folder, 'table-left'), { recursive: true });
		const next = new TableSandbox({ folder: bench.folder, fileOf: () => Promise.reject(new Error('none')) });
		await expect.poll(() => existsSync(bench.folder)).toBe(false);
		await next.close();
	});

	test('CX-15 a file that is still being read when nobody waits for it any more is left, its process and its folder with it', async () => {
		const bench = new Bench();
		const id = bench.bring('t.jsonl', '{"a":"some words to read"}\n'.repeat(400_000));
		const [one, other] = [new AbortController(), new AbortController()];
		const asked = [one, other].map(({ signal }) => bench.describe(id, signal).catch((error: unknown) => error));
		await expect.poll(() => processesWith(bench.folder).length).toBe(1);
		one.abort('user');
		expect(await asked[0]).toBe('user');
		expect(processesWith(bench.folder)).toHaveLength(1);
		other.abort('timeout');
		expect(await asked[1]).toBe('timeout');
		await expect.poll(() => [processesWith(bench.folder), readdirSync(bench.folder)]).toEqual([[], ['program']]);
	});

	test('BY-11 the server can stop while a query runs: the query fails in words, and no process is left', async () => {
		const { bench, id } = await loaded();
		const asked = bench.query(id, endless).catch((error: unknown) => error);
		await expect.poll(() => processesWith(bench.folder).length).toBe(1);
		await bench.sandbox.close();
		expect(await asked).toMatchObject({ code: 'unavailable' });
		expect(processesWith(bench.folder)).toEqual([]);
	});
});

test('OP-03 a million rows are read without being held in memory, and asked like any others', async () => {
	const bench = new Bench({ limits: { loadMemory: 256, queryMs: 60_000 } });
	const folder = temporaryFolder();
	const path = join(folder, 'million.csv');
	const rows = Array.from(
		{ length: 100_000 },
		(_, at) => `${at},2024-01-${10 + (at % 20)},${at / 4},word ${at % 50}\n`
	);
	writeFileSync(path, 'id,day,price,word\n');
	for (let time = 0; time < 10; time += 1) writeFileSync(path, rows.join(''), { flag: 'a' });
	const id = bench.bringPath(path);
	const [table] = await bench.describe(id);
	expect(table).toMatchObject({ name: 'million', rows: 1_000_000 });
	expect(table?.columns.map(({ type, distinct }) => [type, distinct])).toEqual([
		['integer', null],
		['date', 20],
		['real', null],
		['text', 50]
	]);
	const { rows: found } = await bench.query(
		id,
		'SELECT word, count(*), avg(price) FROM million GROUP BY word ORDER BY word'
	);
	expect(found[0]).toEqual(['word 0', 20_000, 12_493.75]);
}, 120_000);
