import { afterEach, expect, test } from 'vitest';
import type { ProviderEvent } from '../../../../src/lib/operations/operation.ts';
import { systemClock, type Clock } from '../../../../src/lib/server/clock.ts';
import { attach } from '../../../../src/lib/server/providers/attach.ts';
import { json, ReplayServer, Transcript, type Recorded, type Reply } from '../../../support/replay-server.ts';
import { KeptMemory, leftBehind } from './scripted-provider.ts';
import { collect, KeptLog, providerAt, request } from './wiring.ts';

const transcript = new Transcript('deep_research');
let server: ReplayServer;
afterEach(() => server.close());

/** Waits pass a thousand times faster: what is tested is not how long they are. */
const hasty: Clock = { now: systemClock.now, after: (ms, task) => systemClock.after(ms / 1_000, task) };

interface Run {
	events: ProviderEvent[];
	error: unknown;
	memory: KeptMemory;
}

async function run(memory = new KeptMemory(), signal = new AbortController().signal): Promise<Run> {
	// A second and a half of real silence: a busy machine may leave an answer lying for longer than 120 s / 1,000.
	const deps = { clock: hasty, idleMs: 1_500_000, log: new KeptLog(), signal, heard: () => {} };
	return { ...(await collect(attach(providerAt(server.baseURL), request, memory, deps))), memory };
}

/** The first request is answered by `first`; after that the server behaves. */
async function serve(first: Reply, rest = (asked: Recorded) => transcript.reply(asked)): Promise<void> {
	let firstTime = true;
	server = await ReplayServer.start((asked) => {
		const reply = firstTime ? first : rest(asked);
		firstTime = false;
		return reply;
	});
}

function withoutLinks(events: ProviderEvent[]): ProviderEvent[] {
	return events.filter((event) => event.type !== 'reconnected');
}

async function uninterrupted(): Promise<ProviderEvent[]> {
	await serve({ body: transcript.bytes });
	const { events } = await run();
	await server.close();
	return events;
}

/** Every place around the end of a frame, and every 53rd byte between. */
function places(): number[] {
	const around = transcript.ends.flatMap((end) => [end - 2, end - 1, end, end + 1]);
	const between = Array.from({ length: Math.ceil(transcript.bytes.length / 53) }, (_, index) => index * 53);
	return [...new Set([...around, ...between])].filter((place) => place < transcript.bytes.length).sort((a, b) => a - b);
}

test('RS-13 a research cut at any byte goes on to the same events, none lost, none twice, created once', async () => {
	const whole = await uninterrupted();
	let upTo = 0;
	server = await ReplayServer.start((asked) =>
		asked.method === 'POST' ? { body: transcript.bytes, upTo, then: 'cut' } : transcript.reply(asked)
	);
	const firstFrame = transcript.ends[0] ?? 0;
	for (upTo of places().filter((place) => place >= firstFrame)) {
		const { events, error, memory } = await run();
		expect(error, `cut at ${upTo}`).toBeNull();
		expect(withoutLinks(events), `cut at ${upTo}`).toEqual(whole);
		expect(memory.history).toEqual(['creating', expect.stringMatching(/^created resp_/)]);
	}
	expect(server.count('POST')).toBe(places().filter((place) => place >= firstFrame).length);
}, 60_000);

test('BY-02 a research cut at any byte before its id is known has an unknown outcome, and is created once', async () => {
	let upTo = 0;
	server = await ReplayServer.start(() => ({ body: transcript.bytes, upTo, then: 'cut' }));
	const cuts = places().filter((place) => place < (transcript.ends[0] ?? 0) - 2);
	for (upTo of cuts) expect((await run()).error, `cut at ${upTo}`).toMatchObject({ code: 'unknown_outcome' });
	expect(server.requests).toHaveLength(cuts.length);
});

test('RS-13 a stream that is cut again and again goes on each time', async () => {
	const whole = await uninterrupted();
	server = await ReplayServer.start((asked) => {
		const full = asked.method === 'POST' ? transcript.bytes.toString() : String(transcript.reply(asked).body);
		return { body: full, upTo: full.indexOf('\n\n', 1_000) + 2, then: 'cut' };
	});
	const { events, error } = await run();
	expect(error).toBeNull();
	expect(withoutLinks(events)).toEqual(whole);
	expect(events.filter((event) => event.type === 'reconnected').length).toBeGreaterThan(3);
});

test('RS-13 a stream that ends in order but too early is a cut', async () => {
	const whole = await uninterrupted();
	await serve({ body: transcript.bytes, upTo: transcript.ends[30] });
	const { events } = await run();
	expect(withoutLinks(events)).toEqual(whole);
	expect(server.requests.at(-1)?.url.searchParams.get('starting_after')).toBe('30');
});

test('RS-13 a malformed frame in mid-stream is a cut', async () => {
	const whole = await uninterrupted();
	const [before = 0, after = 0] = transcript.ends.slice(20, 22);
	const bytes = transcript.bytes.toString();
	await serve({ body: `${bytes.slice(0, before)}data: {"type": "resp\n\n${bytes.slice(after)}` });
	expect(withoutLinks((await run()).events)).toEqual(whole);
});

test('RS-13 a silent stream is hung up and taken up again', async () => {
	const whole = await uninterrupted();
	await serve({ body: transcript.bytes, upTo: transcript.ends[25], then: 'silence' });
	expect(withoutLinks((await run()).events)).toEqual(whole);
	expect(server.requests[0]?.hungUp).toBe(true);
});

test('RS-13 a server that repeats all from the start is heard from where it was left', async () => {
	const whole = await uninterrupted();
	await serve({ body: transcript.bytes, upTo: transcript.ends[40], then: 'cut' }, () => ({ body: transcript.bytes }));
	expect(withoutLinks((await run()).events)).toEqual(whole);
});

const tooOld = json(
	{
		error: {
			message: 'This response can no longer be streamed because it is more than 5 minutes old.',
			type: 'invalid_request_error'
		}
	},
	400
);

test('RS-13 a response that is too old to be streamed is polled to the same facts', async () => {
	await serve({ body: transcript.bytes, upTo: transcript.ends[47], then: 'cut' }, (asked) =>
		asked.url.searchParams.has('stream') ? tooOld : json(transcript.response)
	);
	const { events } = await run();
	const last = events.at(-1);
	expect(last).toMatchObject({
		type: 'ended',
		outcome: { status: 'completed', text: expect.stringMatching(/^# Battery/) }
	});
	expect(events.slice(-3).map((event) => event.type)).toEqual(['reconnected', 'text_done', 'ended']);
	expect(events.filter((event) => event.type === 'web')).toHaveLength(6);
});

test('RS-13 a process that finds the work of another goes on after its cursor', async () => {
	const whole = await uninterrupted();
	server = await ReplayServer.start((asked) => transcript.reply(asked));
	const memory = Object.assign(leftBehind(33), { responseId: String(transcript.response['id']) });
	const { events } = await run(memory);
	expect(withoutLinks(events)).toEqual(whole.filter((event) => (event.cursor ?? 0) > 33));
	expect(server.count('POST')).toBe(0);
});

test('RS-06 a run that failed at the provider ends with its error, by the word of the response', async () => {
	const failed = new Transcript('failed');
	server = await ReplayServer.start((asked) => failed.reply(asked));
	const { events } = await run();
	expect(events.slice(-2)).toMatchObject([
		{ type: 'reconnected', how: 'poll' },
		{ type: 'ended', outcome: { status: 'failed', error: { code: 'provider_error' } } }
	]);
});

test('RS-13 JSON in place of a stream is read as the response', async () => {
	await serve(json(transcript.response));
	const { events } = await run();
	expect(events[0]).toMatchObject({ type: 'created', responseId: transcript.response['id'] });
	expect(events.filter((event) => event.type === 'text_done')).toHaveLength(1);
	expect(events.at(-1)).toMatchObject({ type: 'ended', outcome: { status: 'completed' } });
});

test('TS-13 two 503 and a rate limit later the research runs, created once', async () => {
	const overloaded = json(
		{ error: { message: 'x', type: 'service_unavailable_error', code: 'server_is_overloaded' } },
		503
	);
	const limited = json({ error: { message: 'x', type: 'requests', code: 'rate_limit_exceeded' } }, 429, {
		'retry-after': '2'
	});
	const replies = [overloaded, overloaded, limited];
	server = await ReplayServer.start((asked) => replies.shift() ?? transcript.reply(asked));
	const { events, memory } = await run();
	expect(events.at(-1)?.type).toBe('ended');
	expect(memory.history.filter((line) => line === 'creating')).toHaveLength(4);
	expect(memory.history.filter((line) => line.startsWith('created'))).toHaveLength(1);
});

test('CX-15 an abort in mid-stream closes the request at the provider', async () => {
	await serve({ body: transcript.bytes, upTo: transcript.ends[10], then: 'silence' });
	const abort = new AbortController();
	const provider = providerAt(server.baseURL);
	const deps = { clock: systemClock, log: new KeptLog(), signal: abort.signal, heard: () => {} };
	const reason = new Error('the person left');
	const seen = (async () => {
		for await (const event of attach(provider, request, new KeptMemory(), deps))
			if (event.cursor === 10) abort.abort(reason);
	})();
	await expect(seen).rejects.toBe(reason);
	await expect.poll(() => server.requests[0]?.hungUp).toBe(true);
	expect(server.requests).toHaveLength(1);
});
