import { DatabaseSync } from 'node:sqlite';
import { describe, expect, test } from 'vitest';
import { chartAnswer } from '../../src/demo/charts/chart-answer.ts';
import { tablesIn } from '../../src/demo/charts/schema.ts';

const tables = `## \`shops\` (12 rows)
- \`id\` integer, range 1 … 12, samples 1, 2, 3, 12 different, key
- \`name\` text, samples "Corner", "Mill, old", 12 different
- \`city\` text, samples "Graz", "Linz", 2 different

## \`sales\` (5,000 rows)
- \`id\` integer, range 1 … 5000, samples 1, 2, 5,000 different, key
- \`shop_id\` integer, range 1 … 12, samples 3, 4, 12 different, refers to \`shops.id\`
- \`sold_on\` date, range "2021-01-02" … "2024-12-30", samples "2021-01-02", 1,200 different
- \`price_eur\` real, range 1.5 … 80, samples 3.5, 900 different, 4 empty
- \`kind\` text, samples "tea", "coffee", "cake", 3 different
- \`minutes\` integer, range 2 … 240, samples 5, 9, 100 different
- \`happened_at\` timestamp, range "2021-01-02 08:00:00" … "2024-12-30 19:00:00", samples "2021-01-02 08:00:00", 4,000 different
- \`refunded\` integer, range 0 … 1, samples 0, 1, 2 different`;

function asked(question: string, { dialect = 'SQLite', problem = '', shown = tables } = {}) {
	const instructions = `You answer questions about tables with one SQL query.\nWrite one SELECT for ${dialect}.`;
	const prompt = `# Tables\n${shown}\n\n# Question\n${question}${problem && `\n\n# Query\nSELECT 1\n\n# Problem\n${problem}`}`;
	return JSON.parse(chartAnswer({ instructions, body: {} }, prompt)?.text ?? 'null');
}

describe('the tables of a prompt', () => {
	test('OP-03 are read with types, samples that hold commas, counts, keys and references', () => {
		const [shops, sales] = tablesIn(tables);
		expect([shops?.rows, sales?.rows]).toEqual([12, 5_000]);
		expect(shops?.columns[1]).toMatchObject({ name: 'name', samples: ['Corner', 'Mill, old'], different: 12 });
		expect(sales?.columns[1]).toMatchObject({ refersTo: ['shops', 'id'], samples: [3, 4], range: ['1', '12'] });
		expect(sales?.columns[2]).toMatchObject({ type: 'date', range: ['2021-01-02', '2024-12-30'], different: 1_200 });
		expect(sales?.columns[3]).toMatchObject({ hasGaps: true, isKey: false, samples: [3.5] });
	});
});

describe('a question becomes SQL by a pattern', () => {
	test.each([
		[
			'How many sales were there per city?',
			'SELECT "shops"."city" AS "city", COUNT(*) AS "number of sales" FROM "sales" JOIN "shops" ON "shops"."id" = "sales"."shop_id" GROUP BY 1 ORDER BY 2 DESC LIMIT 200',
			'bar'
		],
		[
			'What is the average price by kind?',
			'SELECT "sales"."kind" AS "kind", AVG("sales"."price_eur") AS "average price eur" FROM "sales" WHERE "sales"."price_eur" IS NOT NULL GROUP BY 1 ORDER BY 2 DESC LIMIT 200',
			'bar'
		],
		['Top 3 shops by number of sales', 'LIMIT 3', 'bar'],
		['Number of tea sales per month in 2023', `substr("sales"."sold_on", 1, 4) = '2023'`, 'line'],
		['Trend of sales', 'GROUP BY 1 ORDER BY 1', 'line'],
		['Share of each kind among the sales', '100.0 * COUNT(*) / SUM(COUNT(*)) OVER ()', 'arc'],
		['Distribution of the price', '"price eur from"', 'histogram'],
		['How many sales over 50 euros were there by city?', '"sales"."price_eur" > 50', 'bar']
	])('OP-03 %s', (question, part, chart) => {
		const answer = asked(question);
		expect(answer.query).toContain(part);
		expect(answer.chart).toBe(chart);
		expect(answer.explanation).toContain('no language model');
	});

	test('OP-03 a value that the prompt samples is a condition, and two of a column are series', () => {
		expect(asked('Number of tea sales per month').query).toContain(`"sales"."kind" IN ('tea')`);
		const both = asked('Trend of tea and coffee sales per year');
		expect(both).toMatchObject({ x: 'year', colour: 'kind', y: 'number of sales' });
		expect(both.query).toContain(`IN ('tea', 'coffee')`);
	});

	test('OP-03 in the dialect that is asked for', () => {
		expect(asked('Sales per month', { dialect: 'PostgreSQL' }).query).toContain(
			`to_char("sales"."sold_on", 'YYYY-MM')`
		);
	});

	test.each([
		'What is the meaning of life?',
		'Average price for members',
		'Show the monthly revenue',
		'Why do the shops smell of lavender and rain?',
		'sales'
	])('OP-03 what the tables cannot answer, or no pattern fits, is said: %s', (question) => {
		expect(asked(question)).toMatchObject({ query: null, explanation: expect.stringContaining('Demo provider') });
	});

	test.each([
		['How many sales were there in March?', `substr("sales"."sold_on", 6, 2) = '03'`],
		[
			'How many sales took more than 30 minutes and cost less than 5 euros?',
			'"minutes" > 30 AND "sales"."price_eur" < 5'
		],
		['How many sales took between 10 and 20 minutes?', '"minutes" >= 10 AND "sales"."minutes" <= 20'],
		['Average price of sales longer than 1,000 minutes', 'AVG("sales"."price_eur") AS'],
		['How many minutes did the sales of tea take?', 'SUM("sales"."minutes")'],
		[
			'What share of the sales were tea?',
			`100.0 * SUM(CASE WHEN "sales"."kind" IN ('tea') THEN 1 ELSE 0 END) / COUNT(*)`
		],
		['What percentage of the sales is refunded in each city?', '"refunded" = 1 THEN 1 ELSE 0 END) / COUNT(*)'],
		['Share of each kind of sales by month', 'OVER (PARTITION BY substr("sales"."sold_on", 1, 7))'],
		['Average price by kind without refunded sales', '"sales"."refunded" = 0'],
		['Which month had the fewest sales?', 'ORDER BY 2 ASC LIMIT 1'],
		['highest price per kind', 'MAX("sales"."price_eur")'],
		['Which city had the longest sales?', 'AVG("sales"."minutes")'],
		['How many sales did each shop make?', 'GROUP BY 1, "shops"."id"'],
		['Number of tea and coffee sales per month', `IN ('tea', 'coffee')`],
		['Sales per hour', 'substr("sales"."happened_at", 12, 2) AS "hour"'],
		['Sales by day of the week', 'ORDER BY MIN(']
	])('OP-03 each word of a question counts: %s', (question, part) => {
		expect(asked(question).query).toContain(part);
	});

	test.each([
		['How many shops never had a sale of cake?', 'never'],
		['A quarter of the sales per kind', 'quarter'],
		['Median number of sales by kind', 'median'],
		['Distribution of the median price', 'median'],
		['Sales of tea without Graz or cake by kind', 'without'],
		['Total price by kind since March', 'march'],
		['How many sales were there at the weekend?', 'weekend'],
		['average number of sales per day', 'average'],
		['How many sales were there with purple ribbons?', 'purple'],
		['How many sales were there on 5 March 2024?', '5'],
		['Which city is best?', 'best'],
		['Total price per minute by kind', 'minute']
	])('OP-03 a word that the query would pass over is named, and nothing is answered: %s', (question, word) => {
		expect(asked(question)).toMatchObject({ query: null, explanation: expect.stringContaining(`“${word}”`) });
	});

	test.each([
		'Which cities had no sales of tea?',
		'How many sales did kinds with an average price above 4 have?',
		'Average price of shops with more than 10 sales',
		'Shops with fewer than 3 sales',
		'Which shop had the fewest sales?',
		'Top 3 kinds per city by sales',
		'List the shops',
		'Share of tea in Graz by kind'
	])('OP-03 what could be meant in two ways is not guessed: %s', (question) => {
		expect(asked(question).query).toBeNull();
	});

	test.each([
		[
			'Sales per quarter',
			'SQLite',
			`|| '-Q' || ((CAST(substr("sales"."sold_on", 6, 2) AS INTEGER) + 2) / 3) AS "quarter"`
		],
		['Quarterly sales', 'PostgreSQL', `to_char("sales"."sold_on", 'YYYY-"Q"Q') AS "quarter"`],
		['Which quarter had the most sales?', 'MySQL', "CONCAT(DATE_FORMAT(`sales`.`sold_on`, '%Y'), '-Q', QUARTER("],
		[
			'How many sales were there in the third quarter of 2023?',
			'SQLite',
			`/ 3) = 3 AND substr("sales"."sold_on", 1, 4) = '2023'`
		],
		['How many sales were there in Q2?', 'MySQL', 'QUARTER(`sales`.`sold_on`) = 2'],
		['How many sales were there in July and August?', 'SQLite', `6, 2) IN ('07', '08')`],
		['How many sales were there between March and May?', 'SQLite', `6, 2) IN ('03', '04', '05')`]
	] as const)('OP-03 quarters and several months are times like any other: %s (%s)', (question, dialect, part) => {
		expect(asked(question, { dialect }).query).toContain(part);
	});

	test.each([
		['Shops with more than 100 sales', 'HAVING COUNT(*) > 100'],
		['Kinds with at least 20 sales', 'HAVING COUNT(*) >= 20 ORDER BY 2 DESC LIMIT 200'],
		['Which kinds had no more than 20 sales?', 'HAVING COUNT(*) <= 20'],
		['Which kinds have an average price above 4?', 'HAVING AVG("sales"."price_eur") > 4'],
		['Kinds whose total price is below 500', 'HAVING SUM("sales"."price_eur") < 500'],
		[
			'Kinds with more than 5 sales longer than 30 minutes',
			'WHERE "sales"."minutes" > 30 GROUP BY 1 HAVING COUNT(*) > 5'
		],
		['Months with more than 10 sales', 'HAVING COUNT(*) > 10 ORDER BY 1']
	])('OP-03 a bound on the figure of a group is none on single rows: %s', (question, part) => {
		expect(asked(question).query).toContain(part);
	});

	test.each([
		['How many sales were not tea?', `WHERE NOT ("sales"."kind" IN ('tea'))`],
		['Total minutes by city, except Graz', `WHERE NOT ("shops"."city" IN ('Graz'))`],
		['How many sales were neither tea nor coffee?', `NOT ("sales"."kind" IN ('tea', 'coffee'))`],
		['Sales by city not in July', `NOT (substr("sales"."sold_on", 6, 2) = '07')`],
		['How many sales did not take longer than 30 minutes?', '"sales"."minutes" <= 30'],
		['How many sales weren’t tea?', `NOT ("sales"."kind" IN ('tea'))`],
		['Sales without a price by kind', 'WHERE "sales"."price_eur" IS NULL GROUP BY 1'],
		['What share of the sales was not tea?', `CASE WHEN NOT ("sales"."kind" IN ('tea')) THEN 1 ELSE 0 END`],
		['What share of the sales in each city had no price?', 'CASE WHEN "sales"."price_eur" IS NULL THEN 1'],
		['Sales longer than 30 minutes by kind', 'COUNT(*) AS "number of sales" FROM "sales" WHERE "sales"."minutes" > 30']
	])('OP-03 what is denied is left out, and a row that has no value is not what is denied: %s', (question, part) => {
		expect(asked(question).query).toContain(part);
	});

	test('OP-03 rows without a value stay where another value is left out', () => {
		const shown = tables.replace('"cake", 3 different', '"cake", 3 different, 9 empty');
		expect(asked('How many sales were not tea?', { shown }).query).toContain(
			`(NOT ("sales"."kind" IN ('tea')) OR "sales"."kind" IS NULL)`
		);
	});

	test('OP-03 a column of answers is not asked by a word that denies', () => {
		const shown = `${tables}\n- \`select\` text, samples "yes", "no", 2 different\n- \`region\` text, samples "North", 1 different, 5 empty`;
		const { query } = asked('How many sales have no region?', { shown });
		expect(query).toBe('SELECT COUNT(*) AS "number of sales" FROM "sales" WHERE "sales"."region" IS NULL');
	});

	test('OP-03 what is said to have happened goes by when it did, not by the first date', () => {
		const shown = `${tables}\n- \`returned_on\` date, range "2021-01-02" … "2024-12-30", samples "2021-01-02", 900 different, 40 empty`;
		const { query } = asked('How many sales were returned per month?', { shown });
		expect(query).toContain('substr("sales"."returned_on", 1, 7) AS "month"');
		expect(query).toContain('WHERE "sales"."returned_on" IS NOT NULL');
	});

	test('OP-03 a median is the value in the middle, or the mean of both, in each dialect', () => {
		expect(asked('Median price by kind', { dialect: 'PostgreSQL' }).query).toContain(
			'percentile_cont(0.5) WITHIN GROUP (ORDER BY "sales"."price_eur") AS "median price eur"'
		);
		expect(asked('Median price by kind', { dialect: 'MySQL' }).query).toContain('`place` * 2 BETWEEN `number`');
		const database = new DatabaseSync(':memory:');
		database.exec('CREATE TABLE sales (kind text, price_eur real, sold_on text)');
		const add = database.prepare('INSERT INTO sales VALUES (?, ?, ?)');
		const prices = { tea: [9, 1, 3], coffee: [8, 2, 4, null, 6], cake: [7] };
		for (const [kind, all] of Object.entries(prices)) for (const price of all) add.run(kind, price, '2024-01-01');
		const rows = (question: string) =>
			database
				.prepare(asked(question).query)
				.all()
				.map((row) => Object.values(row));
		expect(rows('Median price by kind')).toEqual([
			['cake', 7],
			['coffee', 5],
			['tea', 3]
		]);
		expect(rows('What is the median price?')).toEqual([[5]]);
		expect(rows('Kinds with a median price below 6')).toEqual([
			['coffee', 5],
			['tea', 3]
		]);
		expect(rows('Median price per weekday')).toEqual([['Monday', 5]]);
	});

	test('OP-03 rows are no count of what they are rows of: bike rides are no bikes', () => {
		const shown =
			'## `bike_rides` (30 rows)\n- `minutes` integer, range 1 … 30, samples 1, 2, 30 different\n- `bike_type` text, samples "cargo", 1 different';
		expect(asked('How many bikes do we have?', { shown })).toMatchObject({
			query: null,
			explanation: expect.stringContaining('“bikes”')
		});
		expect(asked('How many bike rides do we have?', { shown }).query).toContain('COUNT(*)');
		const numbered = `${shown}\n- \`ride_id\` integer, range 1 … 30, samples 1, 30 different`;
		expect(asked('Average minutes per ride', { shown: numbered }).query).toBe(
			'SELECT AVG("bike_rides"."minutes") AS "average minutes" FROM "bike_rides"'
		);
	});

	test('OP-03 it says where only the greatest of many groups are shown', () => {
		expect(asked('Average minutes by shop name').explanation).not.toContain('200');
		const many = tables.replace('"Corner", "Mill, old", 12 different', '"Corner", "Mill, old", 1,200 different');
		expect(asked('How many sales did each shop make?', { shown: many }).explanation).toContain(
			'the 200 greatest at most'
		);
	});

	test('OP-03 a slip of one letter is put right and said; a word of another meaning is not', () => {
		const slipped = asked('totel pirce by knid');
		expect(slipped.query).toBe(asked('total price by kind').query);
		expect(slipped.explanation).toContain(
			'I read “totel” as “total”. I read “pirce” as “price”. I read “knid” as “kind”.'
		);
		expect(asked('total dice by kind').query).toBeNull();
	});

	test('OP-03 a query that was refused is not given again: a table of the same rows, or nothing', () => {
		const problem = '“name” comes more than once. Group by it, or name a colour that tells its rows apart.';
		expect(asked('How many sales were there per city?', { problem })).toMatchObject({
			chart: 'table',
			query: expect.any(String)
		});
		expect(asked('How many sales were there per city?', { problem: 'The query gave no rows.' }).query).toBeNull();
	});

	test('OP-03 another request is none of its own', () => {
		expect(chartAnswer({ instructions: 'You plan the work of an assistant.', body: {} }, '# Tables\n')).toBeNull();
	});
});
