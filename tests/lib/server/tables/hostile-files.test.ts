import { DatabaseSync } from 'node:sqlite';
import { join } from 'node:path';
import { describe, expect, test, vi } from 'vitest';
import { temporaryFolder } from '../../../support/app.ts';
import { parquetFile } from './parquet-file.ts';
import { Bench } from './sandbox.ts';

// Each starts processes, which take their time on a busy machine.
vi.setConfig({ testTimeout: 60_000 });

/** A SQLite file as an attacker makes it: its schema can be written to. */
function sqliteFile(statements: string): string {
	const path = join(temporaryFolder(), 'made.db');
	const database = new DatabaseSync(path, { defensive: false });
	database.exec(statements);
	database.close();
	return path;
}

async function described(path: string, parts: ConstructorParameters<typeof Bench>[0] = {}) {
	const bench = new Bench(parts);
	const id = bench.bringPath(path);
	return { bench, id, tables: await bench.describe(id) };
}

/** What bringing a file fails with. */
async function refusal(name: string, content: string | Uint8Array, bench = new Bench()): Promise<unknown> {
	return bench.describe(bench.bring(name, content)).catch((error: unknown) => error);
}

const wrong = (message: string | RegExp) => ({
	code: 'invalid_input',
	message: expect.stringMatching(message) as string
});

describe('a SQLite file', () => {
	test('OP-03 of which one table cannot be read is read without it: a stale view, a module or an order of another program', async () => {
		const path = sqliteFile(`CREATE TABLE gone (a); CREATE VIEW stale AS SELECT * FROM gone; DROP TABLE gone;
			CREATE VIEW round AS SELECT * FROM circle; CREATE VIEW circle AS SELECT * FROM round;
			CREATE TABLE names (id INTEGER PRIMARY KEY, name TEXT COLLATE NOCASE);
			INSERT INTO names (name) VALUES ('Ana'), ('Bo');
			CREATE VIRTUAL TABLE places USING rtree(id, x0, x1); INSERT INTO places VALUES (1, 0, 1);
			UPDATE places_node SET data = x'00';
			CREATE TABLE good (a); INSERT INTO good VALUES (1);
			PRAGMA writable_schema = ON;
			UPDATE sqlite_schema SET sql = replace(sql, 'NOCASE', 'LOCALIZED') WHERE name = 'names';
			INSERT INTO sqlite_schema VALUES ('table', 'spatial', 'spatial', 0, 'CREATE VIRTUAL TABLE spatial USING VirtualSpatialIndex()')`);
		const { bench, id, tables } = await described(path);
		expect(tables.map(({ name, rows, columns }) => [name, rows, columns.length]).toSorted()).toEqual([
			['good', 1, 1],
			['names', null, 2]
		]);
		expect((await bench.query(id, 'SELECT id, name FROM names')).rows).toEqual([
			[1, 'Ana'],
			[2, 'Bo']
		]);
	});

	test('OP-03 whose tables and columns are called as what every object has is read as any other', async () => {
		const { bench, id, tables } = await described(
			sqliteFile(`CREATE TABLE constructor (name, length INTEGER); INSERT INTO constructor VALUES ('Lotus', 7);
				CREATE TABLE "__proto__" (constructor TEXT, "toString" REAL, "__proto__" INTEGER);
				INSERT INTO "__proto__" VALUES ('Ferrari', 1.5, 2)`)
		);
		expect(tables.map(({ name, columns }) => [name, columns.map(({ type }) => type)]).toSorted()).toEqual([
			['__proto__', ['text', 'real', 'integer']],
			['constructor', ['text', 'integer']]
		]);
		const { columns, rows } = await bench.query(id, 'SELECT c.*, p.* FROM constructor c, "__proto__" p');
		expect(columns.map(({ type }) => type)).toEqual(['text', 'integer', 'text', 'real', 'integer']);
		expect(rows).toEqual([['Lotus', 7, 'Ferrari', 1.5, 2]]);
	});

	test('OP-03 of pages and pictures is told by their beginnings, in little memory', async () => {
		const path = sqliteFile(`CREATE TABLE pages (id INTEGER PRIMARY KEY,
				body TEXT AS (printf('%.1000000c', 'x')), picture BLOB AS (zeroblob(1000000)));
			INSERT INTO pages (id) WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT 300) SELECT i FROM n`);
		const { tables } = await described(path, { limits: { loadMemory: 200 } });
		const [, body, picture] = tables[0]?.columns ?? [];
		expect(body).toMatchObject({ type: 'text', min: 'x'.repeat(200), samples: ['x'.repeat(200)] });
		expect(picture).toMatchObject({ type: 'blob', min: null, samples: ['(bytes)'] });
	});

	test('OP-03 with a value larger than 16 MB is told, but for what needs that value', async () => {
		const path = sqliteFile('CREATE TABLE t (a, b); INSERT INTO t VALUES (1, zeroblob(17000000))');
		const { bench, id, tables } = await described(path);
		expect(tables).toMatchObject([{ name: 't', rows: null, columns: [{ name: 'a' }, { name: 'b' }] }]);
		expect((await bench.query(id, 'SELECT a, length(b) FROM t')).rows).toEqual([[1, 17_000_000]]);
	});

	test('OP-03 of hundreds of columns with names as long as pages is counted all the same', async () => {
		const names = Array.from({ length: 600 }, (_, at) => `"${at} ${'n'.repeat(500)}"`);
		const { tables } = await described(
			sqliteFile(`CREATE TABLE t (${names.join(', ')}); INSERT INTO t VALUES (${names.map((_, at) => at).join(', ')})`)
		);
		expect([tables[0]?.rows, tables[0]?.columns.length, tables[0]?.columns[599]?.max]).toEqual([1, 600, 599]);
	});

	test('OP-03 with names as long as books is told without them', async () => {
		const long = 'n'.repeat(200_000);
		const { tables } = await described(sqliteFile(`CREATE TABLE "${long}" (a); CREATE TABLE t (a, "${long}")`));
		expect(tables.map(({ name, columns }) => [name, columns.map((column) => column.name)])).toEqual([['t', ['a']]]);
	});
});

describe('a table in a text file', () => {
	test('OP-03 with hundreds of questions for names is told and asked', async () => {
		const names = Array.from({ length: 900 }, (_, at) => `${at} ${'How content are you with this? '.repeat(3)}`);
		const bench = new Bench();
		const id = bench.bring('survey.csv', `${names.join(',')}\n${names.map((_, at) => at).join(',')}\n`);
		const [table] = await bench.describe(id);
		expect([table?.columns.length, table?.columns[899]?.max]).toEqual([900, 899]);
		expect((await bench.query(id, 'SELECT * FROM survey')).rows[0]?.at(-1)).toBe(899);
	});

	test('OP-03 whose names are no whole letters has a column for each', async () => {
		const bench = new Bench();
		const cut = `${'x'.repeat(99)}\u{1f600}`;
		const row = `{"\\ud800":1,"\\ud801":2,"${cut}a":true,"${cut}b":4,"__proto__":5}`;
		const [table] = await bench.describe(bench.bring('t.jsonl', `${row}\n`));
		const told = table?.columns.map(({ name, type, max }) => [name, type, max]);
		expect(told).toEqual([
			['\ufffd', 'integer', 1],
			['\ufffd_2', 'integer', 2],
			[cut, 'boolean', 1],
			[`${cut}_2`, 'integer', 4],
			['__proto__', 'integer', 5]
		]);
	});

	test('OP-03 of JSON that is nested without end is refused in a sentence', async () => {
		const deep = `${'{"1":'.repeat(50_000)}1${'}'.repeat(50_000)}`;
		expect(await refusal('t.jsonl', `{"a":1}\n{"a":${deep}}\n`)).toMatchObject(
			wrong(/^Row 2 holds lists or objects in one another too deeply to be kept\.$/)
		);
	});

	test('OP-03 of JSON keeps every digit of its ids, by themselves and in lists', async () => {
		const bench = new Bench();
		const id = bench.bring(
			't.jsonl',
			'{"a":123456789012345678,"b":-12345678901234567890,"c":[9007199254740993],"d":0.5}\n'
		);
		expect((await bench.query(id, 'SELECT * FROM t')).rows).toEqual([
			['123456789012345678', '-12345678901234567890', '[9007199254740993]', 0.5]
		]);
	});

	test.each([
		['in one line', ','],
		['in many lines', ',\n']
	])('OP-03 that is one JSON list of more than 20 MB %s is refused before it is read', async (_, between) => {
		const list = `[${`{"a":"some words"}${between}`.repeat(1_250_000)}{"a":1}]`;
		expect(await refusal('t.json', list)).toMatchObject(wrong(/^A JSON list of this size cannot be read/));
	});
});

test('OP-03 a Parquet file with times that no calendar has is read, those as nothing', async () => {
	const values = [1_700_000_000_000_000n, 9_223_372_036_854_775_807n];
	const bench = new Bench();
	const id = bench.bring('t.parquet', parquetFile([{ name: 'at', type: 'int64', means: 'moment', values }]));
	expect((await bench.query(id, 'SELECT at FROM t')).rows).toEqual([['2023-11-14T22:13:20.000Z'], [null]]);
});

describe('a query', () => {
	async function loaded() {
		const bench = new Bench();
		return { bench, id: bench.bring('t.csv', 'a,b\n1,x\n') };
	}

	test('OP-03 whose columns bear names of megabytes tells them by their beginnings', async () => {
		const { bench, id } = await loaded();
		const sql = `SELECT ${Array.from({ length: 300 }, () => 's.*').join(', ')} FROM (SELECT 1 AS "${'n'.repeat(60_000)}") s`;
		const { columns } = await bench.query(id, sql);
		expect([columns.length, new Set(columns.map(({ name }) => name))]).toEqual([300, new Set([`${'n'.repeat(256)}…`])]);
	});

	test('OP-03 that is wrong by a name of thousands of letters is told in a sentence that can be read', async () => {
		const { bench, id } = await loaded();
		const { code, message } = await bench.failure(id, `SELECT * FROM "${'n'.repeat(50_000)}"`);
		expect([code, message]).toEqual(['invalid_input', `SQLite says: no such table: ${'n'.repeat(972)}…`]);
	});

	test('OP-03 of a megabyte is refused before anything of it runs', async () => {
		const { bench, id } = await loaded();
		expect(await bench.failure(id, `SELECT 1 /* ${'x'.repeat(1_000_000)} */`)).toEqual({
			...{ code: 'invalid_input', message: 'The query is longer than 100,000 characters.' }
		});
	});

	test('OP-03 searches in texts that another program made, by FTS4 as by FTS5', async () => {
		const path =
			sqliteFile(`CREATE VIRTUAL TABLE old USING fts4(body); INSERT INTO old VALUES ('a red bicycle'), ('a blue car');
			CREATE VIRTUAL TABLE new USING fts5(body); INSERT INTO new VALUES ('a red bicycle'), ('a blue car')`);
		const { bench, id } = await described(path);
		for (const name of ['old', 'new'])
			expect((await bench.query(id, `SELECT body FROM ${name} WHERE body MATCH 'bicycle'`)).rows).toEqual([
				['a red bicycle']
			]);
	});
});
