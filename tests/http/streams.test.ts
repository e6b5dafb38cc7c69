import { EventSource } from 'eventsource';
import { expect, onTestFinished, test } from 'vitest';
import type { JobEvent } from '$lib/jobs/event.ts';
import { allEvents, ended, makeApp, runsOf, start, until } from '../support/app.ts';
import { FakeClock } from '../support/fake-clock.ts';
import { serveRoutes } from '../support/route-server.ts';
import { CuttingProxy } from './cutting-proxy.ts';
import { LiveProvider } from './live-provider.ts';
import { readEvents, readSse, readUntil } from './read-sse.ts';
import { Stepwise } from './stepwise.ts';

const patience = { timeout: 4_000 };
const types = ['queued', 'started', 'mark', 'cancelling', 'done', 'cancelled'];

/** A job of many marks that has ended, and the server that has it. */
async function finishedJob(marks: number) {
	const { app, url, step, id } = await runningJob();
	for (let n = 1; n <= marks; n += 1) step.ctx.emit('mark', { n });
	step.finish('done');
	await ended(app, id);
	return { app, url, id };
}

async function runningJob() {
	const stepwise = new Stepwise();
	const app = await makeApp({ runs: runsOf(stepwise.operation) });
	const url = await serveRoutes(app);
	const { id } = await start(app, 'stepwise', { text: 'a job' });
	return { app, url, id, step: await stepwise.begun(id) };
}

/** Everything that a browser's EventSource delivers until it stops by itself. */
function listenOn(url: string): { events: JobEvent[]; stopped: Promise<number | undefined> } {
	const source = new EventSource(url);
	onTestFinished(() => source.close());
	const events: JobEvent[] = [];
	for (const type of types) source.addEventListener(type, ({ data }) => events.push(JSON.parse(data) as JobEvent));
	const stopped = new Promise<number | undefined>((resolve) => {
		source.addEventListener('error', ({ code }) => source.readyState === source.CLOSED && resolve(code));
	});
	return { events, stopped };
}

test('RS-01 GET /api/events?response_id=… streams the job of that response of the provider', async () => {
	const provider = new LiveProvider();
	const app = await makeApp({ provider });
	const url = await serveRoutes(app);
	const { id } = await start(app, 'research', { query: 'Why is the sky blue?' });
	await until(app, id, ({ responseId }) => responseId === 'resp_1');
	const response = await fetch(`${url}/api/events?response_id=resp_1`);
	provider.complete('Because of Rayleigh scattering.');
	const events = await readEvents(response);
	expect(response.headers.get('content-type')).toMatch(/^text\/event-stream/);
	expect(new Set(events.map(({ jobId }) => jobId))).toEqual(new Set([id]));
	expect(events).toEqual(await allEvents(app, id));
	expect(events.at(-1)?.type).toBe('done');
});

test('RS-01 a job id names the same stream, in the path and as ?job_id=', async () => {
	const { app, url, id } = await finishedJob(3);
	const whole = await allEvents(app, id);
	expect(await readEvents(await fetch(`${url}/api/jobs/${id}/events`))).toEqual(whole);
	expect(await readEvents(await fetch(`${url}/api/events?job_id=${id}`))).toEqual(whole);
	expect(whole.length).toBe(6);
});

test('RS-07 the stream begins with the retry hint of 3 s, and each durable event carries its seq as id', async () => {
	const { url, id } = await finishedJob(2);
	const response = await fetch(`${url}/api/jobs/${id}/events`);
	const [hint, ...messages] = await Array.fromAsync(readSse(response));
	expect(hint).toEqual({ retry: '3000' });
	expect(messages.map(({ id }) => id)).toEqual(['1', '2', '3', '4', '5']);
	expect(messages.map(({ event }) => event)).toEqual(['queued', 'started', 'mark', 'mark', 'done']);
	expect(response.headers.get('cache-control')).toContain('no-transform');
	expect(response.headers.get('x-accel-buffering')).toBe('no');
});

test('RS-07 a stream goes on after Last-Event-ID and after ?after=, and the header wins', async () => {
	const { app, url, id } = await finishedJob(10);
	const whole = await allEvents(app, id);
	const address = `${url}/api/jobs/${id}/events`;
	expect(await readEvents(await fetch(address, { headers: { 'last-event-id': '4' } }))).toEqual(whole.slice(4));
	expect(await readEvents(await fetch(`${address}?after=7`))).toEqual(whole.slice(7));
	// A reconnecting EventSource repeats its address, so that what it has seen since must count for more.
	expect(await readEvents(await fetch(`${address}?after=2`, { headers: { 'last-event-id': '9' } }))).toEqual(
		whole.slice(9)
	);
});

test('RS-07 an EventSource whose connection is cut at random places, many times, loses no event and sees none twice', async () => {
	const { app, url, id, step } = await runningJob();
	const proxy = await CuttingProxy.start(url, { hasten: true, bytes: () => 300 + Math.floor(Math.random() * 2_500) });
	const { events, stopped } = listenOn(`${proxy.url}/api/jobs/${id}/events`);
	for (let n = 1; n <= 600; n += 1) {
		step.ctx.emit('mark', { n });
		if (n % 10 === 0) await new Promise((resolve) => setTimeout(resolve, 3));
	}
	step.finish('done');
	expect(await stopped).toBe(204);
	expect(proxy.cuts).toBeGreaterThan(20);
	expect(events.map(({ seq }) => seq)).toEqual(Array.from({ length: 603 }, (_, index) => index + 1));
	expect(events).toEqual(await allEvents(app, id));
}, 30_000);

test('RS-08 an idle plain stream carries a keep-alive comment every 15 s', async () => {
	const clock = new FakeClock();
	const stepwise = new Stepwise();
	const app = await makeApp({ clock, runs: runsOf(stepwise.operation), env: { HEADWAY_MAX_RUNNING: '1' } });
	const url = await serveRoutes(app);
	const first = await start(app, 'stepwise', { text: 'in the way' });
	await stepwise.begun(first.id);
	// A queued job has no ticks: its stream is silent.
	const { id } = await start(app, 'stepwise', { text: 'waits' });
	const messages = readSse(await fetch(`${url}/api/jobs/${id}/events`));
	await readUntil(messages, ({ event }) => event === 'queued');
	for (let round = 0; round < 4; round += 1) {
		const idleSince = clock.now();
		const next = messages.next();
		let arrived = false;
		void next.then(() => (arrived = true));
		while (!arrived && clock.now() - idleSince < 60_000) {
			await clock.advance(1_000);
			// Once a request made now is answered, what the server had written before has arrived too.
			await fetch(`${url}/healthz`);
		}
		expect((await next).value).toEqual({ comment: 'keep-alive' });
		expect(clock.now() - idleSince).toBeGreaterThanOrEqual(14_000);
		expect(clock.now() - idleSince).toBeLessThanOrEqual(16_000);
	}
	await messages.return();
});

test('RS-10 the connection closes by itself when the job has completed, failed or been cancelled', async () => {
	const stepwise = new Stepwise();
	const app = await makeApp({ runs: runsOf(stepwise.operation) });
	const url = await serveRoutes(app);
	const endings = {
		done: async (id: string) => (await stepwise.begun(id)).finish('ok'),
		error: async (id: string) => (await stepwise.begun(id)).fail('Not today.'),
		cancelled: async (id: string) => void (await app.jobs.cancel('local', id))
	};
	for (const [type, end] of Object.entries(endings)) {
		const { id } = await start(app, 'stepwise', { text: type });
		await stepwise.begun(id);
		const response = await fetch(`${url}/api/jobs/${id}/events`);
		await end(id);
		expect((await readEvents(response)).at(-1)?.type).toBe(type);
	}
	expect(app.live.open).toBe(0);
});

test('RS-10 an EventSource that comes back after the end gets 204 and stops for good', async () => {
	const { app, url, id } = await finishedJob(5);
	const proxy = await CuttingProxy.start(url, { hasten: true });
	const { events, stopped } = listenOn(`${proxy.url}/api/jobs/${id}/events`);
	expect(await stopped).toBe(204);
	expect(events).toEqual(await allEvents(app, id));
});

test('RS-10 at or past the terminal event the answer is 204, while ?after= still replays for scripts', async () => {
	const { app, url, id } = await finishedJob(5);
	const address = `${url}/api/jobs/${id}/events`;
	const last = (await allEvents(app, id)).length;
	for (const seen of [last, last + 1, last + 1_000]) {
		const response = await fetch(address, { headers: { 'last-event-id': String(seen) } });
		expect(response.status).toBe(204);
		expect(await response.text()).toBe('');
	}
	expect(await readEvents(await fetch(`${address}?after=${last - 1}`))).toHaveLength(1);
	const atTheEnd = await fetch(`${address}?after=${last}`);
	expect(atTheEnd.status).toBe(200);
	expect(await readEvents(atTheEnd)).toEqual([]);
});

test('RS-11 five clients, early and late, see the same events in the same order', async () => {
	const { app, url, id, step } = await runningJob();
	const address = `${url}/api/jobs/${id}/events`;
	const early = [await fetch(address), await fetch(address), await fetch(address)];
	for (let n = 1; n <= 100; n += 1) step.ctx.emit('mark', { n });
	const late = [await fetch(address), await fetch(`${url}/api/events?job_id=${id}`)];
	await until(app, id, ({ seq }) => seq >= 102);
	for (let n = 101; n <= 200; n += 1) step.ctx.emit('mark', { n });
	step.finish('done');
	const seen = await Promise.all([...early, ...late].map((response) => readEvents(response)));
	expect(seen).toHaveLength(5);
	for (const events of seen) expect(events).toEqual(seen[0]);
	expect(seen[0]?.filter(({ type }) => type === 'mark').map(({ data }) => (data as { n: number }).n)).toEqual(
		Array.from({ length: 200 }, (_, n) => n + 1)
	);
});

/** Starts a job by a one-request stream and hangs up once it runs. */
async function startAndHangUp(options: object) {
	const stepwise = new Stepwise();
	const app = await makeApp({ runs: runsOf(stepwise.operation) });
	const url = await serveRoutes(app);
	const hangUp = new AbortController();
	const response = await fetch(`${url}/api/jobs`, {
		method: 'POST',
		signal: hangUp.signal,
		headers: { 'content-type': 'application/json', accept: 'text/event-stream' },
		body: JSON.stringify({ operation: 'stepwise', input: { text: 'one request' }, options })
	});
	await readUntil(readSse(response), ({ event }) => event === 'started');
	const id = (response.headers.get('location') ?? '').replace('/api/jobs/', '');
	const step = await stepwise.begun(id);
	hangUp.abort();
	return { app, id, step };
}

test('CX-16 hanging up a one-request stream cancels the job when the caller asked for that', async () => {
	const { app, id, step } = await startAndHangUp({ onDisconnect: 'cancel' });
	const snapshot = await ended(app, id);
	expect(snapshot).toMatchObject({
		status: 'cancelled',
		cancelReason: 'disconnect',
		receipt: { reason: 'disconnect' }
	});
	expect(step.ctx.signal.reason).toBe('disconnect');
});

test.each([{}, { onDisconnect: 'detach' }])('CX-16 otherwise the job goes on, with options %j', async (options) => {
	const { app, id, step } = await startAndHangUp(options);
	await expect.poll(() => app.live.open, patience).toBe(0);
	expect(await app.jobs.snapshot('local', id)).toMatchObject({ status: 'running', cancelRequestedAt: null });
	step.finish('all the same');
	expect(await ended(app, id)).toMatchObject({ status: 'succeeded', result: { text: 'all the same' } });
});

test('CX-16 hanging up any other stream of the same job does not cancel it', async () => {
	const { app, url, id, step } = await runningJob();
	const hangUp = new AbortController();
	await fetch(`${url}/api/jobs/${id}/events`, { signal: hangUp.signal });
	await expect.poll(() => app.live.open, patience).toBe(1);
	hangUp.abort();
	await expect.poll(() => app.live.open, patience).toBe(0);
	step.finish('done');
	expect((await ended(app, id)).status).toBe('succeeded');
});
