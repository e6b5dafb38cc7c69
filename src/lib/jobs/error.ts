import { z } from 'zod';

/** Every way a request or a job can fail. Codes are stable: other programs read them. */
export const errorCode = z.enum([
	// requests
	'bad_request',
	'invalid_input',
	'unknown_operation',
	'not_found',
	'method_not_allowed',
	'not_acceptable',
	'unsupported_media_type',
	'too_large',
	'conflict',
	'idempotency_conflict',
	'future_cursor',
	'not_supported',
	'forbidden_origin',
	'limit_reached',
	'unavailable',
	// jobs
	'interrupted',
	'timeout',
	'budget_reached',
	'unknown_outcome',
	'invalid_result',
	'refused',
	'incomplete',
	// providers (providers.md section 6)
	'provider_auth',
	'provider_forbidden',
	'provider_model',
	'provider_quota',
	'provider_rate_limit',
	'provider_overloaded',
	'provider_error',
	'provider_unreachable',
	'provider_connection',
	'provider_idle',
	/** Its circuit breaker is open: nothing was sent (TS-14). */
	'provider_paused',
	'provider_bad_request',
	'provider_moderation',
	'provider_gone',
	'internal'
]);
export type ErrorCode = z.infer<typeof errorCode>;

export interface ErrorDetails {
	/** Path and message of each field that was wrong. */
	fields?: { path: string; message: string }[];
	/** Seconds to wait before trying again. */
	retryAfter?: number;
	/** The raw reason, for the log only; it never leaves the server. */
	cause?: unknown;
}

/** The one error class of the domain: a stable code and a sentence a person can act on. The doors map it to HTTP and tRPC. */
export class HeadwayError extends Error {
	readonly code: ErrorCode;
	readonly fields: { path: string; message: string }[] | undefined;
	readonly retryAfter: number | undefined;

	constructor(code: ErrorCode, message: string, details: ErrorDetails = {}) {
		super(message, { cause: details.cause });
		this.name = 'HeadwayError';
		this.code = code;
		this.fields = details.fields;
		this.retryAfter = details.retryAfter;
	}
}
