import { gzipSync, zstdCompressSync } from 'node:zlib';

type Value = boolean | number | bigint | string | null;

/** A column of a Parquet file: physical type, and what it means. */
export interface ParquetColumn {
	name: string;
	type: 'boolean' | 'int32' | 'int64' | 'double' | 'bytes';
	means?: 'text' | 'date' | 'moment';
	values: readonly Value[];
}

const types = { boolean: 0, int32: 1, int64: 2, double: 5, bytes: 6 };
const meanings = { text: 0, date: 6, moment: 10 };
const codecs = { none: 0, gzip: 2, zstd: 6 };

/** A Parquet file of one row group, each column one page of plain values that may be missing. `rows` is what it says of itself. */
export function parquetFile(
	columns: readonly ParquetColumn[],
	{ codec = 'none', rows = columns[0]?.values.length ?? 0 }: { codec?: keyof typeof codecs; rows?: number } = {}
): Buffer {
	const parts: Buffer[] = [Buffer.from('PAR1')];
	const chunks = columns.map((column) => {
		const offset = Buffer.concat(parts).length;
		const plain = pageOf(column);
		const data = codec === 'gzip' ? gzipSync(plain) : codec === 'zstd' ? zstdCompressSync(plain) : plain;
		const page = [i32(1, 0), i32(2, plain.length), i32(3, data.length), inner(5, pageFacts(column))];
		const whole = Buffer.concat([struct(page), data]);
		parts.push(whole);
		const meta = [i32(1, types[column.type]), list(2, 5, [varint(0)]), list(3, 8, [text(column.name)])];
		const sizes = [i32(4, codecs[codec]), i64(5, rows), i64(6, whole.length), i64(7, whole.length), i64(9, offset)];
		return struct([i64(2, offset), inner(3, [...meta, ...sizes])]);
	});
	const root = struct([field(4, 8, text('schema')), i32(5, columns.length)]);
	const schema = columns.map(({ name, type, means }) =>
		struct([i32(1, types[type]), i32(3, 1), field(4, 8, text(name)), ...(means ? [i32(6, meanings[means])] : [])])
	);
	const group = struct([list(1, 12, chunks), i64(2, 0), i64(3, rows)]);
	const footer = struct([i32(1, 1), list(2, 12, [root, ...schema]), i64(3, rows), list(4, 12, [group])]);
	const length = Buffer.alloc(4);
	length.writeUInt32LE(footer.length);
	return Buffer.concat([...parts, footer, length, Buffer.from('PAR1')]);
}

function pageFacts({ values }: ParquetColumn): Field[] {
	return [i32(1, values.length), i32(2, 0), i32(3, 3), i32(4, 3)];
}

/** Which values are there, one run for each, then those that are. */
function pageOf({ type, values }: ParquetColumn): Buffer {
	const levels = Buffer.concat(values.map((value) => Buffer.from([2, value === null ? 0 : 1])));
	const length = Buffer.alloc(4);
	length.writeUInt32LE(levels.length);
	const present = values.filter((value) => value !== null);
	if (type !== 'boolean') return Buffer.concat([length, levels, ...present.map((value) => plainOf(type, value))]);
	const bits = Buffer.alloc(Math.ceil(present.length / 8));
	for (const [at, value] of present.entries()) if (value) bits[at >> 3] = (bits[at >> 3] ?? 0) | (1 << (at & 7));
	return Buffer.concat([length, levels, bits]);
}

function plainOf(type: ParquetColumn['type'], value: Value): Buffer {
	const bytes = Buffer.alloc(8);
	if (type === 'int32') return (bytes.writeInt32LE(Number(value)), bytes.subarray(0, 4));
	if (type === 'int64') return (bytes.writeBigInt64LE(BigInt(value ?? 0)), bytes);
	if (type === 'double') return (bytes.writeDoubleLE(Number(value)), bytes);
	const words = Buffer.from(String(value));
	bytes.writeUInt32LE(words.length);
	return Buffer.concat([bytes.subarray(0, 4), words]);
}

// ---- Thrift's compact protocol, as much of it as a footer needs -----------------------------------------------------

interface Field {
	id: number;
	type: number;
	bytes: Buffer;
}

function field(id: number, type: number, bytes: Buffer): Field {
	return { id, type, bytes };
}

const i32 = (id: number, value: number) => field(id, 5, varint(value * 2));
const i64 = (id: number, value: number) => field(id, 6, varint(value * 2));
const inner = (id: number, fields: readonly Field[]) => field(id, 12, struct(fields));

function list(id: number, type: number, items: readonly Buffer[]): Field {
	const head = items.length < 15 ? Buffer.from([(items.length << 4) | type]) : Buffer.from([0xf0 | type, items.length]);
	return field(id, 9, Buffer.concat([head, ...items]));
}

function struct(fields: readonly Field[]): Buffer {
	let before = 0;
	const parts = fields.flatMap(({ id, type, bytes }) => {
		const head = Buffer.from([((id - before) << 4) | type]);
		before = id;
		return [head, bytes];
	});
	return Buffer.concat([...parts, Buffer.from([0])]);
}

function text(words: string): Buffer {
	const bytes = Buffer.from(words);
	return Buffer.concat([varint(bytes.length), bytes]);
}

/** Seven bits in a byte, the least first. */
function varint(value: number): Buffer {
	const bytes: number[] = [];
	let rest = BigInt(value);
	for (; rest > 127n; rest >>= 7n) bytes.push(Number(rest & 127n) | 128);
	return Buffer.from([...bytes, Number(rest)]);
}
