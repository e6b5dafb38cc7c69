import { describe, expect, test } from 'vitest';
import { summaryOf, type Shown } from '../../../src/lib/components/chart/summary.ts';

const base: Shown = {
	type: 'bar',
	columns: [
		{ name: 'country', type: 'text' },
		{ name: 'total', type: 'real' }
	],
	rows: [
		['Chad', 3],
		['Brazil', 1234.5678],
		['Nowhere', null],
		['Peru', 40]
	],
	...{ x: 'country', y: 'total', colour: null, unit: 't' }
};

describe('a chart in words', () => {
	test('OP-03 bars: of what, how many, the highest and the lowest with their unit', () => {
		expect(summaryOf(base)).toBe(
			'Bar chart of total by country: 3 bars. The highest is Brazil, 1,235 t; the lowest is Chad, 3 t.'
		);
	});

	test.each([
		[
			'bar',
			[
				['Chad', 3],
				['Peru', 3]
			],
			'Bar chart of total by country: 2 bars. All are 3 t.'
		],
		[
			'arc',
			[
				['Chad', 3],
				['Peru', 3]
			],
			'Pie chart of total by country: 2 parts. All are 3 t.'
		],
		['bar', [['Chad', 3]], 'Bar chart of total by country: 1 bar. It is Chad, 3 t.']
	])('OP-03 where all are equal in a %s, none is called the highest', (type, rows, words) => {
		expect(summaryOf({ ...base, type, rows })).toBe(words);
	});

	test('OP-03 a large figure is not rounded before its point', () => {
		const rows = [
			['Chad', 1234567.89],
			['Peru', 0.123456]
		];
		expect(summaryOf({ ...base, rows, unit: null })).toContain('Chad, 1,234,568; the lowest is Peru, 0.1235.');
	});

	test('OP-03 a pie says the share of its largest part', () => {
		expect(summaryOf({ ...base, type: 'arc', unit: null })).toContain('Brazil, 1,235, 97 % of the whole');
		expect(summaryOf({ ...base, type: 'arc', unit: '%' })).toContain('The largest is Brazil, 1,235 %; the smallest');
	});

	test('OP-03 a line says where it begins and ends, in the order of its places, and how many series it has', () => {
		const rows = [
			['2021-03', 5, 'a'],
			['2020-01', 7, 'b'],
			['2020-02', 1, 'a']
		];
		const columns = [{ name: 'month', type: 'text' }, ...base.columns.slice(1), { name: 'kind', type: 'text' }];
		expect(summaryOf({ type: 'line', columns, rows, x: 'month', y: 'total', colour: 'kind', unit: null })).toBe(
			'Line chart of total by month: 3 points in 2 series by kind. From 2020-01 to 2021-03. ' +
				'The highest is 2020-01 (b), 7; the lowest is 2020-02 (a), 1.'
		);
	});

	test('OP-03 a histogram says its range and its middle; one that the query has counted is told as bars', () => {
		const rows = [9, 1, 5, 3, 7].map((value) => ['x', value]);
		expect(summaryOf({ ...base, rows, type: 'histogram', x: 'total', y: null })).toBe(
			'Histogram of total: 5 values, from 1 t to 9 t; half of them are below 5 t.'
		);
		expect(summaryOf({ ...base, type: 'histogram' })).toContain('The highest is Brazil');
	});

	test('OP-03 the unit of a counted histogram is that of its steps: rides are no minutes', () => {
		const columns = [
			{ name: 'minutes from', type: 'integer' },
			{ name: 'rides', type: 'integer' }
		];
		const counted = {
			type: 'histogram',
			columns,
			rows: [
				[0, 710],
				[10, 1306]
			],
			colour: null
		} as const;
		expect(summaryOf({ ...counted, x: 'minutes from', y: 'rides', unit: 'min', measured: 'x' })).toContain(
			'The highest is 10 min, 1,306; the lowest is 0 min, 710.'
		);
	});

	test('OP-03 nothing to draw is said as such', () => {
		expect(summaryOf({ ...base, rows: [] })).toBe('Bar chart of total by country: 0 bars.');
		expect(summaryOf({ ...base, type: 'histogram', rows: [], x: 'total', y: null })).toBe('Histogram without values.');
		expect(summaryOf({ ...base, type: 'table' })).toBe('Table of 4 rows and 2 columns.');
	});
});
