import { afterEach, beforeEach, expect, test } from 'vitest';
import type { ResponseRequest } from '../../../../src/lib/operations/operation.ts';
import { systemClock } from '../../../../src/lib/server/clock.ts';
import { attach } from '../../../../src/lib/server/providers/attach.ts';
import { requestPicture } from '../../../../src/lib/server/providers/picture.ts';
import type { Dispensable } from '../../../../src/lib/server/providers/refusals.ts';
import { vendors } from '../../../../src/lib/server/providers/vendors.ts';
import { choicesOf } from '../../../../src/lib/server/run-choices.ts';
import { ended, makeApp, start } from '../../../support/app.ts';
import { json, ReplayServer, Transcript, type Recorded, type Reply } from '../../../support/replay-server.ts';
import { KeptMemory } from './scripted-provider.ts';
import { collect, KeptLog, never, picture, providerAt, request } from './wiring.ts';

let server: ReplayServer;
beforeEach(async () => void (server = await ReplayServer.start(() => ({}))));
afterEach(() => server.close());

const answer = new Transcript('plain_text');
const asked: ResponseRequest = { ...request, temperature: 0.4, schema: { name: 'x', schema: {} }, background: false };

function refusal(message: string, param: string | null, status = 400): Reply {
	return json({ error: { message, type: 'invalid_request_error', param, code: 'unsupported_parameter' } }, status);
}

async function run(provider = providerAt(server.baseURL), given = asked, refused = new Set<Dispensable>()) {
	const leftOut: Dispensable[] = [];
	const memory = new KeptMemory();
	const deps = { clock: systemClock, log: new KeptLog(), signal: never, heard: () => {}, refused };
	const going = attach(provider, given, memory, { ...deps, leftOut: (part) => leftOut.push(part) });
	return { ...(await collect(going)), leftOut, memory };
}

/** Answers with `reply` as long as the request has what is refused, then with an answer. */
function refuseWhile(holds: (body: Recorded['body']) => boolean, reply: Reply): void {
	server.answer(({ body }) => (holds(body) ? reply : body['stream'] ? { body: answer.bytes } : json(answer.response)));
}

const raw = 'raw provider words';
const effort = (body: Recorded['body']) => 'effort' in ((body['reasoning'] as object | undefined) ?? {});
const refusals: [string, (body: Recorded['body']) => boolean, Reply, Dispensable[]][] = [
	['its field', (body) => 'temperature' in body, refusal(raw, 'temperature'), ['temperature']],
	[
		'a sentence alone, as at xAI',
		(body) => 'temperature' in body,
		json({ code: 'invalid', error: 'Argument not supported on this model: temperature' }, 400),
		['temperature']
	],
	[
		"vLLM's list of places",
		(body) => 'temperature' in body,
		json({ detail: [{ loc: ['body', 'temperature'], msg: raw }] }, 422),
		['temperature']
	],
	['the field of the effort', effort, refusal(raw, 'reasoning.effort'), ['effort']],
	['the field around it', (body) => 'reasoning' in body, refusal(raw, 'reasoning'), ['effort', 'summaries']],
	["Ollama's sentence", effort, refusal('"llama3" does not support thinking', null), ['effort']],
	[
		'the summary of reasoning',
		(body) => 'summary' in Object(body['reasoning']),
		refusal(raw, 'reasoning.summary'),
		['summaries']
	],
	['a limit', (body) => 'max_output_tokens' in body, refusal(raw, 'max_output_tokens'), ['maxOutputTokens']],
	['the number of calls', (body) => 'max_tool_calls' in body, refusal(raw, 'max_tool_calls'), ['maxToolCalls']],
	['a JSON schema', (body) => 'text' in body, refusal(raw, 'text.format'), ['schema']],
	['metadata', (body) => 'metadata' in body, refusal(raw, 'metadata'), ['metadata']],
	['streaming', (body) => body['stream'] === true, refusal(raw, 'stream'), ['stream']],
	[
		'streaming, in a sentence',
		(body) => body['stream'] === true,
		refusal('Streaming is not supported', null),
		['stream']
	]
];

test.each(refusals)(
	'TS-01 what a model refuses by %s is left out, the rest goes once more, and it is told which',
	async (_, holds, reply, parts) => {
		refuseWhile(holds, reply);
		const { events, error, leftOut, memory } = await run();
		expect(error).toBeNull();
		expect(events.at(-1)).toMatchObject({ type: 'ended', outcome: { status: 'completed' } });
		expect(leftOut).toEqual(parts);
		expect(server.count('POST')).toBe(parts.length + 1);
		expect(memory.history.filter((each) => each === 'rejected')).toHaveLength(parts.length);
		expect(server.requests.at(-1)?.body).toMatchObject({ model: 'gpt-6-astra', input: asked.input });
	}
);

test('TS-01 what a model refused once is not sent by the next request of the run', async () => {
	refuseWhile((body) => 'temperature' in body, refusal(raw, 'temperature'));
	const refused = new Set<Dispensable>();
	const provider = providerAt(server.baseURL);
	await run(provider, asked, refused);
	const { leftOut } = await run(provider, asked, refused);
	expect(leftOut).toEqual([]);
	expect(server.count('POST')).toBe(3);
});

test('TS-01 a refusal that stays is an error after one more request, never a loop', async () => {
	server.answer(() => refusal(raw, 'temperature'));
	const { error } = await run();
	expect(error).toMatchObject({ code: 'provider_bad_request' });
	expect(server.count('POST')).toBe(2);
});

test.each(['input', 'model', 'tools', null])(
	'TS-01 what cannot be left out (%s) is an error at once',
	async (param) => {
		server.answer(() => refusal(raw, param));
		expect((await run()).error).toMatchObject({ code: 'provider_bad_request' });
		expect(server.count('POST')).toBe(1);
	}
);

test('TS-16 a model that cannot stream in the background is asked from time to time', async () => {
	server.answer(({ method, body }) => {
		if (method === 'GET') return json(answer.response);
		return body['stream'] ? refusal(raw, 'stream') : json({ ...answer.response, status: 'queued', output: [] });
	});
	const { events, error } = await run(providerAt(server.baseURL), { ...asked, background: true });
	expect(error).toBeNull();
	expect(events.at(-1)).toMatchObject({ type: 'ended', outcome: { status: 'completed' } });
	expect(server.requests.map(({ method }) => method)).toEqual(['POST', 'POST', 'GET']);
}, 10_000);

test('TS-16 a stream that is answered in one piece is an answer all the same', async () => {
	server.answer(() => json(answer.response));
	expect((await run()).events.at(-1)).toMatchObject({ type: 'ended', outcome: { status: 'completed' } });
	expect(server.count('POST')).toBe(1);
});

test('TS-16 pictures that cannot be streamed are made in one piece', async () => {
	const made = json({ data: [{ b64_json: 'iVBORw0KGgo=' }], usage: null });
	server.answer((asking) => (asking.body['stream'] ? refusal(raw, 'partial_images') : made));
	const leftOut: Dispensable[] = [];
	const refused = new Set<Dispensable>();
	const deps = { clock: systemClock, log: new KeptLog(), signal: never, heard: () => {}, refused };
	for (const _round of [1, 2]) {
		const going = requestPicture(providerAt(server.baseURL), picture, new KeptMemory(), {
			...deps,
			leftOut: (part) => leftOut.push(part)
		});
		expect((await collect(going)).events.map(({ type }) => type)).toEqual(['accepted', 'image', 'ended']);
	}
	expect(leftOut).toEqual(['stream']);
	expect(server.count('POST')).toBe(3);
	expect(server.requests[1]?.body).not.toHaveProperty('partial_images');
});

// ---- what the person chose ----------------------------------------------------------------------------------------

test('TS-01 what the person chose stands over what the operation asks for; of two limits the lower one stands', () => {
	const options = { temperature: 0, effort: 'none', maxOutputTokens: 500 } as const;
	const chosen = ['temperature', 'effort', 'maxOutputTokens'];
	expect(choicesOf(options, {})).toEqual({ ...options, chosen });
	expect(choicesOf(options, { maxOutputTokens: 200 })).toMatchObject({ maxOutputTokens: 200 });
	expect(choicesOf({ stream: false }, { maxOutputTokens: 200 })).toEqual({});
});

test('TS-01 an effort that the person chose is sent where it is not sure that it is taken; an operation’s is not', async () => {
	server.answer(() => ({ body: answer.bytes }));
	const provider = providerAt(server.baseURL, { vendor: vendors.xai });
	await run(provider, { ...asked, effort: 'low' });
	await run(provider, { ...asked, effort: 'low', chosen: ['effort'] });
	expect(server.requests.map(({ body }) => body['reasoning'])).toEqual([undefined, { effort: 'low' }]);
});

test('TS-01 a run with choices of its own sends them, and says in a notice which of them the model refused', async () => {
	server.answer(({ body }) => {
		if ('temperature' in body) return refusal(raw, 'temperature');
		return effort(body) ? refusal(raw, 'reasoning.effort') : { body: answer.bytes };
	});
	const app = await makeApp({ provider: providerAt(server.baseURL, { vendor: vendors.custom, label: 'Box' }) });
	const options = { temperature: 0.2, maxOutputTokens: 900 };
	const { id } = await start(app, 'research', { query: 'Why are there tides?', depth: 'quick' }, options);
	const snapshot = await ended(app, id);
	expect(snapshot.status).toBe('succeeded');
	expect(server.requests[0]?.body).toMatchObject({ temperature: 0.2, max_output_tokens: 900 });
	expect(server.requests.at(-1)?.body).toMatchObject({ max_output_tokens: 900 });
	const said = snapshot.notices.filter(({ code }) => code === 'left_out').map(({ message }) => message);
	expect(said).toEqual(['gpt-6-astra takes no temperature; it ran without.']);
});
