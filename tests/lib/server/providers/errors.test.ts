import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { APIConnectionError } from 'openai';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { ErrorCode } from '../../../../src/lib/jobs/error.ts';
import { redact } from '../../../../src/lib/server/providers/error-body.ts';
import { ProviderError, providerError, unknownOutcome } from '../../../../src/lib/server/providers/errors.ts';
import { vendors } from '../../../../src/lib/server/providers/vendors.ts';
import { json, ReplayServer, type Reply } from '../../../support/replay-server.ts';
import { collect, key, never, providerAt, request } from './wiring.ts';

let server: ReplayServer;
beforeEach(async () => void (server = await ReplayServer.start(() => ({}))));
afterEach(() => server.close());

async function failedCreate(reply: Reply): Promise<ProviderError> {
	server.answer(() => reply);
	const { error } = await collect(providerAt(server.baseURL, { createTimeoutMs: 200 }).create(request, never));
	expect(error).toBeInstanceOf(ProviderError);
	return error as ProviderError;
}

function body(type: string, code: string | number | null, message = 'raw provider words', param: string | null = null) {
	return { error: { type, code, message, param } };
}

const openrouter = (code: number, error_type: string) => ({
	error: { code, message: 'raw provider words', metadata: { error_type } }
});

const refused: [string, Reply, ErrorCode, RegExp][] = [
	[
		'a wrong key',
		json(body('invalid_request_error', 'invalid_api_key'), 401),
		'provider_auth',
		/key for OpenAI.*settings/
	],
	[
		'a wrong key at xAI, which is a 400 in flat text',
		json({ code: 'Client specified an invalid argument', error: 'Incorrect API key provided: xai-abc' }, 400),
		'provider_auth',
		/key for OpenAI/
	],
	['an account without the right', json(body('forbidden', 'x'), 403), 'provider_forbidden', /may not use gpt-6-astra/],
	[
		'a retired model',
		json(body('invalid_request_error', 'model_not_found'), 404),
		'provider_model',
		/gpt-6-astra.*Pick/
	],
	['a model that Ollama has not', json(body('not_found_error', null), 404), 'provider_model', /Pick another/],
	['an empty account', json(body('insufficient_quota', 'insufficient_quota'), 429), 'provider_quota', /out of credit/],
	['a spend limit', json(body('x', 'project_spend_limit_exceeded'), 429), 'provider_quota', /spend limit/],
	['an empty account at OpenRouter', json(openrouter(402, 'payment_required'), 402), 'provider_quota', /out of credit/],
	['a picture that is not allowed', json(body('x', 'moderation_blocked'), 400), 'provider_moderation', /safety rules/],
	['a context too long', json(body('x', 'context_length_exceeded'), 400), 'provider_bad_request', /too long.*Shorten/],
	['a body too large', { status: 413, body: 'Payload Too Large' }, 'provider_bad_request', /Shorten/],
	[
		'a field that is wrong',
		json(body('x', 'unsupported_parameter', 'raw', 'tools'), 400),
		'provider_bad_request',
		/"tools"/
	],
	[
		'an answer of vLLM about a field',
		json({ detail: [{ loc: ['body'], msg: 'raw' }] }, 422),
		'provider_bad_request',
		/accept/
	]
];

test.each(refused)('TS-13 a create refused for %s is not sent again', async (_, reply, code) => {
	expect(await failedCreate(reply)).toMatchObject({ code, retry: null });
});

test.each(refused)('TS-15 for %s a person reads what to do, without the raw text', async (_, reply, __, sentence) => {
	const { message } = await failedCreate(reply);
	expect(message).toMatch(sentence);
	expect(message).not.toMatch(/raw|[{}<>]/);
});

const limit = json(body('requests', 'rate_limit_exceeded'), 429);
const passing: [string, Reply, ErrorCode, number | null][] = [
	['a rate limit', limit, 'provider_rate_limit', null],
	[
		'a rate limit with seconds',
		{ ...limit, headers: { ...limit.headers, 'retry-after': '7' } },
		'provider_rate_limit',
		7
	],
	[
		'a rate limit over a minute',
		{ ...limit, headers: { ...limit.headers, 'retry-after': '61' } },
		'provider_rate_limit',
		61
	],
	[
		'one in milliseconds',
		{ ...limit, headers: { ...limit.headers, 'retry-after-ms': '1500' } },
		'provider_rate_limit',
		1.5
	],
	['"slow down"', json(body('requests', 'slow_down'), 429), 'provider_rate_limit', null],
	[
		'a rate limit of OpenRouter',
		json({ error: { code: 429, message: 'raw', availability: { retry_after: 12 } } }, 429),
		'provider_rate_limit',
		12
	],
	['its own 500', json(body('server_error', 'server_error'), 500), 'provider_error', null],
	['its own 503', json(body('service_unavailable_error', 'server_is_overloaded'), 503), 'provider_overloaded', null],
	['an upstream without capacity', json(openrouter(503, 'provider_overloaded'), 503), 'provider_overloaded', null]
];

test.each(passing)(
	'TS-13 a create that met %s may be sent again when the provider says',
	async (_, reply, code, after) => {
		expect(await failedCreate(reply)).toMatchObject({ code, retry: { after } });
	}
);

test('TS-13 a Retry-After that is a date is a wait until then', async () => {
	const headers = { 'content-type': 'application/json', 'retry-after': new Date(Date.now() + 90_000).toUTCString() };
	const { retry } = await failedCreate({ ...limit, headers });
	expect(retry?.after).toBeGreaterThan(60);
	expect(retry?.after).toBeLessThanOrEqual(90);
});

const page = '<html><body><h1>502 Bad Gateway</h1></body></html>';
const lost: [string, Reply][] = [
	['a gateway that gave up (502)', { status: 502, body: page, headers: { 'content-type': 'text/html' } }],
	['a 502 in JSON', json(openrouter(502, 'provider_unavailable'), 502)],
	['a gateway that timed out (504)', json(body('server_error', null), 504)],
	['a page of HTML with 500', { status: 500, body: page, headers: { 'content-type': 'text/html' } }],
	['a page of HTML with 503', { status: 503, body: page, headers: { 'content-type': 'text/html' } }],
	["a gateway's JSON with 500", json({ message: 'Internal server error' }, 500)],
	['a request time-out (408)', json(body('timeout', null), 408)],
	['a connection that broke after sending', { dropped: true }],
	['a stream cut before its first event', { body: 'event: response.cre', then: 'cut' }],
	['JSON that is cut', { headers: { 'content-type': 'application/json' }, body: '{"id": "resp' }]
];

test.each(lost)('BY-02 a create answered by %s has an unknown outcome and is not repeatable', async (_, reply) => {
	const error = await failedCreate(reply);
	expect(error).toMatchObject({ code: 'unknown_outcome', retry: null, sent: 'maybe' });
	expect(error.message).toBe('OpenAI did not answer. The request may be running there and may be billed.');
	expect(server.count('POST')).toBe(1);
});

test('BY-02 a create that is not answered in time has an unknown outcome, and its request is closed', async () => {
	const silent = createServer();
	const closed = new Promise<void>((resolve) =>
		silent.on('connection', (socket) => socket.on('close', () => resolve()).resume())
	);
	await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
	const { port } = silent.address() as AddressInfo;
	const provider = providerAt(`http://127.0.0.1:${port}/v1`, { createTimeoutMs: 50 });
	const { error } = await collect(provider.create(request, never));
	expect(error).toMatchObject({ code: 'unknown_outcome', retry: null });
	await closed;
	await new Promise((resolve) => silent.close(resolve));
});

test('TS-13 a refused connection means that nothing was sent: it may be tried again', async () => {
	const { baseURL } = server;
	await server.close();
	const { error } = await collect(providerAt(baseURL).create(request, never));
	server = await ReplayServer.start(() => ({}));
	expect(error).toMatchObject({ code: 'provider_unreachable', retry: { after: null }, sent: 'no' });
});

test('BY-02 a port that fetch never asks means that nothing was sent either', async () => {
	const { error } = await collect(providerAt('http://127.0.0.1:6000/v1').create(request, never));
	expect(error).toMatchObject({ code: 'provider_unreachable', sent: 'no' });
});

test('BY-02 a connection that was refused by the system, or broke before its key was agreed on, sent nothing', () => {
	const asking = { what: 'create', label: 'Vendor', model: null, secret: '', local: false } as const;
	const failure = (cause: Error) => new APIConnectionError({ cause: new TypeError('fetch failed', { cause }) });
	const denied = Object.assign(new Error('connect EPERM'), { code: 'EPERM', syscall: 'connect' });
	const early = 'Client network socket disconnected before secure TLS connection was established';
	const reset = Object.assign(new Error(early), { code: 'ECONNRESET' });
	const after = Object.assign(new Error('read ECONNRESET'), { code: 'ECONNRESET', syscall: 'read' });
	expect([denied, reset, after].map((cause) => providerError(failure(cause), asking).code)).toEqual([
		...['provider_unreachable', 'provider_unreachable', 'unknown_outcome']
	]);
});

test('TS-15 of a server on this machine that does not answer, a person is asked whether it runs', async () => {
	const { baseURL } = server;
	await server.close();
	const local = providerAt(baseURL, { label: 'Ollama', vendor: vendors.ollama });
	const { error } = await collect(local.create({ ...request, background: false }, never));
	server = await ReplayServer.start(() => ({}));
	expect(error).toMatchObject({ message: 'Ollama cannot be reached. Is Ollama running?' });
});

const passed = 'event: error\ndata: ';
const streamed: [string, string, ErrorCode][] = [
	[
		'nested',
		`${passed}{"type":"error","error":{"type":"server_error","code":"server_error","message":"raw"}}`,
		'provider_error'
	],
	['flat and named', `${passed}{"type":"error","code":"rate_limit_exceeded","message":"raw"}`, 'provider_rate_limit'],
	['flat without a name', 'data: {"type":"error","code":"insufficient_quota","message":"raw"}', 'provider_quota'],
	['numeric, of OpenRouter', 'data: {"error":{"code":402,"message":"raw"}}', 'provider_quota']
];

test.each(streamed)('RS-06 an error event that is %s fails with its code', async (_, frame, code) => {
	// Only what was turned away may be asked again.
	const retry = code === 'provider_rate_limit' ? { after: null } : null;
	expect(await failedCreate({ body: `${frame}\n\n` })).toMatchObject({ code, inStream: true, retry });
});

test('TS-15 a key never gets into what is logged', async () => {
	const { cause } = await failedCreate(
		json(body('x', 'invalid_api_key', `Incorrect API key provided: ${key} (Bearer ${key}) or sk-proj-XYZ12345`), 401)
	);
	const logged = JSON.stringify(cause);
	expect(logged).toContain('Incorrect API key provided: [key]');
	expect(logged).not.toMatch(/0123456789abcdef|XYZ12345/);
});

test("TS-15 a key in nobody's known form is kept out of the log too", () => {
	expect(redact('no token "tr0ub4dor&3" here', 'tr0ub4dor&3')).toBe('no token "[key]" here');
});

test('TS-15 what is logged of an error page is bounded', () => {
	expect(redact('x'.repeat(10_000), '')).toHaveLength(2_000);
});

const reading: [string, number, unknown, ErrorCode][] = [
	['resume', 400, body('invalid_request_error', null, 'This response can no longer be streamed'), 'provider_gone'],
	['resume', 405, body('x', null), 'provider_gone'],
	['resume', 401, body('x', 'invalid_api_key'), 'provider_auth'],
	['fetch', 404, body('invalid_request_error', null), 'provider_gone'],
	['fetch', 502, {}, 'provider_error'],
	['fetch', 429, body('requests', 'rate_limit_exceeded'), 'provider_rate_limit']
];

test.each(reading)('RS-13 a %s answered with %i is never an unknown outcome', async (what, status, answer, code) => {
	server.answer(() => json(answer, status));
	const provider = providerAt(server.baseURL);
	const failure =
		what === 'fetch'
			? await provider.fetch('resp_1', never).catch((error: unknown) => error)
			: (await collect(provider.resume('resp_1', 3, never))).error;
	expect(failure).toMatchObject({ code });
});

test.each([
	['the demo provider', 'The demo provider did not answer.'],
	['vLLM', 'vLLM did not answer.'],
	['xAI', 'xAI did not answer.'],
	['the configured server', 'The configured server did not answer.']
])('TS-15 a sentence that begins with %s spells it as its owner does', (label, beginning) => {
	expect(unknownOutcome(label).message).toMatch(new RegExp(`^${beginning}`));
});
