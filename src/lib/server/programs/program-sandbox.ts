import { HeadwayError } from '../../jobs/error.ts';
import type { ProgramRun, Programs } from '../../operations/programs.ts';
import type { Grid } from '../../puzzles/grid.ts';
import { Turns } from '../tables/turns.ts';
import { runProcess, tooBusy, wallMs, type ProcessEnd, type ProgramLimits } from './program-process.ts';

const MB = 1024 ** 2;

/** What a program may have on a grid. */
export const usual: ProgramLimits = {
	...{ ms: 1_000, bytes: 64 * MB, log: 2_000, processBytes: 512 * MB },
	// Some 3,000 calls deep: more than a recursion over all cells of a grid.
	stackBytes: 0.75 * MB
};

/** Processes that may run at once: each takes a processor. */
const AT_ONCE = 2;
/** More than any program of a model, in characters. */
const LONGEST = 100_000;

/** Runs programs that a model wrote, in processes of their own. */
export class ProgramSandbox implements Programs {
	readonly #limits: ProgramLimits;
	readonly #closed = new AbortController();
	readonly #turns = new Turns(AT_ONCE);
	readonly #running = new Set<Promise<unknown>>();

	/** `limits` are for tests. */
	constructor(limits: Partial<ProgramLimits> = {}) {
		this.#limits = { ...usual, ...limits };
	}

	async run(source: string, grids: readonly Grid[], signal: AbortSignal): Promise<readonly ProgramRun[]> {
		if (source.length > LONGEST) return grids.map(() => tooLong);
		const either = AbortSignal.any([signal, this.#closed.signal]);
		const running = this.#turns.take(either, () => this.#all(source, grids, either));
		this.#running.add(running);
		return running.finally(() => this.#running.delete(running));
	}

	/** Ends its processes; resolves when they are over. */
	async close(): Promise<void> {
		this.#closed.abort(new HeadwayError('unavailable', 'The server is stopping. Try again.'));
		await Promise.allSettled(this.#running);
	}

	/** A process that had to be ended takes one grid with it; the rest go to another. */
	async #all(source: string, grids: readonly Grid[], signal: AbortSignal): Promise<ProgramRun[]> {
		const runs: ProgramRun[] = [];
		while (runs.length < grids.length) {
			const told = await runProcess(source, grids.slice(runs.length), { limits: this.#limits, signal });
			if (!told.works) throw tooBusy();
			runs.push(...told.runs.slice(0, grids.length - runs.length));
			if (runs.length < grids.length) runs.push(this.#ended(told));
		}
		return runs;
	}

	/** What the process did not come to say itself. */
	#ended({ silentMs, words }: ProcessEnd): ProgramRun {
		const { ms, bytes } = this.#limits;
		const wall = wallMs(this.#limits);
		const spent = /spent:(\d+);/.exec(words)?.[1] ?? null;
		const error = (kind: 'memory' | 'timeout', message: string) => ({ kind, message, line: null });
		const full = error('memory', `It needed more than ${bytes / MB} MB.`);
		const late = error('timeout', `It ran for more than ${ms / 1_000} s.`);
		const slow = error('timeout', `It was not done after ${wall / 1_000} s: the server is busy.`);
		// The guard of the process says the first, the engine the second.
		const isFull = /limit:memory|out of memory/.test(words) || (spent === null && silentMs < wall);
		return {
			output: null,
			error: isFull ? full : Number(spent) >= ms ? late : slow,
			log: '',
			ms: Number(spent ?? silentMs)
		};
	}
}

const tooLong: ProgramRun = {
	output: null,
	error: {
		kind: 'syntax',
		message: `The program is longer than ${LONGEST.toLocaleString('en')} characters.`,
		line: null
	},
	...{ log: '', ms: 0 }
};
