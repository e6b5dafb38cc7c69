import type { QueryResult, Table } from '../../../operations/tables.ts';
import { load } from './load.ts';
import { query } from './query.ts';
import { WrongInput, type TableAnswer, type TableRequest } from './request.ts';

const LONGEST_MESSAGE = 1_000;

/** The process that reads tables: one request on the standard input, one answer on the standard output. */
async function main(): Promise<void> {
	const answer = await answerTo(JSON.parse(await input()) as TableRequest);
	process.stdout.write(JSON.stringify(answer), () => process.exit(0));
}

async function answerTo(request: TableRequest): Promise<TableAnswer> {
	try {
		return { ok: true, value: await valueFor(request) };
	} catch (error) {
		if (error instanceof WrongInput) return { ok: false, message: cut(error.message), code: error.code };
		return { ok: false, message: sentenceFor(error) };
	}
}

async function valueFor(request: TableRequest): Promise<readonly Table[] | QueryResult> {
	if (request.do === 'query') return query(request);
	if (request.do === 'load') return load(request);
	// Only who asks a database needs what speaks to one.
	if (request.dialect === 'MySQL') return (await import('./mysql.ts')).askMysql(request);
	return (await import('./postgres.ts')).askPostgres(request);
}

/** A database repeats the value that it could not convert, whole. */
function cut(message: string): string {
	return message.length > LONGEST_MESSAGE ? `${message.slice(0, LONGEST_MESSAGE)}…`.toWellFormed() : message;
}

/** What SQLite finds wrong with a file. */
function sentenceFor(error: unknown): string {
	const message = error instanceof Error ? error.message : String(error);
	const code = codeOf(error);
	if (code === 11 || /not a database|malformed|disk image|corrupt/.test(message))
		return 'The SQLite file is damaged, or encrypted.';
	if (/full/.test(message)) return 'As a table the file becomes larger than can be kept here.';
	if (/too big/.test(message)) return 'A value in the file is larger than 16 MB.';
	if (OF_THE_FILE.includes(code)) return `SQLite cannot read the file: ${cut(message)}.`;
	throw error;
}

/** Of SQLite's codes those that speak of what a file holds: an error in its SQL, a name or a value that cannot be. */
const OF_THE_FILE = [1, 18, 19, 20, 25, 26];

function codeOf(error: unknown): number {
	const { errcode = 0 } = error as { errcode?: number };
	return errcode & 0xff;
}

async function input(): Promise<string> {
	let text = '';
	for await (const chunk of process.stdin.setEncoding('utf8')) text += chunk as string;
	return text;
}

await main();
