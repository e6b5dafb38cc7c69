import { readFileSync } from 'node:fs';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { ProviderEvent } from '../../../../src/lib/operations/operation.ts';
import type { OpenAICompatibleOptions } from '../../../../src/lib/server/providers/openai-compatible.ts';
import { ChatEvents } from '../../../../src/lib/server/providers/chat-events.ts';
import { vendors, type VendorId, type VendorQuirks } from '../../../../src/lib/server/providers/vendors.ts';
import type { ResearchState } from '../../../../src/lib/operations/research/model.ts';
import { ended, makeApp, start } from '../../../support/app.ts';
import { json, ReplayServer, type Reply } from '../../../support/replay-server.ts';
import { collect, key, KeptLog, never, providerAt, request } from './wiring.ts';

let server: ReplayServer;
beforeEach(async () => void (server = await ReplayServer.start(() => ({}))));
afterEach(() => server.close());

const asked = { ...request, background: false };

function byChat(vendor: VendorId): { vendor: VendorQuirks } {
	return { vendor: { ...vendors[vendor], api: 'chat' } };
}

async function told(reply: Reply, vendor: VendorId = 'custom', options: Partial<OpenAICompatibleOptions> = {}) {
	server.answer(() => reply);
	return collect(providerAt(server.baseURL, { ...byChat(vendor), ...options }).create(asked, never));
}

function transcript(name: string): Buffer {
	return readFileSync(new URL(`../../../support/transcripts/chat_${name}.sse`, import.meta.url));
}

/** Without what only says that the connection lives. */
function facts(events: ProviderEvent[]): ProviderEvent[] {
	return events.filter((event) => event.type !== 'alive');
}

function outcomeIn(events: ProviderEvent[]) {
	const last = events.at(-1);
	return last?.type === 'ended' ? last.outcome : null;
}

const thought = (text: string) => ({ cursor: null, type: 'reasoning_delta', itemId: 'thinking', index: 0, text });
const step = (text: string) => ({ cursor: null, type: 'reasoning', itemId: 'thinking', index: 0, text });
const message = { cursor: null, type: 'message', itemId: 'answer', phase: null };
const said = (text: string) => ({ cursor: null, type: 'text', itemId: 'answer', part: 0, text });
const whole = (text: string) => ({ cursor: null, type: 'text_done', itemId: 'answer', part: 0, text, citations: [] });

interface Recording {
	model: string;
	events: object[];
	text: string;
	usage: object;
	cost: object;
}

const recordings: [VendorId, Recording][] = [
	[
		'openai',
		{
			model: 'gpt-6-sol',
			events: [message, said('Hello'), said(' there'), whole('Hello there')],
			text: 'Hello there',
			usage: { inputTokens: 9, cachedTokens: 0, outputTokens: 74, reasoningTokens: 64, searches: null },
			// 9 tokens at $2 and 74 at $10 for a million each; a search may have come on top.
			cost: { usd: expect.closeTo(0.000758, 9), known: false }
		}
	],
	[
		'xai',
		{
			model: 'grok-4.7',
			events: [
				...[thought('First'), thought(', think.'), step('First, think.')],
				...[message, said('Grok'), whole('Grok')]
			],
			text: 'Grok',
			// Its completion_tokens are 2: the 340 of the reasoning are not in them.
			usage: { inputTokens: 12, cachedTokens: 11, outputTokens: 342, reasoningTokens: 340, searches: null },
			cost: { usd: 0.000172125, known: true }
		}
	],
	[
		'openrouter',
		{
			model: 'x-ai/grok-4.7',
			events: [thought('Plan'), step('Plan'), message, said('Hi'), whole('Hi')],
			text: 'Hi',
			usage: { inputTokens: 10, cachedTokens: 0, outputTokens: 4, reasoningTokens: 2, searches: null },
			cost: { usd: 0.00095, known: true }
		}
	],
	[
		'ollama',
		{
			model: 'qwen3:8b',
			events: [thought('Hmm'), step('Hmm'), message, said('Hi'), whole('Hi')],
			text: 'Hi',
			usage: { inputTokens: 11, cachedTokens: null, outputTokens: 20, reasoningTokens: null, searches: 0 },
			cost: { usd: null, known: false }
		}
	]
];
const ways = recordings.flatMap(([vendor, recording]) =>
	[1, 7, undefined].map((chunk) => [vendor, chunk, recording] as const)
);

test.each(ways)(
	"TS-01 TS-02 %s's chat stream, in pieces of %s bytes, gives the reasoning apart from the answer, once, with the usage",
	async (vendor, chunk, recording) => {
		const searched = { vendor: { ...vendors[vendor], api: 'chat' as const } };
		if (vendor === 'xai' || vendor === 'openai') searched.vendor.webSearch = { suffix: ':online' };
		const { events, error } = await told({ body: transcript(vendor), chunk }, vendor, searched);
		expect(error).toBeNull();
		const [created, ...rest] = facts(events);
		expect(created).toMatchObject({ type: 'created', model: recording.model });
		expect(rest.slice(0, -1)).toEqual(recording.events);
		const { model, text, usage, cost } = recording;
		expect(outcomeIn(events)).toMatchObject({ status: 'completed', model, text, usage, cost, error: null });
	}
);

test('TS-01 every vendor is asked for the counts of a chat stream', async () => {
	await told({ body: transcript('ollama') }, 'ollama');
	expect(server.requests[0]?.url.pathname).toBe('/v1/chat/completions');
	expect(server.requests[0]?.body).toEqual({
		model: 'gpt-6-astra',
		messages: [
			{ role: 'system', content: 'Write a cited report.' },
			{ role: 'user', content: 'How well are batteries recycled?' }
		],
		max_tokens: 5_000,
		stream: true,
		stream_options: { include_usage: true }
	});
	expect(server.requests[0]?.headers.authorization).toBe(`Bearer ${key}`);
});

test('TS-01 temperature and effort that the person chose, and a JSON schema, are sent in the words of the chat API', async () => {
	server.answer(() => ({ body: transcript('openai') }));
	const schema = { name: 'outline', schema: { type: 'object' } };
	const choices = { temperature: 0, effort: 'low', chosen: ['temperature', 'effort'], schema } as const;
	await collect(providerAt(server.baseURL, byChat('vllm')).create({ ...asked, ...choices }, never));
	expect(server.requests[0]?.body).toMatchObject({
		temperature: 0,
		reasoning_effort: 'low',
		response_format: { type: 'json_schema', json_schema: { strict: true, ...schema } }
	});
});

// ---- where it ends ------------------------------------------------------------------------------------------------

/** Where the frame with the finish_reason ends: from there on the answer is whole. */
function wholeFrom(bytes: Buffer): number {
	const at = bytes.indexOf(/"finish_reason":"stop"/.exec(bytes.toString())?.[0] ?? '');
	return bytes.indexOf('\n\n', at) + 2;
}

test.each(recordings)(
	"TS-12 %s's chat stream cut at any byte is a lost connection, or whole once the finish was told; before its first frame it is unknown",
	async (vendor, { text }) => {
		const bytes = transcript(vendor);
		const frames = [...bytes.toString().matchAll(/data: /g)].map((each) => each.index);
		const around = frames.flatMap((at) => [at - 1, at, at + 3, at + 40]).filter((at) => at >= 0);
		for (const upTo of [...around, wholeFrom(bytes) - 2, wholeFrom(bytes)]) {
			for (const then of ['cut', 'end'] as const) {
				const { events, error } = await told({ body: bytes, upTo, then }, vendor);
				// An orderly end stands for the empty line after a frame.
				const isWhole = upTo >= wholeFrom(bytes) - (then === 'end' ? 2 : 0);
				expect(outcomeIn(events)?.text ?? null, `${then} at ${upTo}`).toBe(isWhole ? text : null);
				if (then === 'end' || isWhole) continue;
				const code = events.length === 0 ? 'unknown_outcome' : 'provider_connection';
				expect(error, `cut at ${upTo}`).toMatchObject({ code });
			}
		}
	},
	20_000
);

test.each(recordings)(
	"TS-11 %s's chat stream that stays open behind its finish is whole after a short wait for its count",
	async (vendor, { text }) => {
		const reply = { body: transcript(vendor), upTo: wholeFrom(transcript(vendor)), then: 'silence' } as const;
		const { events, error } = await told(reply, vendor, { countMs: 30 });
		expect(error).toBeNull();
		expect(outcomeIn(events)).toMatchObject({ status: 'completed', text });
		await expect.poll(() => server.requests.at(-1)?.hungUp).toBe(true);
	}
);

test('TS-12 an end without a finish_reason is no end: Ollama’s failures look like that', async () => {
	const body = transcript('ollama').toString().split('\n\n').slice(0, 2).join('\n\n') + '\n\n';
	const { events, error } = await told({ body }, 'ollama');
	expect(error).toBeNull();
	expect(events.map((event) => event.type)).not.toContain('ended');
});

const chunk = (delta: object, finish_reason: string | null = null, more: object = {}) =>
	`data: ${JSON.stringify({ id: 'c1', model: 'm', choices: [{ index: 0, delta, finish_reason }], ...more })}\n\n`;

test.each([
	['length', 'incomplete', 'max_output_tokens'],
	['content_filter', 'incomplete', 'content_filter'],
	['stop', 'completed', null],
	['tool_calls', 'completed', null]
])('TS-12 a chat that finished by %s is %s, its text kept', async (finish, status, incompleteReason) => {
	const { events } = await told({ body: chunk({ content: 'half' }) + chunk({}, finish) + 'data: [DONE]\n\n' });
	expect(outcomeIn(events)).toMatchObject({ status, incompleteReason, text: 'half', usage: null });
});

test('TS-13 a chat that finished by an error has failed, with a code and a sentence', async () => {
	const { events } = await told({ body: chunk({ content: 'half' }, 'error') + 'data: [DONE]\n\n' });
	expect(outcomeIn(events)).toMatchObject({ status: 'failed', text: 'half', error: { code: 'provider_error' } });
});

test('TS-13 an upstream of OpenRouter that failed in the middle is told apart, what was said is kept', async () => {
	const { events, error } = await told({ body: transcript('openrouter_midstream_error') }, 'openrouter');
	expect(facts(events).map((event) => event.type)).toEqual(['created', 'message', 'text']);
	expect(error).toMatchObject({ code: 'provider_error', inStream: true, retry: null });
	expect((error as Error).message).toBe('The provider behind OpenAI failed; what arrived is kept.');
});

test('RS-13 a refusal in a chat is told as one and not as text', async () => {
	const { events } = await told({ body: chunk({ refusal: 'I can' }) + chunk({ refusal: 'not.' }) + chunk({}, 'stop') });
	expect(events).toContainEqual({ cursor: null, type: 'refusal', text: 'I cannot.' });
	expect(outcomeIn(events)).toMatchObject({ text: '', refusal: 'I cannot.' });
});

test('TS-02 reasoning that goes on after the answer began is a step of its own', async () => {
	const thinks = (reasoning: string) => chunk({ reasoning });
	const body = thinks('One') + chunk({ content: 'a' }) + thinks('Two') + chunk({ content: 'b' }) + chunk({}, 'stop');
	const { events } = await told({ body });
	const steps = events.filter((event) => event.type === 'reasoning');
	expect(steps.map(({ index, text }) => [index, text])).toEqual([
		[0, 'One'],
		[1, 'Two']
	]);
	expect(outcomeIn(events)).toMatchObject({ text: 'ab' });
});

test('TS-02 reasoning under two names, together or one after the other, is told once; encrypted reasoning not at all', async () => {
	const details = [
		{ type: 'reasoning.text', text: 'Think' },
		{ type: 'reasoning.encrypted', data: 'x' }
	];
	const body =
		chunk({ reasoning: 'Think', reasoning_details: details }) +
		chunk({ reasoning_details: [{ type: 'reasoning.text', text: 'Think' }] }) +
		chunk({ content: 'a' }, 'stop');
	const { events } = await told({ body });
	expect(events.filter((event) => event.type === 'reasoning')).toMatchObject([{ text: 'Think' }]);
});

test('RS-13 links that a chat cites are placed in its text, unsafe ones dropped', async () => {
	const cite = (url: string) => ({
		type: 'url_citation',
		url_citation: { url, title: 'T', start_index: 0, end_index: 3 }
	});
	const annotations = [cite('https://a.org/?utm_source=openai'), cite('javascript:alert(1)')];
	const { events } = await told({ body: chunk({ content: 'See.', annotations }) + chunk({}, 'stop') });
	expect(outcomeIn(events)?.citations).toEqual([{ url: 'https://a.org/', title: 'T', start: 0, end: 3 }]);
});

// ---- in one piece -------------------------------------------------------------------------------------------------

const completion = (facts: object = {}) => ({
	id: 'chatcmpl-905',
	model: 'm',
	choices: [{ message: { content: 'Hi', reasoning: 'Hmm' }, finish_reason: 'stop' }],
	usage: { prompt_tokens: 3, completion_tokens: 4, total_tokens: 7 },
	...facts
});

test('TS-16 an answer in one piece says the same as a stream', async () => {
	const { events } = await told(json(completion()));
	expect(events.map((event) => event.type)).toEqual(['created', 'ended']);
	expect(outcomeIn(events)).toMatchObject({ status: 'completed', text: 'Hi', usage: { outputTokens: 4 } });
	expect(outcomeIn(events)?.items).toEqual([step('Hmm'), message, whole('Hi')]);
});

test.each([
	['without choices', completion({ choices: [] }), 'failed'],
	[
		'that breaks off at its length',
		completion({ choices: [{ message: { content: 'H' }, finish_reason: 'length' }] }),
		'incomplete'
	]
])('TS-12 an answer in one piece %s is not taken for a whole one', async (_, body, status) => {
	expect(outcomeIn((await told(json(body))).events)).toMatchObject({ status });
});

test.each([
	['nested', { error: { message: 'raw', code: 429 } }, 'provider_rate_limit'],
	['only text', { error: 'Incorrect API key provided' }, 'provider_error']
])('TS-13 an error answered with 200, %s, is an error', async (_, body, code) => {
	expect((await told(json(body))).error).toMatchObject({ code });
});

test('BY-02 two chats never have the same id, whatever the server draws', async () => {
	const ids = new Set<string>();
	for (let round = 0; round < 20; round += 1) {
		const [created] = (await told(json(completion()))).events;
		if (created?.type === 'created') ids.add(created.responseId);
	}
	expect(ids.size).toBe(20);
	expect([...ids].every((id) => id.startsWith('chatcmpl-905-'))).toBe(true);
});

// ---- which way ----------------------------------------------------------------------------------------------------

const html = { 'content-type': 'text/html' };
const missing: [string, Reply][] = [
	["Ollama's page of text", { status: 404, headers: { 'content-type': 'text/plain' }, body: '404 page not found' }],
	["FastAPI's", json({ detail: 'Not Found' }, 404)],
	['a method that is not allowed', json({ detail: 'Method Not Allowed' }, 405)],
	["llama.cpp's", json({ error: { code: 404, message: 'File Not Found', type: 'not_found_error' } }, 404)],
	["a gateway's", json({ error: { message: 'Invalid URL (POST /v1/responses)', type: 'invalid_request_error' } }, 404)],
	["Express's page", { status: 404, headers: html, body: '<pre>Cannot POST /v1/responses</pre>' }],
	["LM Studio's 200", json({ error: 'Unexpected endpoint or method. (POST /v1/responses)' })]
];

test.each(missing)(
	'TS-01 a server without the Responses API, by %s answer, is asked by chat from then on',
	async (_, reply) => {
		server.answer(({ url }) => (url.pathname.endsWith('/responses') ? reply : { body: transcript('ollama') }));
		const provider = providerAt(server.baseURL, { vendor: vendors.ollama });
		for (const _round of [1, 2]) {
			const { events, error } = await collect(provider.create(asked, never));
			expect(error).toBeNull();
			expect(outcomeIn(events)).toMatchObject({ text: 'Hi' });
		}
		expect(server.requests.map(({ url }) => url.pathname)).toEqual([
			'/v1/responses',
			'/v1/chat/completions',
			'/v1/chat/completions'
		]);
	}
);

test.each([
	['ollama', { error: { message: "model 'gpt-6-astra' not found", type: 'not_found_error', code: null } }],
	['vllm', { object: 'error', message: 'The model `gpt-6-astra` does not exist.', type: 'NotFoundError', code: 404 }]
] as const)('TS-13 a model that %s has not is no missing path: nothing is asked by chat', async (vendor, body) => {
	server.answer(() => json(body, 404));
	const { error } = await collect(providerAt(server.baseURL, { vendor: vendors[vendor] }).create(asked, never));
	expect(error).toMatchObject({ code: 'provider_model' });
	expect(server.requests).toHaveLength(1);
});

test('TS-15 an address with neither path is told as a wrong address', async () => {
	server.answer(() => ({ status: 404, headers: html, body: '<h1>nothing here</h1>' }));
	const { error } = await collect(providerAt(server.baseURL, { vendor: vendors.custom }).create(asked, never));
	expect(error).toMatchObject({ code: 'provider_unreachable', retry: null });
	expect((error as Error).message).toMatch(/has no path for answers.*Check it/);
	expect(server.requests).toHaveLength(2);
});

test('TS-01 by chat there is no background mode and no search tool, and nobody is led to believe so', async () => {
	server.answer(({ url }) => (url.pathname.endsWith('/responses') ? missing[0]![1] : { body: transcript('ollama') }));
	const provider = providerAt(server.baseURL, { vendor: vendors.vllm });
	expect(provider.can.background).toBe(true);
	const { error } = await collect(provider.create(request, never));
	expect(error).toMatchObject({ code: 'provider_bad_request', param: 'background' });
	expect(provider.can.background).toBe(false);
	expect(providerAt(server.baseURL, byChat('xai')).can.webSearch).toBe(false);
	expect(providerAt(server.baseURL, byChat('openrouter')).can.webSearch).toBe(true);
});

test('TS-01 a server that refuses to be asked for the counts of a stream is asked without', async () => {
	const refusal = json({ error: { message: 'raw', type: 'x', code: null, param: 'stream_options' } }, 400);
	server.answer(({ body }) => ('stream_options' in body ? refusal : { body: transcript('ollama') }));
	const { error } = await collect(providerAt(server.baseURL, byChat('custom')).create(asked, never));
	expect(error).toBeNull();
	expect(server.count('POST')).toBe(2);
});

// ---- what nobody should read --------------------------------------------------------------------------------------

test.each([
	['by its status', json({ error: { message: `raw words with ${key}`, type: 'x', code: 'invalid_api_key' } }, 401)],
	['in its stream', { body: `data: {"error":{"message":"raw words with ${key}","code":500}}\n\n` }]
])('TS-15 of an error of a chat, told %s, a person reads no raw text, and the log no key', async (_, reply) => {
	const log = new KeptLog();
	const { error } = await told(reply, 'custom', { log });
	expect((error as Error).message).not.toMatch(/raw|0123456789/);
	expect(JSON.stringify((error as Error).cause)).toContain('raw words with [key]');
	expect(JSON.stringify(log.lines)).not.toContain('0123456789');
});

test('TS-02 nothing is told twice, and nothing after the end', () => {
	const asking = { what: 'create', label: 'X', model: 'm', secret: '', local: false } as const;
	const reading = new ChatEvents({ asking, prices: [], demo: false }, false);
	const last = { id: 'c', choices: [{ delta: { content: 'a' }, finish_reason: 'stop' }], usage: { prompt_tokens: 1 } };
	expect(reading.read(last).map((event) => event.type)).toEqual(['created', 'message', 'text', 'text_done', 'ended']);
	expect(reading.finish()).toEqual([]);
});

test('TS-02 a research by chat shows the reasoning as a step of its own and the answer as the report', async () => {
	server.answer(({ url }) => (url.pathname.endsWith('/responses') ? missing[0]![1] : { body: transcript('ollama') }));
	const app = await makeApp({ provider: providerAt(server.baseURL, { vendor: vendors.ollama, label: 'Ollama' }) });
	const { id } = await start(app, 'research', { query: 'Why are there tides?', depth: 'quick' });
	const { status, state, content } = await ended(app, id);
	expect(status).toBe('succeeded');
	expect((state as ResearchState).reasoning.map(({ summary }) => summary)).toEqual(['Hmm']);
	expect(content['report']).toBe('Hi');
});

test('TS-12 a research by chat whose stream broke keeps its half of the report, and is created once', async () => {
	const body = chunk({ content: 'Half a report' });
	server.answer(() => ({ body, then: 'cut' }));
	const app = await makeApp({ provider: providerAt(server.baseURL, byChat('ollama')) });
	const { id } = await start(app, 'research', { query: 'Why are there tides?', depth: 'quick' });
	const { status, error, content } = await ended(app, id);
	expect([status, error?.code, content['report']]).toEqual(['failed', 'provider_connection', 'Half a report']);
	expect(server.count('POST')).toBe(1);
});
