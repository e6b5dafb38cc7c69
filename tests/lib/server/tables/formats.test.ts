import { DatabaseSync } from 'node:sqlite';
import { join } from 'node:path';
import { describe, expect, test, vi } from 'vitest';
import type { Table } from '$lib/operations/operation.ts';
import { temporaryFolder } from '../../../support/app.ts';
import { parquetFile, type ParquetColumn } from './parquet-file.ts';
import { Bench } from './sandbox.ts';

// Each starts processes, which take their time on a busy machine.
vi.setConfig({ testTimeout: 60_000 });

const typesOf = ([table]: readonly Table[]) =>
	Object.fromEntries((table?.columns ?? []).map(({ name, type }) => [name, type]));

describe('a table in a text file', () => {
	test('OP-03 letters that come late are read as they are written, in UTF-8 and as Windows writes them', async () => {
		const bench = new Bench();
		const written = (encoding: 'utf8' | 'latin1') =>
			Buffer.from(`${'id,place\n'}${'1,a plain word\n'.repeat(40_000)}2,Gärten\n${'3,Öl\n'.repeat(40_000)}`, encoding);
		for (const encoding of ['utf8', 'latin1'] as const) {
			const id = bench.bring(`${encoding}.csv`, written(encoding));
			await bench.describe(id);
			const { rows } = await bench.query(
				id,
				`SELECT place, count(*) FROM ${encoding} WHERE id > 1 GROUP BY 1 ORDER BY 1`
			);
			expect(rows).toEqual([
				['Gärten', 1],
				['Öl', 40_000]
			]);
		}
	});

	test('OP-03 the type of each column is that of all its values; mixed ones, postcodes and long numbers stay text', async () => {
		const bench = new Bench();
		const id = bench.bring(
			'Sales 2024.csv',
			`day,region,units,price,paid,at,zip,mixed,account,empty
2024-01-31,North,3,1.5,true,2024-01-31T10:00:00Z,01234,1,12345678901234567890,
2024-02-01,South,-12,2e3,FALSE,2024-02-01 11:30,99999,x,22345678901234567890,
2024-02-02,,7,4,true,2024-02-01 11:30:05.5+02:00,10000,2.0,32345678901234567890,\n`
		);
		const tables = await bench.describe(id);
		expect(tables).toHaveLength(1);
		expect(tables[0]).toMatchObject({ name: 'sales_2024', rows: 3 });
		expect(typesOf(tables)).toEqual({
			...{ day: 'date', region: 'text', units: 'integer', price: 'real', paid: 'boolean', at: 'timestamp' },
			...{ zip: 'text', mixed: 'text', account: 'text', empty: 'null' }
		});
		const { columns, rows } = await bench.query(id, 'SELECT * FROM sales_2024 ORDER BY day');
		expect(columns.map(({ type }) => type)).toEqual(Object.values(typesOf(tables)));
		expect(rows[0]).toEqual([
			'2024-01-31',
			'North',
			3,
			1.5,
			true,
			'2024-01-31T10:00:00Z',
			'01234',
			'1',
			'12345678901234567890',
			null
		]);
		expect(rows[2]?.slice(0, 5)).toEqual(['2024-02-02', null, 7, 4, true]);
	});

	test('OP-03 what is known of a column is exact: gaps, different values, the least and the greatest, samples', async () => {
		const bench = new Bench();
		const [table] = await bench.describe(bench.bring('t.csv', 'a,b\n3,x\n1,\n10,y\n3,x\n'));
		expect(table?.columns).toEqual(
			[
				...[{ name: 'a', type: 'integer', nulls: 0, distinct: 3, min: 1, max: 10, samples: [3, 1, 10] }],
				...[{ name: 'b', type: 'text', nulls: 1, distinct: 2, min: 'x', max: 'y', samples: ['x', 'y'] }]
			].map((column) => ({ ...column, primaryKey: false, references: null }))
		);
	});

	test.each([
		[
			'semicolons, and commas in its numbers',
			'a;b\n1,5;x\n2,25;y\n',
			[
				[1.5, 'x'],
				[2.25, 'y']
			]
		],
		['tabs', 'a\tb\n1\tx\n', [[1, 'x']]],
		['bars', 'a|b\n1|x, y\n', [[1, 'x, y']]],
		['commas, and thousands in quotes', 'a,b\n"1,500",x\n', [['1,500', 'x']]],
		['a byte order mark and Windows line ends', '\uFEFFa,b\r\n1,x\r\n', [[1, 'x']]],
		['line ends and quotes in its values', 'a,b\n1,"x\ny ""z"""\n', [[1, 'x\ny "z"']]],
		['a quote inside a value', 'a,b\n1,5" pipe\n', [[1, '5" pipe']]],
		['blank lines', 'a,b\n\n1,x\n\n', [[1, 'x']]],
		['one column', 'a\n1\n2\n', [[1], [2]]],
		['no line end at its end', 'a,b\n1,x', [[1, 'x']]]
	])('OP-03 a file with %s is read as it was meant', async (_, text, rows) => {
		const bench = new Bench();
		const id = bench.bring('t.csv', text);
		expect((await bench.query(id, 'SELECT * FROM t')).rows).toEqual(rows);
		expect((await bench.describe(id))[0]?.columns[0]?.name).toBe('a');
	});

	test.each([
		['UTF-16', Buffer.from('\uFEFFname\nMüller\n', 'utf16le')],
		['UTF-8', Buffer.from('name\nMüller\n')],
		["Windows' own", Buffer.from('name\nMüller\n', 'latin1')]
	])('OP-03 letters of a file in %s are right', async (_, bytes) => {
		const bench = new Bench();
		expect((await bench.query(bench.bring('t.csv', bytes), 'SELECT name FROM t')).rows).toEqual([['Müller']]);
	});

	test('OP-03 columns that are called like SQL, have spaces or quotes, come twice or have no name can all be asked for', async () => {
		const bench = new Bench();
		const id = bench.bring('order.csv', 'select,"a ""b"" c",a,A,,\n1,2,3,4,5,6\n');
		const [table] = await bench.describe(id);
		expect(table?.name).toBe('order_table');
		expect(table?.columns.map(({ name }) => name)).toEqual(['select', 'a "b" c', 'a', 'A_2', 'column_5', 'column_6']);
		const sql = 'SELECT "select", "a ""b"" c", a, A_2, column_5, column_6 FROM order_table';
		expect((await bench.query(id, sql)).rows).toEqual([[1, 2, 3, 4, 5, 6]]);
	});

	test('OP-03 a file without names for its columns loses no row; years that name columns are names', async () => {
		const bench = new Bench();
		const plain = await bench.describe(bench.bring('a.csv', '1,2.5\n3,4\n'));
		expect([plain[0]?.rows, Object.keys(typesOf(plain))]).toEqual([2, ['column_1', 'column_2']]);
		const years = await bench.describe(bench.bring('b.csv', '2023,2024\n3,4\n'));
		expect([years[0]?.rows, Object.keys(typesOf(years))]).toEqual([1, ['2023', '2024']]);
	});

	test.each([
		['Ümsatz (final) v2.csv', 'ümsatz_final_v2'],
		['../../etc/passwd', 'etc_passwd'],
		['2024.csv', 'table_2024'],
		['"; DROP TABLE x; --.csv', 'drop_table_x'],
		['.csv', 'data'],
		['sqlite_master.csv', 'table_sqlite_master'],
		['売上.csv', '売上']
	])('OP-03 the table of "%s" is called %s', async (name, table) => {
		const bench = new Bench();
		const id = bench.bring(name, 'a\n1\n');
		expect((await bench.describe(id))[0]?.name).toBe(table);
		expect((await bench.query(id, `SELECT a FROM ${table}`)).rows).toEqual([[1]]);
	});

	test('OP-03 JSON Lines: fields that come late or not at all, texts that look like numbers, nested values', async () => {
		const bench = new Bench();
		const lines = ['{"a":1,"b":"007"}', '', '{"b":"8","c":{"d":[1]},"e":true}', '{"a":2.5,"c":null}'];
		const id = bench.bring('t.jsonl', lines.join('\n'));
		expect(typesOf(await bench.describe(id))).toEqual({ a: 'real', b: 'text', c: 'text', e: 'boolean' });
		expect((await bench.query(id, 'SELECT a, b, c, e FROM t')).rows).toEqual([
			[1, '007', null, null],
			[null, '8', '{"d":[1]}', true],
			[2.5, null, null, null]
		]);
	});

	test('OP-03 a list of JSON objects is a table too', async () => {
		const bench = new Bench();
		const id = bench.bring('t.json', JSON.stringify([{ a: 1 }, { a: 2 }], null, 2));
		expect((await bench.query(id, 'SELECT sum(a) FROM t')).rows).toEqual([[3]]);
	});
});

describe('a table in a file of another kind', () => {
	test.each(['none', 'gzip', 'zstd'] as const)(
		'OP-03 Parquet (compression: %s), told by its content whatever it is called: types, dates, gaps',
		async (codec) => {
			const bench = new Bench();
			const columns: ParquetColumn[] = [
				{ name: 'day', type: 'int32', means: 'date', values: [19_753, 19_754, null] },
				{ name: 'region', type: 'bytes', means: 'text', values: ['North', 'South', 'North'] },
				{ name: 'units', type: 'int64', values: [3n, -12n, 7n] },
				{ name: 'price', type: 'double', values: [1.5, 2000, 4] },
				{ name: 'paid', type: 'boolean', values: [true, false, true] },
				{ name: 'zip', type: 'bytes', means: 'text', values: ['1', '2', null] }
			];
			const id = bench.bring('sales.csv', parquetFile(columns, { codec }));
			expect(typesOf(await bench.describe(id))).toEqual({
				...{ day: 'date', region: 'text', units: 'integer', price: 'real', paid: 'boolean', zip: 'text' }
			});
			expect((await bench.query(id, 'SELECT * FROM sales')).rows).toEqual([
				['2024-01-31', 'North', 3, 1.5, true, '1'],
				['2024-02-01', 'South', -12, 2000, false, '2'],
				[null, 'North', 7, 4, true, null]
			]);
		}
	);

	test('OP-03 SQLite: each table with its keys, what they refer to, and the types by content', async () => {
		const bench = new Bench();
		const path = join(temporaryFolder(), 'shop.db');
		const made = new DatabaseSync(path);
		made.exec(`PRAGMA journal_mode = WAL;
			CREATE TABLE customers (id INTEGER PRIMARY KEY, name TEXT, since TEXT, active BOOLEAN);
			CREATE TABLE orders (id INTEGER PRIMARY KEY, customer INTEGER REFERENCES customers(id), total, note BLOB);
			CREATE VIEW big AS SELECT * FROM orders WHERE total > 10;
			INSERT INTO customers VALUES (1, 'Ada', '1815-12-10', 1), (2, 'Bob', '1990-01-01', 0);
			INSERT INTO orders VALUES (1, 1, 10, x'00ff'), (2, 1, 20.5, NULL)`);
		made.close();
		const id = bench.bringPath(path);
		const tables = await bench.describe(id);
		expect(tables.map(({ name, rows }) => [name, rows]).toSorted()).toEqual([
			['big', null],
			['customers', 2],
			['orders', 2]
		]);
		const [customers, orders] = ['customers', 'orders'].map((name) => tables.filter((table) => table.name === name));
		expect(typesOf(customers ?? [])).toEqual({ id: 'integer', name: 'text', since: 'date', active: 'boolean' });
		expect(typesOf(orders ?? [])).toEqual({ id: 'integer', customer: 'integer', total: 'real', note: 'blob' });
		expect(orders?.[0]?.columns.map(({ primaryKey, references }) => [primaryKey, references])).toEqual([
			[true, null],
			[false, 'customers.id'],
			[false, null],
			[false, null]
		]);
		const { rows } = await bench.query(
			id,
			'SELECT name, active, note FROM orders JOIN customers ON customer = customers.id'
		);
		expect(rows).toEqual([
			['Ada', true, '(2 bytes)'],
			['Ada', true, null]
		]);
		expect((await bench.query(id, 'SELECT count(*) AS n FROM big')).rows).toEqual([[1]]);
	});

	test('OP-03 SQLite: computed columns are told, and a table that is searched by its words can be asked', async () => {
		const bench = new Bench();
		const path = join(temporaryFolder(), 'words.db');
		const made = new DatabaseSync(path);
		made.exec(`CREATE TABLE sums (a INTEGER, twice INTEGER AS (a * 2));
			INSERT INTO sums VALUES (4);
			CREATE VIRTUAL TABLE notes USING fts5(body);
			INSERT INTO notes VALUES ('two red lamps'), ('one blue lamp')`);
		made.close();
		const id = bench.bringPath(path);
		const tables = await bench.describe(id);
		expect(tables.map(({ name, columns }) => [name, columns.map((column) => column.name)]).toSorted()).toEqual([
			['notes', ['body']],
			['sums', ['a', 'twice']]
		]);
		const asked = async (sql: string) => (await bench.query(id, sql)).rows;
		expect(await asked('SELECT a, twice FROM sums')).toEqual([[4, 8]]);
		expect(await asked("SELECT body FROM notes WHERE notes MATCH 'red'")).toEqual([['two red lamps']]);
		expect(await bench.failure(id, "INSERT INTO notes(notes) VALUES ('rebuild')")).toMatchObject({
			message: expect.stringContaining('Only reading is allowed')
		});
	});
});
