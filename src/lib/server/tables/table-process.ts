import type { ChildProcess } from 'node:child_process';
import { constants, setPriority } from 'node:os';
import type { Readable } from 'node:stream';
import { HeadwayError } from '../../jobs/error.ts';
import type { QueryResult, Table } from '../../operations/tables.ts';
import { startLocked, type LimitMark } from '../../processes/locked-process.ts';
import type { TableAnswer, TableRequest } from './process/request.ts';
import type { Program } from './program.ts';

/** More than any answer: rows up to 8 MB and their columns. */
const LONGEST_ANSWER = 32 * 1024 ** 2;
const LONGEST_COMPLAINT = 10_000;
/** V8's own part of the memory. What SQLite takes comes on top, and is watched by the process itself. */
const HEAP_SHARE = 0.5;

/** A cancel ends a statement at its database within two seconds, or leaves it to the time that it may take there. */
const LEAVING_MS = 1_500;

const TAKEN = 'The process that read the table was ended by the system, which may be short of memory. Try again.';

/** What one process may have. */
export interface ProcessTerms {
	readonly program: Program;
	readonly signal: AbortSignal;
	readonly timeoutMs: number;
	readonly memoryMb: number;
	/** What it may write, files that it sorts with included. */
	readonly writtenMb: number;
	/** A file or folder that it may read, beside its own program. */
	readonly reads: readonly string[];
	/** The folder that it may write to; absent: none. */
	readonly writes?: string;
	/** It speaks to a database. */
	readonly network?: true;
}

/**
 * Asks one process and ends it. It has no environment, no network but for a database's, and no file but those it is given. Fails with
 * `invalid_input` for a wrong file or query, or one that takes too much memory, `timeout` for one that takes too long, and
 * with the signal's reason when that aborts, within moments.
 */
export async function askProcess(request: TableRequest, terms: ProcessTerms): Promise<readonly Table[] | QueryResult> {
	const { signal, timeoutMs, memoryMb, writtenMb } = terms;
	signal.throwIfAborted();
	const child = start(terms);
	// A query is waited for by a person; reading a large file takes its time anyhow.
	if (request.do === 'load') yieldTo(child);
	const end = () => stop(child, terms);
	let late = false;
	const timer = setTimeout(() => ((late = true), end()), timeoutMs);
	signal.addEventListener('abort', end, { once: true });
	try {
		const { output, complaint, isFlood, isTaken } = await talk(child, JSON.stringify(request));
		signal.throwIfAborted();
		if (late || complaint.includes('limit:time' satisfies LimitMark)) throw tookTooLong(request, timeoutMs);
		if (/limit:memory|heap out of memory/.test(complaint)) throw tookTooMuch(request, `${memoryMb} MB of memory`);
		if (complaint.includes('limit:disk' satisfies LimitMark)) throw tookTooMuch(request, `${writtenMb} MB on the disk`);
		if (isFlood) throw tookTooMuch(request, `${LONGEST_ANSWER / 1024 ** 2} MB for its answer`);
		if (isTaken) throw new HeadwayError('unavailable', TAKEN, { cause: complaint });
		return valueIn(output, complaint);
	} finally {
		clearTimeout(timer);
		signal.removeEventListener('abort', end);
		end();
	}
}

function start({ program, timeoutMs, memoryMb, writtenMb, reads, writes, network }: ProcessTerms): ChildProcess {
	const terms = {
		reads: [program.folder, ...program.packages.folders, ...reads],
		...(writes === undefined ? {} : { writes: [writes] }),
		...(network && { network }),
		...{ bytes: memoryMb * 1024 ** 2, written: writtenMb * 1024 ** 2 },
		// Its own watch comes a moment later: it ends the process when nobody is here to do it.
		ms: timeoutMs + 1_000,
		flags: [`--max-old-space-size=${Math.round(memoryMb * HEAP_SHARE)}`]
	};
	return startLocked([program.main], terms, { cwd: program.folder, stdio: 'pipe' });
}

/** One that has asked a database tells it that nobody waits any more: it has a moment for that. */
function stop(child: ChildProcess, { network }: ProcessTerms): void {
	child.kill(network ? 'SIGTERM' : 'SIGKILL');
	if (network) setTimeout(() => child.kill('SIGKILL'), LEAVING_MS).unref();
}

/** Streams that people read go first. */
function yieldTo({ pid }: ChildProcess): void {
	try {
		if (pid !== undefined) setPriority(pid, constants.priority.PRIORITY_BELOW_NORMAL);
	} catch {
		// It is over already, or the system does not let us: it runs as any other.
	}
}

/** What a process said before it was over. */
interface Told {
	readonly output: string;
	readonly complaint: string;
	/** Its answer was longer than any. */
	readonly isFlood: boolean;
	/** It was ended by somebody else, as the system does when memory runs short. */
	readonly isTaken: boolean;
}

/** Sends the request; resolves when the process is over. */
function talk(child: ChildProcess, request: string): Promise<Told> {
	return new Promise((resolve, reject) => {
		const output = collected(child, child.stdout, LONGEST_ANSWER);
		const complaint = collected(child, child.stderr, LONGEST_COMPLAINT);
		child.on('error', (cause) => {
			reject(new HeadwayError('unavailable', 'The server is too busy to read tables. Try again.', { cause }));
		});
		child.on('close', (_, ended) => {
			const isTaken = ended === 'SIGKILL' && !child.killed;
			resolve({ output: output.text(), complaint: complaint.text(), isFlood: output.isFull(), isTaken });
		});
		// One that ended early hears nothing.
		child.stdin?.on('error', () => undefined).end(request);
	});
}

/** What a stream of a process brings; one that brings more than so many bytes is ended. */
function collected(child: ChildProcess, stream: Readable | null, most: number) {
	const chunks: Buffer[] = [];
	let size = 0;
	stream?.on('data', (chunk: Buffer) => {
		size += chunk.length;
		if (size <= most) chunks.push(chunk);
		else child.kill('SIGKILL');
	});
	return { text: () => Buffer.concat(chunks).toString(), isFull: () => size > most };
}

function valueIn(output: string, complaint: string): readonly Table[] | QueryResult {
	const answer = parsed(output);
	if (answer?.ok) return answer.value;
	if (answer) throw new HeadwayError(answer.code ?? 'invalid_input', answer.message);
	throw new HeadwayError('internal', 'The table could not be read.', { cause: complaint });
}

/** Null when the process broke off. */
function parsed(output: string): TableAnswer | null {
	try {
		return JSON.parse(output) as TableAnswer;
	} catch {
		return null;
	}
}

function tookTooLong(request: TableRequest, ms: number): HeadwayError {
	const seconds = `${Number((ms / 1_000).toFixed(1))} s`;
	const messages = {
		load: `The file was not read within ${seconds}. Bring a smaller part of it.`,
		query: `The query was stopped after ${seconds}. Narrow it, or count and group instead of reading everything.`,
		describe: `The database did not tell its tables within ${seconds}. Try again, or ask who runs this server.`
	};
	return new HeadwayError('timeout', messages[kindOf(request)]);
}

function tookTooMuch(request: TableRequest, what: string): HeadwayError {
	const messages = {
		load: `The file needed more than ${what}. Bring a smaller part of it.`,
		query: `The query needed more than ${what}. Narrow it, or sort and join less.`,
		describe: `The tables of the database needed more than ${what} to be told. Ask who runs this server.`
	};
	return new HeadwayError('invalid_input', messages[kindOf(request)]);
}

/** What was asked, as the sentences tell it apart. */
function kindOf(request: TableRequest): 'load' | 'query' | 'describe' {
	if (request.do === 'load') return 'load';
	return request.do === 'describe database' ? 'describe' : 'query';
}
