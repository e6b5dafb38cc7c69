import { connect } from 'node:net';
import OpenAI from 'openai';
import { expect, test } from 'vitest';
import { FAULT_NAMES } from '../../src/demo/faults.ts';
import type { Demo } from '../../src/demo/server.ts';
import {
	clientFor,
	control,
	controlState,
	demoFor,
	eventsIn,
	eventsOf,
	lastObject,
	objectOf,
	reportOf,
	request,
	researchRequest,
	textUntilEnd
} from './support.ts';
import type { Told } from './support.ts';

test.for([
	['rate_limit', 429, 'requests', 'rate_limit_exceeded'],
	['quota', 429, 'insufficient_quota', 'insufficient_quota'],
	['server_error', 500, 'server_error', 'server_error'],
	['overloaded', 503, 'service_unavailable_error', 'server_is_overloaded'],
	['auth', 401, 'invalid_request_error', 'invalid_api_key'],
	['no_model', 404, 'invalid_request_error', 'model_not_found']
] as const)(
	'BY-15 the fault %s refuses a create with %i, once, and nothing runs',
	async ([name, status, type, code]) => {
		const demo = await demoFor();
		await control(demo, { faults: [{ name }] });
		await expect(clientFor(demo).responses.create(researchRequest())).rejects.toMatchObject({ status, type, code });
		expect((await controlState(demo)).responses).toEqual([]);
		expect((await eventsOf(demo)).at(-1)?.type).toBe('response.completed');
	}
);

test('BY-15 a rate limit has Retry-After only when told so', async () => {
	const demo = await demoFor();
	await control(demo, { faults: [{ name: 'rate_limit', retryAfter: 7 }, { name: 'rate_limit' }] });
	const answers = [
		await request(demo, 'POST', '/responses', researchRequest()),
		await request(demo, 'POST', '/responses', researchRequest())
	];
	expect(answers.map(({ status, headers }) => [status, headers.get('retry-after')])).toEqual([
		[429, '7'],
		[429, null]
	]);
});

test('BY-15 a bad gateway answers with HTML', async () => {
	const demo = await demoFor();
	const answer = await request(demo, 'POST', '/responses', researchRequest(), { 'x-demo-fault': 'bad_gateway' });
	expect([answer.status, answer.headers.get('content-type')]).toEqual([502, 'text/html; charset=utf-8']);
	expect(await answer.text()).toMatch(/^<html>/);
});

test('BY-15 cut destroys the socket after N events, and the rest can be had by resuming', async () => {
	const demo = await demoFor();
	const { text, cut } = await told(demo, 'cut;after=6');
	const events = eventsIn(text);
	expect([events.length, cut]).toEqual([6, true]);
	const rest = await request(demo, 'GET', `/responses/${idIn(events)}?stream=true&starting_after=5`);
	expect(eventsIn(await rest.text())[0]?.sequence_number).toBe(6);
});

test('BY-15 a cut aimed at a resume leaves the first stream whole', async () => {
	const demo = await demoFor();
	await control(demo, { faults: [{ name: 'cut', on: 'resume', after: 2 }] });
	const events = await eventsOf(demo);
	expect(events.at(-1)?.type).toBe('response.completed');
	const again = await textUntilEnd(await request(demo, 'GET', `/responses/${idIn(events)}?stream=true`));
	expect([again.cut, eventsIn(again.text).length]).toEqual([true, 2]);
});

test('BY-15 eof ends the stream cleanly without a terminal event while the run goes on', async () => {
	const demo = await demoFor();
	const { text, cut } = await told(demo, 'eof;after=4');
	const events = eventsIn(text);
	expect([events.length, cut]).toEqual([4, false]);
	await expect.poll(async () => (await objectOf(demo, idIn(events))).status).toBe('completed');
});

test('BY-15 stall is silent for its time, without keepalives, and then goes on', async () => {
	const demo = await demoFor();
	const started = performance.now();
	const { text } = await told(demo, 'stall;after=5;ms=700');
	expect(performance.now() - started).toBeGreaterThan(700);
	expect(eventsIn(text).at(-1)?.type).toBe('response.completed');
});

test('BY-15 a stall without a time lasts until the client goes', async () => {
	const demo = await demoFor();
	const answer = await request(demo, 'POST', '/responses', researchRequest(), { 'x-demo-fault': 'stall;after=3' });
	const reader = answer.body?.getReader();
	const text = await readUntil(reader, (soFar) => eventsIn(soFar).length === 3);
	await expect.poll(async () => (await objectOf(demo, idIn(eventsIn(text)))).status).toBe('completed');
	const more = reader?.read().then(() => 'more');
	expect(await Promise.race([more, new Promise((resolve) => setTimeout(() => resolve('silence'), 100))])).toBe(
		'silence'
	);
	await reader?.cancel();
});

test('BY-15 malformed sends one frame with truncated JSON, on which the SDK throws', async () => {
	const demo = await demoFor();
	const { text } = await told(demo, 'malformed;after=8');
	const broken = [...text.matchAll(/^data: (.*)$/gm)].map(([, data]) => data ?? '').filter((data) => !isJson(data));
	expect(broken).toHaveLength(1);
	await control(demo, { faults: [{ name: 'malformed' }] });
	await expect(drained(demo)).rejects.toThrow(SyntaxError);
});

test('BY-15 split_utf8 cuts bytes inside characters and frames, and the text is whole nevertheless', async () => {
	const demo = await demoFor();
	const question = 'How deep is the blue of glacier ice in Jökulsárlón?';
	const chunks = await rawChunks(demo, researchRequest(question), 'split_utf8');
	expect(chunks.filter((chunk) => chunk.toString('utf8').includes('\ufffd')).length).toBeGreaterThan(5);
	expect(chunks.filter((chunk) => !chunk.toString('utf8').endsWith('\n\n')).length).toBeGreaterThan(100);
	const events = eventsIn(Buffer.concat(chunks).toString('utf8'));
	expect(reportOf(lastObject(events))).toContain('Jökulsárlón');
	expect(events.map(({ sequence_number }) => sequence_number)).toEqual(events.map((_, index) => index));
});

test('BY-15 nested_error sends the error as the wire does, then response.failed; GET agrees', async () => {
	const demo = await demoFor();
	const events = eventsIn((await told(demo, 'nested_error;after=9')).text);
	expect(events.at(-2)).toMatchObject({
		type: 'error',
		error: { type: 'server_error', code: 'server_error', param: null }
	});
	expect(events.at(-1)).toMatchObject({
		type: 'response.failed',
		response: { status: 'failed', error: { code: 'server_error' } }
	});
	expect(await objectOf(demo, idIn(events))).toEqual(lastObject(events));
	await control(demo, { faults: [{ name: 'nested_error' }] });
	await expect(drained(demo)).rejects.toThrow(OpenAI.APIError);
});

test('BY-15 flat_error sends the error as it is typed', async () => {
	const demo = await demoFor();
	const events = eventsIn((await told(demo, 'flat_error')).text);
	expect(events.at(-2)).toMatchObject({
		type: 'error',
		code: 'server_error',
		message: expect.any(String),
		param: null
	});
	expect(await objectOf(demo, idIn(events))).toMatchObject({ status: 'failed' });
});

test('BY-15 failed ends with response.failed and what there was until then', async () => {
	const demo = await demoFor();
	const events = eventsIn((await told(demo, 'failed;after=40')).text);
	expect(events.at(-1)?.type).toBe('response.failed');
	expect(lastObject(events)).toMatchObject({ status: 'failed', error: { code: 'server_error' } });
	expect(lastObject(events).output.length).toBeGreaterThan(0);
	expect(await objectOf(demo, idIn(events))).toEqual(lastObject(events));
});

test('BY-15 incomplete breaks the report off and says why; GET agrees', async () => {
	const demo = await demoFor();
	const whole = reportOf(lastObject(await eventsOf(demo)));
	const events = eventsIn((await told(demo, 'incomplete')).text);
	const response = lastObject(events);
	expect(response).toMatchObject({ status: 'incomplete', incomplete_details: { reason: 'max_output_tokens' } });
	expect(whole.startsWith(reportOf(response))).toBe(true);
	expect(reportOf(response).length).toBeLessThan(whole.length);
	expect(await objectOf(demo, idIn(events))).toEqual(response);
});

test('BY-15 refusal completes with a refusal instead of a report', async () => {
	const demo = await demoFor();
	const events = eventsIn((await told(demo, 'refusal')).text);
	expect(events.at(-1)?.type).toBe('response.completed');
	expect(lastObject(events).output.at(-1)).toMatchObject({
		content: [{ type: 'refusal', refusal: expect.stringContaining("can't help") }]
	});
	expect(events.some(({ type }) => type === 'response.refusal.delta')).toBe(true);
});

test('BY-15 too_old refuses to stream again, while GET still answers', async () => {
	const demo = await demoFor();
	const id = idIn(await eventsOf(demo));
	await control(demo, { faults: [{ name: 'too_old', times: -1 }] });
	for (const time of [1, 2]) {
		const answer = await request(demo, 'GET', `/responses/${id}?stream=true&starting_after=${time}`);
		expect(answer.status).toBe(400);
		expect(await answer.text()).toContain('can no longer be streamed because it is more than 5 minutes old');
	}
	expect((await objectOf(demo, id)).status).toBe('completed');
});

test('BY-15 lost_create runs, but its answer never arrives', async () => {
	const demo = await demoFor();
	await control(demo, { faults: [{ name: 'lost_create' }] });
	await expect(clientFor(demo).responses.create(researchRequest())).rejects.toThrow(OpenAI.APIConnectionError);
	const { ledger, responses } = await controlState(demo);
	expect(ledger).toMatchObject([
		{ method: 'POST', path: '/v1/responses', status: 0, fault: 'lost_create', jobId: 'job_1' }
	]);
	expect(responses).toMatchObject([{ id: ledger[0]?.responseId, jobId: 'job_1' }]);
	await expect.poll(async () => (await controlState(demo)).responses[0]?.status).toBe('completed');
});

test('BY-15 slow_headers lets the client wait for the first byte', async () => {
	const demo = await demoFor();
	const started = performance.now();
	await request(demo, 'POST', '/responses', researchRequest(), { 'x-demo-fault': 'slow_headers;ms=400' });
	expect(performance.now() - started).toBeGreaterThanOrEqual(395);
});

test('BY-15 stuck_queued never starts, keeps its stream alive, and can be cancelled', async () => {
	const demo = await demoFor();
	const answer = await request(demo, 'POST', '/responses', researchRequest(), { 'x-demo-fault': 'stuck_queued' });
	const { id } = (await controlState(demo)).responses[0] ?? { id: '' };
	await expect.poll(async () => (await controlState(demo)).responses[0]?.status).toBe('queued');
	const reader = answer.body?.getReader();
	const text = await readUntil(reader, (soFar) => soFar.includes('keepalive'));
	expect(text).not.toContain('response.in_progress');
	await request(demo, 'POST', `/responses/${id}/cancel`);
	expect((await objectOf(demo, id)).status).toBe('cancelled');
	await reader?.cancel();
});

test('BY-15 cancel_error fails a cancel once, and the run goes on', async () => {
	const demo = await demoFor({ pace: 1 });
	await control(demo, { faults: [{ name: 'cancel_error' }] });
	const { id } = await clientFor(demo).responses.create({ ...researchRequest(), stream: false });
	expect((await request(demo, 'POST', `/responses/${id}/cancel`)).status).toBe(500);
	expect((await objectOf(demo, id)).status).not.toBe('cancelled');
	expect((await request(demo, 'POST', `/responses/${id}/cancel`)).status).toBe(200);
});

test('BY-15 duplicate sends every event twice', async () => {
	const demo = await demoFor();
	const numbers = eventsIn((await told(demo, 'duplicate')).text).map(({ sequence_number }) => sequence_number);
	expect(numbers).toEqual(numbers.map((_, index) => Math.floor(index / 2)));
});

test('BY-15 unknown_event slips in an event that no client knows, and a resume has it too', async () => {
	const demo = await demoFor();
	const events = eventsIn((await told(demo, 'unknown_event;after=4')).text);
	expect(events[4]).toMatchObject({ type: 'response.demo_experiment.progress', sequence_number: 4 });
	const again = await request(demo, 'GET', `/responses/${idIn(events)}?stream=true&starting_after=3`);
	expect(eventsIn(await again.text())).toEqual(events.slice(4));
});

test('BY-15 json_instead answers a stream request with JSON', async () => {
	const demo = await demoFor();
	const answer = await request(demo, 'POST', '/responses', researchRequest(), { 'x-demo-fault': 'json_instead' });
	expect(answer.headers.get('content-type')).toBe('application/json');
	expect(await answer.json()).toMatchObject({
		object: 'response',
		status: expect.stringMatching(/queued|in_progress/)
	});
});

test('BY-15 usage_null leaves usage out of the end, and out of a cancel', async () => {
	const demo = await demoFor();
	const events = eventsIn((await told(demo, 'usage_null')).text);
	expect(lastObject(events)).toMatchObject({ status: 'completed', usage: null });
	const slow = await demoFor({ pace: 1 });
	const { id } = await clientFor(slow).responses.create({ ...researchRequest(), stream: false });
	await control(slow, { faults: [{ name: 'usage_null', on: 'cancel' }] });
	expect(await (await request(slow, 'POST', `/responses/${id}/cancel`)).json()).toMatchObject({
		status: 'cancelled',
		usage: null
	});
});

test('BY-15 a fault strikes as often as told, only where it matches, and shows in the ledger', async () => {
	const demo = await demoFor();
	const armed = await control(demo, { faults: [{ name: 'server_error', times: 2, match: 'lenses' }] });
	expect(armed.faults).toMatchObject([{ name: 'server_error', times: 2 }]);
	const status = async (question?: string) =>
		(await request(demo, 'POST', '/responses', researchRequest(question))).status;
	expect([await status(), await status('What are kites?'), await status(), await status()]).toEqual([
		500, 200, 500, 200
	]);
	const { ledger, faults } = await controlState(demo);
	expect(ledger.map(({ fault }) => fault)).toEqual(['server_error', undefined, 'server_error', undefined]);
	expect(faults).toEqual([]);
});

test('BY-15 several faults strike one request at different stages, and a refused request leaves the rest armed', async () => {
	const demo = await demoFor();
	await control(demo, { faults: [{ name: 'cut', after: 3 }, { name: 'usage_null' }, { name: 'overloaded' }] });
	expect((await request(demo, 'POST', '/responses', researchRequest())).status).toBe(503);
	const { text, cut } = await textUntilEnd(await request(demo, 'POST', '/responses', researchRequest()));
	expect([cut, eventsIn(text).length]).toEqual([true, 3]);
	await expect
		.poll(async () => (await controlState(demo)).responses[0])
		.toMatchObject({ status: 'completed', usage: null });
});

test('BY-15 chat breaks too: a cut, an error in the stream, an answer broken off', async () => {
	const demo = await demoFor();
	const chat = async (fault: string) => {
		const body = { model: 'demo-chat-1', messages: [{ role: 'user', content: 'What is a kite?' }], stream: true };
		return textUntilEnd(await request(demo, 'POST', '/chat/completions', body, { 'x-demo-fault': fault }));
	};
	expect((await chat('cut;after=3')).cut).toBe(true);
	expect((await chat('nested_error')).text).toMatch(/data: \{"error":\{"message".*\n\n$/);
	expect((await chat('incomplete')).text).toContain('"finish_reason":"length"');
});

test('BY-15 the control endpoint sets the pace, clears faults and ledger, and refuses nonsense', async () => {
	const demo = await demoFor({ pace: 1 });
	expect((await control(demo, { pace: 300, faults: [{ name: 'quota' }] })).pace).toBe(300);
	await fetch(`${demo.controlUrl}/faults`, { method: 'DELETE' });
	expect((await eventsOf(demo)).at(-1)?.type).toBe('response.completed');
	expect((await controlState(demo)).ledger).toHaveLength(1);
	await fetch(`${demo.controlUrl}/ledger`, { method: 'DELETE' });
	expect(await controlState(demo)).toMatchObject({ pace: 300, faults: [], ledger: [] });
	for (const order of [
		{ pace: 0 },
		{ pace: 'fast' },
		{ faults: [{ name: 'earthquake' }] },
		{ faults: [{ name: 'cut', on: 'monday' }] },
		{ faults: {} }
	]) {
		const answer = await fetch(demo.controlUrl, { method: 'POST', body: JSON.stringify(order) });
		expect([JSON.stringify(order), answer.status]).toEqual([JSON.stringify(order), 400]);
	}
	expect((await fetch(`${demo.controlUrl}/elsewhere`)).status).toBe(404);
});

test('BY-15 a page from another site cannot give orders', async () => {
	const demo = await demoFor();
	const headers = { origin: 'https://example.com' };
	const answer = await fetch(demo.controlUrl, {
		method: 'POST',
		headers,
		body: JSON.stringify({ faults: [{ name: 'quota' }] })
	});
	expect(answer.status).toBe(403);
	expect((await controlState(demo)).faults).toEqual([]);
});

test('BY-15 every fault has a name that the brief of the demo knows', () => {
	expect([...FAULT_NAMES].sort()).toEqual(
		`auth bad_gateway bad_plan cancel_error cut duplicate eof failed fewer_partials final_only flat_error incomplete json_instead lost_create malformed
		moderation moderation_midstream nested_error
		no_model overloaded quota rate_limit refusal server_error slow_headers split_utf8 stall stuck_queued too_old unknown_event usage_null`.split(
			/\s+/
		)
	);
});

async function told(demo: Demo, fault: string) {
	return textUntilEnd(await request(demo, 'POST', '/responses', researchRequest(), { 'x-demo-fault': fault }));
}

async function drained(demo: Demo): Promise<number> {
	let count = 0;
	for await (const event of await clientFor(demo).responses.create(researchRequest())) count += event.type ? 1 : 0;
	return count;
}

/** Reads on until the text will do; throws when the stream ends before. */
async function readUntil(
	reader: ReadableStreamDefaultReader<Uint8Array> | undefined,
	enough: (text: string) => boolean
) {
	let text = '';
	while (!enough(text)) {
		const { value, done } = (await reader?.read()) ?? { done: true };
		if (done) throw new Error(`The stream ended too early, after: ${text}`);
		text += new TextDecoder().decode(value);
	}
	return text;
}

function idIn(events: Told[]): string {
	return (events[0]?.response as { id: string } | undefined)?.id ?? '';
}

function isJson(text: string): boolean {
	try {
		JSON.parse(text);
		return true;
	} catch {
		return false;
	}
}

/** The chunks of an answer as the server cut them, read from the bare socket. */
async function rawChunks(demo: Demo, body: unknown, fault: string): Promise<Buffer[]> {
	const { port, pathname } = new URL(`${demo.url}/responses`);
	const payload = JSON.stringify(body);
	const socket = connect(Number(port), '127.0.0.1');
	socket.write(
		`POST ${pathname} HTTP/1.1\r\nhost: 127.0.0.1\r\nauthorization: Bearer any\r\nx-demo-fault: ${fault}\r\n` +
			`connection: close\r\ncontent-length: ${Buffer.byteLength(payload)}\r\n\r\n${payload}`
	);
	const received: Buffer[] = [];
	for await (const data of socket as AsyncIterable<Buffer>) received.push(data);
	return unchunked(Buffer.concat(received));
}

function unchunked(answer: Buffer): Buffer[] {
	const chunks: Buffer[] = [];
	let at = answer.indexOf('\r\n\r\n') + 4;
	for (;;) {
		const lineEnd = answer.indexOf('\r\n', at);
		const size = parseInt(answer.toString('latin1', at, lineEnd), 16);
		if (!(size > 0)) return chunks;
		chunks.push(answer.subarray(lineEnd + 2, lineEnd + 2 + size));
		at = lineEnd + 2 + size + 2;
	}
}
