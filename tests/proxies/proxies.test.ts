import { createHash, randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { request, type IncomingMessage, type RequestOptions } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, onTestFinished, test, vi } from 'vitest';
import { endsJob, type JobEvent } from '$lib/jobs/event.ts';
import { root } from '../../scripts/lib/project.mjs';
import { ensureProgram } from '../../scripts/lib/debian-programs.mjs';
import { startHeadway, type Headway } from '../e2e/support/headway.ts';
import { readEvents, readSse } from '../http/read-sse.ts';
import { clientOf, watch } from '../http/watching.ts';
import { RunningProxy, type ProxyName, type ProxyProgram } from './running-proxy.ts';

const names: ProxyName[] = ['nginx', 'caddy'];
const found = await Promise.all(
	names.map(async (name) => ({ name, program: (await ensureProgram(name, { root })) as ProxyProgram | null }))
);
const patience = { timeout: 20_000 };

/** Every durable event of a job over plain SSE, as a careful script reads it: after any end it comes back with the last id. */
async function readAll(url: string, jobId: string): Promise<{ events: JobEvent[]; refusals: number[] }> {
	const events: JobEvent[] = [];
	const refusals: number[] = [];
	const over = new AbortController();
	onTestFinished(() => over.abort());
	const { signal } = over;
	while (!endsJob(events.at(-1)?.type ?? '') && !signal.aborted) {
		const headers: Record<string, string> = events.length > 0 ? { 'last-event-id': `${events.at(-1)?.seq}` } : {};
		const response = await fetch(`${url}/api/jobs/${jobId}/events`, { headers, signal }).catch(() => null);
		if (response && !response.ok) refusals.push(response.status);
		if (response?.ok) await takeAll(response, events).catch(() => undefined);
		await new Promise((resolve) => setTimeout(resolve, 100));
	}
	return { events, refusals };
}

async function takeAll(response: Response, events: JobEvent[]): Promise<void> {
	for await (const { id, data } of readSse(response)) if (id && data) events.push(JSON.parse(data) as JobEvent);
}

/** When each durable event came, in ms, and in how many pieces the answer was read. */
async function arrivals(url: string, jobId: string): Promise<{ at: Map<number, number>; pieces: number }> {
	const at = new Map<number, number>();
	const { body } = await fetch(`${url}/api/jobs/${jobId}/events`);
	let pieces = 0;
	let text = '';
	for await (const chunk of body!.pipeThrough(new TextDecoderStream())) {
		pieces += 1;
		text += chunk;
		for (const [, seq] of text.matchAll(/^id: (\d+)\n/gm))
			if (!at.has(Number(seq))) at.set(Number(seq), performance.now());
		text = text.slice(text.lastIndexOf('\n\n') + 1);
	}
	return { at, pieces };
}

/** An answer's head, to a request that leaves from one of this machine's addresses. */
function answerTo(url: string, options: RequestOptions): Promise<IncomingMessage> {
	return new Promise((resolve, reject) => {
		const sent = request(url, options, (answer) => resolve(answer.resume()));
		sent.on('error', reject).end();
	});
}

for (const { name, program } of found) {
	const missing = ` (skipped: no ${name} here, and Debian's package could not be had)`;
	describe.skipIf(program === null)(`Headway behind ${name}${program ? '' : missing}`, () => {
		let headway: Headway;
		let proxy: RunningProxy;
		const dataDir = mkdtempSync(join(tmpdir(), 'headway-proxied-'));

		beforeAll(async () => {
			proxy = await RunningProxy.on(name, program!);
			const env = { ORIGIN: proxy.url, PROTOCOL_HEADER: 'x-forwarded-proto', ADDRESS_HEADER: 'x-forwarded-for' };
			headway = await startHeadway(8, { dataDir, env: { ...env, HEADWAY_WEBSOCKET: 'on' } });
			await proxy.start(headway.port);
		}, 60_000);
		afterAll(async () => {
			await proxy?.stop();
			await headway?.stop();
			rmSync(dataDir, { recursive: true, force: true });
		});

		const log = async (id: string) => readEvents(await fetch(`${headway.url}/api/jobs/${id}/events?after=0`));

		test('TS-24 pages come through, forms of our own pages too, and those of other sites are refused', async () => {
			const page = await fetch(`${proxy.url}/`);
			expect(page.status).toBe(200);
			expect(await page.text()).toContain('Headway');
			const post = (origin: string) =>
				fetch(`${proxy.url}/demo?/arm`, {
					method: 'POST',
					headers: { origin, 'content-type': 'application/x-www-form-urlencoded', accept: 'text/html' },
					body: new URLSearchParams({ name: 'quota', times: '1', after: '' })
				});
			const own = await post(proxy.url);
			expect(own.status).toBe(200);
			expect(await own.text()).toContain('Armed: quota.');
			expect((await post('http://elsewhere.example')).status).toBe(403);
			await headway.arm();
		});

		test('TS-24 RS-09 the events of a job come one by one, when they come without the proxy', async () => {
			await headway.pace(4);
			const { id } = await headway.research('How are tides made?');
			const [direct, proxied] = await Promise.all([arrivals(headway.url, id), arrivals(proxy.url, id)]);
			expect([...proxied.at.keys()]).toEqual([...direct.at.keys()]);
			const times = [...direct.at.values()];
			const span = times.at(-1)! - times[0]!;
			const lags = [...direct.at].map(([seq, at]) => proxied.at.get(seq)! - at);
			// A proxy that collects holds the first events until much later ones: it is late by a good part of the whole.
			expect(Math.max(...lags)).toBeLessThan(span / 10);
			expect(proxied.pieces).toBeGreaterThan(direct.pieces / 2);
			expect(direct.at.size).toBeGreaterThan(20);
			await headway.pace(8);
		}, 60_000);

		test('TS-24 TS-26 a job streams over tRPC and over a WebSocket, and both bring the log', async () => {
			const { id } = await headway.research('How do vaccines work?');
			const came = { sse: [] as JobEvent[], websocket: [] as JobEvent[] };
			const watchings = (['sse', 'websocket'] as const).map((transport) =>
				watch(proxy.url, {
					follow: [{ jobId: id, after: 0 }],
					transport,
					frame: ({ events }) => came[transport].push(...events)
				})
			);
			await Promise.all(watchings);
			const whole = await log(id);
			expect(came).toEqual({ sse: whole, websocket: whole });
		}, 60_000);

		test('TS-24 the stream of a browser that follows a hundred jobs gets through, with its cursors', async () => {
			const ids = Array.from({ length: 100 }, (_, n) => `job_${String(n).padStart(20, '0')}`);
			const follow = ids.map((jobId) => ({ jobId, after: 12_345 }));
			const lastEventId = `0a1b2c3d;${ids.map((id) => `${id}:12345`).join(',')}`;
			const input = encodeURIComponent(JSON.stringify({ follow, feed: true, lastEventId }));
			expect(input.length).toBeGreaterThan(8_192);
			const answer = await fetch(`${proxy.url}/api/trpc/live.watch?input=${input}`);
			expect(answer.status).toBe(200);
			// None of them exists: which job is missing is for the app to say.
			expect(await answer.text()).toContain('NOT_FOUND');
		});

		test('TS-24 a large file goes up and comes back whole', async () => {
			const bytes = randomBytes(30_000_000);
			const headers = { 'content-type': 'application/octet-stream', origin: proxy.url };
			const sent = await fetch(`${proxy.url}/api/files?name=large.bin`, { method: 'POST', headers, body: bytes });
			expect(sent.status).toBe(201);
			const { url, sha256 } = (await sent.json()) as { url: string; sha256: string };
			expect(sha256).toBe(createHash('sha256').update(bytes).digest('hex'));
			const back = Buffer.from(await (await fetch(proxy.url + url)).arrayBuffer());
			expect(back.equals(bytes)).toBe(true);
		}, 30_000);

		test('TS-24 TS-17 each client counts by its own address, whatever it claims that to be', async () => {
			const left = async (localAddress: string, claimed?: string) => {
				const headers = claimed ? { 'x-forwarded-for': claimed } : {};
				const answer = await answerTo(`${proxy.url}/api/operations`, { localAddress, headers });
				return Number(/"requests";r=(\d+)/.exec(String(answer.headers['ratelimit']))?.[1]);
			};
			const [first, second, claiming] = [
				await left('127.0.0.2'),
				await left('127.0.0.2'),
				await left('127.0.0.2', '10.1.1.1')
			];
			expect([second, claiming]).toEqual([first - 1, first - 2]);
			expect(await left('127.0.0.3')).toBe(first);
		});

		test('TS-24 TS-26 RS-07 every client goes on over a restart of the app, in which the proxy answers 502', async () => {
			await headway.pace(2);
			const { id } = await headway.research('How do heat pumps work?', 'standard');
			const came = { sse: [] as JobEvent[], websocket: [] as JobEvent[] };
			const watchings = (['sse', 'websocket'] as const).map((transport) =>
				watch(proxy.url, {
					follow: [{ jobId: id, after: 0 }],
					transport,
					frame: ({ events }) => came[transport].push(...events)
				})
			);
			const plain = readAll(proxy.url, id);
			await vi.waitUntil(() => came.sse.length > 5 && came.websocket.length > 5, patience);
			expect((await headway.stop()).code).toBe(0);
			expect((await fetch(`${proxy.url}/healthz`)).status).toBe(502);
			const seen = came.sse.length;
			headway = await startHeadway(8, headway.options);
			await headway.pace(40);
			// Who hangs is said where it hangs.
			const over: string[] = [];
			const named = { plain, sse: watchings[0], websocket: watchings[1] };
			for (const [name, reading] of Object.entries(named)) void reading?.then(() => over.push(name));
			const state = async () =>
				`The job is ${(await headway.job(id)).status}; over are only: ${over.join(', ')}.\n${headway.logs()}`;
			const isDone = Promise.all([plain, ...watchings]);
			await Promise.race([isDone, pause(60_000).then(async () => Promise.reject(new Error(await state())))]);
			const [{ events, refusals }] = await isDone;
			const whole = await log(id);
			expect(whole.length).toBeGreaterThan(seen);
			expect(events).toEqual(whole);
			expect(came).toEqual({ sse: whole, websocket: whole });
			expect(refusals).toContain(502);
			expect(whole.at(-1)?.type).toBe('done');
			expect((await clientOf(proxy.url).jobs.get.query({ id })).status).toBe('succeeded');
		}, 90_000);
	});
}
