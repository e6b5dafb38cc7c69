import { spawn, type ChildProcess } from 'node:child_process';
import { constants, setPriority } from 'node:os';
import { HeadwayError } from '../../jobs/error.ts';
import type { QueryResult, Table } from '../../operations/tables.ts';
import type { LimitMark, TableAnswer, TableRequest } from './process/request.ts';
import type { Program } from './program.ts';

/** More than any answer: rows up to 8 MB and their columns. */
const LONGEST_ANSWER = 32 * 1024 ** 2;
const LONGEST_COMPLAINT = 10_000;
/** V8's own part of the memory. What SQLite takes comes on top, and is watched by the process itself. */
const HEAP_SHARE = 0.5;

/** What one process may have. */
export interface ProcessTerms {
	readonly program: Program;
	readonly signal: AbortSignal;
	readonly timeoutMs: number;
	readonly memoryMb: number;
	/** A file or folder that it may read, beside its own program. */
	readonly reads: readonly string[];
	/** The folder that it may write to; absent: none. */
	readonly writes?: string;
}

/**
 * Asks one process and ends it. It has no environment, no network and no file but those it is given. Fails with
 * `invalid_input` for a wrong file or query, or one that takes too much memory, `timeout` for one that takes too long, and
 * with the signal's reason when that aborts, within moments.
 */
export async function askProcess(request: TableRequest, terms: ProcessTerms): Promise<readonly Table[] | QueryResult> {
	const { signal, timeoutMs, memoryMb } = terms;
	signal.throwIfAborted();
	const child = start(terms);
	// A query is waited for by a person; reading a large file takes its time anyhow.
	if (request.do === 'load') yieldTo(child);
	const end = () => void child.kill('SIGKILL');
	let late = false;
	const timer = setTimeout(() => ((late = true), end()), timeoutMs);
	signal.addEventListener('abort', end, { once: true });
	try {
		const { output, complaint } = await talk(child, JSON.stringify(request));
		signal.throwIfAborted();
		if (late || complaint.includes('limit:time' satisfies LimitMark)) throw tookTooLong(request, timeoutMs);
		if (/limit:memory|heap out of memory/.test(complaint)) throw tookTooMuch(request, memoryMb);
		return valueIn(output, complaint);
	} finally {
		clearTimeout(timer);
		signal.removeEventListener('abort', end);
		end();
	}
}

function start({ program, timeoutMs, memoryMb, reads, writes }: ProcessTerms): ChildProcess {
	const readable = [program.folder, ...program.packages.folders, ...reads].map((path) => `--allow-fs-read=${path}`);
	const writable = writes === undefined ? [] : [`--allow-fs-read=${writes}`, `--allow-fs-write=${writes}`];
	// The watch over its limits is a thread.
	const flags = ['--permission', '--allow-worker', '--no-warnings', ...readable, ...writable];
	const heap = `--max-old-space-size=${Math.round(memoryMb * HEAP_SHARE)}`;
	// Its own watch comes a moment later: it ends the process when nobody is here to do it.
	const limits = [String(memoryMb), String(timeoutMs + 1_000)];
	return spawn(process.execPath, [...flags, heap, program.main, ...limits], {
		...{ cwd: program.folder, env: environment(), stdio: 'pipe', windowsHide: true }
	});
}

/** Streams that people read go first. */
function yieldTo({ pid }: ChildProcess): void {
	try {
		if (pid !== undefined) setPriority(pid, constants.priority.PRIORITY_BELOW_NORMAL);
	} catch {
		// It is over already, or the system does not let us: it runs as any other.
	}
}

/** Nothing of ours; Windows starts no program without its own. */
function environment(): NodeJS.ProcessEnv {
	const { SystemRoot } = process.env;
	return SystemRoot === undefined ? {} : { SystemRoot };
}

/** Sends the request; resolves when the process is over. */
function talk(child: ChildProcess, request: string): Promise<{ output: string; complaint: string }> {
	return new Promise((resolve, reject) => {
		const [output, complaint] = [[] as Buffer[], [] as Buffer[]];
		const collect = (chunks: Buffer[], most: number) => {
			let size = 0;
			return (chunk: Buffer) => {
				size += chunk.length;
				if (size <= most) chunks.push(chunk);
				else child.kill('SIGKILL');
			};
		};
		child.stdout?.on('data', collect(output, LONGEST_ANSWER));
		child.stderr?.on('data', collect(complaint, LONGEST_COMPLAINT));
		child.on('error', (cause) => {
			reject(new HeadwayError('unavailable', 'The server is too busy to read tables. Try again.', { cause }));
		});
		child.on('close', () =>
			resolve({ output: Buffer.concat(output).toString(), complaint: Buffer.concat(complaint).toString() })
		);
		// One that ended early hears nothing.
		child.stdin?.on('error', () => undefined).end(request);
	});
}

function valueIn(output: string, complaint: string): readonly Table[] | QueryResult {
	const answer = parsed(output);
	if (answer?.ok) return answer.value;
	if (answer) throw new HeadwayError('invalid_input', answer.message);
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
	const message =
		request.do === 'query'
			? `The query was stopped after ${seconds}. Narrow it, or count and group instead of reading everything.`
			: `The file was not read within ${seconds}. Bring a smaller part of it.`;
	return new HeadwayError('timeout', message);
}

function tookTooMuch(request: TableRequest, megabytes: number): HeadwayError {
	const message =
		request.do === 'query'
			? `The query needed more than ${megabytes} MB of memory. Narrow it, or sort and join less.`
			: `The file needed more than ${megabytes} MB of memory. Bring a smaller part of it.`;
	return new HeadwayError('invalid_input', message);
}
