import { spawn, type ChildProcess, type SpawnOptions } from 'node:child_process';

/** What a process may reach, and what it may take. */
export interface LockedTerms {
	/** Files and folders that it may read, with all that is below them. */
	readonly reads: readonly string[];
	/** Folders that it may read and write. */
	readonly writes?: readonly string[];
	/** It may open connections. */
	readonly network?: boolean;
	/** All that it may hold: what lies outside of V8's heap too, which alone has a bound of its own. */
	readonly bytes: number;
	/** Bytes that it may write; absent: as many as its folders take. */
	readonly written?: number;
	/** How long it may live, in milliseconds. */
	readonly ms: number;
	/** More that Node is told, such as the bound of its heap. */
	readonly flags?: readonly string[];
}

/** What a process says on its standard error before it ends itself for having taken too much. */
export type LimitMark = 'limit:memory' | 'limit:disk' | 'limit:time';

/**
 * Starts Node with `run` (its main file, or `--eval` and the code) as a process that can reach nothing but what its terms
 * name: no other file, no network, no program, no add-on, and nothing of our environment. It is ended by `kill`, and ends
 * by itself once it takes more than it may or the process that started it is gone, whatever its main thread is inside of. In
 * the latter case it hears SIGTERM first.
 */
export function startLocked(
	run: readonly string[],
	terms: LockedTerms,
	options: Pick<SpawnOptions, 'cwd' | 'stdio' | 'serialization'>
): ChildProcess {
	return spawn(process.execPath, [...lockedArguments(terms), ...run], {
		...options,
		env: environment(),
		windowsHide: true
	});
}

/** What Node is told before the code that it runs. */
function lockedArguments({ reads, writes = [], network, flags = [], ...limits }: LockedTerms): string[] {
	const readable = [...reads, ...writes].map((path) => `--allow-fs-read=${path}`);
	const writable = writes.map((path) => `--allow-fs-write=${path}`);
	const { bytes, ms, written = Number.MAX_SAFE_INTEGER } = limits;
	// It cannot ask who its parent is: that may be gone before it begins.
	const guard = guardCode.replace('LIMITS', JSON.stringify({ bytes, ms, written, parent: process.pid }));
	return [
		...['--permission', '--allow-worker', '--no-warnings', ...(network ? ['--allow-net'] : [])],
		...[...readable, ...writable, ...flags, `--import=data:text/javascript,${encodeURIComponent(guard)}`]
	];
}

// It runs before anything else there, in a thread of its own: the main one may be inside SQLite or a parser for as long as
// that likes, and hear of nothing. The thread is started without the arguments of its process, or it would begin with this
// code too.
const guardCode = `
import { Worker } from 'node:worker_threads';
const code = ${JSON.stringify(`
const { bytes, written, ms, parent } = require('node:worker_threads').workerData;
const { writeSync } = require('node:fs');
const begun = performance.now();
const end = (mark) => {
	try {
		writeSync(2, mark);
	} finally {
		process.kill(process.pid, 'SIGKILL');
	}
};
let left = null;
// Who has asked a database tells it first that nobody waits any more.
const leave = () => {
	left ??= (process.kill(process.pid, 'SIGTERM'), performance.now());
	if (performance.now() - left > 1_500) end('');
};
setInterval(() => {
	if (process.memoryUsage.rss() > bytes) end('limit:memory');
	else if (process.resourceUsage().fsWrite * 512 > written) end('limit:disk');
	else if (performance.now() - begun > ms) end('limit:time');
	else if (process.ppid !== parent) leave();
}, 25);
`)};
new Worker(code, { eval: true, execArgv: [], workerData: LIMITS }).unref();
`;

/** Nothing of ours; Windows starts no program without its own. */
function environment(): NodeJS.ProcessEnv {
	const { SystemRoot } = process.env;
	return SystemRoot === undefined ? {} : { SystemRoot };
}
