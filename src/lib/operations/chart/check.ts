import { differentIn, measureOf, placeOf } from './columns.ts';
import { MOST_ROWS, type ChartRows, type Wish } from './model.ts';
import { MOST, placesOf, type Places } from './wish.ts';

/** What is wrong with the rows. `none`: there is nothing to show; `shape`: a table can show them, the chart cannot. */
export interface Problem {
	kind: 'none' | 'shape';
	/** A sentence for the model and for a person. */
	message: string;
}

type Checked = Pick<ChartRows, 'columns' | 'rows' | 'truncated'>;

/** Why these rows do not make the chart that is wished; null when they do. */
export function problemWith(rowset: Checked, wish: Wish): Problem | null {
	const nothing = nothingIn(rowset);
	if (nothing) return { kind: 'none', message: nothing };
	// One figure is an answer, and no chart of it would say more.
	if (wish.chart === 'table' || (rowset.rows.length === 1 && rowset.columns.length === 1)) return null;
	const message = unknownColumn(rowset, wish) ?? misshapen(rowset, wish);
	return message === null ? null : { kind: 'shape', message };
}

function nothingIn({ rows, columns }: Checked): string | null {
	if (rows.length === 0) return 'The query gave no rows.';
	if (columns.length === 0) return 'The query gave no columns.';
	if (rows.every((row) => row.every((cell) => cell === null))) return 'Every value of the rows is NULL.';
	return null;
}

function unknownColumn({ columns }: Checked, wish: Wish): string | null {
	for (const channel of ['x', 'y', 'colour'] as const) {
		const name = wish[channel];
		if (name === null || placeOf(columns, name) !== null) continue;
		const there = columns.map((column) => `“${column.name}”`).join(', ');
		return `\`${channel}\` names “${name}”, which is no column of the rows. They are ${there}.`;
	}
	return null;
}

function misshapen(rowset: Checked, wish: Wish): string | null {
	const { chart } = wish;
	const places = placesOf(rowset, wish);
	const all = tooMany(rowset, chart);
	if (all) return all;
	if (chart === 'histogram') return wrongHistogram(rowset, places);
	if (rowset.columns.length < 2) return `The rows have one column only, and a chart of type ${chart} needs two.`;
	return wrongMeasure(rowset, places, chart) ?? crowded(rowset, places, chart) ?? repeated(rowset, places, chart);
}

function tooMany({ truncated, rows }: Checked, chart: Wish['chart']): string | null {
	if (!truncated) return null;
	const most = Math.min(rows.length, MOST_ROWS).toLocaleString('en');
	const instead =
		chart === 'histogram' ? 'Count them in bins of equal width.' : 'Group and count, or take fewer of them.';
	return `The query gave more than ${most} rows. ${instead}`;
}

function wrongHistogram(rowset: Checked, { x, y }: Places): string | null {
	if (x === null || measureOf(rowset, x) !== 'number')
		return `A histogram needs a column of numbers${x === null ? '' : `, and “${rowset.columns[x]?.name}” is none`}.`;
	if (y !== null && measureOf(rowset, y) !== 'number') return `“${rowset.columns[y]?.name}” is no count.`;
	return null;
}

function wrongMeasure(rowset: Checked, { x, y }: Places, chart: string): string | null {
	if (y === null) return `None of the columns holds numbers, and a chart of type ${chart} needs some.`;
	const { name = '', type = 'null' } = rowset.columns[y] ?? {};
	if (rowset.rows.every((row) => row[y] === null)) return `Every value of “${name}” is NULL.`;
	if (measureOf(rowset, y) !== 'number')
		return `“${name}” is ${type}, and a chart of type ${chart} needs numbers there.`;
	if (x === null) return `A chart of type ${chart} needs a column beside “${name}”.`;
	const isAlong = chart === 'line' || chart === 'area' || chart === 'point';
	if (isAlong && measureOf(rowset, x) === 'category')
		return `“${rowset.columns[x]?.name}” is neither a time nor a number, so that a chart of type ${chart} cannot run along it. Take bars.`;
	return null;
}

/** Absurd cardinality. */
function crowded(rowset: Checked, { x, colour }: Places, chart: string): string | null {
	const values = x === null ? 0 : differentIn(rowset, [x]);
	const colours = colour === null ? 0 : differentIn(rowset, [colour]);
	const name = (place: number | null) => (place === null ? '' : (rowset.columns[place]?.name ?? ''));
	if (chart === 'arc' && values > MOST.slices)
		return `“${name(x)}” has ${values} values; a pie shows ${MOST.slices} at most.`;
	if (chart === 'bar' && values > MOST.bars)
		return `“${name(x)}” has ${values} values; bars show ${MOST.bars} at most.`;
	if (colours > MOST.colours)
		return `“${name(colour)}” has ${colours} values; colours tell ${MOST.colours} apart at most.`;
	return null;
}

function repeated(rowset: Checked, { x, colour }: Places, chart: string): string | null {
	if (chart === 'point' || x === null) return null;
	const places = colour === null ? [x] : [x, colour];
	if (differentIn(rowset, places) === rowset.rows.length) return null;
	const names = places.map((place) => `“${rowset.columns[place]?.name}”`).join(' with ');
	return `${names} comes more than once. Group by it, or name a colour that tells its rows apart.`;
}
