import { differentIn, fieldsOf, measureOf, numbersIn, unitOf, type Rowset } from './columns.ts';
import type { Wish } from './model.ts';
import { placesOf } from './wish.ts';

export { fieldsOf, rowObjects, type Rowset } from './columns.ts';
export { chartTypes, fulfilled, likeliest } from './wish.ts';

/** A Vega-Lite specification without its data. */
export type Spec = Record<string, unknown>;

type Channel = Record<string, unknown>;

/** Longer names, or more of them, stand better beside bars than below them. */
const LONG_LABEL = 14;
const MANY_BARS = 12;
const MOST_IN_TOOLTIP = 8;
const BINS = 20;
/** There is no half a ride. */
const WHOLE = { tickMinStep: 1 };
/** So many letters of all names together stand side by side on a phone as well. */
const LETTERS_BESIDE = 40;
/** No column's field begins like these: `fieldsOf`. */
const NUMBERED = { window: [{ op: 'row_number', as: '_row' }] };

/** What the rows look like as the wish says: Vega-Lite version 6, its data named `rows` (`rowObjects` makes them). `wish` is one that was `fulfilled`. */
export function specFor(rowset: Rowset, wish: Wish): Spec {
	const channels = new Channels(rowset, wish);
	return {
		$schema: 'https://vega.github.io/schema/vega-lite/v6.json',
		title: wish.title,
		description: descriptionOf(rowset, wish),
		data: { name: 'rows' },
		...drawings[wish.chart](channels, rowset)
	};
}

const drawings: Record<Wish['chart'], (channels: Channels, rowset: Rowset) => Spec> = {
	bar: (channels) => ({ mark: { type: 'bar' }, encoding: channels.bars() }),
	line: (channels) => ({ mark: { type: 'line', point: true }, encoding: channels.along() }),
	area: (channels) => ({ mark: { type: 'area', line: true, opacity: 0.6 }, encoding: channels.along() }),
	point: (channels) => ({ mark: { type: 'point', filled: true, size: 60 }, encoding: channels.along() }),
	// From twelve o'clock on in the order of the rows, which is that of the legend.
	arc: (channels) => ({
		transform: [NUMBERED],
		mark: { type: 'arc', padAngle: 0.01 },
		encoding: channels.slices()
	}),
	histogram: (channels) => channels.histogram(),
	table: (_, rowset) => tableOf(rowset)
};

/** The encodings of a drawing. */
class Channels {
	readonly #rowset: Rowset;
	readonly #wish: Wish;
	readonly #fields: string[];
	readonly #x: number;
	readonly #y: number | null;
	readonly #colour: number | null;

	constructor(rowset: Rowset, wish: Wish) {
		const { x, y, colour } = placesOf(rowset, wish);
		[this.#rowset, this.#wish, this.#fields] = [rowset, wish, fieldsOf(rowset.columns)];
		[this.#x, this.#y, this.#colour] = [x ?? 0, y, colour];
	}

	/** Upright, or lying where the names need room. Side by side where a colour tells them apart: sums of averages would mean nothing. */
	bars(): Spec {
		const category = { ...this.#category(this.#x), axis: { title: this.#title(this.#x), labelLimit: 200 } };
		const number = this.#number();
		const colour = this.#coloured();
		if (!this.#areLabelsLong()) {
			const beside = this.#colour === null ? {} : { xOffset: { field: this.#field(this.#colour), sort: null } };
			return { x: this.#upright(category), y: number, ...beside, ...colour, tooltip: this.#tooltip() };
		}
		const beside = this.#colour === null ? {} : { yOffset: { field: this.#field(this.#colour), sort: null } };
		return { y: category, x: number, ...beside, ...colour, tooltip: this.#tooltip() };
	}

	/** Along time, or along a number. */
	along(): Spec {
		const isTime = measureOf(this.#rowset, this.#x) === 'time';
		const x = isTime ? this.#time(this.#x) : { ...this.#onAxis(this.#x), scale: { zero: false } };
		return { x, y: this.#number(), ...this.#coloured(), tooltip: this.#tooltip() };
	}

	slices(): Spec {
		const colour = { field: this.#field(this.#x), type: 'nominal', sort: null, title: this.#title(this.#x) };
		const theta = { ...this.#quantity(this.#y ?? 0), stack: true };
		return { theta, color: colour, order: { field: '_row', type: 'quantitative' }, tooltip: this.#tooltip() };
	}

	/** Counted by the query already, or counted where it is drawn. */
	histogram(): Spec {
		if (this.#y !== null) return this.#counted();
		const binned = {
			field: this.#field(this.#x),
			type: 'quantitative',
			bin: { maxbins: BINS },
			title: this.#title(this.#x)
		};
		const count = { aggregate: 'count', type: 'quantitative', title: 'Count' };
		return { mark: { type: 'bar' }, encoding: { x: binned, y: { ...count, axis: WHOLE }, tooltip: [binned, count] } };
	}

	/** Each step as wide as it is, so that one without rows leaves its gap. */
	#counted(): Spec {
		const [y, tooltip, field] = [this.#number(), this.#tooltip(), this.#field(this.#x)];
		const title = this.#title(this.#x);
		const step = stepOf(numbersIn(this.#rowset, this.#x));
		if (step === null) return { mark: { type: 'bar' }, encoding: { x: { field, type: 'ordinal', title }, y, tooltip } };
		return {
			transform: [{ calculate: `datum[${JSON.stringify(field)}] + ${step}`, as: '_end' }],
			mark: { type: 'bar' },
			encoding: { x: { field, bin: 'binned', type: 'quantitative', title }, x2: { field: '_end' }, y, tooltip }
		};
	}

	#field(place: number): string {
		return this.#fields[place] ?? '';
	}

	/** As the query ordered them. */
	#category(place: number): Channel {
		return { field: this.#field(place), type: 'nominal', sort: null, title: this.#title(place) };
	}

	#time(place: number): Channel {
		const unit = unitOf(this.#rowset, place);
		const scale = unit === null ? { scale: { type: 'utc' } } : { timeUnit: unit };
		return { field: this.#field(place), type: 'temporal', ...scale, title: this.#title(place) };
	}

	#quantity(place: number): Channel {
		return { field: this.#field(place), type: 'quantitative', title: this.#title(place) };
	}

	/** One that has an axis. */
	#onAxis(place: number): Channel {
		const isWhole = this.#rowset.columns[place]?.type === 'integer';
		return { ...this.#quantity(place), ...(isWhole ? { axis: WHOLE } : {}) };
	}

	#number(): Channel {
		return this.#y === null ? {} : this.#onAxis(this.#y);
	}

	#coloured(): Spec {
		if (this.#colour === null) return {};
		const title = this.#title(this.#colour);
		return { color: { field: this.#field(this.#colour), type: 'nominal', sort: null, title } };
	}

	#tooltip(): Channel[] {
		const all = this.#rowset.columns.map((_, place) => place).slice(0, MOST_IN_TOOLTIP);
		return all.map((place) => {
			const isNumber = measureOf(this.#rowset, place) === 'number';
			const channel = isNumber
				? { type: 'quantitative', format: figureFormat(numbersIn(this.#rowset, place)) }
				: { type: 'nominal' };
			return { field: this.#field(place), ...channel, title: this.#title(place) };
		});
	}

	#title(place: number): string {
		const { unit, measured } = this.#wish;
		const name = spoken(this.#rowset.columns[place]?.name ?? '');
		const isMeasured = place === (measured === 'x' ? this.#x : this.#y);
		const isThere = unit === null || unit === '' || name.split(/[\s().,;:[\]]+/).includes(unit);
		return isMeasured && !isThere ? `${name} (${unit})` : name;
	}

	/** A few short names are read as they are written, not turned. */
	#upright(category: Channel): Channel {
		const letters = this.#longest() * differentIn(this.#rowset, [this.#x]);
		if (letters > LETTERS_BESIDE) return category;
		return { ...category, axis: { ...(category.axis as Channel), labelAngle: 0 } };
	}

	#longest(): number {
		return Math.max(0, ...this.#rowset.rows.map((row) => String(row[this.#x] ?? '').length));
	}

	#areLabelsLong(): boolean {
		if (measureOf(this.#rowset, this.#x) !== 'category') return false;
		return this.#longest() > LONG_LABEL || differentIn(this.#rowset, [this.#x]) > MANY_BARS;
	}
}

/** How d3 writes a column's figures: six digits that count; of large ones all, which those would make a power of ten. */
function figureFormat(numbers: readonly number[]): string {
	return numbers.some((number) => Math.abs(number) >= 1e5) ? ',.2~f' : ',.6~g';
}

/** The least distance between two of the numbers; null where there is none. */
function stepOf(numbers: readonly number[]): number | null {
	const sorted = [...new Set(numbers)].sort((a, b) => a - b);
	const steps = sorted.slice(1).map((number, at) => Number((number - (sorted[at] ?? 0)).toPrecision(12)));
	return steps.length === 0 ? null : Math.min(...steps);
}

/** The rows as text, in their order: what `table` is where only a drawing can be shown. */
function tableOf({ columns }: Rowset): Spec {
	const fields = fieldsOf(columns);
	return {
		transform: [NUMBERED, { fold: fields, as: ['column', 'value'] }],
		mark: { type: 'text', align: 'left' },
		encoding: {
			x: { field: 'column', type: 'nominal', sort: fields, axis: { orient: 'top', title: null, labelAngle: 0 } },
			y: { field: '_row', type: 'ordinal', axis: null },
			text: { field: 'value', type: 'nominal' }
		}
	};
}

const KINDS: Record<Wish['chart'], string> = {
	...{ bar: 'Bar chart', line: 'Line chart', area: 'Area chart', point: 'Scatter plot' },
	...{ arc: 'Pie chart', histogram: 'Histogram', table: 'Table' }
};

function descriptionOf({ columns, rows }: Rowset, { chart, x, y, colour }: Wish): string {
	const what = KINDS[chart];
	const count = `${rows.length.toLocaleString('en')} ${rows.length === 1 ? 'row' : 'rows'}`;
	if (chart === 'table') return `${what} of ${count}: ${columns.map(({ name }) => spoken(name)).join(', ')}.`;
	const by = [x, colour].flatMap((name) => (name === null ? [] : [spoken(name)])).join(' and ');
	return y === null ? `${what} of ${by}, from ${count}.` : `${what} of ${spoken(y)} by ${by}, from ${count}.`;
}

/** A column's name as it is read. */
function spoken(name: string): string {
	return name.replaceAll('_', ' ').trim();
}
