import { csvText, harmless } from '../../text/csv.ts';

/** What a cell of a table can hold. */
export type Cell = string | number | boolean | null;

/** A column, and what kind of values it has. */
export interface Column {
	readonly name: string;
	readonly type: string;
}

/** How a table is ordered: by a column, counted from 0. */
export interface Order {
	readonly column: number;
	readonly descending: boolean;
}

const collator = new Intl.Collator('en', { numeric: true });

/** Whether the values of a column are set as figures. */
export const isNumeric = (column: Column | undefined): boolean => column?.type === 'integer' || column?.type === 'real';

/** A cell as it is read: a figure without the noise of binary fractions. */
export function cellText(value: Cell): string {
	if (typeof value !== 'number' || Number.isInteger(value)) return String(value);
	return String(Number(value.toPrecision(12)));
}

/** The rows in an order; those that are equal stay as they were, and missing values come last either way. */
export function sortedRows<R extends readonly Cell[]>(rows: readonly R[], order: Order | null): readonly R[] {
	if (!order) return rows;
	const { column, descending } = order;
	return rows.toSorted((one, other) => compare(one[column] ?? null, other[column] ?? null, descending ? -1 : 1));
}

function compare(one: Cell, other: Cell, direction: number): number {
	if (one === null || other === null) return Number(one === null) - Number(other === null);
	if (typeof one === 'number' && typeof other === 'number') return direction * (one - other);
	return direction * collator.compare(String(one), String(other));
}

/** The order after another press on a column's heading: rising, falling, as it came. */
export function nextOrder(order: Order | null, column: number): Order | null {
	if (order?.column !== column) return { column, descending: false };
	return order.descending ? null : { column, descending: true };
}

/** The rows as comma-separated values, with their heading; a missing value is an empty field. */
export function csvOf(columns: readonly Column[], rows: readonly (readonly Cell[])[]): string {
	return csvText([columns.map(({ name }) => name), ...rows]);
}

/** The rows as a spreadsheet takes them from the clipboard; a tab or a line end within a cell becomes a space, and no cell is a formula. */
export function pasteText(columns: readonly Column[], rows: readonly (readonly Cell[])[]): string {
	const text = (value: Cell) => (typeof value === 'string' ? harmless(value) : String(value ?? ''));
	const field = (value: Cell) => text(value).replace(/[\t\r\n]+/g, ' ');
	return [columns.map(({ name }) => name), ...rows].map((line) => line.map(field).join('\t')).join('\n');
}

/** Columns that reach into a stretch of a table, counted from 0: from the first to before the last. All in CSS pixels. */
export function columnsWithin(widths: readonly number[], left: number, right: number): { from: number; to: number } {
	let [edge, from, to] = [0, 0, 0];
	for (const [place, width] of widths.entries()) {
		if (edge + width <= left) from = place + 1;
		if (edge < right) to = place + 1;
		edge += width;
	}
	return { from, to };
}

/** How wide each column is to be, in CSS pixels, by its heading and its first 200 values. */
export function widthsOf(columns: readonly Column[], rows: readonly (readonly Cell[])[]): number[] {
	const first = rows.slice(0, 200);
	return columns.map(({ name }, place) => {
		const lengths = first.map((row) => cellText(row[place] ?? null).length);
		// Its heading has the sign of the order beside it.
		const longest = lengths.reduce((most, length) => Math.max(most, length), name.length + 3);
		return Math.min(40, Math.max(6, longest)) * 8 + 24;
	});
}
