import type { ChildProcess } from 'node:child_process';
import { createRequire } from 'node:module';
import { dirname } from 'node:path';
import { createInterface } from 'node:readline';
import { pathToFileURL } from 'node:url';
import { z } from 'zod';
import { HeadwayError } from '../../jobs/error.ts';
import type { ProgramRun } from '../../operations/programs.ts';
import { startLocked, type LockedTerms } from '../../processes/locked-process.ts';
import { grid, type Grid } from '../../puzzles/grid.ts';
import processCode from './program-process.mjs?raw';

/** What one program may have on one grid: times in ms. */
export interface ProgramLimits {
	/** Of the processor's time. */
	readonly ms: number;
	readonly bytes: number;
	readonly stackBytes: number;
	/** Characters of its log. */
	readonly log: number;
	/** All of its process, the engine included. */
	readonly processBytes: number;
}

/** How long a process may take to begin. */
const START_MS = 20_000;
/** The process ends a program, or itself, at the limit; where even that does not happen, it is ended this much later. */
const GRACE_MS = 1_000;
/** More than any answer, in characters. */
const LONGEST_LINE = 100_000;
/** More than what it says of a limit, in characters. */
const MOST_WORDS = 10_000;
/** V8's part of the engine's stack, in KB; Windows has a smaller one. */
const NATIVE_STACK = process.platform === 'win32' ? [] : ['--stack-size=3900'];
const FLAGS = ['--expose-gc', ...NATIVE_STACK];

const answer = z.union([
	z.strictObject({ ready: z.literal(true) }),
	z.strictObject({
		output: grid.nullable(),
		error: z
			.strictObject({
				kind: z.enum(['syntax', 'thrown', 'timeout', 'memory', 'no_grid']),
				message: z.string().max(2_000),
				line: z.int().nullable()
			})
			.nullable(),
		log: z.string().max(10_000),
		ms: z.number()
	})
]);

/** What a process came to before it was over. */
export interface ProcessEnd {
	readonly runs: ProgramRun[];
	/** Whether it came as far as to run programs, and was not ended by a fault of its own. */
	readonly works: boolean;
	/** How long before its end it was heard for the last time, in ms. */
	readonly silentMs: number;
	/** Its last words, on its standard error: which limit it came to. */
	readonly words: string;
}

/**
 * Runs a program on grids in a process without files, network and environment, until it ends or is ended. Fails with the
 * signal's reason when that aborts.
 */
export async function runProcess(
	source: string,
	grids: readonly Grid[],
	terms: { limits: ProgramLimits; signal: AbortSignal }
): Promise<ProcessEnd> {
	const { limits, signal } = terms;
	signal.throwIfAborted();
	const child = start(limits, grids.length);
	const end = () => void child.kill('SIGKILL');
	signal.addEventListener('abort', end, { once: true });
	try {
		const request = requestOf(source, grids, limits);
		const told = await talk(child, request, { silenceMs: wallMs(limits) + GRACE_MS, answers: grids.length });
		signal.throwIfAborted();
		return told;
	} finally {
		signal.removeEventListener('abort', end);
		end();
	}
}

/** What a program may take by the clock, where other work keeps the processor from it. */
export function wallMs({ ms }: ProgramLimits): number {
	return 10 * ms;
}

/** What the process is told on its standard input. */
export function requestOf(source: string, grids: readonly Grid[], limits: ProgramLimits): string {
	return JSON.stringify({ source, grids, limits: { ...limits, wallMs: wallMs(limits) }, modules: packages().urls });
}

function start(limits: ProgramLimits, grids: number): ChildProcess {
	return startLocked(['--input-type=module', '--eval', processCode], processTerms(limits, grids), {
		...{ cwd: dirname(process.execPath), stdio: ['pipe', 'pipe', 'pipe'] }
	});
}

/** What the process may reach and take: of all files it may read the engine's alone. */
export function processTerms(limits: ProgramLimits, grids: number): LockedTerms {
	const ms = START_MS + grids * (wallMs(limits) + GRACE_MS);
	return { reads: packages().folders, bytes: limits.processBytes, ms, flags: FLAGS };
}

function packages(): { folders: string[]; urls: { core: string; variant: string } } {
	const { resolve } = createRequire(import.meta.url);
	const [core, variant] = [resolve('quickjs-emscripten-core'), resolve('@jitl/quickjs-wasmfile-release-sync')];
	// What they need lies beside them.
	const folders = ['quickjs-emscripten-core', '@jitl'].map((name, at) => upTo(at === 0 ? core : variant, name));
	return { folders, urls: { core: pathToFileURL(core).href, variant: pathToFileURL(variant).href } };
}

/** The folder of this name that a file is in. */
function upTo(file: string, name: string): string {
	let folder = dirname(file);
	while (!folder.endsWith(name) && dirname(folder) !== folder) folder = dirname(folder);
	return folder;
}

/** Sends the request; resolves when the process is over, or was ended because it said nothing for too long, or more than its answers can be. */
export function talk(
	child: ChildProcess,
	request: string,
	{ silenceMs, answers }: { silenceMs: number; answers: number }
): Promise<ProcessEnd> {
	const { stdin, stdout, stderr } = child;
	if (!stdin || !stdout || !stderr) throw new Error('The process was started without pipes.');
	return new Promise((resolve, reject) => {
		const runs: ProgramRun[] = [];
		let begun = false;
		let heardAt = performance.now();
		let words = '';
		const end = () => void child.kill('SIGKILL');
		let timer = setTimeout(end, START_MS);
		// One that never ends its line would be kept here for as long as it writes.
		let room = (answers + 1) * LONGEST_LINE;
		stdout.on('data', ({ length }: Buffer) => {
			room -= length;
			if (room < 0) end();
		});
		createInterface({ input: stdout }).on('line', (line) => {
			const read = readLine(line);
			if (!read) return end();
			if ('ready' in read) begun = true;
			else runs.push(read);
			heardAt = performance.now();
			clearTimeout(timer);
			timer = setTimeout(end, silenceMs);
		});
		stderr.setEncoding('utf8').on('data', (text: string) => (words = (words + text).slice(0, MOST_WORDS)));
		child.on('error', (cause) => reject(tooBusy(cause)));
		child.on('close', (code) => {
			clearTimeout(timer);
			// One that is ended by a signal was so for what the program did.
			resolve({ runs, works: begun && !code, silentMs: performance.now() - heardAt, words });
		});
		// One that ended early hears nothing.
		stdin.on('error', () => undefined).end(request);
	});
}

function readLine(line: string): z.output<typeof answer> | null {
	try {
		return line.length <= LONGEST_LINE ? answer.parse(JSON.parse(line)) : null;
	} catch {
		return null;
	}
}

/** No process could be started. */
export function tooBusy(cause?: unknown): HeadwayError {
	return new HeadwayError('unavailable', 'The server is too busy to run programs. Try again.', { cause });
}
