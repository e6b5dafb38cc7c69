import type { JobEvent } from '../jobs/event.ts';

/** The key in localStorage: who wants to see each event wants it in this browser. */
const CONSOLE_KEY = 'headway-verbose-console';

/** Whether this browser's console tells each event of a turn (CH-13). Off unless it was switched on. */
export function isVerbose(): boolean {
	try {
		return localStorage.getItem(CONSOLE_KEY) === 'on';
	} catch {
		return false;
	}
}

/** Keeps the choice, for all tabs of this browser. False where the browser lets nothing be kept. */
export function chooseVerbose(verbose: boolean): boolean {
	try {
		if (verbose) localStorage.setItem(CONSOLE_KEY, 'on');
		else localStorage.removeItem(CONSOLE_KEY);
		return true;
	} catch {
		return false;
	}
}

/** Writes an event to the console, with the ms since `startedAt` and how late it is here; nothing while the mode is off. */
export function tellConsole(event: JobEvent, startedAt: number, now: number): void {
	if (!isVerbose()) return;
	const { type, seq, at, data } = event;
	// eslint-disable-next-line no-console -- this is what was asked for
	console.debug(`[chat ${event.jobId}] +${at - startedAt} ms ${type}`, { seq, lateMs: Math.max(0, now - at), data });
}
