import type { TRPCClientError } from '@trpc/client';
import { expect, expectTypeOf, onTestFinished, test, vi } from 'vitest';
import type { JobEvent } from '$lib/jobs/event.ts';
import type { ResearchResult } from '$lib/operations/research/model.ts';
import { allEvents, ended, makeApp, runsOf, start, temporaryFolder, until } from '../support/app.ts';
import { serveRoutes } from '../support/route-server.ts';
import { ask, keptLog } from './asking.ts';
import { CuttingProxy } from './cutting-proxy.ts';
import { readSse, readUntil } from './read-sse.ts';
import { Stepwise } from './stepwise.ts';
import { clientOf, endedIn, watch, type WatchedFrame } from './watching.ts';

const patience = { timeout: 4_000 };

async function serve() {
	const stepwise = new Stepwise();
	const { log, lines } = keptLog();
	const app = await makeApp({ runs: runsOf(stepwise.operation), log });
	const begin = async (text: string) => {
		const { id } = await start(app, 'stepwise', { text });
		return { id, step: await stepwise.begun(id) };
	};
	return { app, lines, begin, stepwise, url: await serveRoutes(app) };
}

const whole = (marks: number) => Array.from({ length: marks + 3 }, (_, index) => index + 1);
const seqs = (events: JobEvent[]) => events.map(({ seq }) => seq);

test('DC-01 a typed start, a snapshot and the result, with a key that finds the first job again', async () => {
	const client = clientOf(await serveRoutes(await makeApp()));
	const request = { input: { query: 'How do vaccines work?', depth: 'quick' as const }, key: 'one-key' };
	const started = await client.operations.research.start.mutate(request);
	expectTypeOf(started.result).toExtend<ResearchResult | null>();
	expectTypeOf(client.operations.research.start.mutate)
		.parameter(0)
		.toHaveProperty('input')
		.toExtend<{ query: string }>();
	expect(started).toMatchObject({ operation: 'research', state: { reasoning: [], calls: [], sources: [] } });
	expect((await client.operations.research.start.mutate(request)).id).toBe(started.id);
	const snapshot = async () => client.jobs.snapshot.query({ id: started.id });
	await expect.poll(async () => (await snapshot()).status, { timeout: 20_000 }).toBe('succeeded');
	expect((await snapshot()).content['report']).toMatch(/\S/);
	const head = await client.jobs.get.query({ id: started.id });
	expect(head).toMatchObject({ id: started.id, status: 'succeeded' });
	expect(head).not.toHaveProperty('state');
	expect((await client.jobs.list.query({ status: ['succeeded'] })).jobs.map(({ id }) => id)).toEqual([started.id]);
	await client.jobs.remove.mutate({ id: started.id });
	expect((await client.jobs.list.query()).jobs).toEqual([]);
}, 30_000);

test('DC-01 system.info, forecast and statistics answer', async () => {
	const client = clientOf(await serveRoutes(await makeApp()));
	const info = await client.system.info.query();
	expect(info.provider).toMatchObject({ demo: true });
	expect(Math.abs(info.serverNow - Date.now())).toBeLessThan(5_000);
	expect(await client.system.forecast.query({ operation: 'research', variant: 'quick' })).toEqual({
		low: null,
		high: null,
		runs: 0
	});
	expect(await client.system.statistics.query()).toBeTypeOf('object');
});

test('DC-01 one watch brings the events of two jobs and the list, says when it is live, and goes on after one has ended', async () => {
	const { url, app, begin } = await serve();
	const [a, b] = [await begin('a'), await begin('b')];
	const frames: WatchedFrame[] = [];
	void watch(url, {
		follow: [
			{ jobId: a.id, after: 0 },
			{ jobId: b.id, after: 1 }
		],
		feed: true,
		frame: (frame) => frames.push(frame)
	});
	await vi.waitUntil(() => frames.some(({ kind }) => kind === 'live'), patience);
	a.step.ctx.emit('mark', { n: 1 });
	a.step.finish('ok');
	await ended(app, a.id);
	b.step.ctx.emit('mark', { n: 2 });
	b.step.finish('ok');
	await ended(app, b.id);
	const late = await begin('c');
	await vi.waitUntil(() => frames.some(({ feed }) => feed?.some(({ id }) => id === late.id)), patience);
	await vi.waitUntil(() => frames.flatMap((frame) => endedIn(frame)).includes(b.id), patience);
	const of = (id: string) => seqs(frames.flatMap(({ events }) => events).filter(({ jobId }) => jobId === id));
	expect(of(a.id)).toEqual([1, 2, 3, 4]);
	expect(of(b.id)).toEqual([2, 3, 4]);
	expect(frames.filter(({ kind }) => kind === 'live')).toHaveLength(1);
	expect(frames.flatMap(({ snapshots }) => snapshots)).toEqual([]);
});

test('DC-01 a watch of jobs alone ends when the last of them has', async () => {
	const { url, begin } = await serve();
	const { id, step } = await begin('alone');
	const events: JobEvent[] = [];
	const watching = watch(url, { follow: [{ jobId: id, after: 0 }], frame: (frame) => events.push(...frame.events) });
	step.finish('ok');
	await watching;
	expect(events.map(({ type }) => type)).toEqual(['queued', 'started', 'done']);
});

test('RS-07 TS-11 a watch of two jobs that is cut at random places, many times, loses nothing and repeats nothing', async () => {
	const { url, app, begin } = await serve();
	const jobs = [await begin('a'), await begin('b')];
	// The bound grows, since a frame that is longer than every connection would never arrive.
	const bytes = (connection: number) => 600 + Math.floor(Math.random() * 400 * (10 + connection));
	const proxy = await CuttingProxy.start(url, { hasten: true, bytes });
	const events: JobEvent[] = [];
	const watching = watch(proxy.url, {
		follow: jobs.map(({ id }) => ({ jobId: id, after: 0 })),
		frame: (frame) => events.push(...frame.events)
	});
	for (let n = 1; n <= 300; n += 1) {
		for (const { step } of jobs) step.ctx.emit('mark', { n });
		if (n % 10 === 0) await new Promise((resolve) => setTimeout(resolve, 5));
	}
	for (const { step } of jobs) step.finish('ok');
	await watching;
	expect(proxy.cuts).toBeGreaterThan(10);
	for (const { id } of jobs) expect(events.filter(({ jobId }) => jobId === id)).toEqual(await allEvents(app, id));
	for (const { id } of jobs) expect(seqs(events.filter(({ jobId }) => jobId === id))).toEqual(whole(300));
}, 30_000);

/** The frames of a watch that is opened by hand, until it closes or the job of it has ended. */
async function framesOf(
	url: string,
	input: object,
	headers: Record<string, string> = {}
): Promise<{ frames: WatchedFrame[]; ids: string[] }> {
	const response = await fetch(`${url}/api/trpc/live.watch?input=${encodeURIComponent(JSON.stringify(input))}`, {
		headers: { accept: 'text/event-stream', ...headers }
	});
	const messages = (await Array.fromAsync(readSse(response))).filter(({ event, data }) => data && event === undefined);
	return {
		frames: messages.map(({ data }) => JSON.parse(data ?? '') as WatchedFrame),
		ids: messages.map(({ id }) => id ?? '')
	};
}

/** A job with this many marks that has ended, seen by a server without SvelteKit. */
async function finished(marks: number) {
	const { url, app, begin } = await serve();
	const { id, step } = await begin('over');
	for (let n = 1; n <= marks; n += 1) step.ctx.emit('mark', { n });
	step.finish('ok');
	await ended(app, id);
	return { url, app, id };
}

test('RS-07 the last id counts in the header as in the input, over the cursor that the watch began with', async () => {
	const { url, app, id } = await finished(10);
	const follow = [{ jobId: id, after: 0 }];
	const lastEventId = `${app.logEpoch};${id}:8`;
	const byHeader = await framesOf(url, { follow }, { 'last-event-id': lastEventId });
	const byInput = await framesOf(url, { follow, lastEventId });
	for (const { frames } of [byHeader, byInput])
		expect(seqs(frames.flatMap(({ events }) => events))).toEqual([9, 10, 11, 12, 13]);
	const { frames, ids } = await framesOf(url, { follow });
	expect(seqs(frames.flatMap(({ events }) => events))).toEqual(whole(10));
	expect(ids.at(-1)).toBe(`${app.logEpoch};${id}:13`);
});

test('RS-07 a reader that is far behind, of another log or from the future gets a snapshot instead of the whole log', async () => {
	const { url, app, id } = await finished(2_200);
	const { seq } = await app.jobs.snapshot('local', id);
	expect(seq).toBe(2_203);
	const near = await framesOf(url, { follow: [{ jobId: id, after: 1_000 }] });
	expect(near.frames.flatMap(({ snapshots }) => snapshots)).toEqual([]);
	expect(seqs(near.frames.flatMap(({ events }) => events))).toEqual(whole(2_200).slice(1_000));
	const others = [
		{ follow: [{ jobId: id, after: 0 }] },
		{ follow: [{ jobId: id, after: 9_999 }] },
		{ follow: [{ jobId: id, after: seq }], lastEventId: `00000000;${id}:5` }
	];
	for (const input of others) {
		const { frames, ids } = await framesOf(url, input);
		expect(frames.flatMap(({ snapshots }) => snapshots)).toMatchObject([{ id, seq, status: 'succeeded' }]);
		expect(frames.flatMap(({ events }) => events)).toEqual([]);
		expect(ids.at(-1)).toBe(`${app.logEpoch};${id}:${seq}`);
	}
}, 20_000);

test('RS-07 nonsense as last id is ignored', async () => {
	const { url, id } = await finished(1);
	for (const lastEventId of ['nonsense', ';;;', '__proto__;constructor:3', '💥']) {
		const { frames } = await framesOf(url, { follow: [{ jobId: id, after: 0 }], lastEventId });
		expect(seqs(frames.flatMap(({ events }) => events))).toEqual([1, 2, 3, 4]);
	}
});

test('RS-07 DC-02 a server that drains ends its streams so that clients come back to the next one, without a gap', async () => {
	const dataDir = temporaryFolder();
	const [first, second] = [new Stepwise(), new Stepwise()];
	const before = await makeApp({ runs: runsOf(first.operation), dataDir });
	const proxy = await CuttingProxy.start(await serveRoutes(before), { hasten: true });
	const { id } = await start(before, 'stepwise', { text: 'survives' });
	const step = await first.begun(id);
	const events: JobEvent[] = [];
	const states: string[] = [];
	const watching = watch(proxy.url, {
		follow: [{ jobId: id, after: 0 }],
		frame: (frame) => events.push(...frame.events),
		state: (state) => states.push(state)
	});
	for (let n = 1; n <= 20; n += 1) step.ctx.emit('mark', { n });
	await vi.waitUntil(() => events.length === 22, patience);
	await before.drain();
	await vi.waitUntil(() => states.at(-1) === 'connecting', patience);
	await before.close();
	const after = await makeApp({ runs: runsOf(second.operation), dataDir });
	proxy.pointTo(await serveRoutes(after));
	// What a process leaves behind when it exits.
	proxy.cutAll();
	const again = await second.begun(id);
	for (let n = 21; n <= 40; n += 1) again.ctx.emit('mark', { n });
	again.finish('ok');
	await watching;
	expect(events).toEqual(await allEvents(after, id));
	expect(
		events.filter(({ type }) => type === 'started').map(({ data }) => (data as { adopted: boolean }).adopted)
	).toEqual([false, true]);
}, 20_000);

test('RS-08 the tRPC stream tells the client how long silence may last, and pings every 15 s', async () => {
	const { url } = await serve();
	vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
	onTestFinished(() => void vi.useRealTimers());
	const input = encodeURIComponent(JSON.stringify({ follow: [], feed: true }));
	const response = await fetch(`${url}/api/trpc/live.watch?input=${input}`, {
		headers: { accept: 'text/event-stream' }
	});
	const messages = readSse(response);
	expect((await messages.next()).value?.retry).toMatch(/^(7\d\d|[89]\d\d|1[0-4]\d\d|1500)$/);
	const connected = await readUntil(messages, ({ event }) => event === 'connected');
	// A client must hear two pings before it gives the stream up.
	expect(JSON.parse(connected.data ?? '')).toEqual({ reconnectAfterInactivityMs: 40_000 });
	await readUntil(messages, ({ data }) => data?.includes('"kind":"live"') ?? false);
	for (let round = 0; round < 3; round += 1) {
		await vi.advanceTimersByTimeAsync(15_000);
		expect((await readUntil(messages, ({ event }) => event !== undefined)).event).toBe('ping');
	}
	await messages.return();
});

/** The error that a call rejects with. */
async function failure(call: Promise<unknown>): Promise<TRPCClientError<never>> {
	return call.then(
		() => Promise.reject(new Error('it did not fail')),
		(error: unknown) => error as TRPCClientError<never>
	);
}

test('DC-01 errors carry code, reason, sentence and fields, never a stack, and none of them is logged as a crash', async () => {
	const { url, app, lines, begin } = await serve();
	const { id } = await begin('runs');
	const client = clientOf(url);
	const nobody = { id: 'job_00000000000000000000' };
	const calls: [() => Promise<unknown>, string, string, string[]?][] = [
		[() => client.jobs.get.query(nobody), 'NOT_FOUND', 'not_found'],
		[() => client.jobs.finish.mutate({ id }), 'CONFLICT', 'not_supported'],
		[() => client.jobs.remove.mutate({ id }), 'CONFLICT', 'conflict'],
		[() => client.jobs.list.query({ before: 'yesterday' }), 'BAD_REQUEST', 'bad_request'],
		[() => client.jobs.get.query({ id: '' }), 'BAD_REQUEST', 'invalid_input', ['id']],
		[
			() => client.jobs.list.query({ limit: 1_000, status: ['asleep' as never] }),
			'BAD_REQUEST',
			'invalid_input',
			['status.0', 'limit']
		],
		[() => client.system.forecast.query({ operation: '__proto__', variant: '' }), 'NOT_FOUND', 'unknown_operation'],
		[() => client.system.forecast.query({ operation: 'constructor', variant: '' }), 'NOT_FOUND', 'unknown_operation'],
		[
			() => client.operations.research.start.mutate({ input: { query: 'Is this known?' } }),
			'NOT_FOUND',
			'unknown_operation'
		]
	];
	for (const [call, code, reason, fields] of calls) {
		const error = await failure(call());
		expect(error.data).toMatchObject({ code, reason, ...(fields && { fields: fields.map((path) => ({ path })) }) });
		expect(error.message).toMatch(/^[^{[\n]{9,}$/);
		expect(JSON.stringify(error.shape)).not.toMatch(/stack|\.ts:|node_modules/);
	}
	expect(lines.filter(({ level }) => level >= 50)).toEqual([]);
	expect((await app.jobs.list('local', {})).jobs).toHaveLength(1);
});

test('DC-01 bad input to an operation names its fields over tRPC as it does over HTTP', async () => {
	const { url, begin } = { ...(await serve()), url: await serveRoutes(await makeApp()) };
	await begin('elsewhere');
	const error = await failure(
		clientOf(url).operations.research.start.mutate({ input: { query: 'x', depth: 'bottomless' as never } })
	);
	expect(error.data).toMatchObject({
		code: 'BAD_REQUEST',
		reason: 'invalid_input',
		fields: [{ path: 'input.query' }, { path: 'input.depth' }]
	});
});

test('DC-01 a watch of a job that does not exist ends in NOT_FOUND, and is not tried for ever', async () => {
	const { url } = await serve();
	const watching = (after: number) =>
		watch(url, { follow: [{ jobId: 'job_00000000000000000000', after }], feed: true, frame: () => undefined });
	expect((await failure(watching(0))).data).toMatchObject({ code: 'NOT_FOUND', reason: 'not_found' });
	expect((await failure(watching(-1))).data).toMatchObject({
		code: 'BAD_REQUEST',
		reason: 'invalid_input',
		fields: [{ path: 'follow.0.after' }]
	});
});

test('DC-01 requests that are no call of a procedure are refused with a 4xx and logged as no crash', async () => {
	const { url, app, lines } = await serve();
	const json = { 'content-type': 'application/json' };
	const refused = [
		await ask(`${url}/api/trpc/no.such`),
		await ask(`${url}/api/trpc/__proto__`),
		await ask(`${url}/api/trpc/operations.constructor.start`, { method: 'POST', headers: json, body: '{}' }),
		await ask(`${url}/api/trpc/jobs.get?input=%7Bbroken`),
		await ask(`${url}/api/trpc/jobs.cancel`),
		await ask(`${url}/api/trpc/jobs.cancel`, { method: 'POST', headers: json, body: '{broken' }),
		await ask(`${url}/api/trpc/jobs.cancel`, { method: 'POST', headers: { 'content-type': 'text/plain' }, body: '{}' }),
		await ask(`${url}/api/trpc/jobs.list`, { method: 'PUT' })
	];
	expect(refused.map(({ status }) => status)).toEqual([404, 404, 404, 400, 405, 400, 415, 405]);
	for (const { body } of refused) expect(JSON.stringify(body)).not.toMatch(/stack|\.ts:\d|node_modules/);
	expect(lines.filter(({ level }) => level >= 50)).toEqual([]);
	expect((await app.jobs.list('local', {})).jobs).toEqual([]);
});

test('BY-05 CX-14 cancel over tRPC reaches the run, and the watch brings the receipt', async () => {
	const { url, app, begin } = await serve();
	const { id } = await begin('stop me');
	const events: JobEvent[] = [];
	const watching = watch(url, { follow: [{ jobId: id, after: 0 }], frame: (frame) => events.push(...frame.events) });
	expect(await clientOf(url).jobs.cancel.mutate({ id })).toMatchObject({ id, cancelReason: 'user' });
	await watching;
	await until(app, id, ({ status }) => status === 'cancelled');
	expect(events.at(-1)).toMatchObject({
		type: 'cancelled',
		data: { reason: 'user', receipt: { provider: 'not_needed' } }
	});
});
