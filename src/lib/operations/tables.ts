/** A column of a table: its type by its content, and a few of its values. */
export interface TableColumn {
	readonly name: string;
	readonly type: 'integer' | 'real' | 'text' | 'boolean' | 'date' | 'timestamp' | 'blob' | 'null';
	/** How many rows have no value; null where it was not counted. */
	readonly nulls: number | null;
	/** How many different values there are; null where there are more than 10,000, or it was not counted. */
	readonly distinct: number | null;
	readonly min: string | number | null;
	readonly max: string | number | null;
	readonly samples: readonly (string | number | null)[];
	readonly primaryKey: boolean;
	/** `table.column` that it refers to. */
	readonly references: string | null;
}

/** A table of a source, as a query may name it. */
export interface Table {
	readonly name: string;
	/** Null where it was not counted: a view, which may take any time. */
	readonly rows: number | null;
	readonly columns: readonly TableColumn[];
}

/** What a query gave. */
export interface QueryResult {
	readonly columns: readonly { name: string; type: TableColumn['type'] }[];
	readonly rows: readonly (readonly (string | number | boolean | null)[])[];
	/** There were more rows than the limit. */
	readonly truncated: boolean;
	readonly ms: number;
}

/** A source of tables: an uploaded CSV, TSV, JSON Lines, Parquet or SQLite file, or one that the server knows by name (`DataSource`). */
export type TableSource = { readonly fileId: string } | { readonly name: string };

/** The SQL that a source is asked in. */
export type Dialect = 'SQLite' | 'PostgreSQL' | 'MySQL';

/** A source that everybody may ask: a data set that ships with Headway, or a database that the operator configured. */
export interface DataSource {
	readonly name: string;
	readonly title: string;
	/** What it holds, in a sentence. */
	readonly description: string;
	readonly kind: 'shipped' | 'database';
	readonly dialect: Dialect;
}

/** Tables that a person brought, in a process of their own: read-only, without files or network, bounded in time, memory and rows. */
export interface Tables {
	/** Fails with `not_found` for a name that the server does not know. */
	dialectOf(source: TableSource): Dialect;
	/** Fails with `invalid_input` and a sentence for a file that is no table, `not_found` for one that is gone. */
	describe(source: TableSource, signal: AbortSignal): Promise<readonly Table[]>;
	/** Runs one SELECT. Fails with `invalid_input` and the engine's own words for one that is wrong or writes, `timeout` when it took too long. */
	query(
		source: TableSource,
		sql: string,
		options: { signal: AbortSignal; maxRows?: number; timeoutMs?: number }
	): Promise<QueryResult>;
}
