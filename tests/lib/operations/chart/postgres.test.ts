import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { ChartResult, ChartState } from '$lib/operations/chart/model.ts';
import run from '$lib/operations/chart/run.server.ts';
import { ended, makeApp, runsOf, start } from '../../../support/app.ts';
import { postgresFolder, startPostgres, type PostgresServer } from '../../server/tables/postgres-server.ts';

const STATEMENTS = `
	CREATE TABLE shops (id integer PRIMARY KEY, name text, city text);
	CREATE TABLE sales (id integer PRIMARY KEY, shop_id integer REFERENCES shops(id), sold_at timestamp, amount numeric, kind text);
	INSERT INTO shops VALUES (1, 'Corner', 'Graz'), (2, 'Mill', 'Linz'), (3, 'Park', 'Graz');
	INSERT INTO sales SELECT n, 1 + n % 3, timestamp '2024-01-15' + n * interval '5 days', n, CASE WHEN n % 4 = 0 THEN 'tea' ELSE 'coffee' END
		FROM generate_series(1, 100) n;
	CREATE ROLE reader LOGIN; GRANT SELECT ON ALL TABLES IN SCHEMA public TO reader; ANALYZE`;

describe.skipIf(postgresFolder() === null)('a chart from a PostgreSQL database', () => {
	let server: PostgresServer;
	beforeAll(async () => {
		server = await startPostgres(STATEMENTS);
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
			'SELECT city, sum(amount) FROM sales JOIN shops ON shops.id = shop_id GROUP BY 1 ORDER BY 2 DESC'
		);
		expect(result.rows.map((row) => row.join('|')).join('\n')).toBe(wanted);
		expect(result.chart).toBe('bar');
	});

	test('OP-03 a trend is a line of months, with a colour for each kind', async () => {
		const { result } = await made('Number of tea and coffee sales per month');
		expect(result.query).toContain('to_char("sales"."sold_at", \'YYYY-MM\')');
		expect(result.columns.map(({ name }) => name)).toEqual(['month', 'kind', 'number of sales']);
		expect(result.chart).toBe('line');
		expect(result.rows.reduce((sum, row) => sum + Number(row[2]), 0)).toBe(100);
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
