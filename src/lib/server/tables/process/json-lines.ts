import { readFile, stat } from 'node:fs/promises';
import { WrongInput, type ColumnTypes, type LoadRequest } from './request.ts';
import { Staging, type Cell } from './staging.ts';
import { linesOf } from './text.ts';

/** A list in one piece is read in one piece. */
const LARGEST_LIST = 20 * 1024 * 1024;

type Row = Readonly<Record<string, unknown>>;

/** Reads JSON Lines, an object in each line, or one list of objects. */
export async function loadJson(
	request: LoadRequest,
	table: string,
	text: { encoding: string; head: string }
): Promise<ColumnTypes[string]> {
	const staging = new Staging(request);
	const places = new Map<string, number>();
	let count = 0;
	for await (const row of rowsOf(request.source, text)) {
		count += 1;
		const fresh = Object.keys(row).filter((name) => !places.has(name));
		for (const name of fresh) places.set(name, places.size);
		if (fresh.length > 0) staging.widen(fresh);
		const cells = new Array<Cell>(places.size).fill(null);
		for (const [name, value] of Object.entries(row)) cells[places.get(name) ?? 0] = cellOf(value, count);
		if (cells.length > 0) staging.add(cells);
	}
	if (staging.width === 0) throw new WrongInput('The file has no rows.');
	return staging.finish(table);
}

async function* rowsOf(path: string, { encoding, head }: { encoding: string; head: string }): AsyncGenerator<Row> {
	if (/^\s*\[/.test(head)) return yield* listIn(path, encoding);
	for await (const { line, number } of linesOf(path, encoding)) {
		if (line.trim() === '') continue;
		const value = parsed(line);
		if (value === undefined) throw new WrongInput(`Line ${number} is not valid JSON. Each line must be one object.`);
		if (!isRow(value)) throw new WrongInput(`Line ${number} is not a JSON object, such as {"name": "value"}.`);
		yield value;
	}
}

async function* listIn(path: string, encoding: string): AsyncGenerator<Row> {
	if ((await stat(path)).size > LARGEST_LIST)
		throw new WrongInput('A JSON list of this size cannot be read. Save it as JSON Lines: one object in each line.');
	const list = parsed(new TextDecoder(encoding).decode(await readFile(path)));
	if (!Array.isArray(list)) throw new WrongInput('The file is not valid JSON. Each line must be one object.');
	for (const [place, row] of list.entries()) {
		if (!isRow(row)) throw new WrongInput(`Entry ${place + 1} of the list is not a JSON object.`);
		yield row;
	}
}

/** Undefined for what is no JSON. */
function parsed(text: string): unknown {
	try {
		// Few files have such numbers, and reading them so takes its time.
		return (/\d{16}/.test(text) ? JSON.parse(text, exactly) : JSON.parse(text)) as unknown;
	} catch {
		return undefined;
	}
}

/** A whole number of any length: ids are longer than what a number can hold. */
function exactly(_: string, value: unknown, as?: { source?: string }): unknown {
	const { source = '' } = as ?? {};
	return typeof value === 'number' && /^-?\d{16,}$/.test(source) ? BigInt(source) : value;
}

function isRow(value: unknown): value is Row {
	return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function cellOf(value: unknown, row: number): Cell {
	if (value === null || value === undefined) return null;
	if (typeof value === 'string') return { text: value };
	return typeof value === 'object' ? { text: nested(value, row) } : String(value);
}

/** What TypeScript does not know yet. */
const { rawJSON: rawJson } = JSON as unknown as { rawJSON(text: string): unknown };

/** With the digits of its ids, which the plain way refuses: that way goes deeper. */
function written(value: object): string {
	try {
		return JSON.stringify(value);
	} catch (error) {
		if (!(error instanceof TypeError)) throw error;
		return JSON.stringify(value, (_, part: unknown) => (typeof part === 'bigint' ? rawJson(String(part)) : part));
	}
}

/** It is read to any depth, but cannot be written so. */
function nested(value: object, row: number): string {
	try {
		return written(value);
	} catch (error) {
		if (!(error instanceof RangeError)) throw error;
		throw new WrongInput(`Row ${row} holds lists or objects in one another too deeply to be kept.`);
	}
}
