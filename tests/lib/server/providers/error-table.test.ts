import { afterEach, beforeEach, expect, test } from 'vitest';
import { HeadwayError, type ErrorCode } from '../../../../src/lib/jobs/error.ts';
import type { ResponseRequest } from '../../../../src/lib/operations/operation.ts';
import { attach } from '../../../../src/lib/server/providers/attach.ts';
import { countsForBreaker, type BreakerCount } from '../../../../src/lib/server/providers/breaker-rule.ts';
import { vendors, type VendorId } from '../../../../src/lib/server/providers/vendors.ts';
import { FakeClock } from '../../../support/fake-clock.ts';
import { json, ReplayServer, Transcript, type Recorded, type Reply } from '../../../support/replay-server.ts';
import { KeptMemory } from './scripted-provider.ts';
import { collect, KeptLog, never, providerAt, request } from './wiring.ts';

// The table of errors, row by row, over HTTP: code, sentence, how often a request is sent, and what a breaker makes of it.

let server: ReplayServer;
beforeEach(async () => void (server = await ReplayServer.start(() => ({}))));
afterEach(() => server.close());

const foreground: ResponseRequest = { ...request, background: false };

/** One run against what the server says; waits pass at once and are written down. */
async function run(reply: (asked: Recorded) => Reply, vendor: VendorId = 'openai', asked = foreground) {
	server.answer(reply);
	const clock = new Hasty();
	const waits: number[] = [];
	const memory = new KeptMemory();
	const provider = providerAt(server.baseURL, { vendor: vendors[vendor], label: 'Vendor', createTimeoutMs: 300 });
	const deps = { clock, log: new KeptLog(), signal: never, random: () => 0.5, heard: () => {} };
	const retryNotice = (_: unknown, waitMs: number) => waits.push(waitMs);
	const { events, error } = await collect(attach(provider, asked, memory, { ...deps, retryNotice }));
	return { events, error, waits, memory, posts: server.count('POST') };
}

/** Waits of less than an hour pass at once: what is tested is how long they would be. */
class Hasty extends FakeClock {
	override after(ms: number, task: () => void): () => void {
		if (ms >= 100_000) return () => {};
		const timer = setImmediate(task);
		return () => clearImmediate(timer);
	}
}

const raw = 'raw provider words';
const error = (code: string | number | null, type = 'x', message = raw) => ({
	error: { message, type, code, param: null }
});
const upstream = (code: number, error_type: string) => ({ error: { code, message: raw, metadata: { error_type } } });
const page: Reply = { status: 502, headers: { 'content-type': 'text/html' }, body: `<h1>${raw}</h1>` };
const frame = (body: object) => `data: ${JSON.stringify(body)}\n\n`;
const begun = frame({ type: 'response.created', sequence_number: 0, response: { id: 'r1', status: 'in_progress' } });
const words = frame({ type: 'response.output_text.delta', sequence_number: 1, item_id: 'm', delta: 'Half' });

interface Row {
	readonly reply: Reply;
	readonly vendor?: VendorId;
	readonly code: ErrorCode;
	readonly sentence: RegExp;
	/** How often the request is sent. */
	readonly posts: number;
	readonly breaker: BreakerCount;
}

const once = { posts: 1, breaker: 'no' } as const;
const lost = {
	code: 'unknown_outcome',
	sentence: /did not answer.*may be running.*may be billed/,
	posts: 1,
	breaker: 'failure'
} as const;
const broken = { code: 'provider_error', sentence: /had an error of its own/, breaker: 'failure' } as const;

const rows: Record<string, Row> = {
	'a bad key (401)': {
		...{ reply: json(error('invalid_api_key'), 401), code: 'provider_auth', posts: 1, breaker: 'open' },
		sentence: /The key for Vendor was refused\. Check it in the settings\./
	},
	"xAI's bad key (400)": {
		...{ reply: json({ code: 'x', error: `Incorrect API key provided: ${raw}` }, 400), vendor: 'xai' },
		...{ code: 'provider_auth', sentence: /key for Vendor was refused/, posts: 1, breaker: 'open' }
	},
	'an account without the right (403)': {
		...{ reply: json(error('unsupported_country_region_territory'), 403), code: 'provider_forbidden', ...once },
		sentence: /This account may not use gpt-6-astra/
	},
	"OpenRouter's moderation (403)": {
		reply: json({ error: { code: 403, message: raw, metadata: { reasons: ['x'], flagged_input: raw } } }, 403),
		...{ vendor: 'openrouter', code: 'provider_moderation', sentence: /safety rules/, ...once }
	},
	'a model that is gone (404)': {
		...{ reply: json(error('model_not_found'), 404), code: 'provider_model', ...once },
		sentence: /The model gpt-6-astra is not available.*Pick another/
	},
	"a model that OpenRouter's upstreams have not (404)": {
		reply: json({ error: { code: 404, message: raw, availability: { code: 'model_not_available' } } }, 404),
		...{ vendor: 'openrouter', code: 'provider_model', sentence: /not available.*Pick another/, ...once }
	},
	'no money (429 insufficient_quota)': {
		...{ reply: json(error('insufficient_quota', 'insufficient_quota'), 429), code: 'provider_quota' },
		...{ sentence: /out of credit or over its spend limit/, posts: 1, breaker: 'open' }
	},
	'a spend limit (429 organization_spend_limit_exceeded)': {
		...{ reply: json(error('organization_spend_limit_exceeded'), 429), code: 'provider_quota' },
		...{ sentence: /spend limit/, posts: 1, breaker: 'open' }
	},
	'a used-up balance (429 credit_balance_exhausted)': {
		...{ reply: json(error('credit_balance_exhausted'), 429), code: 'provider_quota' },
		...{ sentence: /out of credit/, posts: 1, breaker: 'open' }
	},
	"OpenRouter's no money (402)": {
		...{ reply: json(upstream(402, 'payment_required'), 402), vendor: 'openrouter', code: 'provider_quota' },
		...{ sentence: /out of credit/, posts: 1, breaker: 'open' }
	},
	'a rate limit (429)': {
		...{ reply: json(error('rate_limit_exceeded', 'requests'), 429), code: 'provider_rate_limit' },
		...{ sentence: /limiting requests/, posts: 5, breaker: 'failure' }
	},
	'"slow down" (429)': {
		...{ reply: json(error('slow_down'), 429), code: 'provider_rate_limit' },
		...{ sentence: /limiting requests/, posts: 5, breaker: 'failure' }
	},
	'an overload (503)': {
		...{ reply: json(error('server_is_overloaded', 'service_unavailable_error'), 503), code: 'provider_overloaded' },
		...{ sentence: /overloaded/, posts: 5, breaker: 'failure' }
	},
	"OpenRouter's overload (503)": {
		...{ reply: json(upstream(503, 'provider_overloaded'), 503), vendor: 'openrouter', code: 'provider_overloaded' },
		...{ sentence: /overloaded/, posts: 5, breaker: 'failure' }
	},
	'an error of its own (500)': { reply: json(error('server_error', 'server_error'), 500), posts: 4, ...broken },
	'a page of HTML (502)': { reply: page, ...lost },
	'a page of HTML (500)': { reply: { ...page, status: 500 }, ...lost },
	'a gateway in JSON (504)': { reply: json(error(null, 'server_error'), 504), ...lost },
	'a page of HTML with 200': { reply: { ...page, status: 200 }, ...lost },
	'a connection that broke without an answer': { reply: { dropped: true }, ...lost },
	'a stream cut before its id': { reply: { body: begun.slice(0, 20), then: 'cut' }, ...lost },
	'a stream cut after words, not in the background': {
		...{ reply: { body: begun + words, then: 'cut' }, code: 'provider_connection' },
		...{ sentence: /connection to Vendor was lost; what arrived is kept/, posts: 1, breaker: 'failure' }
	},
	'a stream that ends without an end, not in the background': {
		...{ reply: { body: begun + words }, code: 'provider_connection' },
		...{ sentence: /what arrived is kept/, posts: 1, breaker: 'failure' }
	},
	'an error event (server_error)': {
		reply: { body: `${begun}event: error\n${frame({ type: 'error', error: { code: 'server_error', message: raw } })}` },
		...{ posts: 1, ...broken }
	},
	'an error event before anything was said (rate_limit_exceeded)': {
		reply: { body: begun + frame({ type: 'error', error: { code: 'rate_limit_exceeded', message: raw } }) },
		...{ code: 'provider_rate_limit', sentence: /limiting requests/, posts: 5, breaker: 'failure' }
	},
	'an error event after words (rate_limit_exceeded)': {
		reply: { body: begun + words + frame({ type: 'error', error: { code: 'rate_limit_exceeded', message: raw } }) },
		...{ code: 'provider_rate_limit', sentence: /limiting requests/, posts: 1, breaker: 'failure' }
	},
	'an error event (insufficient_quota)': {
		reply: { body: begun + frame({ type: 'error', error: { code: 'insufficient_quota', message: raw } }) },
		...{ code: 'provider_quota', sentence: /out of credit/, posts: 1, breaker: 'open' }
	},
	"OpenRouter's upstream that broke in the stream": {
		...{ reply: { body: begun + words + frame(upstream(502, 'provider_unavailable')) }, vendor: 'openrouter' },
		...{ code: 'provider_error', sentence: /provider behind Vendor failed/, posts: 1, breaker: 'failure' }
	},
	'a request that is wrong (400)': {
		...{ reply: json({ error: { message: raw, code: 'x', type: 'x', param: 'tools' } }, 400), ...once },
		...{ code: 'provider_bad_request', sentence: /did not accept the request \(field "tools"\)/ }
	},
	'a context too long (400)': {
		...{ reply: json(error('context_length_exceeded'), 400), code: 'provider_bad_request', ...once },
		sentence: /input is too long for gpt-6-astra\. Shorten it/
	},
	'a body too large (413)': {
		...{ reply: { status: 413, body: raw }, code: 'provider_bad_request', sentence: /Shorten it/, ...once }
	},
	'a request that cannot be processed (422)': {
		...{ reply: json({ detail: [{ loc: ['body'], msg: raw }] }, 422), vendor: 'vllm' },
		...{ code: 'provider_bad_request', sentence: /did not accept the request/, ...once }
	},
	'a model without eyes (400)': {
		...{ reply: json({ error: { message: 'X is not a multimodal model', type: 'BadRequestError' } }, 400), ...once },
		...{ code: 'provider_bad_request', sentence: /^The model gpt-6-astra of Vendor takes no pictures\. Pick one/ }
	},
	'no model with eyes (404)': {
		...{ reply: json({ error: { message: 'No endpoints found that support image input', code: 404 } }, 404), ...once },
		...{ vendor: 'openrouter', code: 'provider_model', sentence: /takes no pictures/ }
	},
	'a picture that is broken (400)': {
		...{ reply: json({ error: { message: 'Invalid image: it is not a PNG', code: 'invalid_image' } }, 400), ...once },
		...{ code: 'provider_bad_request', sentence: /did not accept the request/ }
	},
	'a refusal by its rules (400 moderation_blocked)': {
		...{ reply: json(error('moderation_blocked'), 400), code: 'provider_moderation', sentence: /safety rules/, ...once }
	}
};

test.each(Object.entries(rows))(
	'TS-13 TS-14 TS-15 %s: its code, a sentence of ours, sent as often as it makes sense, counted by the breaker',
	async (_, { reply, vendor, code, sentence, posts, breaker }) => {
		const told = await run(() => reply, vendor);
		expect(told.error).toMatchObject({ code });
		expect((told.error as Error).message).toMatch(sentence);
		expect((told.error as Error).message).not.toContain(raw);
		expect(told.posts).toBe(posts);
		expect(countsForBreaker(told.error)).toBe(breaker);
	}
);

// ---- how long is waited -------------------------------------------------------------------------------------------

const busy = json(error('rate_limit_exceeded'), 429);
const asks = (headers: Record<string, string>): Reply => ({ ...busy, headers: { ...busy.headers, ...headers } });

test.each([
	['seconds', { 'retry-after': '7' }, 7_000],
	['seconds, more than a minute', { 'retry-after': '75' }, 75_000],
	['milliseconds, which are more exact', { 'retry-after-ms': '1500', 'retry-after': '2' }, 1_500],
	['nothing, so by a backoff of its own', {}, 1_000]
])('TS-13 a rate limit that asks to wait by %s is waited for', async (_, headers, waitMs) => {
	const { waits } = await run(() => asks(headers as Record<string, string>));
	expect(waits[0]).toBe(waitMs);
});

test('TS-13 a rate limit that names a time of day is waited for until then', async () => {
	const { waits } = await run(() => asks({ 'retry-after': new Date(Date.now() + 80_000).toUTCString() }));
	expect(waits[0]).toBeGreaterThan(60_000);
	expect(waits[0]).toBeLessThanOrEqual(80_000);
});

test('TS-13 a provider that says that another try is of no use is not asked again; that it is of use changes nothing of BY-02', async () => {
	expect((await run(() => asks({ 'x-should-retry': 'false' }))).posts).toBe(1);
	const unsure = { ...page, headers: { 'content-type': 'text/html', 'x-should-retry': 'true' } };
	expect((await run(() => unsure)).error).toMatchObject({ code: 'unknown_outcome' });
	expect(server.count('POST')).toBe(2);
});

test('TS-13 the waits of its own double and are spread', async () => {
	expect((await run(() => json(error('slow_down'), 429))).waits).toEqual([1_000, 2_000, 4_000, 8_000]);
	expect((await run(() => json(error('server_error'), 500))).waits).toEqual([1_000, 2_000, 4_000]);
});

test('TS-13 a server that refuses connections is asked again soon; a local one is asked about', async () => {
	const { baseURL } = server;
	await server.close();
	const waits: number[] = [];
	const deps = { clock: new Hasty(), log: new KeptLog(), signal: never, random: () => 0.5, heard: () => {} };
	const retryNotice = (_: unknown, waitMs: number) => waits.push(waitMs);
	const ollama = providerAt(baseURL, { vendor: vendors.ollama, label: 'Ollama' });
	const told = await collect(attach(ollama, foreground, new KeptMemory(), { ...deps, retryNotice }));
	server = await ReplayServer.start(() => ({}));
	expect(told.error).toMatchObject({
		code: 'provider_unreachable',
		message: expect.stringMatching(/Is Ollama running/)
	});
	expect(waits).toEqual([250, 500, 1_000, 2_000]);
	expect(countsForBreaker(told.error)).toBe('failure');
});

test('TS-13 what was turned away in its stream before a word is asked again, and comes', async () => {
	const turnedAway = begun + frame(upstream(429, 'rate_limit_exceeded'));
	const answer = new Transcript('plain_text');
	const { events, memory } = await run(
		() => ({ body: server.count('POST') < 3 ? turnedAway : answer.bytes }),
		'openrouter'
	);
	expect(events.at(-1)).toMatchObject({ type: 'ended', outcome: { status: 'completed' } });
	expect(memory.history.at(-1)).toMatch(/^created resp_/);
	expect(server.count('POST')).toBe(3);
});

// ---- rows about what has begun ------------------------------------------------------------------------------------

const transcript = new Transcript('deep_research');

test('TS-13 a background stream that is cut is taken up again, and no failure for a breaker', async () => {
	const cut = { body: transcript.bytes, upTo: transcript.ends[20], then: 'cut' } as const;
	const { error: none, posts } = await run(
		(asked) => (asked.method === 'POST' ? cut : transcript.reply(asked)),
		'openai',
		request
	);
	expect(none).toBeNull();
	expect(posts).toBe(1);
	const lostStream = (await run(() => ({ body: begun, then: 'cut' }))).error;
	expect(countsForBreaker(lostStream, true)).toBe('no');
	expect(countsForBreaker(lostStream)).toBe('failure');
});

const begunThen = (get: (asked: Recorded) => Reply) => (asked: Recorded) =>
	asked.method === 'POST' ? { body: begun + words, then: 'cut' as const } : get(asked);
const done = { id: 'r1', status: 'completed', output: [] };

test('TS-13 a stream that is too old is polled', async () => {
	const tooOld = json(error(null, 'invalid_request_error', 'can no longer be streamed'), 400);
	const { events } = await run(
		begunThen(({ url }) => (url.searchParams.has('stream') ? tooOld : json(done))),
		'openai',
		request
	);
	expect(events.at(-1)).toMatchObject({ type: 'ended', outcome: { status: 'completed' } });
});

test('TS-13 a result that the provider no longer has is told as such', async () => {
	const { error: gone, posts } = await run(
		begunThen(() => json(error(null), 404)),
		'openai',
		request
	);
	expect(gone).toMatchObject({ code: 'provider_gone' });
	expect((gone as Error).message).toMatch(/no longer has this response; what was stored here is kept/);
	expect(countsForBreaker(gone)).toBe('no');
	expect(posts).toBe(1);
});

test.each([
	['failed', { error: { code: 'server_error', message: raw } }, 'provider_error', 'failure'],
	['failed', { error: { code: 'rate_limit_exceeded', message: raw } }, 'provider_rate_limit', 'failure'],
	['failed', { error: { code: 'insufficient_quota', message: raw } }, 'provider_quota', 'open'],
	['failed', { error: { code: 'image_content_policy_violation', message: raw } }, 'provider_moderation', 'no'],
	['failed', { error: { code: 'invalid_prompt', message: raw } }, 'provider_bad_request', 'no'],
	['failed', { error_type: 'provider_unavailable' }, 'provider_error', 'failure']
] as const)(
	'TS-13 a response that %s with %j says so by its code, is not sent again',
	async (status, facts, code, breaker) => {
		const end = frame({ type: 'response.failed', sequence_number: 2, response: { id: 'r1', status, ...facts } });
		const { events, posts } = await run(() => ({ body: begun + words + end }));
		const last = events.at(-1);
		const failure = last?.type === 'ended' ? last.outcome.error : null;
		expect(failure).toMatchObject({ code, message: expect.not.stringContaining(raw) });
		expect(countsForBreaker(failure)).toBe(breaker);
		expect(posts).toBe(1);
	}
);

test.each(['max_output_tokens', 'content_filter'])(
	'TS-12 a response that stopped by its %s keeps what it wrote',
	async (reason) => {
		const output = [{ id: 'm', type: 'message', content: [{ type: 'output_text', text: 'Half' }] }];
		const response = { id: 'r1', status: 'incomplete', incomplete_details: { reason }, output };
		const end = frame({ type: 'response.incomplete', sequence_number: 2, response });
		const { events, posts } = await run(() => ({ body: begun + words + end }));
		expect(events.at(-1)).toMatchObject({
			outcome: { status: 'incomplete', incompleteReason: reason, text: 'Half', error: null }
		});
		expect(posts).toBe(1);
	}
);

test('TS-14 a silence counts; an abort, a limit of time and a pause count nothing', () => {
	expect(countsForBreaker(new HeadwayError('provider_idle', 'x'))).toBe('failure');
	expect(countsForBreaker(new HeadwayError('provider_idle', 'x'), true)).toBe('failure');
	for (const code of ['timeout', 'interrupted', 'provider_paused'] as const) {
		expect(countsForBreaker(new HeadwayError(code, 'x'))).toBe('no');
	}
	expect(countsForBreaker(new DOMException('aborted', 'AbortError'))).toBe('no');
});
