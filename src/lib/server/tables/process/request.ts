import type { QueryResult, Table, TableColumn } from '../../../operations/tables.ts';

/** What a table process is asked, as JSON on its standard input. Each process answers one. */
export type TableRequest = LoadRequest | QueryRequest;

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

/** Runs one SELECT. */
export interface QueryRequest {
	readonly do: 'query';
	readonly database: string;
	readonly sql: string;
	readonly maxRows: number;
	/** The most that all rows may come to, in characters of JSON. */
	readonly maxCharacters: number;
	/** The types of the columns, by table and column, in small letters. */
	readonly types: ColumnTypes;
}

export type ColumnTypes = Readonly<Record<string, Readonly<Record<string, TableColumn['type']>>>>;

/** What it answers, as JSON on its standard output. */
export type TableAnswer =
	| { ok: true; value: readonly Table[] | QueryResult }
	/** The file or the query is wrong; the sentence is for a person. */
	| { ok: false; message: string };

/** What a process was ended by, told on its standard error just before. */
export type LimitMark = 'limit:memory' | 'limit:time';

/** A file or a query that is wrong, in a sentence that says what to do. */
export class WrongInput extends Error {}
