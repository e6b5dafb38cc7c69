import { HeadwayError } from '../../jobs/error.ts';
import { isFull } from '../room.ts';

/** What a store could not do, in words for a person and with its reason for the log. An error that has words stays as it is. */
export function storeFault(error: unknown, done: 'stored' | 'read'): HeadwayError {
	if (error instanceof HeadwayError) return error;
	const why = isFull(error) ? "the server's disk is full" : 'the storage of the server failed';
	return new HeadwayError('unavailable', `The file could not be ${done}: ${why}. Try again later.`, { cause: error });
}
