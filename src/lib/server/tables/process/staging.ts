import { rmSync } from 'node:fs';
import { DatabaseSync, type StatementSync } from 'node:sqlite';
import type { TableColumn } from '../../../operations/tables.ts';
import { ColumnKind } from './kinds.ts';
import { columnNames, quoted } from './names.ts';
import { WrongInput, type LoadRequest } from './request.ts';

const MOST_COLUMNS = 1_000;
const PAGE_BYTES = 4_096;

/** SQLite converts what it compares by the column's type; dates are texts that sort. */
const affinity: Readonly<Record<TableColumn['type'], string>> = {
	...{ integer: 'INTEGER', boolean: 'INTEGER', real: 'REAL', blob: 'BLOB' },
	...{ text: 'TEXT', date: 'TEXT', timestamp: 'TEXT', null: 'TEXT' }
};

/** What a cell holds: a text as the file has it, one whose kind the file says, bytes, or nothing. */
export type Cell = string | { readonly text: string } | Uint8Array | null;

/** A table on its way in: kept as it was read until all of it was seen, since only then is known what each column is. */
export class Staging {
	readonly #database: DatabaseSync;
	readonly #stagingPath: string;
	readonly #names: string[] = [];
	readonly #kinds: ColumnKind[] = [];
	readonly #decimalComma: boolean;
	#insert: StatementSync | null = null;

	constructor({ database, mostBytes }: LoadRequest, { decimalComma = false } = {}) {
		this.#decimalComma = decimalComma;
		this.#stagingPath = `${database}-staging`;
		this.#database = new DatabaseSync(database);
		// Who breaks off begins anew: nothing here must outlive the process half-made.
		const fast = (schema: string) =>
			`PRAGMA ${schema}.journal_mode = OFF; PRAGMA ${schema}.synchronous = OFF; PRAGMA ${schema}.max_page_count = ${Math.floor(mostBytes / PAGE_BYTES)};`;
		this.#database.exec(`PRAGMA temp_store = MEMORY; ${fast('main')}`);
		this.#database.prepare('ATTACH ? AS staging').run(this.#stagingPath);
		this.#database.exec(`${fast('staging')} CREATE TABLE staging.read (c0); BEGIN`);
	}

	get width(): number {
		return this.#kinds.length;
	}

	/** Adds columns behind those that there are; rows before have nothing in them. */
	widen(names: readonly string[]): void {
		if (this.width + names.length > MOST_COLUMNS)
			throw new WrongInput(`The table has more than ${MOST_COLUMNS.toLocaleString('en')} columns.`);
		for (const name of names) {
			if (this.width > 0) this.#database.exec(`ALTER TABLE staging.read ADD COLUMN c${this.width}`);
			this.#names.push(name);
			this.#kinds.push(new ColumnKind(this.#decimalComma));
		}
		const places = this.#kinds.map(() => '?').join(',');
		this.#insert = this.#database.prepare(`INSERT INTO staging.read VALUES (${places})`);
	}

	/** Adds a row; one value for each column. An empty text is no value. */
	add(cells: readonly Cell[]): void {
		const values = cells.map((cell, place) => {
			if (cell === null || cell === '') return null;
			const kind = this.#kinds[place];
			if (cell instanceof Uint8Array) return (kind?.seeBytes(), cell);
			if (typeof cell === 'string') return (kind?.see(cell), cell);
			return (kind?.seeText(cell.text), cell.text);
		});
		this.#insert?.run(...values);
	}

	/** Makes the table of what was read. Resolves its columns' types by their names in small letters. */
	finish(table: string): Record<string, TableColumn['type']> {
		const names = columnNames(this.#names);
		const columns = names.map((name, place) => `${quoted(name)} ${affinity[this.#kinds[place]?.type ?? 'text']}`);
		const casts = this.#kinds.map((kind, place) => kind.cast(`c${place}`));
		this.#database.exec(`COMMIT; BEGIN; CREATE TABLE ${quoted(table)} (${columns.join(', ')});
			INSERT INTO ${quoted(table)} SELECT ${casts.join(', ')} FROM staging.read ORDER BY rowid; COMMIT; DETACH staging`);
		this.#database.close();
		rmSync(this.#stagingPath);
		return Object.fromEntries(names.map((name, place) => [name.toLowerCase(), this.#kinds[place]?.type ?? 'text']));
	}
}
