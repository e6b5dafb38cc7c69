import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { draw, svgOf, type Drawing, type Picture } from '../../../src/lib/components/chart/drawing.ts';
import { heightOf, narrowHeightOf } from '../../../src/lib/components/chart/height.ts';
import { wholeSpec } from '../../../src/lib/components/chart/saving.ts';
import type { Cell, ChartType, Wish } from '../../../src/lib/operations/chart/model.ts';
import { fulfilled, rowObjects, specFor, type Rowset } from '../../../src/lib/operations/chart/spec.ts';

const colours = {
	...{ paper: '#fefefe', ink: '#111111', soft: '#444444', line: '#dddddd', edge: '#888888', accent: '#0a7a80' },
	series: ['#0a7a80', '#c05a10', '#5a2ab0', '#20902a', '#b01040', '#3060d0', '#706010', '#667080']
};
const base: Wish = { title: 'Rides by weather', chart: 'bar', x: null, y: null, colour: null, unit: 'km' };
const weather: Rowset = {
	columns: [
		{ name: 'weather', type: 'text' },
		{ name: 'length.km', type: 'real' }
	],
	rows: [
		['rain', 300.5],
		['clear', 880],
		['it said "snow", and more', 20]
	]
};
const months: Rowset = {
	columns: [
		{ name: 'month', type: 'text' },
		{ name: 'kind', type: 'text' },
		{ name: 'rides', type: 'integer' }
	],
	rows: ['member', 'guest'].flatMap((kind, place) =>
		Array.from({ length: 6 }, (_, index): Cell[] => [`2025-0${index + 1}`, kind, 100 * (place + 1) + index])
	)
};
const figures: Rowset = {
	columns: [{ name: 'minutes', type: 'integer' }],
	rows: Array.from({ length: 60 }, (_, index): Cell[] => [index % 17])
};

function pictureOf(rowset: Rowset, wished: Partial<Wish>): Picture {
	const wish = fulfilled(rowset, { ...base, ...wished });
	return { spec: specFor(rowset, wish), records: rowObjects(rowset), width: 600, height: 360, colours };
}
const svg = (text: string) => new DOMParser().parseFromString(text, 'image/svg+xml').documentElement;
const marksIn = (element: Element, kind: string) => [...element.querySelectorAll(`.mark-${kind}.role-mark path`)];

describe('the drawing of a chart', () => {
	const drawings: Drawing[] = [];
	const open = async (picture: Picture, pointed: (index: number | null) => void = () => undefined) => {
		const drawing = await draw(picture, pointed);
		drawings.push(drawing);
		return drawing;
	};
	// jsdom paints nothing; Vega then guesses how wide a text is.
	beforeEach(() => void vi.spyOn(HTMLCanvasElement.prototype, 'getContext').mockReturnValue(null));
	afterEach(() => {
		for (const drawing of drawings.splice(0)) drawing.close();
		vi.restoreAllMocks();
	});

	test.each<[ChartType, Rowset, string, number]>([
		['bar', weather, 'rect', 3],
		['line', months, 'symbol', 12],
		['area', months, 'symbol', 12],
		['point', months, 'symbol', 12],
		['arc', weather, 'arc', 3],
		['histogram', figures, 'rect', 16]
	])('OP-03 %s has a mark for each value, in colours of the page', async (chart, rowset, kind, count) => {
		const drawn = svg(await svgOf(pictureOf(rowset, { chart })));
		const marks = marksIn(drawn, kind);
		expect(marks).toHaveLength(count);
		const fills = new Set(marks.map((mark) => mark.getAttribute('fill')));
		for (const fill of fills) expect(colours.series).toContain(fill);
		expect(fills.size).toBe(chart === 'arc' ? 3 : rowset === months ? 2 : 1);
	});

	test('OP-03 axes have their titles with the unit, and a saved file has the title of the chart', async () => {
		const drawn = svg(await svgOf(pictureOf(weather, {})));
		const words = [...drawn.querySelectorAll('text')].map(({ textContent }) => textContent);
		expect(words).toEqual(expect.arrayContaining(['Rides by weather', 'length.km', 'weather']));
		expect(drawn.getAttribute('width')).toBe('600');
	});

	test('IM-07 nothing is compiled from text: the content policy forbids it', async () => {
		const compiled = vi.fn();
		vi.stubGlobal('Function', compiled);
		try {
			for (const chart of ['bar', 'arc'] as const) await svgOf(pictureOf(weather, { chart }));
			await svgOf(pictureOf(figures, { chart: 'histogram' }));
		} finally {
			vi.unstubAllGlobals();
		}
		expect(compiled).not.toHaveBeenCalled();
	});

	test('OP-03 each mark can be told, with what its values are called', async () => {
		const drawing = await open(pictureOf(months, { chart: 'line' }));
		expect(drawing.count).toBe(12);
		const host = document.createElement('div');
		drawing.place(host);
		const facts = Array.from({ length: 12 }, (_, index) => Object.fromEntries(drawing.point(index)?.facts ?? []));
		expect(facts.map((fact) => fact['rides (km)'])).toContain('105');
		expect(new Set(facts.map(({ kind }) => kind))).toEqual(new Set(['member', 'guest']));
		expect(drawing.point(12)).toBeNull();
	});

	test.each<[string, Cell[], string[]]>([
		['hundreds of thousands', [1_234_567, 250_000.25], ['1,234,567', '250,000.25']],
		['fractions', [12.3456789, 0.00001234], ['12.3457', '0.00001234']]
	])('OP-03 a mark tells %s as they are read, never as powers of ten', async (_, totals, told) => {
		const rows = totals.map((total, place): Cell[] => [`kind ${place}`, total]);
		const drawing = await open(pictureOf({ ...weather, rows }, { unit: null }));
		drawing.place(document.createElement('div'));
		expect(totals.map((_total, place) => Object.fromEntries(drawing.point(place)?.facts ?? [])['length.km'])).toEqual(
			told
		);
	});

	test('OP-03 a title that is longer than a saved picture is wide stands in several lines', async () => {
		const title = `${'How many rides started in each district '.repeat(3)}${'東京の地区'.repeat(12)}`;
		const drawn = svg(await svgOf(pictureOf(weather, { title })));
		const lines = [...drawn.querySelectorAll('.role-title-text text tspan')].map(
			({ textContent }) => textContent ?? ''
		);
		expect(lines.length).toBeGreaterThan(3);
		expect(lines.join(' ').replaceAll(/ (?=[^a-zA-Z])/g, '')).toBe(title.replaceAll(/ (?=[^a-zA-Z])/g, ''));
		const widthOf = (line: string) => [...line].reduce((sum, letter) => sum + (letter > '一' ? 16 : 8), 0);
		for (const line of lines) expect(widthOf(line)).toBeLessThanOrEqual(560);
	});

	test('OP-03 the mouse on a mark tells which it is, and that it has left', async () => {
		const heard: (number | null)[] = [];
		const drawing = await open(pictureOf(weather, {}), (index) => heard.push(index));
		const host = document.createElement('div');
		drawing.place(host);
		document.body.append(host);
		const [, second] = marksIn(host, 'rect');
		second?.dispatchEvent(new MouseEvent('pointermove', { bubbles: true }));
		second?.dispatchEvent(new MouseEvent('mouseout', { bubbles: true }));
		expect(heard).toEqual([1, null]);
		second?.dispatchEvent(new MouseEvent('pointerdown', { bubbles: true }));
		expect(heard.at(-1)).toBe(1);
		host.remove();
	});

	test('OP-03 where bars lie, each name has a line; other drawings have the usual height', () => {
		const names = Array.from({ length: 100 }, (_, index): Cell[] => [`station ${index}`, index]);
		const { spec, records } = pictureOf({ ...weather, rows: names }, {});
		expect(heightOf(spec, records)).toBeGreaterThanOrEqual(100 * 18);
		const usual = pictureOf(months, { chart: 'line' });
		expect(heightOf(usual.spec, usual.records)).toBe(360);
	});

	test('OP-03 on a phone the legend of many series takes nothing from their drawing', () => {
		const many = Array.from({ length: 17 }, (_, index): Cell[] => [`2025-0${(index % 6) + 1}`, `kind ${index}`, index]);
		const { spec, records } = pictureOf({ ...months, rows: many }, { chart: 'point', colour: 'kind' });
		expect(narrowHeightOf(spec, records)).toBe(360 + 7 * 20);
		const few = pictureOf(months, { chart: 'line' });
		expect(narrowHeightOf(few.spec, few.records)).toBe(360);
	});

	test('OP-03 the specification is saved with its data', () => {
		const { spec, records } = pictureOf(weather, {});
		const saved = JSON.parse(wholeSpec({ spec, records })) as { $schema: string; data: { values: unknown[] } };
		expect(saved.$schema).toBe('https://vega.github.io/schema/vega-lite/v6.json');
		expect(saved.data.values).toEqual(records);
	});
});
