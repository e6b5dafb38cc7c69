import { expect, onTestFinished, test } from 'vitest';
import { HeadwayError } from '$lib/jobs/error.ts';
import { baseEvents, envelope, parseEvent, type JobEvent } from '$lib/jobs/event.ts';
import { research } from '$lib/operations/research/model.ts';
import { allEvents, ended, makeApp, start, until } from '../support/app.ts';
import { FakeClock } from '../support/fake-clock.ts';
import { ReplayServer, Transcript, json, type Reply, type Recorded } from '../support/replay-server.ts';
import { serveRoutes } from '../support/route-server.ts';
import { providerAt } from '../lib/server/providers/wiring.ts';
import { LiveProvider } from './live-provider.ts';
import { readEvents, readSse, readUntil } from './read-sse.ts';
import { watchAll } from './watching.ts';

const query = 'Which sea is the saltiest?';

async function liveResearch() {
	const provider = new LiveProvider();
	const app = await makeApp({ provider });
	const url = await serveRoutes(app);
	const { id } = await start(app, 'research', { query });
	await until(app, id, ({ responseId }) => responseId !== null);
	return { provider, app, id, response: await fetch(`${url}/api/jobs/${id}/events`) };
}

function bodiesOf(events: readonly JobEvent[], type: string): unknown[] {
	return events.filter((event) => event.type === type).map(({ data }) => data);
}

test('RS-02 reasoning events carry summary, index and type: planning, searching, and synthesizing once the answer begins', async () => {
	const { provider, response } = await liveResearch();
	provider.tell({ type: 'reasoning', itemId: 'rs1', index: 0, text: 'Find candidates.' });
	provider.tell({
		type: 'web',
		itemId: 'ws1',
		state: 'completed',
		action: { kind: 'search', queries: ['salt seas'], sources: [] }
	});
	provider.tell({ type: 'reasoning', itemId: 'rs2', index: 0, text: 'Compare two of them.' });
	provider.tell({
		type: 'web',
		itemId: 'ws2',
		state: 'completed',
		action: { kind: 'search', queries: ['dead sea salinity'], sources: [] }
	});
	provider.tell({ type: 'reasoning', itemId: 'rs3', index: 0, text: 'Enough is known.' });
	provider.tell({ type: 'message', itemId: 'msg', phase: null });
	provider.tell({ type: 'reasoning', itemId: 'rs4', index: 0, text: 'Mind the units.' });
	provider.complete('The Dead Sea.');
	expect(bodiesOf(await readEvents(response), 'reasoning')).toEqual([
		{ index: 0, type: 'planning', summary: 'Find candidates.' },
		{ index: 1, type: 'searching', summary: 'Compare two of them.' },
		{ index: 2, type: 'searching', summary: 'Enough is known.' },
		{ index: 2, type: 'synthesizing', summary: 'Enough is known.' },
		{ index: 3, type: 'synthesizing', summary: 'Mind the units.' }
	]);
});

test('RS-03 web_search_call events carry each query, the page that was opened and the text that was looked for', async () => {
	const { provider, response } = await liveResearch();
	provider.tell({ type: 'web', itemId: 'a', state: 'started', action: null });
	provider.tell({
		type: 'web',
		itemId: 'a',
		state: 'completed',
		action: { kind: 'search', queries: ['salt', 'brine'], sources: [] }
	});
	provider.tell({
		type: 'web',
		itemId: 'b',
		state: 'completed',
		action: { kind: 'open_page', url: 'https://example.org/seas' }
	});
	provider.tell({
		type: 'web',
		itemId: 'c',
		state: 'completed',
		action: { kind: 'find_in_page', url: 'https://example.org/seas', pattern: 'g/kg' }
	});
	provider.complete('The Dead Sea.');
	expect(bodiesOf(await readEvents(response), 'web_search_call')).toEqual([
		{ callId: 'a-1', action: 'search', query: 'salt', link: '/search?q=salt', pattern: null },
		{ callId: 'a-2', action: 'search', query: 'brine', link: '/search?q=brine', pattern: null },
		{ callId: 'b', action: 'open_page', query: null, link: 'https://example.org/seas', pattern: null },
		{ callId: 'c', action: 'find_in_page', query: null, link: 'https://example.org/seas', pattern: 'g/kg' }
	]);
});

test('RS-04 progress events carry a percentage from how long five such researches took', async () => {
	const clock = new FakeClock();
	const provider = new LiveProvider();
	const app = await makeApp({ provider, clock });
	const url = await serveRoutes(app);
	for (let run = 0; run < 5; run += 1) {
		const { id } = await start(app, 'research', { query });
		await until(app, id, ({ responseId }) => responseId !== null);
		await clock.advance(100_000);
		provider.complete('The Dead Sea.');
		expect((await ended(app, id)).elapsedMs).toBe(100_000);
	}
	const { id } = await start(app, 'research', { query });
	await until(app, id, ({ responseId }) => responseId !== null);
	const messages = readSse(await fetch(`${url}/api/jobs/${id}/events`));
	for (let second = 0; second < 50; second += 1) {
		provider.tell({ type: 'reasoning_delta', itemId: 'rs', index: 0, text: '…' });
		await clock.advance(1_000);
	}
	const message = await readUntil(
		messages,
		({ event, data }) => event === 'progress' && JSON.parse(data ?? '').data.metadata.elapsedMs >= 50_000
	);
	const { data } = JSON.parse(message.data ?? '') as JobEvent;
	const progress = baseEvents.progress.parse(data);
	expect(progress).toMatchObject({
		operation: 'research',
		state: 'active',
		basis: 'estimated',
		metadata: { runs: 5, overdue: false }
	});
	expect(progress.fraction).toBeGreaterThan(0.3);
	expect(progress.fraction).toBeLessThan(0.6);
	expect(progress.metadata.remaining?.low).toBeLessThanOrEqual(55_000);
	expect(progress.metadata.remaining?.high).toBeGreaterThanOrEqual(45_000);
	expect(message.id).toBeUndefined();
	await messages.return();
}, 20_000);

test('RS-05 the done event says that a report is available, and brings it', async () => {
	const { provider, response } = await liveResearch();
	provider.complete('The Dead Sea.');
	const [done, ...more] = bodiesOf(await readEvents(response), 'done');
	expect(more).toEqual([]);
	expect(done).toEqual({
		result: { report: 'The Dead Sea.', sources: [], queries: [], complete: true },
		resultAvailable: true,
		cost: { usd: 0.05, known: true },
		usage: { inputTokens: 1_200, cachedTokens: 0, outputTokens: 340, reasoningTokens: 100, searches: 2 }
	});
});

test('RS-06 the error event carries a code and a message that a person can act on, and nothing of the raw reason', async () => {
	const { provider, response } = await liveResearch();
	const message = 'The account at Live is out of credit or over its spend limit. Raise it there, then try again.';
	provider.complete('', {
		status: 'failed',
		error: new HeadwayError('provider_quota', message, { cause: 'sk-secret' })
	});
	const events = await readEvents(response);
	expect(events.at(-1)?.data).toMatchObject({
		code: 'provider_quota',
		message,
		retryable: true,
		receipt: { reason: 'error' }
	});
	expect(baseEvents.error.safeParse(events.at(-1)?.data).success).toBe(true);
	expect(JSON.stringify(events)).not.toMatch(/sk-secret|stack|node:internal/);
});

/** Milliseconds that 95 of 100 samples stay under. */
const p95 = (samples: number[]) => samples.toSorted((a, b) => a - b)[Math.ceil(samples.length * 0.95) - 1] ?? Infinity;

test('RS-09 clients have an update within 500 ms of the server having it from the provider, over both doors', async () => {
	const { provider, app, id, response } = await liveResearch();
	const received = { plain: new Map<string, number>(), trpc: new Map<string, number>() };
	const url = await serveRoutes(app);
	const watching = watchAll(url, id, (event) => note(received.trpc, event));
	const reading = (async () => {
		for await (const { data } of readSse(response)) if (data) note(received.plain, JSON.parse(data) as JobEvent);
	})();
	const told = new Map<string, number>();
	for (let n = 1; n <= 60; n += 1) {
		const text = `Step ${n}.`;
		told.set(text, provider.tell({ type: 'reasoning', itemId: `rs${n}`, index: 0, text }));
		// Bursts and pauses: both the grouping of writes and the wake-up of a quiet stream are measured.
		await new Promise((resolve) => setTimeout(resolve, n % 10 === 0 ? 120 : n % 3));
	}
	provider.complete('The Dead Sea.');
	await Promise.all([reading, watching]);
	for (const at of Object.values(received)) {
		const latencies = [...told].map(([text, sent]) => (at.get(text) ?? Infinity) - sent);
		expect(latencies).toHaveLength(60);
		expect(p95(latencies)).toBeLessThan(500);
	}
});

function note(received: Map<string, number>, event: JobEvent): void {
	if (event.type === 'reasoning') received.set((event.data as { summary: string }).summary, performance.now());
}

test('RS-12 OP-02 every event of a research, over both doors, is one envelope with a typed body', async () => {
	const app = await makeApp({ env: { HEADWAY_DEMO_PACE: '10' } });
	const url = await serveRoutes(app);
	const { id } = await start(app, 'research', { query: 'How do tides work?', depth: 'quick' });
	const watched: JobEvent[] = [];
	const watching = watchAll(url, id, (event) => watched.push(event));
	const messages = await Array.fromAsync(readSse(await fetch(`${url}/api/jobs/${id}/events`)));
	await watching;
	const plain = messages.filter(({ data }) => data !== undefined);
	const events = plain.map(({ data }) => JSON.parse(data ?? '') as JobEvent);
	for (const event of [...events, ...watched]) expectTyped(event);
	expect(plain.map(({ event }) => event)).toEqual(events.map(({ type }) => type));
	expect(plain.map(({ id }) => id)).toEqual(events.map(({ seq }) => (seq === null ? undefined : String(seq))));
	const durable = (list: JobEvent[]) => list.filter(({ seq }) => seq !== null);
	expect(durable(watched)).toEqual(durable(events));
	expect([...new Set(durable(events).map(({ type }) => type))].toSorted()).toEqual(
		[
			'artifact',
			'content',
			'done',
			'phase',
			'queued',
			'reasoning',
			'response',
			'source',
			'started',
			'usage',
			'web_search_call'
		].toSorted()
	);
	const transient = [...events, ...watched].filter(({ seq }) => seq === null).map(({ type }) => type);
	expect([...new Set(transient)].toSorted()).toEqual(['activity', 'progress', 'thinking']);
}, 30_000);

/** The strict forms of both schemas: neither the envelope nor the body has a field that is not declared. */
function expectTyped(event: JobEvent): void {
	expect(envelope.strict().safeParse(event).error).toBeUndefined();
	expect(parseEvent(event, research.events)).toEqual({ type: event.type, data: event.data });
}

async function researchAt(reply: (request: Recorded) => Reply) {
	const server = await ReplayServer.start(reply);
	onTestFinished(() => server.close());
	const app = await makeApp({ provider: providerAt(server.baseURL) });
	return { server, app, url: await serveRoutes(app) };
}

const told = new Set(['reasoning', 'web_search_call', 'source']);
const facts = (events: JobEvent[]) =>
	events.filter(({ type }) => told.has(type)).map(({ type, data }) => ({ type, data }));
const report = (events: JobEvent[]) => (events.at(-1)?.data as { result: { report: string } }).result.report;

test('RS-13 TS-21 a background stream that is cut is resumed at the provider, is one stream to the client, and is counted', async () => {
	const transcript = new Transcript('deep_research');
	const whole = await researchAt((request) => transcript.reply(request));
	const first = await start(whole.app, 'research', { query });
	const uncut = await readEvents(await fetch(`${whole.url}/api/jobs/${first.id}/events`));
	const cutAt = transcript.ends[Math.floor(transcript.ends.length / 2)] ?? 0;
	const { server, app, url } = await researchAt((request) => {
		return request.method === 'POST'
			? { ...transcript.reply(request), upTo: cutAt + 20, then: 'cut' }
			: transcript.reply(request);
	});
	const second = await start(app, 'research', { query });
	const cut = await readEvents(await fetch(`${url}/api/jobs/${second.id}/events`));
	expect(server.requests[0]?.body).toMatchObject({ background: true, stream: true });
	expect(server.count('GET')).toBeGreaterThan(0);
	expect(server.count('POST')).toBe(1);
	expect(facts(cut)).toEqual(facts(uncut));
	expect(report(cut)).toBe(report(uncut));
	expect(bodiesOf(cut, 'notice')).toMatchObject([{ code: 'reconnected' }]);
	const metrics = await app.metrics.registry.metrics();
	for (const [of, count] of [
		['provider', 1],
		['process', 0]
	])
		expect(metrics).toContain(`headway_interruptions_total{of="${of}"} ${count}`);
}, 30_000);

test('RS-13 OP-06 without streaming the response is polled and its events still come as one stream', async () => {
	const transcript = new Transcript('deep_research');
	const { server, app, url } = await researchAt((request) => {
		return json(
			request.method === 'POST' ? { ...transcript.response, status: 'queued', output: [] } : transcript.response
		);
	});
	const { id } = await start(app, 'research', { query }, { stream: false });
	const events = await readEvents(await fetch(`${url}/api/jobs/${id}/events`));
	expect(server.requests[0]?.body).toMatchObject({ background: true });
	expect(server.requests[0]?.body['stream']).not.toBe(true);
	expect(server.count('GET')).toBe(1);
	expect(facts(events).length).toBeGreaterThan(0);
	expect(events.at(-1)?.type).toBe('done');
	expect(events).toEqual(await allEvents(app, id));
}, 30_000);
