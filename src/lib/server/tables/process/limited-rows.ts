import type { QueryResult, TableColumn } from '../../../operations/tables.ts';
import { WrongInput, type QueryLimits } from './request.ts';

type Row = QueryResult['rows'][number];

const LONGEST_NAME = 256;

/** A column of a result as it is told: one without a name of its own is called like all of its expression. */
export function toldColumn(name: string, type: TableColumn['type']): QueryResult['columns'][number] {
	return { name: name.length > LONGEST_NAME ? `${name.slice(0, LONGEST_NAME)}…`.toWellFormed() : name, type };
}

/** The rows of a result, up to the most that may come back. */
export class LimitedRows {
	readonly rows: Row[] = [];
	readonly #limits: QueryLimits;
	#characters = 0;

	constructor(limits: QueryLimits) {
		this.#limits = limits;
	}

	/** False when there is no room for it: what there is is all that comes back. Throws a `WrongInput` when the first one alone is too large. */
	add(row: Row): boolean {
		const { maxRows, maxCharacters } = this.#limits;
		this.#characters += JSON.stringify(row).length;
		const isFull = this.rows.length === maxRows;
		if (!isFull && this.#characters <= maxCharacters) return (this.rows.push(row), true);
		if (isFull || this.rows.length > 0) return false;
		throw new WrongInput('One row alone is larger than 8 MB. Select fewer or shorter columns.');
	}
}
