import { parse, View } from 'vega';
import { expressionInterpreter } from 'vega-interpreter';
import { compile, type TopLevelSpec } from 'vega-lite';
import { describe, expect, test } from 'vitest';
import type { Cell, ChartType, ColumnType, Wish } from '$lib/operations/chart/model.ts';
import {
	chartTypes,
	fieldsOf,
	fulfilled,
	likeliest,
	rowObjects,
	specFor,
	type Rowset
} from '$lib/operations/chart/spec.ts';

/** A wish of nothing in particular. */
function wishing(facts: Partial<Wish> = {}): Wish {
	return { title: 'A title', chart: 'bar', x: null, y: null, colour: null, unit: null, ...facts };
}

function rowsetOf(columns: Record<string, ColumnType>, ...rows: Cell[][]): Rowset {
	return { columns: Object.entries(columns).map(([name, type]) => ({ name, type })), rows };
}

const districts = rowsetOf(
	{ district: 'text', rides: 'integer' },
	['Old Town', 697],
	['Harbour', 607],
	['Hillside', 108]
);
const months = rowsetOf({ month: 'text', rides: 'integer' }, ['2025-01', 87], ['2025-02', 68], ['2025-03', 167]);
const series = rowsetOf(
	{ year: 'integer', source: 'text', mwh: 'real' },
	...[2022, 2023, 2024].flatMap((year) => ['wind', 'solar'].map((source, at): Cell[] => [year, source, year / 7 + at]))
);
const minutes = rowsetOf({ minutes: 'integer' }, ...Array.from({ length: 40 }, (_, at): Cell[] => [(at * 7) % 23]));

/** The drawing as SVG, by the interpreter that needs no eval; warnings of the compiler fail it. */
async function drawn(rowset: Rowset, wish: Wish): Promise<string> {
	const warnings: string[] = [];
	const logger = { warn: (...said: readonly unknown[]) => (warnings.push(said.join(' ')), logger) } as never;
	const spec = { ...specFor(rowset, wish), data: { name: 'rows', values: rowObjects(rowset) } };
	const { spec: vega } = compile(spec as unknown as TopLevelSpec, {
		logger: Object.assign(logger, { level: () => logger, info: () => logger, debug: () => logger, error: () => logger })
	});
	expect(warnings).toEqual([]);
	const view = new View(parse(vega, {}, { ast: true }), { renderer: 'none', expr: expressionInterpreter });
	const svg = await view.toSVG();
	view.finalize();
	return svg;
}

const marksIn = (svg: string) =>
	svg.match(/aria-roledescription="(?:bar|point|arc mark|symbol|line mark|text mark|area mark|rect)"/g)?.length ?? 0;

describe('what rows can be drawn as', () => {
	test.each<[string, Rowset, Partial<Wish>, ChartType[]]>([
		['categories and a number', districts, {}, ['bar', 'arc', 'table']],
		['months and a number', months, { chart: 'line' }, ['bar', 'line', 'area', 'point', 'table']],
		['years, a colour and a number', series, { chart: 'line' }, ['bar', 'line', 'area', 'point', 'table']],
		['one column of numbers', minutes, { chart: 'histogram' }, ['histogram', 'table']],
		['one figure', rowsetOf({ rides: 'integer' }, [3_000]), {}, ['table']],
		['words only', rowsetOf({ a: 'text', b: 'text' }, ['x', 'y']), {}, ['table']],
		['parts below zero', rowsetOf({ a: 'text', n: 'integer' }, ['x', -3], ['y', 4]), {}, ['bar', 'table']],
		[
			'two numbers',
			rowsetOf({ km: 'real', fare: 'real' }, [1, 2], [2, 5], [3, 4]),
			{ chart: 'point' },
			['bar', 'line', 'area', 'point', 'table']
		]
	])('OP-03 %s', (_, rowset, facts, types) => {
		expect(chartTypes(rowset, wishing(facts))).toEqual(types);
	});

	test('OP-03 a wish names the columns that are there, or those that are likeliest', () => {
		expect(fulfilled(districts, wishing({ chart: 'line' }))).toMatchObject({
			chart: 'bar',
			x: 'district',
			y: 'rides',
			colour: null
		});
		expect(fulfilled(series, wishing({ chart: 'line', x: 'YEAR' }))).toMatchObject({
			chart: 'line',
			x: 'year',
			y: 'mwh',
			colour: 'source'
		});
		expect(fulfilled(minutes, wishing({ chart: 'histogram' }))).toMatchObject({ x: 'minutes', y: null });
	});
});

const steps = rowsetOf({ from: 'integer', rides: 'integer' }, [0, 5], [10, 9], [40, 3]);

describe('what rows are likeliest to be drawn as', () => {
	test.each<[ChartType, string, Rowset]>([
		['line', 'months', months],
		['bar', 'categories', districts],
		['bar', 'a few numbers', steps],
		[
			'point',
			'many numbers',
			rowsetOf({ a: 'real', b: 'real' }, ...minutes.rows.concat(minutes.rows).map(([a = 0]) => [a, 1]))
		],
		['histogram', 'one column of numbers', minutes],
		['table', 'words', rowsetOf({ a: 'text' }, ['x'])]
	])('OP-03 %s: %s', (type, _, rowset) => {
		expect(likeliest(rowset)).toBe(type);
	});

	test('OP-03 places that come twice are no bars and no line: they would hide each other', () => {
		const twice = rowsetOf({ km: 'real', fare: 'real' }, [1, 2], [1, 5], [3, 4]);
		expect(chartTypes(twice, wishing())).toEqual(['point', 'table']);
	});
});

describe('the drawing', () => {
	const cases: [ChartType, Rowset, Partial<Wish>, number][] = [
		['bar', districts, {}, 3],
		['bar', series, { x: 'year', colour: 'source' }, 6],
		['line', months, {}, 4],
		['line', series, {}, 8],
		['area', series, {}, 2],
		['point', series, {}, 6],
		['arc', districts, {}, 3],
		['histogram', minutes, {}, 10],
		[
			'histogram',
			rowsetOf({ from: 'integer', rides: 'integer' }, [0, 5], [10, 9], [20, 3]),
			{ x: 'from', y: 'rides' },
			3
		],
		['table', districts, {}, 6]
	];
	test.each(cases)('OP-03 %s compiles without a warning and draws its marks', async (chart, rowset, facts, least) => {
		const svg = await drawn(rowset, fulfilled(rowset, wishing({ chart, ...facts })));
		expect(marksIn(svg)).toBeGreaterThanOrEqual(least);
		expect(svg).toContain('A title');
	});

	test('OP-03 has a title, titled axes with their unit, and a tooltip of every column', () => {
		const spec = specFor(districts, fulfilled(districts, wishing({ unit: 'rides a day' })));
		const { x, y, tooltip } = spec.encoding as Record<string, { title: string }> & { tooltip: { title: string }[] };
		expect([spec.title, x?.title, y?.title]).toEqual(['A title', 'district', 'rides (rides a day)']);
		expect(tooltip.map(({ title }) => title)).toEqual(['district', 'rides (rides a day)']);
	});

	test('OP-03 an axis of counts has no halves, and one of measures may', () => {
		const few = (type: ColumnType) => rowsetOf({ kind: 'text', total: type }, ['a', 1], ['b', 2]);
		const axisOf = (rowset: Rowset, facts: Partial<Wish> = {}) =>
			(specFor(rowset, fulfilled(rowset, wishing(facts))).encoding as { y: { axis?: object } }).y.axis;
		expect(axisOf(few('integer'))).toEqual({ tickMinStep: 1 });
		expect(axisOf(few('real'))).toBeUndefined();
		expect(axisOf(minutes, { chart: 'histogram' })).toEqual({ tickMinStep: 1 });
	});

	test('OP-03 a unit is said once, and not taken for said because its letters stand in a word', () => {
		const titleOf = (name: string, unit: string) => {
			const rowset = rowsetOf({ kind: 'text', [name]: 'real' }, ['a', 1], ['b', 2]);
			return (specFor(rowset, fulfilled(rowset, wishing({ unit }))).encoding as { y: { title: string } }).y.title;
		};
		expect(titleOf('total_weight', 't')).toBe('total weight (t)');
		expect(titleOf('share (%)', '%')).toBe('share (%)');
		expect(titleOf('distance_km', 'km')).toBe('distance km');
	});

	test('OP-03 a histogram that the query counted has the unit at its steps, and a gap where a step has no rows', async () => {
		const wish = fulfilled(steps, wishing({ chart: 'histogram', x: 'from', y: 'rides', unit: 'min' }));
		const titles = (of: Wish) => {
			const { x, y } = specFor(steps, of).encoding as Record<string, { title: string }>;
			return [x?.title, y?.title];
		};
		expect(titles(wish)).toEqual(['from (min)', 'rides']);
		expect(titles(fulfilled(steps, { ...wish, chart: 'bar' }))).toEqual(['from (min)', 'rides']);
		const svg = await drawn(steps, wish);
		const lefts = [...svg.matchAll(/aria-roledescription="bar" d="M([\d.]+),/g)].map(([, left]) => Number(left));
		expect(lefts).toHaveLength(3);
		const [first = 0, second = 0, third = 0] = lefts;
		expect((third - second) / (second - first)).toBeCloseTo(3, 1);
	});

	test('OP-03 a pie begins at twelve and goes on in the order of its rows', async () => {
		const svg = await drawn(districts, fulfilled(districts, wishing({ chart: 'arc' })));
		// A path runs back along the rim, to where its part begins: the first at the top, the next at the bottom.
		const begins = (name: string) => {
			const [, x, y] =
				new RegExp(`aria-label="[^"]*${name}"[^>]* d="M[^A]*A[^L]*,(-?[\\d.]+),(-?[\\d.]+)L`).exec(svg) ?? [];
			return { x: Number(x), y: Number(y) };
		};
		const [first, second] = [begins('Old Town'), begins('Harbour')];
		expect(Math.abs(first.x)).toBeLessThan(2);
		expect(first.y).toBeLessThan(-50);
		expect(Math.abs(second.x)).toBeLessThan(20);
		expect(second.y).toBeGreaterThan(50);
	});

	test('OP-03 has no data of its own: they are named rows', () => {
		expect(specFor(districts, fulfilled(districts, wishing())).data).toEqual({ name: 'rows' });
	});

	test('OP-03 long names lie beside their bars, and categories keep the order of the query', () => {
		const long = rowsetOf({ name: 'text', n: 'integer' }, ['A rather long name of a thing', 3], ['Another of them', 9]);
		const { x, y } = specFor(long, fulfilled(long, wishing())).encoding as Record<string, Record<string, unknown>>;
		expect([x?.type, y?.type, y?.sort]).toEqual(['quantitative', 'nominal', null]);
	});

	test('OP-03 months are drawn in UTC, so that January is January everywhere', async () => {
		const svg = await drawn(months, fulfilled(months, wishing({ chart: 'line' })));
		expect(svg).toMatch(/Jan/);
		expect(svg).not.toMatch(/Dec/);
	});

	test('OP-03 columns with dots, quotes, brackets, the same name or __proto__ are drawn all the same', async () => {
		const names = ['a.b', 'c[0]', `it's "n"`, '__proto__', 'x', 'x'];
		const rowset = {
			columns: names.map((name, at) => ({ name, type: at === 1 ? ('integer' as const) : ('text' as const) })),
			rows: [
				['p', 1, 'q', 'r', 's', 't'],
				['u', 2, 'v', 'w', 'y', 'z']
			]
		};
		expect(fieldsOf(rowset.columns)).toEqual(['column_1', 'column_2', 'column_3', 'column_4', 'x', 'column_6']);
		const svg = await drawn(rowset, fulfilled(rowset, wishing({ x: 'a.b', y: 'c[0]' })));
		expect(marksIn(svg)).toBeGreaterThanOrEqual(2);
		expect(svg).toContain('c[0]');
	});
});
