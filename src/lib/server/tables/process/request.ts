import type { Dialect, QueryResult, Table, TableColumn } from '../../../operations/tables.ts';

/** What a table process is asked, as JSON on its standard input. Each process answers one. */
export type TableRequest = LoadRequest | QueryRequest | DatabaseRequest;

/** Makes a SQLite file of another one, in the folder that it may write to. */
export interface LoadRequest {
	readonly do: 'load';
	/** The file as it was brought; it is gone afterwards. */
	readonly source: string;
	/** The file's name, which says what it may be, and what its table is called. */
	readonly name: string;
	readonly database: string;
	/** The most that the database may come to, in bytes. */
	readonly mostBytes: number;
	/** Where the packages are that read formats, as URLs. */
	readonly packages: { readonly csv: string; readonly parquet: string };
}

/** The most that a result may come to. */
export interface QueryLimits {
	readonly maxRows: number;
	/** Of all rows, as JSON. */
	readonly maxCharacters: number;
}

/** Runs one SELECT. */
export interface QueryRequest extends QueryLimits {
	readonly do: 'query';
	readonly database: string;
	readonly sql: string;
	/** The types of the columns, by table and column, in small letters. */
	readonly types: ColumnTypes;
}

/** Tells the tables of a database, or runs one SELECT there. */
export interface DatabaseRequest extends QueryLimits {
	readonly do: 'describe database' | 'query database';
	readonly dialect: DatabaseDialect;
	/** Its address, with its password. */
	readonly url: string;
	readonly sql: string;
	/** The most that one statement may take there. */
	readonly timeoutMs: number;
	/** Where the package is that speaks to it, as a URL. */
	readonly driver: string;
}

/** What a database that the operator configured may speak. */
export type DatabaseDialect = Exclude<Dialect, 'SQLite'>;

export type ColumnTypes = Readonly<Record<string, Readonly<Record<string, TableColumn['type']>>>>;

/** What it answers, as JSON on its standard output. */
export type TableAnswer =
	| { ok: true; value: readonly Table[] | QueryResult }
	/** The file or the query is wrong; the sentence is for a person. */
	| { ok: false; message: string; code?: WrongInput['code'] };

/** A file or a query that is wrong, in a sentence that says what to do. */
export class WrongInput extends Error {
	readonly code: 'invalid_input' | 'timeout' | 'unavailable';

	constructor(message: string, code: WrongInput['code'] = 'invalid_input') {
		super(message);
		this.code = code;
	}
}
