import { brotliDecompressSync, gunzipSync, zstdDecompressSync } from 'node:zlib';
import type { FileMetaData } from 'hyparquet';
import { WrongInput, type ColumnTypes, type LoadRequest } from './request.ts';
import { Staging, type Cell } from './staging.ts';

/** So much is in memory at once: values, and bytes as the file tells them. What lies before it in its group is read past again. */
const CELLS_AT_ONCE = 1_000_000;
const BYTES_AT_ONCE = 64 * 1024 * 1024;
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
	for (const { rowStart, rowEnd } of partsOf(metadata, names.length)) {
		const found = await parquet.parquetReadObjects({ file, metadata, rowStart, rowEnd, compressors });
		// What was not there to be read comes as undefined; a gap is null.
		if (found.some((row) => names.every((name) => row[name] === undefined)))
			throw new WrongInput('The Parquet file has fewer rows than it says.');
		for (const row of found) staging.add(fields.map((field) => cellOf(row[field.name], days.has(field))));
	}
	return staging.finish(table);
}

/** Ranges of rows, none of them over two of the file's groups. */
function* partsOf(
	{ row_groups: groups }: FileMetaData,
	width: number
): Generator<{ rowStart: number; rowEnd: number }> {
	let begun = 0;
	for (const { num_rows, total_byte_size } of groups) {
		const [rows, bytes] = [Number(num_rows), Number(total_byte_size)];
		const step = Math.min(CELLS_AT_ONCE / width, BYTES_AT_ONCE / (bytes / Math.max(1, rows) || 1));
		for (let rowStart = begun; rowStart < begun + rows; rowStart += Math.max(1, Math.floor(step)))
			yield { rowStart, rowEnd: Math.min(begun + rows, rowStart + Math.max(1, Math.floor(step))) };
		begun += rows;
	}
}

const compressors = {
	GZIP: (input: Uint8Array) => gunzipSync(input, { maxOutputLength: LARGEST_PAGE }),
	BROTLI: (input: Uint8Array) => brotliDecompressSync(input, { maxOutputLength: LARGEST_PAGE }),
	ZSTD: (input: Uint8Array) => zstdDecompressSync(input, { maxOutputLength: LARGEST_PAGE })
};

function cellOf(value: unknown, isDay: boolean): Cell {
	if (value === null || value === undefined) return null;
	if (value instanceof Date) return momentOf(value, isDay);
	if (typeof value === 'string') return { text: value };
	if (value instanceof Uint8Array) return value;
	if (typeof value === 'object') return { text: JSON.stringify(value, (_, part: unknown) => plain(part)) };
	return typeof value === 'number' && !Number.isFinite(value) ? null : String(value);
}

/** Some programs write an infinite time: no calendar has that. */
function momentOf(value: Date, isDay: boolean): Cell {
	if (Number.isNaN(value.getTime())) return null;
	return { text: isDay ? value.toISOString().slice(0, 10) : value.toISOString() };
}

function plain(part: unknown): unknown {
	if (part instanceof Uint8Array) return `(${part.length} bytes)`;
	if (typeof part !== 'bigint') return part;
	const number = Number(part);
	return Number.isSafeInteger(number) ? number : part.toString();
}
