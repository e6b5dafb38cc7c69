import type { TableColumn } from '../../../operations/tables.ts';

/** A database that can be asked, whichever speaks: rows as lists of texts. */
export interface DatabaseConnection {
	/** Runs one statement; several in one text are refused. */
	rows(sql: string): Promise<readonly (readonly (string | null)[])[]>;
	/** Begins a transaction that can only read, and whose statements do not last. */
	begin(): Promise<void>;
	/** The tables that its role may read and can name without more. */
	tables(): Promise<FoundTable[]>;
	/** A name as SQL takes it. */
	quoted(name: string): string;
	/** SQL that makes text of any value. */
	asText(expression: string): string;
	/** SQL that makes text of a column's values as far as they are told: of long ones the beginning, of bytes how many. */
	beginning(column: FoundColumn, most: number): string;
}

/** A table as the database's own lists tell of it. */
export interface FoundTable {
	readonly name: string;
	/** How many rows, by the database's estimate; null for a view. */
	readonly estimate: number | null;
	readonly columns: FoundColumn[];
}

export interface FoundColumn {
	readonly name: string;
	readonly type: TableColumn['type'];
	readonly primaryKey: boolean;
	readonly references: string | null;
	/** A value, from its text, as it is shown among the samples. */
	readonly told: (text: string | null) => string | number | null;
}
