import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { HeadwayError } from '$lib/jobs/error.ts';
import { configuredDatabase } from './configured-database.ts';
import { postgresFolder, startPostgres, type PostgresServer } from './postgres-server.ts';

const STATEMENTS = `
	CREATE TABLE customers (id integer PRIMARY KEY, name text NOT NULL, "select" text, joined date);
	CREATE TABLE orders (id bigint PRIMARY KEY, customer_id integer REFERENCES customers(id), amount numeric(10,2), paid boolean, at timestamptz);
	CREATE VIEW paid_orders AS SELECT * FROM orders WHERE paid;
	CREATE TABLE secrets (word text);
	CREATE SEQUENCE numbers;
	INSERT INTO customers VALUES (1, 'Ana', 'x', '2024-01-05'), (2, 'Bo "the bike"', NULL, '2024-02-06'), (3, 'Chi', 'y', NULL);
	INSERT INTO orders SELECT n, 1 + n % 3, n * 1.25, n % 2 = 0, timestamptz '2024-03-01 12:00+00' + n * interval '1 day' FROM generate_series(1, 60) n;
	INSERT INTO secrets VALUES ('hidden');
	CREATE ROLE reader LOGIN PASSWORD 'secret-of-the-reader';
	GRANT SELECT ON customers, orders, paid_orders TO reader;
	GRANT USAGE ON SEQUENCE numbers TO reader;
	CREATE ROLE filer LOGIN; GRANT pg_read_server_files TO filer;
	CREATE ROLE writer LOGIN; GRANT SELECT, INSERT ON customers TO writer;
	CREATE ROLE renamer LOGIN; GRANT SELECT, UPDATE (name) ON customers TO renamer;
	CREATE ROLE keeper LOGIN; CREATE TABLE kept (word text); ALTER TABLE kept OWNER TO keeper;
	CREATE ROLE heir LOGIN; GRANT writer TO heir;
	CREATE ROLE borrower LOGIN NOINHERIT; GRANT writer TO borrower;
	CREATE ROLE boss SUPERUSER; CREATE ROLE deputy LOGIN NOINHERIT; GRANT boss TO deputy;
	CREATE ROLE copier LOGIN REPLICATION; CREATE ROLE ender LOGIN; GRANT pg_signal_backend TO ender;
	ANALYZE`;

describe.skipIf(postgresFolder() === null)('a PostgreSQL database that the operator configured', () => {
	let server: PostgresServer;
	beforeAll(async () => {
		server = await startPostgres(STATEMENTS);
	}, 60_000);
	afterAll(() => server.stop());

	/** How many of the reader's queries sleep there. */
	const sleeping = () =>
		server.sql("SELECT count(*) FROM pg_stat_activity WHERE usename = 'reader' AND wait_event = 'PgSleep'");

	/** The sandbox with this database. */
	const shop = (url = server.url) => configuredDatabase(url);

	test('OP-03 its tables are told with types, ranges, samples, keys and rows, those that the role may read', async () => {
		const tables = await shop().describe();
		expect(tables.map(({ name, rows }) => [name, rows])).toEqual([
			['customers', 3],
			['orders', 60],
			['paid_orders', null]
		]);
		const [customers, orders] = tables;
		expect(customers?.columns.map(({ name, type, primaryKey, nulls }) => [name, type, primaryKey, nulls])).toEqual([
			['id', 'integer', true, 0],
			['name', 'text', false, 0],
			['select', 'text', false, 1],
			['joined', 'date', false, 1]
		]);
		expect(customers?.columns[1]?.samples).toContain('Bo "the bike"');
		expect(customers?.columns[3]).toMatchObject({ min: '2024-01-05', max: '2024-02-06' });
		expect(orders?.columns.map(({ type }) => type)).toEqual(['integer', 'integer', 'real', 'boolean', 'timestamp']);
		expect(orders?.columns[1]).toMatchObject({ references: 'customers.id', distinct: 3, samples: [1, 2, 3] });
		expect(orders?.columns[2]).toMatchObject({ min: 1.25, max: 75 });
	});

	test('OP-03 a SELECT gives typed rows: numbers, booleans, times in UTC, NULL, a column called select', async () => {
		const sql =
			'SELECT o.id, amount, paid, at, "select" FROM orders o JOIN customers c ON c.id = customer_id WHERE o.id = 1;';
		const { columns, rows, truncated } = await shop().query(sql);
		expect(columns.map(({ type }) => type)).toEqual(['integer', 'real', 'boolean', 'timestamp', 'text']);
		expect(rows).toEqual([[1, 1.25, false, '2024-03-02 12:00:00Z', null]]);
		expect(truncated).toBe(false);
	});

	test('OP-03 more rows than the limit are cut off, and ten million are never held', async () => {
		const { rows, truncated } = await shop().query('SELECT n FROM generate_series(1, 10000000) n', { maxRows: 700 });
		expect(rows).toHaveLength(700);
		expect(rows.at(-1)).toEqual([700]);
		expect(truncated).toBe(true);
	});

	test.each([
		["INSERT INTO customers VALUES (9, 'x')", 'must begin with SELECT'],
		['DROP TABLE customers', 'must begin with SELECT'],
		['SELECT 1; DROP TABLE customers', 'cannot insert multiple commands'],
		['WITH gone AS (DELETE FROM orders RETURNING id) SELECT * FROM gone', 'data-modifying'],
		['SELECT * INTO copy FROM customers', 'syntax error|INTO'],
		["SELECT nextval('numbers')", 'Only reading is allowed'],
		["SELECT set_config('transaction_read_only', 'off', false)", 'must be set before any query'],
		['SELECT id FROM orders FOR UPDATE', 'permission denied|Only reading|not allowed'],
		["SELECT pg_read_file('/etc/passwd')", 'permission denied'],
		['SELECT word FROM secrets', 'permission denied'],
		['SELECT nothing FROM customers', 'column "nothing" does not exist'],
		['SELECT 1 --', 'none']
	])('OP-03 a query that writes or reaches out is refused, and changes nothing: %s', async (sql, words) => {
		const before = server.sql(
			'SELECT count(*) FROM orders; SELECT count(*) FROM customers; SELECT last_value, is_called FROM numbers'
		);
		const { code, message } = await shop().failure(sql);
		if (words === 'none') expect(message).toBe('[[1]]');
		else expect([code, message]).toEqual(['invalid_input', expect.stringMatching(words)]);
		expect(
			server.sql(
				'SELECT count(*) FROM orders; SELECT count(*) FROM customers; SELECT last_value, is_called FROM numbers'
			)
		).toBe(before);
	});

	test('OP-03 a query that takes too long is stopped, there as well', async () => {
		const failure = shop().failure('SELECT pg_sleep(60)', { timeoutMs: 1_500 });
		await expect.poll(sleeping, { timeout: 9_000 }).toBe('1');
		const { code, message } = await failure;
		expect([code, message]).toEqual(['timeout', expect.stringContaining('stopped after 1.5 s')]);
		await expect.poll(sleeping, { timeout: 5_000 }).toBe('0');
	});

	test('OP-03 a query that lifts its own limit of time is stopped at it all the same, there as well', async () => {
		const lifted = ['statement_timeout', 'client_connection_check_interval'].map(
			(name) => `set_config('${name}', '0', false)`
		);
		const sql = `SELECT ${lifted.join(', ')}, CASE WHEN n > 600 THEN pg_sleep(60)::text END FROM generate_series(1, 700) n`;
		const failure = shop().failure(sql, { timeoutMs: 1_500 });
		await expect.poll(sleeping, { timeout: 9_000 }).toBe('1');
		const { code, message } = await failure;
		expect([code, message]).toEqual(['timeout', expect.stringContaining('stopped after 1.5 s')]);
		await expect.poll(sleeping, { timeout: 5_000 }).toBe('0');
	});

	test('OP-03 tables of pages and pictures are told by their beginnings, in little memory', async () => {
		server.sql(`
			CREATE TABLE pages (id integer PRIMARY KEY, body text, picture bytea);
			INSERT INTO pages SELECT n, repeat('x', 500000) || n, decode(repeat('00', 200000), 'hex') FROM generate_series(1, 200) n;
			GRANT SELECT ON pages TO reader`);
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

	test('OP-03 rows that are large are cut off as small ones are, before they fill the memory', async () => {
		const { rows, truncated } = await shop().query("SELECT repeat('x', 400000) FROM generate_series(1, 600)");
		expect([rows.length, truncated]).toEqual([20, true]);
	});

	test('OP-03 a value of megabytes that cannot be converted is not repeated whole', async () => {
		const { code, message } = await shop().failure("SELECT repeat('x', 5000000)::integer");
		expect([code, message]).toEqual(['invalid_input', expect.stringContaining('invalid input syntax')]);
		expect(message.length).toBeLessThan(1_100);
	});

	test('CX-04 CX-15 a cancel ends the query within 2 s, and at the database too', async () => {
		const stop = new AbortController();
		const query = shop()
			.query('SELECT pg_sleep(9)', { signal: stop.signal })
			.catch((error: unknown) => error);
		await expect.poll(sleeping, { timeout: 9_000 }).toBe('1');
		const at = performance.now();
		stop.abort(new HeadwayError('conflict', 'stopped by the test'));
		expect(await query).toMatchObject({ message: 'stopped by the test' });
		expect(performance.now() - at).toBeLessThan(2_000);
		await expect.poll(sleeping, { timeout: 4_000 }).toBe('0');
	});

	test('OP-03 a server that is gone in the middle of a query is told, and that it can be tried again', async () => {
		const failure = shop().failure('SELECT pg_sleep(20)');
		await expect.poll(sleeping, { timeout: 9_000 }).toBe('1');
		server.sql("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'reader'");
		const { code, message } = await failure;
		expect([code, message]).toEqual([
			'unavailable',
			expect.stringMatching(/^The database broke off \(.+\)\. Try again\.$/)
		]);
	});

	test.each(['owner', 'filer', 'writer', 'renamer', 'keeper', 'heir', 'borrower', 'deputy', 'copier', 'ender'])(
		'OP-03 a role that may do more than read is refused: %s',
		async (role) => {
			const url = `postgres://${role}@127.0.0.1:${server.port}/shop`;
			await expect(shop(url).describe()).rejects.toMatchObject({
				code: 'unavailable',
				message: expect.stringContaining('may do more than read')
			});
		}
	);

	test('OP-03 a role is no writer by what an extension lets everybody do to a table of its own', async () => {
		server.sql('CREATE TABLE run_details (id int); GRANT DELETE ON run_details TO PUBLIC');
		await expect(shop().describe()).rejects.toMatchObject({ code: 'unavailable' });
		server.sql('ALTER EXTENSION plpgsql ADD TABLE run_details');
		try {
			expect((await shop().describe()).length).toBeGreaterThan(0);
		} finally {
			server.sql('ALTER EXTENSION plpgsql DROP TABLE run_details; DROP TABLE run_details');
		}
	});

	test('OP-03 its certificate is checked by the one that the operator names', async (context) => {
		if (server.certificate === null) return context.skip();
		const named = server.url.replace('127.0.0.1', 'localhost');
		const own = shop(`${named}?sslmode=verify-full&sslrootcert=${server.certificate}`);
		const sql = 'SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()';
		expect((await own.query(sql)).rows).toEqual([[true]]);
		const error = await shop(`${named}?sslmode=verify-full`).failure(sql);
		expect(error).toMatchObject({
			code: 'unavailable',
			message: expect.stringContaining('its certificate is not trusted')
		});
		const missing = await shop(`${named}?sslmode=verify-full&sslrootcert=/nowhere.pem`).failure(sql);
		expect(missing).toMatchObject({
			code: 'unavailable',
			message: expect.stringContaining('cannot be reached (ENOENT)')
		});
	});

	test.each([
		[
			'that is not there',
			() => 'postgres://reader:hush@127.0.0.1:9/shop',
			'(ECONNREFUSED): nothing listens at its host'
		],
		['on a host that is not found', () => 'postgres://reader:hush@db.invalid/shop', ': its host is not found'],
		['that does not know the role', () => `postgres://hush@127.0.0.1:${server.port}/shop`, 'does not let this role in'],
		['of another name', () => `postgres://reader:hush@127.0.0.1:${server.port}/hush`, 'there is no such database']
	])('OP-03 a database %s is told by what is wrong, without its address and password', async (_, url, words) => {
		const error = await shop(url()).failure('SELECT 1');
		expect(error).toMatchObject({ code: 'unavailable', message: expect.stringContaining(words) });
		expect(error.message).toContain('Ask who runs this server to look at HEADWAY_DATA_SOURCES.');
		expect(error.message).not.toMatch(/hush|127|reader|invalid/);
	});
});
