import type { ErrorCode, HeadwayError } from '../../jobs/error.ts';

const statuses: Partial<Record<ErrorCode, number>> = {
	bad_request: 400,
	invalid_input: 400,
	unknown_operation: 404,
	not_found: 404,
	method_not_allowed: 405,
	not_acceptable: 406,
	unsupported_media_type: 415,
	too_large: 413,
	conflict: 409,
	idempotency_conflict: 409,
	future_cursor: 400,
	not_supported: 409,
	forbidden_origin: 403,
	limit_reached: 429,
	unavailable: 503
};

/** The HTTP status of a code; what only a job can fail with is a 500 at a door. */
export function statusOf(code: ErrorCode): number {
	return statuses[code] ?? 500;
}

/** An error as `application/problem+json` (RFC 9457), with our stable `code` and the path of each wrong field. `more` stands beside them; `status` is told where the code's own is not meant. */
export function problem(
	error: HeadwayError,
	headers: Record<string, string> = {},
	{ status = statusOf(error.code), more = {} }: { status?: number; more?: object } = {}
): Response {
	const body = {
		type: `urn:headway:problem:${error.code}`,
		title: error.message,
		status,
		code: error.code,
		...(error.fields ? { fields: error.fields } : {}),
		...more
	};
	const retry: Record<string, string> =
		error.retryAfter === undefined ? {} : { 'retry-after': String(Math.ceil(error.retryAfter)) };
	return new Response(JSON.stringify(body), {
		status,
		headers: { 'content-type': 'application/problem+json', ...retry, ...headers }
	});
}
