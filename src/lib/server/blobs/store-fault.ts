import { HeadwayError } from '../../jobs/error.ts';

/** A disk, a quota or a limit that is reached; the database lies on the same disk. */
const full = new Set(['ENOSPC', 'EDQUOT', 'EFBIG', 'SQLITE_FULL']);

/** What a store could not do, in words for a person and with its reason for the log. An error that has words stays as it is. */
export function storeFault(error: unknown, done: 'stored' | 'read'): HeadwayError {
	if (error instanceof HeadwayError) return error;
	const why = full.has(codeOf(error)) ? "the server's disk is full" : 'the storage of the server failed';
	return new HeadwayError('unavailable', `The file could not be ${done}: ${why}. Try again later.`, { cause: error });
}

function codeOf(error: unknown): string {
	return error instanceof Error && 'code' in error ? String(error.code) : '';
}
