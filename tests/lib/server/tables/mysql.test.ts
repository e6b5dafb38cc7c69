import { spawn } from 'node:child_process';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { HeadwayError } from '$lib/jobs/error.ts';
import { configuredDatabase } from './configured-database.ts';
import { mysqlPrograms, startMysql, type MysqlServer } from './mysql-server.ts';

const NUMBERS = 'WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 60) SELECT';
const STATEMENTS = `
	CREATE TABLE customers (id integer PRIMARY KEY, name varchar(80) NOT NULL, \`select\` text, joined date);
	CREATE TABLE orders (id bigint PRIMARY KEY, customer_id integer, amount decimal(10,2), paid boolean, at timestamp NULL, made datetime, slip blob,
		FOREIGN KEY (customer_id) REFERENCES customers(id));
	CREATE VIEW paid_orders AS SELECT * FROM orders WHERE paid;
	CREATE TABLE secrets (word text);
	CREATE TABLE \`odd \`\`name\` (id bigint unsigned PRIMARY KEY, flag bit(1), kind enum('a','b'), made year, doc json);
	CREATE TABLE half (open_to_all text, kept_back text);
	INSERT INTO half VALUES ('seen', 'hidden');
	INSERT INTO customers VALUES (1, 'Ana', 'x', '2024-01-05'), (2, 'Bo "the bike" O''Neil', NULL, '2024-02-06'), (3, 'Chiä', 'y', NULL);
	INSERT INTO orders ${NUMBERS} i, 1 + i % 3, i * 1.25, i % 2 = 0, '2024-03-01 12:00:00' + INTERVAL i DAY, '2024-03-01 12:00:00', x'00ff' FROM n;
	INSERT INTO secrets VALUES ('hidden');
	INSERT INTO \`odd \`\`name\` VALUES (18446744073709551615, b'1', 'a', 2024, '{"a":"ä"}'), (7, b'0', 'b', 2023, NULL);
	CREATE USER reader@'%' IDENTIFIED BY 'secret-of-the-reader';
	GRANT SELECT ON customers TO reader@'%';
	GRANT SELECT, SHOW VIEW ON orders TO reader@'%';
	GRANT SELECT ON paid_orders TO reader@'%';
	GRANT SELECT ON \`odd \`\`name\` TO reader@'%';
	GRANT SELECT (open_to_all) ON half TO reader@'%';
	CREATE USER writer@'%'; GRANT SELECT ON shop.* TO writer@'%'; GRANT INSERT ON shop.secrets TO writer@'%';
	CREATE USER filer@'%'; GRANT SELECT ON shop.* TO filer@'%'; GRANT FILE ON *.* TO filer@'%';
	CREATE USER ruler@'%'; GRANT ALL ON *.* TO ruler@'%';
	CREATE USER granter@'%'; GRANT SELECT ON shop.* TO granter@'%' WITH GRANT OPTION;
	CREATE USER everywhere@'%'; GRANT SELECT ON *.* TO everywhere@'%';
	CREATE ROLE clerk; GRANT UPDATE ON shop.secrets TO clerk;
	CREATE USER hidden@'%'; GRANT SELECT ON shop.* TO hidden@'%'; GRANT clerk TO hidden@'%'; SET DEFAULT ROLE clerk FOR hidden@'%';
	SET GLOBAL time_zone = '+05:00'`;

describe.skipIf((await mysqlPrograms()) === null)('a MySQL database that the operator configured', () => {
	let server: MysqlServer;
	beforeAll(async () => {
		server = await startMysql(STATEMENTS);
	}, 60_000);
	afterAll(() => server.stop());

	/** How many of the reader's statements run there. */
	const running = () =>
		server.sql("SELECT count(*) FROM information_schema.PROCESSLIST WHERE USER = 'reader' AND COMMAND <> 'Sleep'");
	const everything = () => server.sql('CHECKSUM TABLE customers, orders, secrets; SHOW FULL TABLES');

	/** The sandbox with this database. */
	const shop = (url = server.url) => configuredDatabase(url);

	test('OP-03 its tables are told with types, ranges, samples, keys and rows, those that the role may read', async () => {
		const tables = await shop().describe();
		expect(tables.map(({ name, rows }) => [name, rows])).toEqual([
			['customers', 3],
			['half', 1],
			['odd `name', 2],
			['orders', 60],
			['paid_orders', null]
		]);
		const [customers, half, odd, orders] = tables;
		expect(customers?.columns.map(({ name, type, primaryKey, nulls }) => [name, type, primaryKey, nulls])).toEqual([
			['id', 'integer', true, 0],
			['name', 'text', false, 0],
			['select', 'text', false, 1],
			['joined', 'date', false, 1]
		]);
		expect(half?.columns.map(({ name, samples }) => [name, samples])).toEqual([['open_to_all', ['seen']]]);
		expect(customers?.columns[1]?.samples).toEqual(['Ana', 'Bo "the bike" O\'Neil', 'Chiä']);
		expect(customers?.columns[3]).toMatchObject({ min: '2024-01-05', max: '2024-02-06' });
		expect(odd?.columns.map(({ type, samples }) => [type, samples])).toEqual([
			['integer', [7, '18446744073709551615']],
			['boolean', [0, 1]],
			['text', ['a', 'b']],
			['integer', [2023, 2024]],
			['text', ['{"a":"ä"}']]
		]);
		expect(orders?.columns.map(({ type }) => type)).toEqual(
			'integer integer real boolean timestamp timestamp blob'.split(' ')
		);
		expect(orders?.columns[1]).toMatchObject({ references: 'customers.id', distinct: 3, samples: [1, 2, 3] });
		expect(orders?.columns[2]).toMatchObject({ min: 1.25, max: 75 });
		expect(orders?.columns[3]).toMatchObject({ samples: [0, 1] });
		expect(orders?.columns[6]).toMatchObject({ samples: ['(2 bytes)'] });
	});

	test('OP-03 a SELECT gives typed rows: numbers, booleans, times in UTC, bytes, NULL, a column called select', async () => {
		const sql =
			'SELECT o.id, amount, paid, at, made, slip, `select` FROM orders o JOIN customers c ON c.id = customer_id WHERE o.id = 1;';
		const { columns, rows, truncated } = await shop().query(sql);
		expect(columns.map(({ name, type }) => `${name} ${type}`)).toEqual([
			...['id integer', 'amount real', 'paid boolean', 'at timestamp', 'made timestamp', 'slip blob', 'select text']
		]);
		// The owner's clock ran five hours before UTC; `made` is what a clock showed.
		expect(rows).toEqual([[1, 1.25, false, '2024-03-02 12:00:00Z', '2024-03-01 12:00:00', '(2 bytes)', null]]);
		expect(truncated).toBe(false);
		const odd = await shop().query('SELECT id, flag, kind, made, doc FROM `odd ``name` ORDER BY kind');
		expect(odd.rows[0]).toEqual(['18446744073709551615', true, 'a', 2024, '{"a":"ä"}']);
		expect(await shop().query('SELECT id FROM customers WHERE id > 9')).toMatchObject({
			...{ columns: [{ name: 'id', type: 'integer' }], rows: [], truncated: false }
		});
	});

	test('OP-03 more rows than the limit are cut off, and millions are never held', async () => {
		const many = 'SELECT a.id FROM orders a, orders b, orders c, orders d';
		const { rows, truncated } = await shop().query(many, { maxRows: 700 });
		expect([rows.length, truncated]).toEqual([700, true]);
		const wide = await shop().query("SELECT repeat('x', 100000) FROM orders a, orders b");
		expect([wide.rows.length, wide.truncated]).toEqual([83, true]);
		expect(await shop().failure("SELECT repeat('x', 9000000)")).toMatchObject({
			message: expect.stringContaining('larger than 8 MB')
		});
		await expect.poll(running, { timeout: 5_000 }).toBe('0');
	});

	test.each([
		["INSERT INTO customers VALUES (9, 'x')", 'must begin with SELECT'],
		['DROP TABLE customers', 'must begin with SELECT'],
		['SELECT 1; DROP TABLE customers', 'error in your SQL syntax'],
		['WITH gone AS (SELECT 1) DELETE FROM orders', 'error in your SQL syntax|Only reading|denied'],
		['/*! INSERT INTO secrets */ SELECT 1', 'Only reading is allowed'],
		['/*M! CREATE TABLE made AS */ SELECT 1', 'Only reading is allowed'],
		['/* select */ /*! INSERT INTO secrets */ SELECT 1', 'Only reading is allowed'],
		["-- select\n/*! SET PASSWORD = PASSWORD('taken') # */ SELECT 1\n*/", 'Only reading is allowed'],
		["SELECT 'x' INTO OUTFILE '/tmp/headway-outfile'", 'denied'],
		['SELECT word FROM secrets', 'denied'],
		['SELECT kept_back FROM half', 'denied'],
		['SELECT * FROM mysql.user', 'denied'],
		['SELECT nothing FROM customers', "Unknown column 'nothing'"],
		['SELECT id FROM orders FOR UPDATE', 'denied|Only reading is allowed'],
		['SELECT 1 -- ', 'none']
	])('OP-03 a query that writes or reaches out is refused, and changes nothing: %s', async (sql, words) => {
		const before = everything();
		const { code, message } = await shop().failure(sql);
		expect(`${code} ${message}`).toMatch(new RegExp(words));
		expect(['invalid_input', 'none']).toContain(code);
		expect(message).not.toMatch(/reader|localhost|127\.0\.0\.1/);
		expect(everything()).toBe(before);
	});

	test('OP-03 tables of pages and pictures are told by their beginnings, in little memory', async () => {
		server.sql(`
			CREATE TABLE pages (id integer PRIMARY KEY, body longtext, picture longblob);
			INSERT INTO pages WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 200) SELECT i, concat(repeat('x', 500000), i), repeat(x'00', 200000) FROM n;
			GRANT SELECT ON pages TO reader@'%'`);
		try {
			const { tables } = configuredDatabase(server.url, { queryMemory: 150 });
			const told = await tables.describe({ name: 'shop' }, new AbortController().signal);
			const pages = told.find(({ name }) => name === 'pages');
			expect(pages?.columns.map(({ type, samples }) => [type, samples.map(lengthOf)])).toEqual([
				['integer', [1, 1, 1, 1, 1]],
				['text', [200]],
				['blob', ['(200000 bytes)'.length]]
			]);
		} finally {
			server.sql('DROP TABLE pages');
		}
	});

	const lengthOf = (value: unknown) => String(value).length;

	test('OP-03 a file of the server is not read: LOAD_FILE gives nothing to a role without FILE', async () => {
		expect((await shop().query("SELECT LOAD_FILE('/etc/passwd') AS text")).rows).toEqual([[null]]);
	});

	test('OP-03 a query that takes too long is stopped, there as well', async () => {
		const failure = shop().failure('SELECT SLEEP(60)', { timeoutMs: 1_500 });
		await expect.poll(running, { timeout: 9_000 }).toBe('1');
		const { code, message } = await failure;
		expect([code, message]).toEqual(['timeout', expect.stringContaining('stopped after 1.5 s')]);
		await expect.poll(running, { timeout: 5_000 }).toBe('0');
	});

	test.each([
		['that sleeps', 'SELECT SLEEP(9)'],
		['that computes', "SELECT benchmark(100000000, sha2('x', 512))"]
	])('CX-04 CX-15 a cancel ends a query %s within 2 s, and at the database too', async (_, sql) => {
		const stop = new AbortController();
		const query = shop()
			.query(sql, { signal: stop.signal })
			.catch((error: unknown) => error);
		await expect.poll(running, { timeout: 9_000 }).toBe('1');
		const at = performance.now();
		stop.abort(new HeadwayError('conflict', 'stopped by the test'));
		expect(await query).toMatchObject({ message: 'stopped by the test' });
		expect(performance.now() - at).toBeLessThan(2_000);
		expect(running()).toBe('0');
	});

	test('CX-15 a statement ends at the database, too, when Headway itself is killed', async () => {
		const { bench, query } = shop();
		await query('SELECT 1');
		const found = createRequire(import.meta.url).resolve('mysql2');
		const driver = pathToFileURL(found).href;
		const asked = { do: 'query database', dialect: 'MySQL', url: server.url, driver, timeoutMs: 60_000 };
		const sql = "SELECT benchmark(1000000000, sha2('x', 512))";
		const starting = new URL('../../../../src/lib/processes/locked-process.ts', import.meta.url).href;
		const packages = `${found.split('node_modules')[0]}node_modules`;
		const terms = { reads: [bench.folder, packages], network: true, bytes: 256 * 1024 ** 2, ms: 60_000 };
		const parent = spawn(process.execPath, [
			...['--input-type=module', '-e'],
			`import { startLocked } from ${JSON.stringify(starting)};
			const [main, request] = process.argv.slice(1);
			startLocked([main], ${JSON.stringify(terms)}, { stdio: 'pipe' }).stdin.end(request);`,
			join(bench.folder, 'program', 'main.js'),
			JSON.stringify({ ...asked, sql, maxRows: 1, maxCharacters: 100 })
		]);
		onTestFinished(() => void parent.kill('SIGKILL'));
		await expect.poll(running, { timeout: 9_000 }).toBe('1');
		parent.kill('SIGKILL');
		await expect.poll(running, { timeout: 2_000 }).toBe('0');
	});

	test('OP-03 a server that is gone in the middle of a query is told, and that it can be tried again', async () => {
		const failure = shop().failure('SELECT SLEEP(20)');
		await expect.poll(running, { timeout: 9_000 }).toBe('1');
		server.sql("KILL USER reader@'%'");
		const { code, message } = await failure;
		expect([code, message]).toEqual([
			'unavailable',
			expect.stringMatching(/^The database broke off \(\w+\)\. Try again\.$/)
		]);
	});

	test('OP-03 a connection that ends between two statements is told in the same words', async () => {
		const told = shop()
			.describe()
			.then(
				() => 'it came through',
				(error: unknown) => error
			);
		let isOver = false;
		void told.finally(() => (isOver = true));
		// So close together that none of its looks fits between two of them.
		const kills = "KILL USER reader@'%'; DO SLEEP(0.002);".repeat(200);
		while (!isOver) {
			server.sql(kills);
			await new Promise((next) => setTimeout(next, 5));
		}
		expect(await told).toMatchObject({
			code: 'unavailable',
			message: expect.stringMatching(/broke off|cannot be reached/)
		});
	});

	test.each(['writer', 'filer', 'ruler', 'granter', 'everywhere', 'hidden'])(
		'OP-03 a role that may do more than read is refused: %s',
		async (role) => {
			const url = `mysql://${role}@127.0.0.1:${server.port}/shop`;
			await expect(shop(url).describe()).rejects.toMatchObject({
				code: 'unavailable',
				message: expect.stringContaining('may do more than read')
			});
		}
	);

	/** What a server without a certificate answers, and one that signed its own. */
	const untrusted = () => (server.certificate === null ? 'HANDSHAKE_NO_SSL_SUPPORT' : 'HANDSHAKE_SSL_ERROR');

	test('OP-03 its certificate is checked by the one that the operator names, and REQUIRED takes any', async (context) => {
		if (server.certificate === null) return context.skip();
		const cipher =
			"SELECT variable_value <> '' AS secured FROM information_schema.session_status WHERE variable_name = 'Ssl_cipher'";
		const named = server.url.replace('127.0.0.1', 'localhost');
		const secured = async (settings: string) => (await shop(named + settings).query(cipher)).rows;
		expect(await secured('')).toEqual([[0]]);
		expect(await secured('?ssl-mode=REQUIRED')).toEqual([[1]]);
		expect(await secured(`?ssl-mode=VERIFY_IDENTITY&ssl-ca=${server.certificate}`)).toEqual([[1]]);
		expect(await secured(`?ssl-ca=${server.certificate}`)).toEqual([[1]]);
	});

	test.each([
		[
			'of a wrong password',
			() => server.url.replace('secret-of-the-reader', 'hush'),
			() => '(ER_ACCESS_DENIED_ERROR): it does not let this role in'
		],
		[
			'of another name',
			() => server.url.replace(/shop$/, 'hush'),
			() => ': there is no such database, or its role may'
		],
		['that is not there', () => 'mysql://reader:hush@127.0.0.1:9/shop', () => '(ECONNREFUSED): nothing listens'],
		[
			'whose certificate nobody vouches for',
			() => `${server.url.replace('127.0.0.1', 'localhost')}?ssl-mode=VERIFY_IDENTITY`,
			() => `(${untrusted()}): its certificate is not trusted`
		]
	])('OP-03 a database %s is told without its address and password', async (_, url, words) => {
		const error = await shop(url()).failure('SELECT 1');
		expect(error).toMatchObject({
			code: 'unavailable',
			message: expect.stringContaining(words())
		});
		expect(error.message).not.toMatch(/hush|127|reader/);
	});
});
