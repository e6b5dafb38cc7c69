import { afterEach, beforeEach, expect, test } from 'vitest';
import type { ProviderEvent, ResponseRequest } from '../../../../src/lib/operations/operation.ts';
import type { OpenAICompatibleOptions } from '../../../../src/lib/server/providers/openai-compatible.ts';
import { vendors, type VendorId } from '../../../../src/lib/server/providers/vendors.ts';
import { json, ReplayServer, Transcript } from '../../../support/replay-server.ts';
import { collect, key, never, providerAt, request } from './wiring.ts';

let server: ReplayServer;
beforeEach(async () => void (server = await ReplayServer.start(() => ({}))));
afterEach(() => server.close());

/** What the provider makes of these raw events. */
async function normalized(raw: object[], options: Partial<OpenAICompatibleOptions> = {}): Promise<ProviderEvent[]> {
	server.answer(() => ({ body: raw.map((event) => `data: ${JSON.stringify(event)}\n\n`).join('') }));
	const { events, error } = await collect(providerAt(server.baseURL, options).create(request, never));
	expect(error).toBeNull();
	return events;
}

async function sent(vendor: VendorId, asked: ResponseRequest = request): Promise<Record<string, unknown>> {
	server.answer(() => json({ id: 'r1', status: 'completed', output: [] }));
	await collect(providerAt(server.baseURL, { vendor: vendors[vendor] }).create(asked, never));
	return server.requests.at(-1)?.body ?? {};
}

// ---- what is asked ------------------------------------------------------------------------------------------------

test('RS-13 a background request is sent with streaming and an explicit store, so that it can be found again', async () => {
	expect(await sent('openai')).toEqual({
		model: 'gpt-6-astra',
		input: 'How well are batteries recycled?',
		instructions: 'Write a cited report.',
		background: true,
		store: true,
		stream: true,
		reasoning: { effort: 'high', summary: 'auto' },
		max_tool_calls: 20,
		max_output_tokens: 5_000,
		tools: [{ type: 'web_search', search_context_size: 'medium' }],
		include: ['web_search_call.action.sources'],
		metadata: { job_id: 'job_42' }
	});
	expect(server.requests[0]?.headers.authorization).toBe(`Bearer ${key}`);
});

const plainBody = {
	input: 'How well are batteries recycled?',
	instructions: 'Write a cited report.',
	max_output_tokens: 5_000,
	stream: true
};

test.each([
	['xai', { ...plainBody, model: 'gpt-6-astra', tools: [{ type: 'web_search' }] }],
	['openrouter', { ...plainBody, model: 'gpt-6-astra:online', store: false }],
	['ollama', { ...plainBody, model: 'gpt-6-astra' }],
	['vllm', { ...plainBody, model: 'gpt-6-astra', background: true, store: true }],
	['lmstudio', { ...plainBody, model: 'gpt-6-astra' }],
	['custom', { ...plainBody, model: 'gpt-6-astra' }]
] as const)('RS-13 nothing is sent to %s that it would refuse', async (vendor, body) => {
	expect(await sent(vendor)).toEqual(body);
});

test('RS-13 Azure is asked for the search tool that it knows', async () => {
	expect(await sent('azure')).toMatchObject({ tools: [{ type: 'web_search_preview' }], background: true });
});

test('IR-05 an answer in JSON of a given shape is asked for where that is known, and left out elsewhere', async () => {
	const schema = { type: 'object', properties: { title: { type: 'string' } }, required: ['title'] };
	const asked = { ...request, schema: { name: 'outline', schema } };
	const format = { type: 'json_schema', name: 'outline', strict: true, schema };
	expect(await sent('openai', asked)).toMatchObject({ text: { format } });
	expect(await sent('vllm', asked)).toMatchObject({ text: { format } });
	expect(await sent('custom', asked)).not.toHaveProperty('text');
	expect(await sent('openai')).not.toHaveProperty('text');
});

test('IM-01 where the image tool is configured, pictures can be made even without image paths', () => {
	const { can } = providerAt(server.baseURL, { vendor: vendors.vllm, imageRoute: 'tool' });
	expect(can.images).toBe(true);
});

test('RS-13 each vendor says what it can', () => {
	const can = Object.keys(vendors).map((id) => [
		id,
		providerAt(server.baseURL, { vendor: vendors[id as VendorId] }).can
	]);
	const background = can.filter(([, each]) => (each as { background: boolean }).background).map(([id]) => id);
	const webSearch = can.filter(([, each]) => (each as { webSearch: boolean }).webSearch).map(([id]) => id);
	const images = can.filter(([, each]) => (each as { images: boolean }).images).map(([id]) => id);
	const structured = can.filter(([, each]) => (each as { structured: boolean }).structured).map(([id]) => id);
	expect(background).toEqual(['openai', 'azure', 'vllm', 'demo']);
	expect(webSearch).toEqual(['openai', 'azure', 'xai', 'openrouter', 'demo']);
	expect(images).toEqual(['openai', 'azure', 'xai', 'openrouter', 'ollama', 'custom', 'demo']);
	expect(structured).toEqual(Object.keys(vendors).filter((id) => id !== 'custom'));
});

test('RS-03 a query leads to a page about it, safe inside a Markdown link', () => {
	const { searchUrl } = { searchUrl: (query: string) => providerAt('http://x/v1').searchUrl(query) };
	expect(searchUrl('tea (green) & $& "milk"')).toBe(
		'https://duckduckgo.com/?q=tea%20%28green%29%20%26%20%24%26%20%22milk%22'
	);
	expect(providerAt('http://x/v1', { vendor: vendors.demo }).searchUrl('tea')).toBe('/library?q=tea');
});

test.each(['ftp://example.org/v1', 'javascript:alert(1)', 'api.openai.com'])(
	'TS-15 an address like %s is refused in a sentence',
	(baseURL) => {
		expect(() => providerAt(baseURL)).toThrow(/must begin with http/);
	}
);

// ---- what comes ---------------------------------------------------------------------------------------------------

const begin = {
	type: 'response.created',
	sequence_number: 0,
	response: { id: 'r1', status: 'in_progress', model: 'm' }
};
const end = {
	type: 'response.completed',
	sequence_number: 99,
	response: { id: 'r1', status: 'completed', output: [] }
};

test('RS-13 keepalives and unknown events say that the connection lives, and move the cursor', async () => {
	const events = await normalized([
		begin,
		{ type: 'keepalive', sequence_number: 1 },
		{ type: 'response.x', sequence_number: 2 },
		end
	]);
	expect(events.slice(2, 4)).toEqual([
		{ cursor: 1, type: 'alive' },
		{ cursor: 2, type: 'alive' }
	]);
});

test('RS-13 an event that comes twice is told once', async () => {
	const words = { type: 'response.output_text.delta', sequence_number: 1, item_id: 'm', content_index: 0, delta: 'a' };
	const events = await normalized([begin, words, words, { ...words, sequence_number: 0 }, end]);
	expect(events.filter((event) => event.type === 'text')).toHaveLength(1);
});

test('RS-13 events without numbers have no cursor', async () => {
	const words = { type: 'response.output_text.delta', item_id: 'm', delta: 'a' };
	const events = await normalized([begin, words, words, end]);
	expect(events.filter((event) => event.type === 'text').map((event) => event.cursor)).toEqual([null, null]);
});

test('RS-13 nothing is read after the end, even if the server keeps the connection', async () => {
	const body = [begin, end].map((event) => `data: ${JSON.stringify(event)}\n\n`).join('');
	server.answer(() => ({ body, then: 'silence' }));
	const { events } = await collect(providerAt(server.baseURL).create(request, never));
	expect(events.at(-1)?.type).toBe('ended');
	await expect.poll(() => server.requests[0]?.hungUp).toBe(true);
});

function item(facts: object, done = true): object {
	const type = done ? 'response.output_item.done' : 'response.output_item.added';
	return { type, sequence_number: done ? 2 : 1, output_index: 0, item: facts };
}

test.each([
	['without an action', { type: 'web_search_call' }, null],
	[
		'without a query',
		{ type: 'web_search_call', action: { type: 'search' } },
		{ kind: 'search', queries: [], sources: [] }
	],
	[
		'with the older single query',
		{ type: 'web_search_call', action: { type: 'search', query: 'tea' } },
		{ kind: 'search', queries: ['tea'], sources: [] }
	],
	[
		"in xAI's form",
		{ type: 'web_search_call', name: 'web_search', arguments: '{"query":"tea"}', call_id: '' },
		{ kind: 'search', queries: ['tea'], sources: [] }
	],
	["in xAI's form, broken", { type: 'web_search_call', arguments: '{"query' }, null],
	[
		'that opened a page without saying which',
		{ type: 'web_search_call', action: { type: 'open_page', url: null } },
		{ kind: 'open_page', url: null }
	]
])('RS-03 a web search %s is told all the same', async (_, facts, action) => {
	const events = await normalized([begin, item({ ...facts, id: 'ws', status: 'searching' }), end]);
	expect(events).toContainEqual({ cursor: 2, type: 'web', itemId: 'ws', state: 'completed', action });
});

test('RS-03 a web search that failed is told as failed', async () => {
	const events = await normalized([begin, item({ id: 'ws', type: 'web_search_call', status: 'failed' }), end]);
	expect(events).toContainEqual(expect.objectContaining({ type: 'web', state: 'failed' }));
});

test('RS-02 reasoning that comes without summary parts, or twice in two forms, is told once', async () => {
	const of = (type: string, facts: object, sequence_number: number) => ({
		type,
		item_id: 'rs',
		sequence_number,
		...facts
	});
	const events = await normalized([
		begin,
		of('response.reasoning_summary_text.delta', { summary_index: 0, delta: 'I th' }, 1),
		of('response.reasoning_text.delta', { content_index: 0, delta: 'I think' }, 2),
		of('response.reasoning_summary_text.done', { summary_index: 0, text: 'I think' }, 3),
		{
			...item({ id: 'rs', type: 'reasoning', summary: [{ type: 'summary_text', text: 'I think' }] }),
			sequence_number: 4
		},
		end
	]);
	expect(events.filter((event) => event.type.startsWith('reasoning'))).toEqual([
		{ cursor: 1, type: 'reasoning_delta', itemId: 'rs', index: 0, text: 'I th' },
		{ cursor: 3, type: 'reasoning', itemId: 'rs', index: 0, text: 'I think' }
	]);
});

/** Events of one reasoning item, numbered from 1. */
function reasoned(...raw: object[]): object[] {
	return raw.map((each, index) => ({ item_id: 'rs', output_index: 0, sequence_number: index + 1, ...each }));
}

test.each([
	[
		"xAI's, a summary in parts",
		reasoned(
			{ type: 'response.reasoning_summary_part.added', summary_index: 0, part: { type: 'summary_text', text: '' } },
			{ type: 'response.reasoning_summary_text.delta', summary_index: 0, delta: 'Think' },
			{ type: 'response.reasoning_summary_text.done', summary_index: 0, text: 'Think' },
			{ type: 'response.output_item.done', item: { id: 'rs', type: 'reasoning', summary: [{ text: 'Think' }] } }
		)
	],
	[
		"Ollama's, without the begin of a part",
		reasoned(
			{ type: 'response.reasoning_summary_text.delta', summary_index: 0, delta: 'Think' },
			{ type: 'response.output_item.done', item: { id: 'rs', type: 'reasoning', summary: [{ text: 'Think' }] } }
		)
	],
	[
		"vLLM's, the reasoning itself",
		reasoned(
			{ type: 'response.reasoning_text.delta', content_index: 0, delta: 'Think' },
			{ type: 'response.reasoning_text.done', content_index: 0, text: 'Think' },
			{ type: 'response.output_item.done', item: { id: 'rs', type: 'reasoning', content: [{ text: 'Think' }] } }
		)
	]
])('TS-02 reasoning in a form of %s streams apart from the answer and is told whole once', async (_, raw) => {
	const words = { type: 'response.output_text.delta', sequence_number: 50, item_id: 'm', delta: 'Answer' };
	const events = await normalized([begin, ...raw, words, end]);
	expect(events.filter((event) => event.type === 'reasoning_delta')).toMatchObject([{ itemId: 'rs', text: 'Think' }]);
	expect(events.filter((event) => event.type === 'reasoning')).toMatchObject([{ itemId: 'rs', text: 'Think' }]);
	expect(events.filter((event) => event.type === 'text')).toMatchObject([{ text: 'Answer' }]);
});

test('BY-02 ids that a server draws from few numbers are told apart', async () => {
	const ids = [];
	for (const _round of [1, 2]) {
		const [created] = await normalized([begin, end], { vendor: vendors.ollama });
		if (created?.type === 'created') ids.push(created.responseId);
	}
	expect(new Set(ids).size).toBe(2);
	expect(ids).toEqual([expect.stringMatching(/^r1-/), expect.stringMatching(/^r1-/)]);
});

test('RS-13 interim remarks are told apart and are no part of the answer', async () => {
	const message = (id: string, phase: string, text: string) => ({
		id,
		type: 'message',
		phase,
		content: [{ type: 'output_text', text, annotations: [] }]
	});
	const output = [message('m1', 'commentary', 'I will search.'), message('m2', 'final_answer', 'The report.')];
	const events = await normalized([begin, { ...end, response: { ...end.response, output } }]);
	const last = events.at(-1);
	expect(last).toMatchObject({ type: 'ended', outcome: { text: 'The report.' } });
	expect(last?.type === 'ended' && last.outcome.items.filter((each) => each.type === 'message')).toMatchObject([
		{ itemId: 'm1', phase: 'commentary' },
		{ itemId: 'm2', phase: 'final_answer' }
	]);
});

test('RS-13 a remark after an answer without a phase does not become the answer', async () => {
	const message = (text: string, phase?: string) => ({
		type: 'message',
		phase,
		content: [{ type: 'output_text', text }]
	});
	const output = [message('The report.'), message('One more search.', 'commentary')];
	const events = await normalized([begin, { ...end, response: { ...end.response, output } }]);
	expect(events.at(-1)).toMatchObject({ type: 'ended', outcome: { text: 'The report.' } });
});

test('RS-13 an answer in two parts is one text, its citations where they are in it', async () => {
	const annotation = { type: 'url_citation', url: 'https://a.org/', title: 'A', start_index: 0, end_index: 4 };
	const content = ['one ', 'two '].map((text) => ({ type: 'output_text', text, annotations: [annotation] }));
	const output = [{ id: 'm', type: 'message', content }];
	const events = await normalized([begin, { ...end, response: { ...end.response, output } }]);
	expect(events.at(-1)).toMatchObject({
		type: 'ended',
		outcome: {
			text: 'one two ',
			citations: [
				{ start: 0, end: 4 },
				{ start: 4, end: 8 }
			]
		}
	});
});

async function cited(text: string, annotation: object): Promise<unknown> {
	const annotations = [{ type: 'url_citation', title: 'T', ...annotation }];
	const message = { id: 'm', type: 'message', content: [{ type: 'output_text', text, annotations }] };
	const events = await normalized([begin, item(message), end]);
	const done = events.find((event) => event.type === 'text_done');
	return done?.type === 'text_done' ? done.citations : null;
}

test('RS-13 a cited address loses the tracking mark and nothing else', async () => {
	const url = (search: string) => ({ url: `https://a.org/x${search}`, start_index: 0, end_index: 0 });
	expect(await cited('', url('?utm_source=openai'))).toMatchObject([{ url: 'https://a.org/x' }]);
	expect(await cited('', url('?utm_source=openai&y=1'))).toMatchObject([{ url: 'https://a.org/x?y=1' }]);
	expect(await cited('', url('?y=1&utm_source=openai#z'))).toMatchObject([{ url: 'https://a.org/x?y=1#z' }]);
});

test.each([
	'javascript:alert(1)',
	'data:text/html,x',
	'//evil.example/x',
	'/\\evil.example',
	'file:///etc/passwd',
	'x',
	null
])('RS-13 a cited address like %s is dropped', async (url) => {
	expect(await cited('abc', { url, start_index: 0, end_index: 1 })).toEqual([]);
});

test("RS-13 a cited page of the app's own passes", async () => {
	expect(await cited('abc', { url: '/library/tea', start_index: 0, end_index: 1 })).toMatchObject([
		{ url: '/library/tea' }
	]);
});

test('RS-13 a citation outside of the text is kept, inside of it', async () => {
	expect(await cited('abc', { url: 'https://a.org/', start_index: 2, end_index: 50 })).toMatchObject([
		{ start: 2, end: 3 }
	]);
	expect(await cited('abc', { url: 'https://a.org/', start_index: -4, end_index: -9 })).toMatchObject([
		{ start: 0, end: 0 }
	]);
});

test('RS-13 citations counted in code points are found at their UTF-16 place', async () => {
	const text = '🔋🔋 see ([a.org](https://a.org/))';
	const start = text.indexOf('(');
	const expected = [{ start, end: text.length }];
	expect(await cited(text, { url: 'https://a.org/', start_index: start, end_index: text.length })).toMatchObject(
		expected
	);
	expect(
		await cited(text, { url: 'https://a.org/', start_index: start - 2, end_index: text.length - 2 })
	).toMatchObject(expected);
});

// ---- fetch, cancel, cost ------------------------------------------------------------------------------------------

test('RS-13 while it runs, only items that will not change are told', async () => {
	const search = { id: 'ws', type: 'web_search_call', status: 'completed', action: { type: 'search', query: 'tea' } };
	const growing = { id: 'm', type: 'message', status: 'in_progress', content: [{ type: 'output_text', text: 'The' }] };
	server.answer(() => json({ id: 'r1', status: 'in_progress', output: [search, growing] }));
	const outcome = await providerAt(server.baseURL).fetch('r1', never);
	expect(outcome).toMatchObject({ status: 'in_progress', text: 'The', items: [{ type: 'web', itemId: 'ws' }] });
	expect(outcome.items).toHaveLength(1);
});

const already = { error: { message: 'Cannot cancel a completed response.', type: 'invalid_request_error' } };

test.each([
	['confirmed', json({ id: 'r1', status: 'cancelled', output: [] }), json({}, 500)],
	['already_ended', json(already, 400), json({ id: 'r1', status: 'completed', output: [] })],
	['confirmed', json(already, 400), json({ id: 'r1', status: 'cancelled', output: [] })],
	['unconfirmed', json({ id: 'r1', status: 'in_progress' }), json({}, 500)],
	['unconfirmed', json(already, 400), json({}, 500)],
	['unconfirmed', { dropped: true }, { dropped: true }],
	['unconfirmed', json({}, 404), json({}, 404)]
] as const)('CX-02 a cancel is %s when the provider says so', async (provider, onCancel, onFetch) => {
	server.answer((asked) => (asked.method === 'POST' ? onCancel : onFetch));
	const answer = await providerAt(server.baseURL).cancel('r1', never);
	expect(answer.provider).toBe(provider);
	expect(server.requests[0]?.url.pathname).toBe('/v1/responses/r1/cancel');
});

test('CX-15 an abort ends a fetch with its reason', async () => {
	server.answer(() => ({ headers: { 'content-type': 'application/json' }, body: '{"id"', then: 'silence' }));
	const abort = new AbortController();
	const fetching = providerAt(server.baseURL).fetch('r1', abort.signal);
	await expect.poll(() => server.requests.length).toBe(1);
	const reason = new Error('the person left');
	abort.abort(reason);
	await expect(fetching).rejects.toBe(reason);
});

async function costOf(response: object, options: Partial<OpenAICompatibleOptions> = {}): Promise<unknown> {
	server.answer(() => json({ id: 'r1', status: 'completed', model: 'gpt-6-astra', output: [], ...response }));
	return (await providerAt(server.baseURL, options).fetch('r1', never)).cost;
}

const usage = { input_tokens: 1_000_000, output_tokens: 0, input_tokens_details: { cached_tokens: 0 } };

test("CX-10 xAI's ticks and OpenRouter's cost are what it cost", async () => {
	expect(await costOf({ usage: { ...usage, cost_in_usd_ticks: 12_340_000_000 } })).toEqual({ usd: 1.234, known: true });
	expect(await costOf({ usage: { ...usage, cost: 0.056 } })).toEqual({ usd: 0.056, known: true });
});

test('CX-10 searches that were not counted make the cost a lower bound', async () => {
	const search = { id: 'ws', type: 'web_search_call', status: 'completed' };
	expect(await costOf({ usage })).toEqual({ usd: 20, known: true });
	expect(await costOf({ usage, output: [search] })).toEqual({ usd: 20, known: false });
});

test('CX-10 at the demo everything costs nothing, whatever it calls its model', async () => {
	expect(await costOf({ usage: null }, { demo: true })).toEqual({ usd: 0, known: true });
});

test('RS-13 without streaming one request brings all', async () => {
	const transcript = new Transcript('plain_text');
	server.answer(() => json(transcript.response));
	const { events } = await collect(
		providerAt(server.baseURL).create({ ...request, background: false, stream: false }, never)
	);
	expect(events.map((event) => event.type)).toEqual(['created', 'ended']);
	expect(server.requests[0]?.body['stream']).toBe(false);
});
