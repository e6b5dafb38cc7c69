import { WrongInput } from './request.ts';
import { encodingOf } from './text.ts';

/** What a file of tables is, by what stands at its beginning. */
export type FileKind = { readonly is: 'sqlite' } | { readonly is: 'parquet' } | TextKind<'json'> | TextKind<'csv'>;

/** One that is read as text: how it is written, and its beginning. */
interface TextKind<Is extends string> {
	readonly is: Is;
	readonly encoding: string;
	readonly head: string;
}

const KINDS = 'CSV, TSV, JSON Lines, Parquet or SQLite';

/** What a file is, by its first bytes and not by its name. Throws a `WrongInput` that says what to do with one that holds no table. */
export function kindOf(head: Buffer, name: string): FileKind {
	if (head.length === 0) throw new WrongInput('The file is empty.');
	if (head.toString('latin1', 0, 16) === 'SQLite format 3\0') return { is: 'sqlite' };
	if (head.toString('latin1', 0, 4) === 'PAR1') return { is: 'parquet' };
	const encoding = encodingOf(head);
	if (encoding === null) throw new WrongInput(notATable(head, name));
	const text = new TextDecoder(encoding).decode(head);
	if (text.trim() === '') throw new WrongInput('The file is empty.');
	if (/^\s*[{[]/.test(text) && (isJson(text) || /\.(?:jsonl?|ndjson)$/i.test(name)))
		return { is: 'json', encoding, head: text };
	if (/^\s*(?:<!doctype|<html|<\?xml)/i.test(text) || calledOtherwise(name))
		throw new WrongInput(notATable(head, name));
	return { is: 'csv', encoding, head: text };
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

/** What a name promises that no text keeps; null for any other. */
function calledOtherwise(name: string): string | null {
	if (/\.(?:sqlite3?|db3?)$/i.test(name)) return 'SQLite database';
	return /\.parquet$/i.test(name) ? 'Parquet file' : null;
}

function notATable(head: Buffer, name: string): string {
	if (head.toString('latin1', 0, 2) === 'PK')
		return `The file is a workbook or an archive. Save the table as one of ${KINDS}.`;
	if (head[0] === 0x1f && head[1] === 0x8b) return `The file is compressed. Unpack it: what is read is ${KINDS}.`;
	const promised = calledOtherwise(name);
	if (promised)
		return `The file is called like a ${promised}, but it is none. Bring one, or a table as text with its own ending.`;
	return `The file is no table. What is read is ${KINDS}.`;
}
