import { APIError } from 'openai';
import { number, record, records, string, strings, type Wire } from './wire.ts';

/** The error object of the answer; null when there is none, as in a gateway's page. xAI's 4xx are flat text. */
export function bodyOf(thrown: APIError): Wire | null {
	const error: unknown = thrown.error;
	if (typeof error === 'string' && (thrown.status ?? 0) < 500) return { message: error };
	return typeof error === 'object' && error !== null ? record(error) : null;
}

/** Whether the body is the provider's word and not a gateway's: gateways name neither a type nor a code. */
export function isProvidersOwn(body: Wire | null): boolean {
	return body !== null && string(body['message']) !== null && ('type' in body || 'code' in body);
}

/** Everything that classifies the error, in small letters: codes and types first, then the message. */
export function wordsOf(body: Wire): string {
	const metadata = record(body['metadata']);
	const availability = record(body['availability']);
	const codes = [body['code'], body['type'], body['error_type'], metadata['error_type'], availability['code']];
	// OpenRouter's moderation is a 403 like any other, but for what was flagged.
	if ('flagged_input' in metadata) codes.push('flagged_input');
	return [codes.filter((each) => typeof each === 'string').join(' '), string(body['message']) ?? '']
		.join('\n')
		.toLowerCase();
}

/** Only the codes and types of those words. */
export function codesIn(words: string): string {
	return words.split('\n', 1)[0] ?? '';
}

/** The request field that the error names, when it looks like one: as such, as vLLM's location, or in its sentence. */
export function paramOf(body: Wire): string | null {
	const location = records(body['detail'])[0]?.['loc'];
	const param = string(body['param']) ?? strings(location).findLast((each) => each !== 'body') ?? null;
	if (param && /^[\w.[\]-]{1,60}$/.test(param)) return param;
	return fieldNames.exec(string(body['message']) ?? '')?.[0] ?? null;
}

/** Names that are no words of a sentence; xAI and Ollama name the field only there. */
const fieldNames =
	/\b(?:temperature|top_p|max_(?:output_|completion_)?tokens|max_tool_calls|reasoning[._]?(?:effort|summary)|reasoning|thinking|response_format|encoding_format|json_schema|text\.format|stream_options|stream(?:ing)?|metadata)\b/i;

/** Whether it is the path that is not there, and nothing that was asked for on it: no answer of this kind names a model. */
export function isPathMissing(status: number, body: Wire | null): boolean {
	if (status === 405) return true;
	const words = wordsOf(body ?? {});
	// LM Studio answers what it does not know with 200 and this.
	return /unexpected endpoint/.test(words) || (status === 404 && !/model|availab/.test(words));
}

/** Whether the provider said that the same request is of no use. */
export function refusesRetry(thrown: APIError): boolean {
	return thrown.headers?.get('x-should-retry') === 'false';
}

/** Seconds that the provider asked to wait, however long; null when it did not say. */
export function retryAfter(thrown: APIError): number | null {
	const ms = Number.parseFloat(thrown.headers?.get('retry-after-ms') ?? '');
	if (Number.isFinite(ms)) return Math.max(0, ms / 1000);
	const header = thrown.headers?.get('retry-after') ?? '';
	const seconds = Number.parseFloat(header);
	if (/^\s*\d/.test(header) && Number.isFinite(seconds)) return seconds;
	const date = Date.parse(header);
	if (Number.isFinite(date)) return Math.max(0, (date - Date.now()) / 1000);
	return number(record(record(thrown.error)['availability'])['retry_after']);
}

/** What was thrown, for the log: no keys, no stack, of bounded length. */
export function rawOf(thrown: unknown, secret: string): unknown {
	if (!(thrown instanceof Error)) return redact(String(thrown), secret);
	const api = thrown instanceof APIError ? thrown : null;
	return {
		name: thrown.constructor.name,
		message: redact(thrown.message, secret),
		codes: causeCodes(thrown),
		...(api && { status: api.status, requestId: api.requestID ?? null })
	};
}

/** The text without API keys, ours or anyone's, and not longer than a log line should be. */
export function redact(text: string, secret: string): string {
	const plain = secret.length >= 4 ? text.replaceAll(secret, '[key]') : text;
	return plain
		.replace(/\b(?:sk|xai|gsk|pk|rk)-[\w*-]{4,}/g, '[key]')
		.replace(/bearer\s+[^\s"']+/gi, 'Bearer [key]')
		.slice(0, 2_000);
}

/** The system's and undici's codes down the chain of causes. */
export function causeCodes(thrown: unknown): string[] {
	return causesOf(thrown).flatMap((each) => string(record(each)['code']) ?? []);
}

const unsentCodes = /^(ECONNREFUSED|ENOTFOUND|EAI_AGAIN|EHOSTUNREACH|ENETUNREACH|UND_ERR_CONNECT_TIMEOUT)$/;
// Neither has a code: a port that fetch never asks, and a connection that ended while its key was agreed on.
const unsentWords = /^bad port$|before secure TLS connection was established/;

/** Whether the request cannot have left: there was no connection to send it over. */
export function wasUnsent(thrown: unknown): boolean {
	return causesOf(thrown).some((each) => {
		const { code, syscall } = record(each);
		return syscall === 'connect' || unsentCodes.test(string(code) ?? '') || unsentWords.test(each.message);
	});
}

function causesOf(thrown: unknown, depth = 0): Error[] {
	if (!(thrown instanceof Error) || depth > 5) return [];
	const nested: unknown[] = thrown instanceof AggregateError ? thrown.errors : [];
	return [thrown, ...[thrown.cause, ...nested].flatMap((each) => causesOf(each, depth + 1))];
}
