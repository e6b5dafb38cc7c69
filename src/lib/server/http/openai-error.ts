import type { ErrorCode, HeadwayError } from '../../jobs/error.ts';
import { statusOf } from './problem.ts';

/** What a client of OpenAI's knows some of our codes as. */
const known: Partial<Record<ErrorCode, { code: string; status?: number }>> = {
	provider_model: { code: 'model_not_found', status: 404 },
	limit_reached: { code: 'rate_limit_exceeded' },
	provider_rate_limit: { code: 'rate_limit_exceeded' },
	provider_quota: { code: 'insufficient_quota' },
	provider_moderation: { code: 'content_filter' },
	refused: { code: 'content_filter' }
};

/** Whether an address is one of those that OpenAI's clients ask. */
export function isForOpenAi({ pathname }: URL): boolean {
	return pathname.startsWith('/v1/');
}

/** An error as OpenAI's clients read it. */
export function openAiErrorBody(error: HeadwayError, status: number): { error: Record<string, unknown> } {
	const code = known[error.code]?.code ?? error.code;
	return { error: { message: error.message, type: typeOf(status), param: error.fields?.[0]?.path ?? null, code } };
}

/** How an error is told. */
export interface OpenAiErrorTerms {
	/** Where the code's own is not meant. */
	status?: number;
	/** Asking again would begin, and bill, another turn. */
	once?: boolean;
	headers?: Record<string, string>;
}

/** A refusal, or a turn's failure, in OpenAI's shape. */
export function openAiError(
	error: HeadwayError,
	{ status: told, once = false, headers: own = {} }: OpenAiErrorTerms = {}
): Response {
	const status = known[error.code]?.status ?? told ?? statusOf(error.code);
	const { retryAfter } = error;
	const headers: Record<string, string> = {
		...own,
		...(retryAfter === undefined ? {} : { 'retry-after': String(Math.ceil(retryAfter)) }),
		// OpenAI's clients repeat a request by themselves after some statuses, unless they are told.
		...(once ? { 'x-should-retry': 'false' } : {})
	};
	return Response.json(openAiErrorBody(error, status), { status, headers });
}

function typeOf(status: number): string {
	if (status === 429) return 'rate_limit_error';
	if (status === 403) return 'permission_error';
	return status < 500 ? 'invalid_request_error' : 'server_error';
}
