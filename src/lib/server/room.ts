import { HeadwayError } from '../jobs/error.ts';
import type { RunLog } from '../operations/operation.ts';
import { pause, type Clock } from './clock.ts';

/** How often a write that found the disk full is tried again. */
const LOOK_MS = 1_000;

/** A disk, a quota or a limit that is reached; the database lies on the same disk. */
const full = new Set(['ENOSPC', 'EDQUOT', 'EFBIG', 'SQLITE_FULL']);
/** A disk that failed, or that takes nothing any more. */
const broken = /^(EIO|EROFS|SQLITE_(IOERR|READONLY|CORRUPT|CANTOPEN))/;

/** Whether an error, or what caused it, is a disk without room. It passes when there is room again. */
export function isFull(error: unknown): boolean {
	return codes(error).some((code) => full.has(code));
}

/** An error of the disk in words for a person; null for any other. */
export function diskFault(error: unknown): HeadwayError | null {
	if (error instanceof HeadwayError) return null;
	if (isFull(error))
		return new HeadwayError(
			'unavailable',
			"The server's disk is full: this could not be stored. Make room, then try again.",
			{
				retryAfter: 60,
				cause: error
			}
		);
	if (!codes(error).some((code) => broken.test(code))) return null;
	return new HeadwayError('unavailable', "The server's disk failed: this could not be stored. Check the data folder.", {
		cause: error
	});
}

/** What a wait for room needs; `waits` is told of each write that found none. */
interface Waiting {
	clock: Clock;
	log?: Pick<RunLog, 'warn'> | undefined;
	waits?(): void;
}

/** Does `write` once there is room for it: found full, it is tried again each second. Any other failure is the caller's. */
export async function whenRoom<T>(write: () => Promise<T>, { clock, log, waits }: Waiting): Promise<T> {
	for (let waited = false; ; waited = true) {
		try {
			return await write();
		} catch (error) {
			if (!isFull(error)) throw error;
			if (!waited) log?.warn({ error: String(error) }, 'the disk is full: waiting for room');
			waits?.();
			await pause(clock, LOOK_MS);
		}
	}
}

/** The codes of an error and of its causes: drizzle wraps SQLite's. */
function codes(error: unknown): string[] {
	if (!(error instanceof Error)) return [];
	const { code } = error as { code?: unknown };
	return [...(typeof code === 'string' ? [code] : []), ...codes(error.cause)];
}
