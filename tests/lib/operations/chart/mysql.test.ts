import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { ChartResult, ChartState } from '$lib/operations/chart/model.ts';
import run from '$lib/operations/chart/run.server.ts';
import { ended, makeApp, runsOf, start } from '../../../support/app.ts';
import { mysqlPrograms, startMysql, type MysqlServer } from '../../server/tables/mysql-server.ts';

const STATEMENTS = `
	CREATE TABLE shops (id integer PRIMARY KEY, name text, city text);
	CREATE TABLE sales (id integer PRIMARY KEY, shop_id integer, sold_at datetime, amount decimal(10,2), kind text, \`group\` text,
		FOREIGN KEY (shop_id) REFERENCES shops(id));
	INSERT INTO shops VALUES (1, 'Corner', 'Graz'), (2, 'Mill', 'Linz'), (3, 'Park', 'Back\\\\slash');
	INSERT INTO sales WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 100)
		SELECT i, 1 + i % 3, '2024-01-15' + INTERVAL 5 * i DAY, i, CASE WHEN i % 4 = 0 THEN 'tea' ELSE 'coffee' END, 'a' FROM n;
	CREATE USER reader@'%' IDENTIFIED BY 'secret-of-the-reader'; GRANT SELECT ON shop.* TO reader@'%'`;

describe.skipIf((await mysqlPrograms()) === null)('a chart from a MySQL database', () => {
	let server: MysqlServer;
	beforeAll(async () => {
		server = await startMysql(STATEMENTS);
	}, 60_000);
	afterAll(() => server.stop());

	async function made(question: string) {
		const app = await makeApp({ runs: runsOf(run), env: { HEADWAY_DATA_SOURCES: `shop=${server.url}` } });
		const { id } = await start(app, 'chart', { question, source: { name: 'shop' } });
		const snapshot = await ended(app, id);
		expect(snapshot.error).toBeNull();
		expect(JSON.stringify(snapshot)).not.toContain('secret-of-the-reader');
		return { result: snapshot.result as ChartResult, state: snapshot.state as ChartState };
	}

	test('OP-03 the demo asks it in its own dialect, joined by its keys', async () => {
		const { result, state } = await made('What was the total amount per city?');
		expect(state.tables?.tables.map(({ name }) => name)).toEqual(['sales', 'shops']);
		const wanted = server.sql(
			'SELECT city, round(sum(amount)) FROM sales JOIN shops ON shops.id = shop_id GROUP BY 1 ORDER BY 2 DESC'
		);
		expect(result.rows.map((row) => row.join('\t')).join('\n')).toBe(wanted);
		expect(result.chart).toBe('bar');
	});

	test('OP-03 a trend is a line of months, with a colour for each kind', async () => {
		const { result } = await made('Number of tea and coffee sales per month');
		expect(result.query).toContain("DATE_FORMAT(`sales`.`sold_at`, '%Y-%m')");
		expect(result.columns.map(({ name }) => name)).toEqual(['month', 'kind', 'number of sales']);
		expect(result.chart).toBe('line');
		expect(result.rows.reduce((sum, row) => sum + Number(row[2]), 0)).toBe(100);
	});

	test('OP-03 a distribution, weekdays, a column called group and a value with a backslash are asked in its words', async () => {
		const steps = await made('Distribution of the amount in steps of 20');
		expect(steps.result.query).toContain('FLOOR(');
		expect(steps.result.rows.reduce((sum, row) => sum + Number(row[1]), 0)).toBe(100);
		const days = await made('How many sales were there on each weekday?');
		expect(days.result.rows.map(([day]) => day)).toEqual([
			...['Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday', 'Sunday']
		]);
		const groups = await made('Number of sales per group');
		expect(groups.result.rows).toEqual([['a', 100]]);
		const place = await made('Total amount of sales in Back\\slash');
		expect(place.result.rows).toEqual([[Number(server.sql('SELECT sum(amount) FROM sales WHERE shop_id = 3'))]]);
	});

	test('OP-03 quarters, groups by their figure, what is left out and medians are asked in its words', async () => {
		const quarters = await made('Number of sales per quarter');
		expect(quarters.result.chart).toBe('bar');
		expect(quarters.result.rows.map(([quarter]) => quarter)).toEqual([
			'2024-Q1',
			'2024-Q2',
			'2024-Q3',
			'2024-Q4',
			'2025-Q1',
			'2025-Q2'
		]);
		expect(quarters.result.rows.reduce((sum, row) => sum + Number(row[1]), 0)).toBe(100);
		expect((await made('Kinds with more than 50 sales')).result.rows).toEqual([['coffee', 75]]);
		expect((await made('How many sales were not tea?')).result.rows).toEqual([[75]]);
		expect((await made('How many sales were there in the first quarter of 2025?')).result.rows).toEqual([
			[Number(server.sql(`SELECT count(*) FROM sales WHERE sold_at >= '2025-01-01' AND sold_at < '2025-04-01'`))]
		]);
		const medians = await made('Median amount by kind');
		expect(medians.result.rows.map(([kind, amount]) => [kind, Number(amount)])).toEqual([
			['tea', 52],
			['coffee', 50]
		]);
	});
});
