import type { Grid } from '../puzzles/grid.ts';

/** Why a program gave no grid: its text is no JavaScript, it threw, it took too long or too much memory, or what it gave is no grid. */
export type ProgramFault = 'syntax' | 'thrown' | 'timeout' | 'memory' | 'no_grid';

/** What came of a program on one grid. */
export interface ProgramRun {
	readonly output: Grid | null;
	/** Null exactly when there is an output. `line` counts from 1; null where it is not known. */
	readonly error: { readonly kind: ProgramFault; readonly message: string; readonly line: number | null } | null;
	/** What it wrote with `console.log`, at most 2,000 characters. */
	readonly log: string;
	/** Of the processor's time. */
	readonly ms: number;
}

/** Programs that a model wrote, in a process of their own: no file, no network, no timer; 1 s of the processor and 64 MB for each grid. */
export interface Programs {
	/**
	 * Runs `function solve(grid)` of the source on each grid by itself; one that fails does not stop the others. Fails with
	 * the signal's reason within moments of its abort, and with `unavailable` when no process could be started.
	 */
	run(source: string, grids: readonly Grid[], signal: AbortSignal): Promise<readonly ProgramRun[]>;
}
