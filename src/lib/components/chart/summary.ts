import { cellText, type Cell, type Column } from '../table/cells.ts';

/** What a chart shows: how it is drawn, of which columns. */
export interface Shown {
	readonly type: string;
	readonly columns: readonly Column[];
	readonly rows: readonly (readonly Cell[])[];
	/** Names of columns; null where there is none. */
	readonly x: string | null;
	readonly y: string | null;
	readonly colour: string | null;
	/** What the figures are in: those of `y`, or those of `x` that a query has counted. */
	readonly unit: string | null;
	readonly measured?: 'x' | 'y' | undefined;
}

/** A row as far as it is drawn: its place, and its figure. */
interface Mark {
	readonly at: Cell;
	readonly figure: number;
	readonly series: Cell;
}

const names: Record<string, string> = {
	...{ bar: 'Bar chart', line: 'Line chart', area: 'Area chart', point: 'Scatter plot' },
	...{ arc: 'Pie chart', histogram: 'Histogram', table: 'Table' }
};

/** A chart in a few sentences, for those who do not see it: what of what, how many, and where the extremes are. */
export function summaryOf(shown: Shown): string {
	const { type, columns, rows } = shown;
	const name = names[type] ?? 'Chart';
	if (type === 'table') return `${name} of ${counted(rows.length, 'row')} and ${counted(columns.length, 'column')}.`;
	// Counted where it is drawn; one that the query has counted is bars.
	if (type === 'histogram' && shown.y === null) return histogramOf(shown, name);
	const marks = marksOf(shown);
	const what = [shown.y, shown.x].filter(Boolean).join(' by ');
	const series = shown.colour === null || shown.colour === shown.x ? 0 : new Set(marks.map((mark) => mark.series)).size;
	const size = counted(marks.length, isBars(type) ? 'bar' : type === 'arc' ? 'part' : 'point');
	const head = `${name} of ${what || 'the rows'}: ${size}${series > 1 ? ` in ${series} series by ${shown.colour}` : ''}.`;
	return [head, ...tellingOf(shown, marks)].join(' ');
}

/** Their places are names; those of the others have an order. */
const isBars = (type: string) => type === 'bar' || type === 'histogram';

function tellingOf({ type, unit, measured }: Shown, marks: readonly Mark[]): string[] {
	const [first, last] = [marks[0], marks.at(-1)];
	if (!first || !last) return [];
	const [high, low] = [extreme(marks, 1), extreme(marks, -1)];
	const [across, up] = measured === 'x' ? [unit, null] : [null, unit];
	const told = (mark: Mark) => `${placed(mark)}${across ? ` ${across}` : ''}, ${figure(mark.figure, up)}`;
	if (type === 'arc') {
		const whole = marks.reduce((sum, mark) => sum + mark.figure, 0);
		const share = whole > 0 && unit !== '%' ? `, ${Math.round((high.figure / whole) * 100)} % of the whole` : '';
		if (high.figure === low.figure) return [`All are ${figure(high.figure, up)}.`];
		return [`The largest is ${told(high)}${share}; the smallest is ${told(low)}.`];
	}
	const ends = isBars(type) ? [] : [`From ${range(marks.map(({ at }) => at)).join(' to ')}.`];
	if (high.figure === low.figure)
		return [...ends, marks.length === 1 ? `It is ${told(high)}.` : `All are ${figure(high.figure, up)}.`];
	return [...ends, `The highest is ${told(high)}; the lowest is ${told(low)}.`];
}

function histogramOf({ columns, rows, x, unit }: Shown, name: string): string {
	const place = columns.findIndex((column) => column.name === x);
	const values = rows.flatMap((row) => (typeof row[place] === 'number' ? [row[place]] : [])).sort((a, b) => a - b);
	const [least, middle, most] = [values[0], values[Math.floor(values.length / 2)], values.at(-1)];
	if (least === undefined || middle === undefined || most === undefined) return `${name} without values.`;
	const spread = `from ${figure(least, unit)} to ${figure(most, unit)}; half of them are below ${figure(middle, unit)}`;
	return `${name} of ${x ?? 'the rows'}: ${counted(values.length, 'value')}, ${spread}.`;
}

/** A row without a figure is not drawn. */
function marksOf({ columns, rows, x, y, colour }: Shown): Mark[] {
	const placeOf = (name: string | null) => columns.findIndex((column) => column.name === name);
	const [across, up, by] = [placeOf(x), placeOf(y), placeOf(colour)];
	return rows.flatMap((row) => {
		const value = row[up];
		if (typeof value !== 'number') return [];
		return [{ at: row[across] ?? row[by] ?? null, figure: value, series: row[by] ?? null }];
	});
}

const extreme = (marks: readonly Mark[], direction: number): Mark =>
	marks.reduce((best, mark) => (direction * (mark.figure - best.figure) > 0 ? mark : best));

function placed({ at, series }: Mark): string {
	const apart = series !== null && series !== at ? ` (${cellText(series)})` : '';
	return `${at === null ? 'without a name' : cellText(at)}${apart}`;
}

/** The first and the last of the places, by their own order. */
function range(places: readonly Cell[]): string[] {
	const known = places.filter((place) => place !== null);
	const sorted = known.toSorted((one, other) =>
		typeof one === 'number' && typeof other === 'number' ? one - other : String(one) < String(other) ? -1 : 1
	);
	return [sorted[0], sorted.at(-1)].map((place) => cellText(place ?? null));
}

function figure(value: number, unit: string | null): string {
	// Nothing before the point is rounded away.
	const isWhole = Number.isInteger(value) || Math.abs(value) >= 1_000;
	const text = value.toLocaleString('en', isWhole ? { maximumFractionDigits: 0 } : { maximumSignificantDigits: 4 });
	return unit ? `${text} ${unit}` : text;
}

const counted = (count: number, noun: string) => `${count.toLocaleString('en')} ${noun}${count === 1 ? '' : 's'}`;
