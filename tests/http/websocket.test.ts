import { createServer, request, type IncomingMessage, type RequestOptions } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { json } from 'node:stream/consumers';
import { expect, onTestFinished, test, vi } from 'vitest';
import { WebSocket } from 'ws';
import type { JobEvent } from '$lib/jobs/event.ts';
import { inOrder } from '$lib/jobs/order.ts';
import { ServerClock } from '$lib/client/server-clock.svelte.ts';
import { LiveJob } from '$lib/client/live-job.svelte.ts';
import { SOCKET_PATH, WebSocketDoor } from '$lib/server/ws-door.ts';
import { allEvents, ended, makeApp, runsOf, start, temporaryFolder } from '../support/app.ts';
import { serveRoutes } from '../support/route-server.ts';
import { ask } from './asking.ts';
import { CuttingProxy } from './cutting-proxy.ts';
import { Stepwise } from './stepwise.ts';
import { clientOf, watch } from './watching.ts';

const patience = { timeout: 8_000 };
const on = { HEADWAY_WEBSOCKET: 'on' };
const arrival = { protocol: 'http' as const, address: '127.0.0.1' };
const friend = 'https://friend.example';

async function serve(env: Record<string, string> = {}, owner?: (request: Request) => string) {
	const stepwise = new Stepwise();
	const app = await makeApp({ runs: runsOf(stepwise.operation), env: { ...on, ...env } });
	const begin = async (text = 'a job') => {
		const { id } = await start(app, 'stepwise', { text });
		return { id, step: await stepwise.begun(id) };
	};
	return { app, stepwise, begin, url: await serveRoutes(app, owner) };
}

/** A socket as another program opens it; resolves once it is open, rejects with the status of a refusal. */
function open(url: string, headers: Record<string, string> = {}, path = SOCKET_PATH): Promise<WebSocket> {
	const socket = new WebSocket(url.replace('http', 'ws') + path, { headers });
	onTestFinished(() => socket.terminate());
	return new Promise((resolve, reject) => {
		socket.on('open', () => resolve(socket));
		socket.on('unexpected-response', (_, { statusCode }) => reject(new Error(String(statusCode))));
		socket.on('error', reject);
	});
}

/** The answer to an upgrade that is refused. */
function refusal(url: string, { path = SOCKET_PATH, headers = {} }: RequestOptions): Promise<IncomingMessage> {
	const all = { connection: 'upgrade', upgrade: 'websocket', ...(headers as Record<string, string>) };
	return new Promise((resolve, reject) => {
		request({ port: new URL(url).port, path, headers: all }, resolve)
			.on('error', reject)
			.end();
	});
}

const watchCall = (jobId: string, id = 1) =>
	JSON.stringify({
		id,
		method: 'subscription',
		params: { path: 'live.watch', input: { follow: [{ jobId, after: 0 }] } }
	});
const seqs = (events: JobEvent[]) => events.map(({ seq }) => seq);

/** Messages of a socket, as they come. */
function hear(
	socket: WebSocket
): { id: unknown; error?: { data: Record<string, unknown> }; result?: { type: string } }[] {
	const heard: ReturnType<typeof hear> = [];
	socket.on('message', (data: Buffer) => {
		if (data.toString() !== 'PING') heard.push(JSON.parse(data.toString()) as (typeof heard)[number]);
	});
	return heard;
}

test('TS-26 a server that was not told to offer WebSockets offers none', async () => {
	const app = await makeApp({ runs: runsOf(new Stepwise().operation) });
	expect(app.system().websocket).toBe(false);
	await expect(open(await serveRoutes(app))).rejects.toThrow('404');
});

test('TS-26 the events of a job come over a WebSocket as they stand in the log, live, to the end', async () => {
	const { app, url, begin } = await serve();
	expect((await clientOf(url).system.info.query()).websocket).toBe(true);
	const { id, step } = await begin();
	const events: JobEvent[] = [];
	const watching = watch(url, {
		follow: [{ jobId: id, after: 0 }],
		transport: 'websocket',
		frame: (frame) => events.push(...frame.events)
	});
	await vi.waitUntil(() => events.length === 2, patience);
	step.ctx.emit('mark', { n: 1 });
	await vi.waitUntil(() => events.length === 3, patience);
	step.finish('ok');
	await watching;
	expect(events).toEqual(await allEvents(app, id));
	expect(app.live.open).toBe(0);
});

test('TS-26 with a WebSocket and server-sent events open at once, the same reducer shows no event twice and none too few', async () => {
	const app = await makeApp({ env: on });
	const url = await serveRoutes(app);
	const snapshot = await start(app, 'research', { query: 'How do vaccines work?', depth: 'quick' });
	let gaps = 0;
	const job = new LiveJob(snapshot, new ServerClock(snapshot.serverNow), { behind: () => (gaps += 1) } as never);
	const came = { sse: [] as JobEvent[], websocket: [] as JobEvent[] };
	const watchings = (['sse', 'websocket'] as const).map((transport) =>
		watch(url, {
			follow: [{ jobId: snapshot.id, after: job.seq }],
			transport,
			frame({ events, transients }) {
				came[transport].push(...events);
				job.take(inOrder(events, transients));
			}
		})
	);
	await Promise.all(watchings);
	await vi.waitUntil(() => job.ended, patience);
	const whole = await allEvents(app, snapshot.id, snapshot.seq);
	expect(came).toEqual({ sse: whole, websocket: whole });
	expect(gaps).toBe(0);
	const { status, seq, state, content, phases, result } = await app.jobs.snapshot('local', snapshot.id);
	expect(job.snapshot).toMatchObject({ status, seq, state, content, phases, result });
	expect(status).toBe('succeeded');
}, 30_000);

test('TS-26 RS-07 a WebSocket that is cut at random places, many times, loses no event and sees none twice', async () => {
	const { app, url, begin } = await serve();
	const { id, step } = await begin();
	const proxy = await CuttingProxy.start(url, {
		bytes: (connection) => (connection > 6 ? Infinity : 400 + Math.floor(Math.random() * 4_000))
	});
	const events: JobEvent[] = [];
	const watching = watch(proxy.url, {
		follow: [{ jobId: id, after: 0 }],
		transport: 'websocket',
		frame: (frame) => events.push(...frame.events)
	});
	for (let n = 1; n <= 400; n += 1) step.ctx.emit('mark', { n });
	step.finish('ok');
	await watching;
	expect(proxy.cuts).toBeGreaterThan(4);
	expect(events).toEqual(await allEvents(app, id));
}, 30_000);

test('TS-26 DC-02 a drain closes the sockets within a second, and their clients go on at the next server without a gap', async () => {
	const dataDir = temporaryFolder();
	const [first, second] = [new Stepwise(), new Stepwise()];
	const before = await makeApp({ runs: runsOf(first.operation), dataDir, env: on });
	const door = new WebSocketDoor(before);
	const server = createServer().on('upgrade', (req, socket, head) => door.upgrade(req, socket, head, arrival));
	await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
	const address = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
	const proxy = await CuttingProxy.start(address);
	const { id } = await start(before, 'stepwise', { text: 'survives' });
	const step = await first.begun(id);
	const events: JobEvent[] = [];
	const watching = watch(proxy.url, {
		follow: [{ jobId: id, after: 0 }],
		transport: 'websocket',
		frame: (frame) => events.push(...frame.events)
	});
	// One that never answers the close is cut.
	const deaf = await open(address);
	deaf.pause();
	for (let n = 1; n <= 20; n += 1) step.ctx.emit('mark', { n });
	await vi.waitUntil(() => events.length === 22, patience);
	const began = performance.now();
	const closed = new Promise((resolve) => server.close(resolve));
	await Promise.all([closed, door.drain(), before.drain()]);
	expect(performance.now() - began).toBeLessThan(2_000);
	expect(door.open).toBe(0);
	await before.close();
	const after = await makeApp({ runs: runsOf(second.operation), dataDir, env: on });
	proxy.pointTo(await serveRoutes(after));
	const again = await second.begun(id);
	for (let n = 21; n <= 40; n += 1) again.ctx.emit('mark', { n });
	again.finish('ok');
	await watching;
	expect(events).toEqual(await allEvents(after, id));
}, 20_000);

test('TS-26 AG-05 our own pages, programs and configured origins open a socket; other sites and foreign names do not', async () => {
	const { url, app } = await serve({ HEADWAY_CORS_ORIGINS: friend });
	for (const headers of [{}, { origin: url }, { origin: friend }, { 'sec-fetch-site': 'same-origin' }])
		expect((await open(url, headers as Record<string, string>)).readyState).toBe(WebSocket.OPEN);
	const refused = [
		{ origin: 'https://stranger.example' },
		{ origin: 'null' },
		{ origin: url.replace('http', 'https') },
		{ 'sec-fetch-site': 'cross-site' },
		{ host: 'stranger.example' }
	];
	for (const headers of refused)
		await expect(open(url, headers as unknown as Record<string, string>)).rejects.toThrow('403');
	await expect(open(url, {}, '/api/trpc')).rejects.toThrow('404');
	for (const path of ['http://user:word@localhost/api/trpc-ws', 'nonsense', '*'])
		expect((await refusal(url, { path })).statusCode).toBe(400);
	expect((await refusal(url, { headers: { host: 'user:word@localhost' } })).statusCode).toBe(400);
	expect(app.live.open).toBe(0);
});

test('TS-26 a refused socket is answered like any request: a problem with its code and sentence', async () => {
	const { url } = await serve();
	const answer = await refusal(url, { headers: { origin: 'https://stranger.example' } });
	expect(answer.headers['content-type']).toBe('application/problem+json');
	expect(await json(answer)).toMatchObject({ status: 403, code: 'forbidden_origin' });
});

test('TS-26 DC-01 a socket reads only its own owner, and errors read as they do over HTTP', async () => {
	const { url, begin } = await serve({}, ({ headers }) => headers.get('x-owner') ?? 'local');
	const { id } = await begin();
	const calls = [
		{ id: 1, method: 'query', params: { path: 'jobs.get', input: { id } } },
		{ id: 2, method: 'query', params: { path: 'jobs.get', input: { id: '' } } },
		{ id: 3, method: 'query', params: { path: 'no.such' } }
	];
	const socket = await open(url, { 'x-owner': 'someone-else' });
	const heard = hear(socket);
	socket.send(JSON.stringify(calls));
	socket.send(watchCall(id, 4));
	await vi.waitUntil(() => heard.filter(({ error }) => error).length === 4, patience);
	const errors = heard.filter(({ error }) => error).toSorted((a, b) => Number(a.id) - Number(b.id));
	expect(errors.map(({ error }) => [error?.data['code'], error?.data['reason']])).toEqual([
		['NOT_FOUND', 'not_found'],
		['BAD_REQUEST', 'invalid_input'],
		['NOT_FOUND', null],
		['NOT_FOUND', 'not_found']
	]);
	const overHttp = await ask(`${url}/api/trpc/jobs.get?input=${encodeURIComponent('{"id":""}')}`);
	expect(errors[1]?.error).toEqual((overHttp.body as unknown as { error: unknown }).error);
	expect(JSON.stringify(heard)).not.toMatch(/stack|\.ts:\d|node_modules/);
});

test('TS-26 nonsense on a socket is answered or ends that socket, and the server goes on', async () => {
	const { url, app, begin } = await serve();
	const { id, step } = await begin();
	const nonsense = ['', '{', 'null', '[]', '{"id":1}', '{"id":null,"method":"query","params":{"path":"x"}}', '"PING"'];
	for (const text of nonsense) {
		const socket = await open(url);
		socket.send(text);
		socket.send(Buffer.from([0xff, 0xfe]));
		const heard = hear(socket);
		socket.send(watchCall(id));
		await vi.waitUntil(() => heard.some(({ result }) => result?.type === 'started'), patience);
		socket.terminate();
	}
	const large = await open(url);
	const closed = new Promise((resolve) => large.on('close', resolve));
	large.send('x'.repeat(1024 * 1024 + 1));
	expect(await closed).toBe(1009);
	step.finish('ok');
	await ended(app, id);
	await vi.waitUntil(() => app.live.open === 0, patience);
});

/** A door on a server of the test's own, whose ends of the sockets it sees. */
async function bareDoor(env: Record<string, string> = {}) {
	const stepwise = new Stepwise();
	const app = await makeApp({ runs: runsOf(stepwise.operation), env: { ...on, ...env } });
	const door = new WebSocketDoor(app);
	const sockets: Socket[] = [];
	const server = createServer().on('upgrade', (req, socket, head) => {
		sockets.push(socket as Socket);
		door.upgrade(req, socket, head, arrival);
	});
	await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
	onTestFinished(() => {
		for (const socket of sockets) socket.destroy();
		server.close();
	});
	const { id } = await start(app, 'stepwise', { text: 'much' });
	const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
	return { app, door, sockets, url, id, step: await stepwise.begun(id) };
}

test('TS-26 TS-18 a reader that does not read costs the server a cursor, and gets everything once it reads', async () => {
	const { app, sockets, url, id, step } = await bareDoor();
	const slow = await open(url);
	const events: JobEvent[] = [];
	slow.on('message', (data: Buffer) => {
		const { result } = JSON.parse(data.toString()) as { result?: { data?: { data?: { events: JobEvent[] } } } };
		events.push(...(result?.data?.data?.events ?? []));
	});
	slow.send(watchCall(id));
	await vi.waitUntil(() => events.length > 0, patience);
	slow.pause();
	const text = 'x'.repeat(10_000);
	let most = 0;
	for (let n = 0; n < 2_000; n += 1) {
		step.ctx.content('report', text);
		if (n % 20 === 0) await new Promise((resolve) => setTimeout(resolve, 2));
		most = Math.max(most, sockets[0]?.writableLength ?? 0);
	}
	step.finish('ok');
	await ended(app, id);
	// 20 MB were written; what waits in this process is never more than one frame.
	expect(most).toBeGreaterThan(0);
	expect(most).toBeLessThan(5 * 1024 * 1024);
	slow.resume();
	await vi.waitUntil(() => events.at(-1)?.type === 'done', patience);
	expect(seqs(events)).toEqual(seqs(await allEvents(app, id)));
}, 30_000);

test('TS-26 TS-18 who asks and asks and never reads is ended', async () => {
	const { app, door, sockets, url, id, step } = await bareDoor();
	for (let n = 0; n < 20; n += 1) step.ctx.content('report', 'x'.repeat(50_000));
	await vi.waitUntil(
		async () => (await app.jobs.snapshot('local', id)).content['report']?.length === 1_000_000,
		patience
	);
	const greedy = await open(url);
	greedy.pause();
	const call = (n: number) => ({ id: n, method: 'query', params: { path: 'jobs.snapshot', input: { id } } });
	let most = 0;
	const measure = setInterval(() => (most = Math.max(most, sockets[0]?.writableLength ?? 0)), 1);
	onTestFinished(() => clearInterval(measure));
	for (let n = 0; n < 60; n += 10) greedy.send(JSON.stringify(Array.from({ length: 10 }, (_, m) => call(n + m + 1))));
	await vi.waitUntil(() => door.open === 0, patience);
	expect(most).toBeLessThan(16 * 1024 * 1024);
});

test('TS-26 TS-17 sockets and what is asked over them count against the limits, and the answer says how long to wait', async () => {
	const { app, url } = await serve({ HEADWAY_MAX_STREAMS: '2' });
	const sockets = [await open(url), await open(url)];
	const tooMany = await refusal(url, {});
	expect([tooMany.statusCode, tooMany.headers['retry-after']]).toEqual([429, '10']);
	expect(await json(tooMany)).toMatchObject({ code: 'limit_reached', title: expect.stringContaining('in 10 seconds') });
	expect(await app.metrics.registry.metrics()).toContain('headway_throttled_total{limit="streams"} 1');
	const isClosed = new Promise((resolve) => sockets[0]?.on('close', resolve));
	sockets[0]?.close();
	await isClosed;
	await vi.waitFor(async () => (await open(url)).close(), patience);
	const { url: busy } = await serve({ HEADWAY_REQUESTS_PER_MINUTE: '10' });
	const greedy = await open(busy);
	const code = new Promise((resolve) => greedy.on('close', resolve));
	for (let n = 1; n <= 10; n += 1) greedy.send(watchCall('job_00000000000000000000', n));
	expect(await code).toBe(1013);
	const { statusCode, headers } = await refusal(busy, {});
	expect([statusCode, Number(headers['retry-after']) > 0]).toEqual([429, true]);
});

test('TS-26 TS-17 of a thousand calls in one packet no more are carried out than the limit lets in', async () => {
	const limits = { HEADWAY_REQUESTS_PER_MINUTE: '20', HEADWAY_STARTS_PER_MINUTE: '0', HEADWAY_MAX_UNFINISHED: '5000' };
	const { operationRuns } = await import('$lib/operations/index.server.ts');
	const app = await makeApp({ runs: operationRuns(), env: { ...on, ...limits, HEADWAY_MAX_RUNNING: '1' } });
	const greedy = await open(await serveRoutes(app));
	const code = new Promise((resolve) => greedy.on('close', resolve));
	const path = 'operations.research.start';
	for (let id = 1; id <= 1_000; id += 1) {
		const input = { input: { query: `How do tides work, question ${id}?` } };
		greedy.send(JSON.stringify({ id, method: 'mutation', params: { path, input } }));
	}
	expect(await code).toBe(1013);
	// The opening of the socket was one.
	await expect.poll(async () => (await app.jobs.list('local', { limit: 200 })).jobs.length).toBe(19);
});

test('TS-26 a peer that is silent is asked, and ended when it does not answer', async () => {
	const { door, url } = await bareDoor();
	vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
	onTestFinished(() => void vi.useRealTimers());
	const [dead, alive] = [await open(url), await open(url)];
	let asked = 0;
	alive.on('message', (data: Buffer) => {
		if (data.toString() !== 'PING') return;
		asked += 1;
		alive.send('PONG');
	});
	const isOver = new Promise((resolve) => dead.on('close', resolve));
	for (let round = 1; round <= 3; round += 1) {
		await vi.advanceTimersByTimeAsync(15_000);
		await expect.poll(() => asked).toBe(round);
		// The answer has come when one to a later question has.
		await new Promise((resolve) => {
			alive.once('message', resolve);
			alive.send('PING');
		});
	}
	await isOver;
	expect(door.open).toBe(1);
	expect(alive.readyState).toBe(WebSocket.OPEN);
});

test('TS-26 TS-20 a socket has a longest duration, 5 min ± 10 %, after which it closes in order', async () => {
	const { url } = await bareDoor();
	vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
	onTestFinished(() => void vi.useRealTimers());
	const socket = await open(url);
	let code: number | null = null;
	socket.on('close', (with_: number) => (code = with_));
	socket.on('message', () => socket.send('PONG'));
	for (let waited = 0; waited < 269_000; waited += 10_000) {
		await vi.advanceTimersByTimeAsync(Math.min(10_000, 269_000 - waited));
		await new Promise((resolve) => {
			socket.once('message', resolve);
			socket.send('PING');
		});
	}
	expect(code).toBeNull();
	await vi.advanceTimersByTimeAsync(61_500);
	await expect.poll(() => code).toBe(1001);
});
