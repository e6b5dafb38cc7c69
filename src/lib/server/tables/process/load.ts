import { renameSync, rmSync } from 'node:fs';
import type { Table } from '../../../operations/tables.ts';
import { loadCsv } from './csv.ts';
import { openForReading } from './database.ts';
import { describe } from './describe.ts';
import { kindOf } from './file-kind.ts';
import { loadJson } from './json-lines.ts';
import { tableName } from './names.ts';
import { loadParquet } from './parquet.ts';
import { WrongInput, type ColumnTypes, type LoadRequest } from './request.ts';
import { headOf } from './text.ts';

/** Makes the database of a file, by what the file is, and tells its tables. */
export async function load(request: LoadRequest): Promise<Table[]> {
	const types = await loaded(request);
	rmSync(request.source, { force: true });
	const database = openForReading(request.database);
	const tables = describe(database, types);
	database.close();
	if (tables.length === 0) throw new WrongInput('The database has no tables that can be read here.');
	return tables;
}

async function loaded(request: LoadRequest): Promise<ColumnTypes> {
	const kind = kindOf(await headOf(request.source), request.name);
	if (kind.is === 'sqlite') {
		renameSync(request.source, request.database);
		return {};
	}
	const table = tableName(request.name);
	if (kind.is === 'parquet') return { [table]: await loadParquet(request, table) };
	if (kind.is === 'json') return { [table]: await loadJson(request, table, kind) };
	return { [table]: await loadCsv(request, table, kind) };
}
