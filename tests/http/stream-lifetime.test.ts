import Database from 'better-sqlite3';
import { EventSource } from 'eventsource';
import { connect } from 'node:net';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import type { JobEvent } from '$lib/jobs/event.ts';
import { ended, makeApp, runsOf, start, temporaryFolder, until } from '../support/app.ts';
import { FakeClock } from '../support/fake-clock.ts';
import { serveRoutes } from '../support/route-server.ts';
import { CuttingProxy } from './cutting-proxy.ts';
import { readEvents, readSse, readUntil } from './read-sse.ts';
import { Stepwise } from './stepwise.ts';
import { watch } from './watching.ts';

const patience = { timeout: 10_000 };
const friend = 'https://friend.example';
const upTo = (n: number) => Array.from({ length: n }, (_, index) => index + 1);

async function runningJob(options: Parameters<typeof makeApp>[0] = {}) {
	const stepwise = new Stepwise();
	const app = await makeApp({ ...options, runs: runsOf(stepwise.operation) });
	const url = await serveRoutes(app);
	const { id } = await start(app, 'stepwise', { text: 'a job' });
	return { app, url, id, step: await stepwise.begun(id) };
}

/** Follows a job through both doors, as a browser and as the page do; each list grows as events come. */
function followBoth(plainUrl: string, url: string, jobId: string): { plain: JobEvent[]; typed: JobEvent[] } {
	const [plain, typed]: JobEvent[][] = [[], []];
	const source = new EventSource(`${plainUrl}/api/jobs/${jobId}/events`);
	onTestFinished(() => source.close());
	for (const type of ['queued', 'started', 'mark', 'done', 'unreadable'])
		source.addEventListener(type, ({ data }) => plain!.push(JSON.parse(data) as JobEvent));
	void watch(url, { follow: [{ jobId, after: 0 }], frame: ({ events }) => typed!.push(...events) }).catch(
		() => undefined
	);
	return { plain: plain!, typed: typed! };
}

test('TS-20 after 5 min ± 10 % a stream of either door closes in order and is picked up without a gap', async () => {
	const clock = new FakeClock();
	const { app, url, id, step } = await runningJob({ clock, env: { HEADWAY_TIME_LIMITS: 'stepwise=2h' } });
	const proxy = await CuttingProxy.start(url, { hasten: true });
	const seen = followBoth(proxy.url, url, id);
	const both = () => [app.live.streams.count('sse'), app.live.streams.count('trpc')];
	await expect.poll(both, patience).toEqual([1, 1]);
	for (let round = 1; round <= 2; round += 1) {
		step.ctx.emit('mark', { n: 2 * round - 1 });
		await clock.advance(100);
		await clock.advance(330_000 / 2);
		expect(both()).toEqual([1, 1]);
		await clock.advance(330_000 / 2);
		step.ctx.emit('mark', { n: 2 * round });
		await clock.advance(100);
		const seqs = upTo(2 + 2 * round);
		for (const events of Object.values(seen))
			await expect.poll(() => events.map(({ seq }) => seq), patience).toEqual(seqs);
		await expect.poll(both, patience).toEqual([1, 1]);
	}
	const metrics = await app.metrics.registry.metrics();
	for (const door of ['sse', 'trpc'])
		expect(metrics).toContain(`headway_streams_closed_total{door="${door}",how="renewed"} 2`);
	step.finish('done');
	await clock.advance(1_000);
	for (const events of Object.values(seen)) await expect.poll(() => events.at(-1)?.type, patience).toBe('done');
}, 30_000);

test('TS-20 how long a stream lasts can be configured', async () => {
	const clock = new FakeClock();
	const { app, url, id } = await runningJob({ clock, env: { HEADWAY_STREAM_MINUTES: '1' } });
	const response = await fetch(`${url}/api/jobs/${id}/events`);
	const whole = readEvents(response);
	await clock.advance(53_000);
	expect(app.live.open).toBe(1);
	await clock.advance(14_000);
	expect((await whole).map(({ type }) => type)).toEqual(['queued', 'started']);
});

/** A reader that asks for a stream and never reads an answer. */
function deaf(url: string, path: string, header = ''): { closed: Promise<void> } {
	const { hostname, port } = new URL(url);
	const socket = connect(Number(port), hostname);
	onTestFinished(() => void socket.destroy());
	socket.pause();
	socket.on('error', () => undefined);
	socket.write(`GET ${path} HTTP/1.1\r\nhost: ${hostname}\r\n${header}\r\n`);
	return { closed: new Promise((resolve) => socket.once('close', () => resolve())) };
}

test('TS-18 a reader that takes nothing is cut, with all that it held', async () => {
	const { app, url, id, step } = await runningJob();
	Object.assign(app.config, { stallMs: 700 });
	const input = encodeURIComponent(JSON.stringify({ follow: [{ jobId: id, after: 0 }] }));
	deaf(url, `/api/jobs/${id}/events`);
	deaf(url, `/api/trpc/live.watch?input=${input}`);
	// The fast path leaves requests that say what a body would be to SvelteKit.
	deaf(url, `/api/jobs/${id}/events`, 'content-type: text/plain\r\n');
	await expect.poll(() => app.live.open, patience).toBe(3);
	const listeners = app.bell.size;
	// Beyond what the kernel takes for a reader: 20 MB.
	for (let n = 1; n <= 1_000; n += 1) step.ctx.content('report', 'x'.repeat(20_000), true);
	await until(app, id, ({ seq }) => seq > 2);
	await expect.poll(() => app.live.open, { timeout: 20_000 }).toBe(0);
	// The two whose frames are pushed listen as one.
	expect(app.bell.size).toBe(listeners - 2);
	step.finish('done');
	expect((await ended(app, id)).status).toBe('succeeded');
}, 40_000);

test('TS-18 RS-08 a reader of a stream that is only quiet stays, by its keep-alives', async () => {
	const clock = new FakeClock();
	const { app, url } = await runningJob({ clock, env: { HEADWAY_MAX_RUNNING: '1' } });
	const { id } = await start(app, 'stepwise', { text: 'waits' });
	Object.assign(app.config, { stallMs: 2_000 });
	const messages = readSse(await fetch(`${url}/api/jobs/${id}/events`));
	await readUntil(messages, ({ event }) => event === 'queued');
	const began = performance.now();
	while (performance.now() - began < 6_000) {
		await clock.advance(15_000);
		await readUntil(messages, ({ comment }) => comment === 'keep-alive');
		await new Promise((resolve) => setTimeout(resolve, 500));
	}
	expect(app.live.open).toBe(1);
	await messages.return();
}, 30_000);

test('RS-12 an event that cannot be read comes as `unreadable` through both doors, once, and what follows it comes', async () => {
	const dataDir = temporaryFolder();
	const { app, url, id, step } = await runningJob({ dataDir });
	for (let n = 1; n <= 3; n += 1) step.ctx.emit('mark', { n });
	await until(app, id, ({ seq }) => seq >= 5);
	const saboteur = new Database(join(dataDir, 'headway.db'));
	saboteur.prepare(`update events set data = '{"n":' where job_id = ? and seq = 4`).run(id);
	saboteur.close();
	const seen = followBoth(url, url, id);
	step.finish('done');
	for (const events of Object.values(seen)) {
		await expect.poll(() => events.at(-1)?.type, patience).toBe('done');
		expect(events.map(({ seq }) => seq)).toEqual(upTo(6));
		expect(events[3]).toMatchObject({ seq: 4, type: 'unreadable', data: { was: 'mark' } });
	}
	const metrics = await app.metrics.registry.metrics();
	for (const door of ['sse', 'trpc'])
		expect(metrics).toContain(`headway_streams_closed_total{door="${door}",how="ended"} 1`);
	expect(metrics).not.toMatch(/how="failed"\} [1-9]/);
});

test('RS-10 a job whose last event cannot be read still ends its streams', async () => {
	const dataDir = temporaryFolder();
	const { app, url, id, step } = await runningJob({ dataDir });
	step.finish('done');
	await ended(app, id);
	const saboteur = new Database(join(dataDir, 'headway.db'));
	saboteur.prepare(`update events set data = '{' where job_id = ? and type = 'done'`).run(id);
	saboteur.close();
	const events = await readEvents(await fetch(`${url}/api/jobs/${id}/events`));
	expect(events.map(({ type }) => type)).toEqual(['queued', 'started', 'unreadable']);
});

test.each([
	['live only', 'transient'],
	['logged', 'emit']
] as const)(
	'RS-12 an event that cannot be written, %s, is `unreadable` in its place and stops nothing',
	async (_where, how) => {
		const { app, url, id, step } = await runningJob();
		const circular: { n: number; self?: unknown } = { n: 1 };
		circular.self = circular;
		const response = await fetch(`${url}/api/jobs/${id}/events`);
		const whole = readEvents(response, false);
		// Past the schema, which takes no such thing.
		if (how === 'emit') step.ctx.notice('info', 'odd', circular as unknown as string);
		else step.ctx.activity(circular as unknown as string);
		await expect.poll(() => app.live.open, patience).toBe(1);
		step.ctx.emit('mark', { n: 2 });
		await until(app, id, ({ seq }) => seq >= 3);
		step.finish('done');
		expect((await ended(app, id)).status).toBe('succeeded');
		const events = await whole;
		const odd = events.find(({ type }) => type === 'unreadable');
		expect(odd?.data).toEqual({ was: how === 'emit' ? 'notice' : 'activity' });
		expect(events.at(-1)?.type).toBe('done');
	}
);

test('AG-05 a stream of either door may be read by a page of a configured origin, and by default of no other', async () => {
	const friendly = await runningJob({ env: { HEADWAY_CORS_ORIGINS: friend } });
	const plain = await runningJob();
	for (const [{ url, id }, allowed] of [
		[friendly, friend],
		[plain, null]
	] as const) {
		const input = encodeURIComponent(JSON.stringify({ follow: [{ jobId: id, after: 0 }] }));
		for (const path of [`/api/jobs/${id}/events`, `/api/events?job_id=${id}`, `/api/trpc/live.watch?input=${input}`]) {
			const stream = await fetch(url + path, { headers: { origin: friend } });
			expect(stream.headers.get('content-type')).toMatch(/^text\/event-stream/);
			expect(stream.headers.get('access-control-allow-origin')).toBe(allowed);
			await stream.body?.cancel();
			const stranger = await fetch(url + path, { headers: { origin: 'https://stranger.example' } });
			expect(stranger.headers.get('access-control-allow-origin')).toBeNull();
			await stranger.body?.cancel();
			const preflight = await fetch(url + path, {
				method: 'OPTIONS',
				headers: {
					origin: friend,
					'access-control-request-method': 'GET',
					'access-control-request-headers': 'last-event-id'
				}
			});
			expect([preflight.status, preflight.headers.get('access-control-allow-origin')]).toEqual([204, allowed]);
			expect(preflight.headers.get('access-control-allow-headers')).toContain('last-event-id');
		}
	}
});

test('AG-05 a start that answers with its stream is read by a page of a configured origin, with the place of the job', async () => {
	const { url, app } = await runningJob({ env: { HEADWAY_CORS_ORIGINS: friend } });
	const hangUp = new AbortController();
	const response = await fetch(`${url}/api/jobs`, {
		method: 'POST',
		signal: hangUp.signal,
		headers: { origin: friend, accept: 'text/event-stream', 'content-type': 'application/json' },
		body: JSON.stringify({ operation: 'stepwise', input: { text: 'x' } })
	});
	expect(response.headers.get('content-type')).toMatch(/^text\/event-stream/);
	expect(response.headers.get('access-control-allow-origin')).toBe(friend);
	expect(response.headers.get('access-control-expose-headers')?.split(', ')).toEqual(
		expect.arrayContaining(['location', 'retry-after', 'ratelimit', 'ratelimit-policy'])
	);
	hangUp.abort();
	await expect.poll(() => app.live.open, patience).toBe(0);
});
