import { describe, expect, test } from 'vitest';
import type { Table } from '$lib/operations/operation.ts';
import { readAnswer } from '$lib/operations/chart/answer.ts';
import { problemWith } from '$lib/operations/chart/check.ts';
import { chart, isReading, type Attempt, type Cell, type ColumnType, type Wish } from '$lib/operations/chart/model.ts';
import { queryRequest } from '$lib/operations/chart/request.ts';
import { shownRows, tableViews } from '$lib/operations/chart/views.ts';

const wish: Wish = { title: '', chart: 'bar', x: null, y: null, colour: null, unit: null };

function checked(
	columns: Record<string, ColumnType>,
	rows: Cell[][],
	facts: Partial<Wish> & { truncated?: boolean } = {}
) {
	const { truncated = false, ...wished } = facts;
	const named = Object.entries(columns).map(([name, type]) => ({ name, type }));
	return problemWith({ columns: named, rows, truncated }, { ...wish, ...wished })?.message ?? null;
}

test('OP-03 columns that are called alike are told apart, thousands of them too', () => {
	const named = (...names: string[]) => names.map((name) => ({ name, type: 'integer' as const }));
	const shown = (columns: ReturnType<typeof named>) =>
		shownRows({ columns, rows: [], truncated: false, ms: 1 }).columns.map(({ name }) => name);
	expect(shown(named('x', 'x', 'x 2', 'x'))).toEqual(['x', 'x 2', 'x 2 2', 'x 3']);
	expect(new Set(shown(named(...Array<string>(2_000).fill('n')))).size).toBe(2_000);
});

describe('rows are looked at', () => {
	const many = Array.from({ length: 300 }, (_, at): Cell[] => [`n${at}`, at]);
	test.each<[string, Record<string, ColumnType>, Cell[][], Partial<Wish> & { truncated?: boolean }, string | null]>([
		['empty', { a: 'text', n: 'integer' }, [], {}, 'The query gave no rows.'],
		['all null', { a: 'null', n: 'null' }, [[null, null]], {}, 'Every value of the rows is NULL.'],
		[
			'all null where the numbers are',
			{ a: 'text', n: 'integer' },
			[
				['x', null],
				['y', null]
			],
			{ y: 'n' },
			'Every value of “n” is NULL.'
		],
		['one column', { n: 'integer' }, [[1], [2]], {}, 'one column only'],
		[
			'a column that is not there',
			{ a: 'text', n: 'integer' },
			[['x', 1]],
			{ y: 'count' },
			'“count”, which is no column'
		],
		[
			'words for numbers',
			{ a: 'text', b: 'text' },
			[
				['x', 'y'],
				['z', 'w']
			],
			{ y: 'b' },
			'“b” is text'
		],
		[
			'no numbers at all',
			{ a: 'text', b: 'text' },
			[
				['x', 'y'],
				['z', 'w']
			],
			{},
			'None of the columns holds numbers'
		],
		['300 bars', { a: 'text', n: 'integer' }, many, {}, '“a” has 300 values; bars show 200 at most'],
		['30 slices', { a: 'text', n: 'integer' }, many.slice(0, 30), { chart: 'arc' }, 'a pie shows 20 at most'],
		[
			'40 colours',
			{ t: 'date', a: 'text', n: 'integer' },
			many.slice(0, 40).map(([a, n]) => ['2025-01-01', a ?? null, n ?? null]),
			{ chart: 'line', x: 't', y: 'n', colour: 'a' },
			'colours tell 30 apart'
		],
		[
			'the same x twice',
			{ a: 'text', n: 'integer' },
			[
				['x', 1],
				['x', 2]
			],
			{},
			'“a” comes more than once'
		],
		[
			'a line along words',
			{ a: 'text', n: 'integer' },
			[
				['x', 1],
				['y', 2]
			],
			{ chart: 'line' },
			'neither a time nor a number'
		],
		['more than can be drawn', { a: 'text', n: 'integer' }, many.slice(0, 9), { truncated: true }, 'more than 9 rows'],
		['a histogram of words', { a: 'text' }, [['x'], ['y']], { chart: 'histogram', x: 'a' }, '“a” is none'],
		['one figure', { n: 'integer' }, [[5]], {}, null],
		[
			'two series',
			{ t: 'text', a: 'text', n: 'integer' },
			[
				['2025', 'x', 1],
				['2025', 'y', 2]
			],
			{ chart: 'line' },
			null
		],
		['a table of anything', { a: 'text', b: 'text' }, [['x', 'y']], { chart: 'table' }, null],
		[
			'what fits',
			{ a: 'text', n: 'integer' },
			[
				['x', 1],
				['y', 2]
			],
			{ x: 'A', y: 'n' },
			null
		]
	])('OP-03 %s', (_, columns, rows, facts, words) => {
		const problem = checked(columns, rows, facts);
		if (words === null) expect(problem).toBeNull();
		else expect(problem).toContain(words);
	});
});

describe('an answer is read', () => {
	test('OP-03 in a fence, with words around it, and with null written as a word', () => {
		const reply =
			'Here it is:\n```json\n{"query":"SELECT 1","explanation":"e","title":"t","chart":"pie","x":"null","y":"","colour":null}\n```';
		const wished = { title: 't', chart: 'bar', x: null, y: null, colour: null, unit: null };
		expect(readAnswer(reply)).toEqual({ ok: true, answer: { query: 'SELECT 1', explanation: 'e', wish: wished } });
	});

	test.each([
		['nothing', 'not one JSON object'],
		['{"query": "SELECT', 'not one JSON object'],
		[JSON.stringify({ query: 'x'.repeat(20_001) }), 'longer than 20,000']
	])('OP-03 or told what is wrong with it: %.30s', (reply, words) => {
		expect(readAnswer(reply)).toEqual({ ok: false, problem: expect.stringContaining(words) });
	});
});

describe('what is told', () => {
	const column = {
		type: 'text',
		nulls: 0,
		distinct: null,
		min: null,
		max: null,
		primaryKey: false,
		references: null
	} as const;

	test('OP-03 tables of which only the name is known are counted among those that are left out', () => {
		const known = Array.from({ length: 60 }, (_, at): Table => ({
			name: `t${at}`,
			rows: 1,
			columns: [{ ...column, name: 'c', samples: [] }]
		}));
		const named = Array.from({ length: 190 }, (_, at): Table => ({ name: `u${at}`, rows: null, columns: [] }));
		const { tables: views, omitted } = tableViews([...known, ...named]);
		expect([views.length, omitted]).toEqual([60, 190]);
	});

	test('OP-03 a hundred tables of fifty columns become a prompt that a model can read', () => {
		const tables = Array.from({ length: 100 }, (_, at): Table => ({
			...{ name: `t${at}`, rows: 1 },
			columns: Array.from({ length: 50 }, (_, place) => ({ ...column, name: `c${place}`, samples: ['x'.repeat(500)] }))
		}));
		const { tables: views, omitted } = tableViews(tables);
		expect(views.flatMap(({ columns }) => columns)).toHaveLength(400);
		expect(omitted).toBe(40 + 52 * 50);
		const { input } = queryRequest({ tables: views, dialect: 'SQLite', question: 'q', before: null }, true);
		expect(input.length).toBeLessThan(80_000);
	});

	test('OP-03 a name with backticks or a line break stays one name, and a sample with a comma one sample', () => {
		const odd = { ...column, name: 'a `b`\nc', samples: ['x, "y"', 3], primaryKey: true, references: 't.id' };
		const { input } = queryRequest(
			{
				tables: [{ name: 't', rows: null, columns: [odd] }],
				dialect: 'PostgreSQL',
				question: '# Tables',
				before: null
			},
			false
		);
		expect(input).toBe(
			'# Tables\n## `t`\n- `` a `b` c `` text, samples "x, \\"y\\"", 3, key, refers to `t.id`\n\n# Question\n # Tables'
		);
	});

	test('OP-03 rows beyond 2,000, beyond half a million characters, and very long cells are not sent to the page', () => {
		const columns = [
			{ name: 'a', type: 'text' as const },
			{ name: 'a', type: 'text' as const }
		];
		const shown = (count: number, length: number) =>
			shownRows({
				columns,
				rows: Array.from({ length: count }, () => ['x'.repeat(length), 'y']),
				truncated: false,
				ms: 1
			});
		expect([shown(2_001, 1).rows.length, shown(2_001, 1).truncated]).toEqual([2_000, true]);
		expect(shown(100, 9_000).rows.length).toBe(55);
		expect(shown(1, 20_000).rows[0]?.[0]).toHaveLength(10_000);
		expect(shown(1, 1).columns.map(({ name }) => name)).toEqual(['a', 'a 2']);
		expect(shown(7, 1).truncated).toBe(false);
	});
});

describe('the model', () => {
	test.each([
		['SELECT 1', true],
		[' -- a note\nWITH a AS (SELECT 1) SELECT * FROM a', true],
		['/* SELECT */ VALUES (1)', true],
		['SELECTED', false],
		['PRAGMA user_version = 3', false],
		['/* SELECT 1', false]
	])('OP-03 %j begins as one that reads: %j', (sql, reads) => {
		expect(isReading(sql)).toBe(reads);
	});

	test('IR-12 CX-05 an attempt that is told again keeps its place, and what was made is said', () => {
		const attempt: Attempt = {
			number: 1,
			query: 'SELECT 1',
			explanation: '',
			wish,
			by: 'model',
			status: 'running',
			problem: null,
			rows: null,
			ms: null
		};
		const told = [attempt, { ...attempt, number: 2 }, { ...attempt, status: 'refused' as const }];
		const state = told.reduce((before, data, at) => chart.reduce(before, { type: 'attempt', data, at }), chart.state());
		expect(state.attempts.map(({ number, status, at }) => [number, status, at])).toEqual([
			[1, 'refused', 0],
			[2, 'running', 1]
		]);
		expect(chart.keptOf?.(state, {})).toEqual(['2 queries']);
	});
});
