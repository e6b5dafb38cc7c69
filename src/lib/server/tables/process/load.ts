import { renameSync, rmSync } from 'node:fs';
import type { Table } from '../../../operations/tables.ts';
import { loadCsv } from './csv.ts';
import { openForReading } from './database.ts';
import { describe } from './describe.ts';
import { loadJson } from './json-lines.ts';
import { tableName } from './names.ts';
import { loadParquet } from './parquet.ts';
import { WrongInput, type ColumnTypes, type LoadRequest } from './request.ts';
import { encodingOf, headOf } from './text.ts';

/** Makes the database of a file, by what the file is and not by what it is called, and tells its tables. */
export async function load(request: LoadRequest): Promise<Table[]> {
	const types = await loaded(request);
	rmSync(request.source, { force: true });
	const database = openForReading(request.database);
	const tables = describe(database, types);
	database.close();
	if (tables.length === 0) throw new WrongInput('The database has no tables.');
	return tables;
}

async function loaded(request: LoadRequest): Promise<ColumnTypes> {
	const head = await headOf(request.source);
	if (head.length === 0) throw new WrongInput('The file is empty.');
	if (head.toString('latin1', 0, 16) === 'SQLite format 3\0') {
		renameSync(request.source, request.database);
		return {};
	}
	const table = tableName(request.name);
	if (head.toString('latin1', 0, 4) === 'PAR1') return { [table]: await loadParquet(request, table) };
	return { [table]: await loadText(request, table, head) };
}

async function loadText(request: LoadRequest, table: string, head: Buffer): Promise<ColumnTypes[string]> {
	const encoding = encodingOf(head);
	if (encoding === null) throw new WrongInput(notATable(head));
	const text = new TextDecoder(encoding).decode(head);
	if (text.trim() === '') throw new WrongInput('The file is empty.');
	if (/^\s*[{[]/.test(text) && (isJson(text) || /\.(?:jsonl?|ndjson)$/i.test(request.name)))
		return loadJson(request, table, encoding);
	if (/^\s*(?:<!doctype|<html|<\?xml)/i.test(text)) throw new WrongInput(notATable(head));
	return loadCsv(request, table, { encoding, head: text });
}

/** Whether the first line is JSON, or begins a list of objects. */
function isJson(text: string): boolean {
	const [line = ''] = text.trimStart().split('\n', 1);
	try {
		return typeof JSON.parse(line) === 'object';
	} catch {
		return /^\[\s*(?:\{|$)/.test(line);
	}
}

function notATable(head: Buffer): string {
	const kinds = 'CSV, TSV, JSON Lines, Parquet or SQLite';
	if (head.toString('latin1', 0, 2) === 'PK')
		return `The file is a workbook or an archive. Save the table as one of ${kinds}.`;
	if (head[0] === 0x1f && head[1] === 0x8b) return `The file is compressed. Unpack it: what is read is ${kinds}.`;
	return `The file is no table. What is read is ${kinds}.`;
}
