/** How a job fails that was stopped, by the reason of the stop. */
export const stopFault = {
	timeout: {
		code: 'timeout',
		message: 'Stopped at the time limit. What it had until then is kept; raise the limit or ask for less.',
		retryable: true
	},
	shutdown: {
		code: 'interrupted',
		message: 'The server was shut down while this ran. What it had until then is kept.',
		retryable: true
	},
	error: {
		code: 'internal',
		message: 'Events could not be stored. Check the disk of the data folder.',
		retryable: true
	}
} as const;

/** Failing again is certain: the page does not offer to repeat what cannot work. */
export const permanent: ReadonlySet<string> = new Set([
	'refused',
	'provider_auth',
	'provider_forbidden',
	'provider_model',
	'provider_moderation'
]);

/** An error with its causes, for the log only. */
export function describe(error: unknown): string {
	if (!(error instanceof Error)) return String(error);
	return error.cause === undefined ? (error.stack ?? error.message) : `${error.message} <- ${describe(error.cause)}`;
}
