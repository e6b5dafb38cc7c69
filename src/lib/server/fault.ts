import { inspect } from 'node:util';
import { HeadwayError, type ErrorCode } from '../jobs/error.ts';
import { diskFault } from './room.ts';

/** How a job fails. */
export interface StopFault {
	code: ErrorCode;
	message: string;
	retryable: boolean;
}

/** The same by the reason of the stop. */
const stopFault = {
	timeout: {
		code: 'timeout',
		message: 'Stopped at the time limit. What it had until then is kept; raise the limit or ask for less.',
		retryable: true
	},
	budget: {
		code: 'budget_reached',
		message: 'Stopped because the budget was spent. What it had until then is kept.',
		retryable: false
	},
	shutdown: {
		code: 'interrupted',
		message: 'The server was shut down while this ran. What it had until then is kept.',
		retryable: true
	},
	error: {
		code: 'unavailable',
		message:
			'What this did could not be stored any more: the disk of the server is full or failed. Make room, then try again.',
		retryable: true
	}
} as const satisfies Record<string, StopFault>;

/** The server went while a create was on its way (BY-02). */
const lostAtShutdown: StopFault = {
	code: 'unknown_outcome',
	message:
		'The server was shut down while this was being started at the provider. It may be running there and may be billed.',
	retryable: true
};

/** The provider answered with an id that belongs to another job. */
const secondUse: StopFault = {
	code: 'provider_error',
	message: "The provider answered with another job's response. Is there a cache in between? Try again.",
	retryable: true
};

/** The operation's result does not fit its own schema. */
export const invalidResult: StopFault = {
	code: 'invalid_result',
	message: 'The operation ended with a result that is not valid. Please try again.',
	retryable: true
};

/** How a stopped job fails: by the reason, and by what was going on. */
export function faultOfStop(
	reason: keyof typeof stopFault,
	facts: { creating: boolean; unwritten: unknown }
): StopFault {
	if (reason === 'shutdown' && facts.creating) return lostAtShutdown;
	return reason === 'error' ? faultOfWrite(facts.unwritten) : stopFault[reason];
}

/** How a job fails by an error that its run threw: its words are for the log, unless they are our own. */
export function faultOf(error: unknown): StopFault {
	const known = error instanceof HeadwayError ? error : diskFault(error);
	if (!known)
		return { code: 'internal', message: 'Something went wrong inside Headway. The log says more.', retryable: true };
	return { code: known.code, message: known.message, retryable: !permanent.has(known.code) };
}

/** By why its events could not be stored: the disk, unless it was the events themselves. */
function faultOfWrite(error: unknown): StopFault {
	if (error instanceof Error && /jobs\.response_id/.test(describe(error))) return secondUse;
	return error === null || error instanceof HeadwayError || diskFault(error) ? stopFault.error : faultOf(error);
}

/** Failing again is certain: the page does not offer to repeat what cannot work. */
export const permanent: ReadonlySet<string> = new Set([
	'invalid_input',
	'budget_reached',
	'refused',
	'provider_auth',
	'provider_forbidden',
	'provider_model',
	'provider_moderation'
]);

/** A run that ended itself because what it may cost was spent. */
export function isOverBudget(error: unknown): boolean {
	return error instanceof HeadwayError && error.code === 'budget_reached';
}

/** An error with its causes, for the log only. */
export function describe(error: unknown): string {
	if (!(error instanceof Error)) return inspect(error);
	return error.cause === undefined ? (error.stack ?? error.message) : `${error.message} <- ${describe(error.cause)}`;
}
