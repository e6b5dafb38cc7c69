import { brotliDecompressSync, gunzipSync, zstdDecompressSync } from 'node:zlib';
import { WrongInput, type ColumnTypes, type LoadRequest } from './request.ts';
import { Staging, type Cell } from './staging.ts';

/** So many values are in memory at once. */
const CELLS_AT_ONCE = 200_000;
/** A page may say that it unpacks to anything. */
const LARGEST_PAGE = 64 * 1024 * 1024;

type Parquet = typeof import('hyparquet');

/** Reads a Parquet file. */
export async function loadParquet(request: LoadRequest, table: string): Promise<ColumnTypes[string]> {
	const parquet = (await import(request.packages.parquet)) as Parquet;
	try {
		return await load(parquet, request, table);
	} catch (error) {
		if (error instanceof WrongInput || !(error instanceof Error) || 'errcode' in error) throw error;
		throw new WrongInput(`The Parquet file cannot be read: ${error.message.slice(0, 200)}`);
	}
}

async function load(parquet: Parquet, request: LoadRequest, table: string): Promise<ColumnTypes[string]> {
	const file = await parquet.asyncBufferFromFile(request.source);
	const metadata = await parquet.parquetMetadataAsync(file);
	const fields = parquet.parquetSchema(metadata).children.map(({ element }) => element);
	const names = fields.map(({ name }) => name);
	if (names.length === 0) throw new WrongInput('The Parquet file has no columns.');
	const days = new Set(
		fields.filter((field) => field.logical_type?.type === 'DATE' || field.converted_type === 'DATE')
	);
	const staging = new Staging(request);
	staging.widen(names);
	const rows = Number(metadata.num_rows);
	const step = Math.max(1, Math.floor(CELLS_AT_ONCE / names.length));
	for (let rowStart = 0; rowStart < rows; rowStart += step) {
		const rowEnd = Math.min(rows, rowStart + step);
		const found = await parquet.parquetReadObjects({ file, metadata, rowStart, rowEnd, compressors });
		// What was not there to be read comes as undefined; a gap is null.
		if (found.some((row) => names.every((name) => row[name] === undefined)))
			throw new WrongInput('The Parquet file has fewer rows than it says.');
		for (const row of found) staging.add(fields.map((field) => cellOf(row[field.name], days.has(field))));
	}
	return staging.finish(table);
}

const compressors = {
	GZIP: (input: Uint8Array) => gunzipSync(input, { maxOutputLength: LARGEST_PAGE }),
	BROTLI: (input: Uint8Array) => brotliDecompressSync(input, { maxOutputLength: LARGEST_PAGE }),
	ZSTD: (input: Uint8Array) => zstdDecompressSync(input, { maxOutputLength: LARGEST_PAGE })
};

function cellOf(value: unknown, isDay: boolean): Cell {
	if (value === null || value === undefined) return null;
	if (value instanceof Date) return { text: isDay ? value.toISOString().slice(0, 10) : value.toISOString() };
	if (typeof value === 'string') return { text: value };
	if (value instanceof Uint8Array) return value;
	if (typeof value === 'object') return { text: JSON.stringify(value, (_, part: unknown) => plain(part)) };
	return typeof value === 'number' && !Number.isFinite(value) ? null : String(value);
}

function plain(part: unknown): unknown {
	return typeof part === 'bigint' ? Number(part) : part;
}
