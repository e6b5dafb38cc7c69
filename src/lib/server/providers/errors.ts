import { APIConnectionError, APIConnectionTimeoutError, APIError } from 'openai';
import { HeadwayError, type ErrorCode } from '../../jobs/error.ts';
import {
	bodyOf,
	causeCodes,
	codesIn,
	isPathMissing,
	isProvidersOwn,
	paramOf,
	rawOf,
	redact,
	refusesRetry,
	retryAfter,
	wasUnsent,
	wordsOf
} from './error-body.ts';
import { asSentence } from '../../text/sentence.ts';
import { number, record, type Wire } from './wire.ts';

/** What was being asked when it failed, by whom it is named to the person, and which secrets must not be repeated. */
export interface Asking {
	readonly what: 'create' | 'resume' | 'fetch' | 'cancel' | 'embed';
	readonly label: string;
	readonly model: string | null;
	readonly secret: string;
	/** A server on the person's own machine. */
	readonly local: boolean;
	/** Which paths the server has is not known for sure. */
	readonly pathUnsure?: boolean;
	/** It was asked for pictures. */
	readonly pictures?: boolean;
}

export interface ProviderErrorFacts {
	/** When the same request may be sent again by itself: after so many seconds, or after a backoff of one's own (null). */
	readonly retry: { readonly after: number | null } | null;
	/** Whether the request can have reached the provider. */
	readonly sent: 'no' | 'maybe';
	/** The failure came inside a stream that had begun, in the provider's own words. */
	readonly inStream: boolean;
	/** The request field that the provider named. */
	readonly param: string | null;
	/** The server has no such path: nothing can have begun. */
	readonly noPath: boolean;
	readonly cause: unknown;
}

/** A failure at the provider, with what is needed to go on: a `provider_*` code, or `unknown_outcome` for a create. */
export class ProviderError extends HeadwayError {
	readonly retry: ProviderErrorFacts['retry'];
	readonly sent: ProviderErrorFacts['sent'];
	readonly inStream: boolean;
	readonly param: string | null;
	readonly noPath: boolean;

	constructor(code: ErrorCode, message: string, facts: Partial<ProviderErrorFacts> = {}) {
		super(code, asSentence(message), {
			cause: facts.cause,
			retryAfter: facts.retry?.after ?? undefined
		});
		this.name = 'ProviderError';
		this.retry = facts.retry ?? null;
		this.sent = facts.sent ?? 'maybe';
		this.inStream = facts.inStream ?? false;
		this.param = facts.param ?? null;
		this.noPath = facts.noPath ?? false;
	}
}

/** Whatever the SDK threw, as a sentence for a person and a rule for the program. Raw text only in `cause`, without keys. */
export function providerError(thrown: unknown, asking: Asking): ProviderError {
	if (thrown instanceof ProviderError) return thrown;
	const cause = rawOf(thrown, asking.secret);
	if (thrown instanceof APIConnectionError) return connectionError(thrown, asking, cause);
	if (!(thrown instanceof APIError)) return lostError(asking, cause);
	const body = bodyOf(thrown);
	if (thrown.status === undefined) return streamError(body ?? {}, asking, cause);
	return answerError(thrown, body, asking, cause);
}

/** The error of a response that failed, or of an `error` event, by the provider's own code. */
export function reportedError(error: Wire, asking: Asking): ProviderError {
	return streamError(error, asking, redact(JSON.stringify(error), asking.secret));
}

/** A create whose answer was lost: it may be running, and may be billed. */
export function unknownOutcome(label: string, cause?: unknown): ProviderError {
	return new ProviderError(
		'unknown_outcome',
		`${label} did not answer. The request may be running there and may be billed.`,
		{ cause }
	);
}

/** A connection that broke in the middle of an answer. */
export function connectionLost(label: string, cause?: unknown): ProviderError {
	return new ProviderError('provider_connection', `The connection to ${label} was lost; what arrived is kept.`, {
		cause
	});
}

/** A run that was to go on without the connection cannot, here. */
export function backgroundRefused(label: string): ProviderError {
	const param = 'background';
	return new ProviderError('provider_bad_request', `${label} cannot run this in the background.`, { param });
}

// ---- no answer ----------------------------------------------------------------------------------------------------

function connectionError(thrown: APIConnectionError, asking: Asking, cause: unknown): ProviderError {
	const codes = causeCodes(thrown);
	const certificate = codes.some((code) => /CERT|TLS|SSL|SELF_SIGNED/.test(code));
	if (!(certificate || wasUnsent(thrown)) || thrown instanceof APIConnectionTimeoutError)
		return lostError(asking, cause);
	const hint = asking.local ? `Is ${asking.label} running?` : 'Check the address and the network.';
	const retry = certificate ? null : { after: null };
	return new ProviderError('provider_unreachable', `${asking.label} cannot be reached. ${hint}`, {
		retry,
		sent: 'no',
		cause
	});
}

function lostError(asking: Asking, cause: unknown): ProviderError {
	if (asking.what === 'create') return unknownOutcome(asking.label, cause);
	const rest = asking.what === 'embed' ? ' before it answered. Try again.' : '; what arrived is kept.';
	const message = `The connection to ${asking.label} was lost${rest}`;
	return new ProviderError('provider_connection', message, { retry: { after: null }, cause });
}

// ---- an answer, or an error inside a stream -----------------------------------------------------------------------

function answerError(thrown: APIError, body: Wire | null, asking: Asking, cause: unknown): ProviderError {
	const status = thrown.status ?? 0;
	const words = status === 413 ? 'payload_too_large' : wordsOf(body ?? {});
	const code = codeFor(status, words, asking);
	if (asking.what === 'create' && outcomeIsUnknown(status, isProvidersOwn(body)))
		return unknownOutcome(asking.label, cause);
	if (asking.pathUnsure && isPathMissing(status, body)) return noPath(asking, cause);
	if (asking.what === 'resume' && cannotStream(status)) return gone(asking, cause);
	const param = paramOf(body ?? {});
	const retry = repeatable(status, code) && !refusesRetry(thrown) ? { after: retryAfter(thrown) } : null;
	return new ProviderError(code, sentence(code, asking, words, param), { retry, param, cause });
}

/** A gateway's answer says nothing about the request behind it; only the provider's own 500 and 503 do (BY-02). */
function outcomeIsUnknown(status: number, own: boolean): boolean {
	return status === 408 || (status >= 500 && (!own || (status !== 500 && status !== 503)));
}

/** Too old, not created as a stream, unknown, unsupported: whatever is refused here can only be polled. */
function cannotStream(status: number): boolean {
	return status >= 400 && status < 500 && ![401, 402, 403, 408, 429].includes(status);
}

function repeatable(status: number, code: ErrorCode): boolean {
	const passing = status >= 500 || status === 408;
	return code === 'provider_rate_limit' || (passing && (code === 'provider_error' || code === 'provider_overloaded'));
}

function streamError(body: Wire, asking: Asking, cause: unknown): ProviderError {
	const status = number(body['code']) ?? 0;
	const words = wordsOf(body);
	if (asking.pathUnsure && isPathMissing(status, body)) return noPath(asking, cause);
	const code = codeFor(status, words, asking);
	const param = paramOf(body);
	// Turned away before it began; of any other failure nobody can say what it cost.
	const retry = code === 'provider_rate_limit' || code === 'provider_overloaded' ? { after: waitIn(body) } : null;
	return new ProviderError(code, sentence(code, asking, words, param), { inStream: true, retry, param, cause });
}

/** Seconds that an error asks to wait in its own words. */
function waitIn(body: Wire): number | null {
	return number(record(body['availability'])['retry_after']);
}

const byWord: readonly (readonly [RegExp, ErrorCode])[] = [
	[/insufficient_quota|credit_balance_exhausted|spend_limit|usage_limit_exceeded|payment_required/, 'provider_quota'],
	[/rate_limit|slow_down/, 'provider_rate_limit'],
	[/overloaded|capacity_exhausted/, 'provider_overloaded'],
	[/invalid_api_key|authentication/, 'provider_auth'],
	[/permission_denied|unsupported_country/, 'provider_forbidden'],
	[/model_not_found|model_not_available/, 'provider_model'],
	[/moderation|flagged_input|content_policy|content_filter|bio_policy|misalignment/, 'provider_moderation']
];

const byStatus: Readonly<Record<number, ErrorCode>> = {
	401: 'provider_auth',
	402: 'provider_quota',
	403: 'provider_forbidden',
	429: 'provider_rate_limit',
	503: 'provider_overloaded',
	529: 'provider_overloaded'
};

function codeFor(status: number, words: string, asking: Asking): ErrorCode {
	// xAI answers a wrong key with 400 and tells it apart only in the text.
	if (status === 400 && /api key/.test(words)) return 'provider_auth';
	const word = byWord.find(([pattern]) => pattern.test(codesIn(words)));
	if (word) return word[1];
	if (status === 404) return asking.what === 'create' || asking.what === 'embed' ? 'provider_model' : 'provider_gone';
	const known = byStatus[status];
	if (known) return known;
	const refused = (status >= 400 && status < 500 && status !== 408) || badRequest.test(codesIn(words));
	return refused ? 'provider_bad_request' : 'provider_error';
}

const badRequest = /invalid_|context_length|unsupported_|too_large|too_long|unprocessable|precondition/;
const tooLong = /context_length_exceeded|token_limit_exceeded|string_too_long|payload_too_large/;

// As they say that a model has no eyes. What is wrong with one picture is said otherwise, such as "invalid image".
const seeing = String.raw`(image_url|image inputs?|images?|vision|multi-?modal)`;
const noEyes = new RegExp(
	[
		String.raw`\b(not|n't|no|cannot|unable to)\b[^.]{0,40}\b(support|accept|process|handle)[^.]{0,40}\b${seeing}\b`,
		String.raw`\b${seeing}\b[^.]{0,40}\b(not|n't)( be)? (supported|enabled|accepted)`,
		String.raw`not a ${seeing} model|missing data required for image|image_url is only supported|unknown variant .image_url`
	].join('|')
);

function sentence(code: ErrorCode, asking: Asking, words: string, param: string | null): string {
	const { label, model, what } = asking;
	if (asking.pictures && code === 'provider_moderation') return refusedPicture(label);
	if (asking.pictures && code === 'provider_forbidden') {
		return `This account may not make pictures with ${model ?? 'this model'} at ${label}. The organization may have to be verified there first.`;
	}
	const named = model ? `The model ${model}` : 'The model';
	if (!asking.pictures && (code === 'provider_bad_request' || code === 'provider_model') && noEyes.test(words))
		return `${named} of ${label} takes no pictures. Pick one that does, or ask without pictures.`;
	switch (code) {
		case 'provider_auth':
			return `The key for ${label} was refused. Check it in the settings.`;
		case 'provider_forbidden':
			return `This account may not use ${model ?? 'this model'} at ${label}. Pick another model, or check the account there.`;
		case 'provider_model':
			return `${named} is not available at ${label}. Pick another.`;
		case 'provider_quota':
			return `The account at ${label} is out of credit or over its spend limit. Raise it there, then try again.`;
		case 'provider_rate_limit':
			return `${label} is limiting requests. Try again in a while.`;
		case 'provider_overloaded':
			return `${label} is overloaded. Try again in a while.`;
		case 'provider_moderation':
			return `${label} refused this by its safety rules. Change the request.`;
		case 'provider_gone':
			return `${label} no longer has this response; what was stored here is kept.`;
		case 'provider_bad_request':
			if (tooLong.test(words)) return `The input is too long for ${model ?? 'the model'}. Shorten it.`;
			return `${label} did not accept the request${param ? ` (field "${param}")` : ''}. Change it or pick another model.`;
		default:
			if (/provider_unavailable/.test(words)) return `The provider behind ${label} failed; what arrived is kept.`;
			return what === 'create' || what === 'embed'
				? `${label} had an error of its own. Try again.`
				: `${label} had an error of its own; what arrived is kept.`;
	}
}

/** What a person reads when a picture was not made for what it would show. */
export function refusedPicture(label: string): string {
	return `The picture was refused by ${label}'s safety rules. Change the description.`;
}

/** What a person reads when texts cannot be turned into vectors there. */
export function noVectors(label: string): string {
	return `${label} cannot turn texts into vectors: documents are searched by their words.`;
}

function noPath(asking: Asking, cause: unknown): ProviderError {
	if (asking.what === 'embed')
		return new ProviderError('not_supported', noVectors(asking.label), { sent: 'no', cause });
	const message = `The address of ${asking.label} has no path for answers. Check it in the settings, with the version at its end.`;
	return new ProviderError('provider_unreachable', message, { sent: 'no', noPath: true, cause });
}

function gone(asking: Asking, cause: unknown): ProviderError {
	return new ProviderError('provider_gone', `${asking.label} no longer streams this response.`, { cause });
}
