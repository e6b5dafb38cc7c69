import type { QueryResult, Table } from '../operation.ts';
import type { Cell, ChartRows, TableView } from './model.ts';
import { MOST_ROWS } from './model.ts';

/** What of a schema is told: more no model reads, and no page shows. */
const MOST = { tables: 60, columns: 400, inTable: 120, value: 120 };
/** All cells of the rows that are shown, in characters. */
const MOST_CHARACTERS = 500_000;

/** The tables as they are shown and told, bounded; `omitted` counts the tables and columns that are left out. */
export function tableViews(tables: readonly Table[]): { tables: TableView[]; omitted: number } {
	let [room, omitted] = [MOST.columns, Math.max(0, tables.length - MOST.tables)];
	const views = tables.slice(0, MOST.tables).flatMap((table) => {
		const columns = table.columns.slice(0, Math.min(room, MOST.inTable));
		room -= columns.length;
		omitted += table.columns.length - columns.length;
		return columns.length === 0 ? [] : [{ ...table, columns: columns.map(shortColumn) }];
	});
	return { tables: views, omitted };
}

function shortColumn(column: Table['columns'][number]): TableView['columns'][number] {
	const { min, max, samples } = column;
	return { ...column, min: short(min), max: short(max), samples: samples.map(short) };
}

function short<T>(value: T): T | string {
	return typeof value === 'string' && value.length > MOST.value
		? `${value.slice(0, MOST.value - 1).toWellFormed()}…`
		: value;
}

/** The rows that are shown and drawn, of those that the query gave. Two columns of one name get a number. */
export function shownRows({ columns, rows, truncated, ms }: QueryResult): ChartRows {
	const shown: Cell[][] = [];
	let characters = 0;
	for (const row of rows.slice(0, MOST_ROWS)) {
		characters += JSON.stringify(row).length;
		if (characters > MOST_CHARACTERS && shown.length > 0) break;
		shown.push(row.map((cell) => (typeof cell === 'string' && cell.length > LONGEST_CELL ? cut(cell) : cell)));
	}
	return { columns: unique(columns), rows: shown, truncated: truncated || shown.length < rows.length, ms };
}

const LONGEST_CELL = 10_000;
const cut = (cell: string) => `${cell.slice(0, LONGEST_CELL - 1).toWellFormed()}…`;

function unique(columns: QueryResult['columns']): ChartRows['columns'] {
	const taken = new Set<string>();
	// Thousands may be called alike: each goes on counting where the last of its name stopped.
	const counts = new Map<string, number>();
	return columns.map(({ name, type }) => {
		let told = name;
		let times = counts.get(name) ?? 1;
		while (taken.has(told)) told = `${name} ${(times += 1)}`;
		counts.set(name, times);
		taken.add(told);
		return { name: told, type };
	});
}
