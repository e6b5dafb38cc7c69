import type { ErrorCode, HeadwayError } from '../../jobs/error.ts';
import { backoff } from './backoff.ts';
import { ProviderError } from './errors.ts';

const maxCreates = 5;
/** What a provider breaks on by itself mostly breaks again. */
const maxAfterErrors = 4;

const lostCodes: readonly ErrorCode[] = ['unknown_outcome', 'provider_connection', 'provider_idle'];

const fatalCodes: readonly ErrorCode[] = [
	'provider_auth',
	'provider_forbidden',
	'provider_quota',
	'provider_bad_request',
	'provider_model',
	'provider_gone'
];

/** The answer to a create was lost: it may be running. */
export function isLost(error: HeadwayError): boolean {
	return lostCodes.includes(error.code);
}

/** Asking again would bring the same answer. */
export function isFatal(error: HeadwayError): boolean {
	return fatalCodes.includes(error.code);
}

/** The provider reported it inside a stream: the response itself tells how it really stands. */
export function inStream(error: HeadwayError): boolean {
	return error instanceof ProviderError && error.inStream;
}

/** The stream told that the request was turned away; nothing had been said before. */
export function turnedAway(error: HeadwayError | null): boolean {
	return error instanceof ProviderError && error.inStream && error.retry !== null;
}

/** The server has no background mode, or has it switched off. */
export function refusesBackground(error: HeadwayError): boolean {
	const field = error instanceof ProviderError ? error.param : null;
	return error.code === 'provider_bad_request' && (field === 'background' || field === 'store');
}

/** The model makes pictures only in one piece. */
export function refusesStreaming(error: HeadwayError): boolean {
	const field = error instanceof ProviderError && error.code === 'provider_bad_request' ? error.param : null;
	return field !== null && /^(stream(ing)?|partial_images)$/i.test(field);
}

// A pause says itself when it has been too long.
const mostTries: Partial<Record<ErrorCode, number>> = { provider_error: maxAfterErrors, provider_paused: Infinity };

/** Milliseconds until a refused create may be sent again; null when it may not, or was refused five times, four with an error of the provider's own. */
export function waitBeforeCreate(error: HeadwayError, tries: number, random: () => number): number | null {
	const retry = error instanceof ProviderError ? error.retry : null;
	const most = mostTries[error.code] ?? maxCreates;
	if (!(error instanceof ProviderError) || !retry || tries >= most) return null;
	if (retry.after !== null) return retry.after * 1_000;
	// A server that refuses connections is mostly just starting.
	return backoff(tries, random, error.sent === 'no' ? 250 : 1_000);
}
