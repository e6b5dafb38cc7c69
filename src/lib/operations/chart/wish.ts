import { differentIn, measureOf, numbersIn, placeOf, type Rowset } from './columns.ts';
import type { ChartType, Wish } from './model.ts';

/** More of these than anybody can tell apart. */
export const MOST = { slices: 20, bars: 200, colours: 30 };
/** Fewer values than these have no distribution. */
const LEAST_VALUES = 8;

/** Which columns a drawing takes; null where there is none for it. */
export interface Places {
	x: number | null;
	y: number | null;
	colour: number | null;
}

/** The columns that a wish names, and for those that it does not name the likeliest. */
export function placesOf(rowset: Rowset, wish: Wish): Places {
	const all = rowset.columns.map((_, place) => place);
	const is = (measure: string) => (place: number) => measureOf(rowset, place) === measure;
	if (wish.chart === 'histogram') return histogramPlaces(rowset, wish);
	const y =
		placeOf(rowset.columns, wish.y) ??
		all.findLast((place) => is('number')(place) && place !== placeOf(rowset.columns, wish.x)) ??
		null;
	const free = all.filter((place) => place !== y);
	const x = placeOf(rowset.columns, wish.x) ?? free.find(is('time')) ?? free.find(is('category')) ?? free[0] ?? null;
	const colour = placeOf(rowset.columns, wish.colour);
	return { x, y, colour: colour === x || colour === y ? null : (colour ?? secondCategory(rowset, { x, y })) };
}

function histogramPlaces(rowset: Rowset, wish: Wish): Places {
	const numeric = rowset.columns.findIndex((_, place) => measureOf(rowset, place) === 'number');
	const x = placeOf(rowset.columns, wish.x) ?? (numeric < 0 ? null : numeric);
	const y = placeOf(rowset.columns, wish.y);
	return { x, y: y === x ? null : y, colour: null };
}

/** Where a value of x comes more than once, another column may tell its rows apart. */
function secondCategory(rowset: Rowset, { x, y }: { x: number | null; y: number | null }): number | null {
	if (x === null || differentIn(rowset, [x]) === rowset.rows.length) return null;
	const others = rowset.columns.map((_, place) => place).filter((place) => place !== x && place !== y);
	return (
		others.find(
			(place) => measureOf(rowset, place) === 'category' && differentIn(rowset, [x, place]) === rowset.rows.length
		) ?? null
	);
}

/** What these rows can be drawn as; `table` always, and first where nothing else is possible. */
export function chartTypes(rowset: Rowset, wish: Wish): ChartType[] {
	const places = placesOf(
		rowset,
		wish.chart === 'histogram' || wish.chart === 'table' ? { ...wish, chart: 'bar' } : wish
	);
	const possible: Record<ChartType, boolean> = {
		bar: canBar(rowset, places),
		line: canLine(rowset, places),
		area: canLine(rowset, places) && isNeverNegative(rowset, places.y),
		point: canPoint(rowset, places),
		arc: canArc(rowset, places),
		histogram: canHistogram(rowset, wish),
		table: true
	};
	return (Object.keys(possible) as ChartType[]).filter((type) => possible[type]);
}

/** The wish as these rows can fulfil it: names of columns that are there, and a type that fits them. */
export function fulfilled(rowset: Rowset, wish: Wish): Wish {
	const types = chartTypes(rowset, wish);
	const chart = types.includes(wish.chart) ? wish.chart : (types.find((type) => type !== 'histogram') ?? 'table');
	const { x, y, colour } = placesOf(rowset, { ...wish, chart });
	const name = (place: number | null) => (place === null ? null : (rowset.columns[place]?.name ?? null));
	const measured = wish.measured ?? (chart === 'histogram' ? 'x' : 'y');
	return { ...wish, chart, x: name(x), y: name(y), colour: name(colour), measured };
}

/** More numbers than these are points rather than bars. */
const MANY_NUMBERS = 40;

/** What rows are likely to be best drawn as, where nobody says it: along time or many numbers, or as bars. */
export function likeliest(rowset: Rowset): ChartType {
	const wish = { title: '', x: null, y: null, colour: null, unit: null } as const;
	const { x } = placesOf(rowset, { ...wish, chart: 'bar' });
	const types = chartTypes(rowset, { ...wish, chart: 'bar' });
	const measure = x === null ? 'category' : measureOf(rowset, x);
	const isMany = measure === 'number' && rowset.rows.length > MANY_NUMBERS;
	const order: ChartType[] = measure === 'time' ? ['line', 'point'] : isMany ? ['point'] : ['bar', 'point'];
	return [...order, ...types].find((type) => types.includes(type)) ?? 'table';
}

function canBar(rowset: Rowset, places: Places): boolean {
	const { x, y } = places;
	if (!isNumber(rowset, y) || x === null || rowset.rows.length === 0) return false;
	return differentIn(rowset, [x]) <= MOST.bars && isEachOnce(rowset, places);
}

function canLine(rowset: Rowset, places: Places): boolean {
	const { x, y } = places;
	if (!isNumber(rowset, y) || x === null || measureOf(rowset, x) === 'category') return false;
	return differentIn(rowset, [x]) > 1 && isEachOnce(rowset, places);
}

/** Where a place comes twice, its bars would hide each other, and a line would run up and down. */
function isEachOnce(rowset: Rowset, { x, colour }: Places): boolean {
	const places = [x, colour].filter((place) => place !== null);
	return differentIn(rowset, places) === rowset.rows.length;
}

function canPoint(rowset: Rowset, { x, y }: Places): boolean {
	return isNumber(rowset, y) && x !== null && measureOf(rowset, x) !== 'category' && rowset.rows.length > 1;
}

/** Parts of a whole: each once, none of them negative. */
function canArc(rowset: Rowset, { x, y, colour }: Places): boolean {
	if (!isNumber(rowset, y) || x === null || colour !== null || measureOf(rowset, x) !== 'category') return false;
	const { length } = rowset.rows;
	if (length < 2 || length > MOST.slices || differentIn(rowset, [x]) !== length || !isNeverNegative(rowset, y))
		return false;
	return numbersIn(rowset, y as number).some((value) => value > 0);
}

function canHistogram(rowset: Rowset, wish: Wish): boolean {
	const { x, y } = histogramPlaces(rowset, wish.chart === 'histogram' ? wish : { ...wish, x: wish.y, y: null });
	if (x === null || measureOf(rowset, x) !== 'number') return false;
	// Counted by the query already, or to be counted here.
	return y === null ? numbersIn(rowset, x).length >= LEAST_VALUES : isNumber(rowset, y);
}

function isNumber(rowset: Rowset, place: number | null): boolean {
	return place !== null && measureOf(rowset, place) === 'number' && numbersIn(rowset, place).length > 0;
}

function isNeverNegative(rowset: Rowset, place: number | null): boolean {
	return place !== null && numbersIn(rowset, place).every((value) => value >= 0);
}
