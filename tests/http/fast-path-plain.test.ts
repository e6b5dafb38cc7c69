import Database from 'better-sqlite3';
import { join } from 'node:path';
import { expect, onTestFinished, test, vi } from 'vitest';
import type { JobEvent } from '$lib/jobs/event.ts';
import { EventLog } from '$lib/server/event-log.ts';
import { allEvents, ended, makeApp, start, temporaryFolder, until } from '../support/app.ts';
import { blocksOf, bothSay, compared, expectSame, expectSameWhole, type Compared } from './compared.ts';
import { LiveProvider } from './live-provider.ts';
import { servePipelines } from './pipelines.ts';
import { rawly } from './raw-connection.ts';

/** A job of so many marks that has ended: its log has three events more. */
async function finished({ app, begin, clock }: Compared, marks: number): Promise<string> {
	const { id, step } = await begin('over');
	for (let n = 1; n <= marks; n += 1) step.ctx.emit('mark', { n });
	step.finish('ok');
	await clock.advance(100);
	await ended(app, id);
	return id;
}

/** The events of a plain stream, live-only ones left out. */
function eventsIn(text: string): JobEvent[] {
	const events = [...text.matchAll(/^data: ([^\n]*)\n/gm)].map(([, json]) => JSON.parse(json!) as JobEvent);
	return events.filter(({ seq }) => seq !== null);
}

test('RS-01 RS-07 both replay a job on the plain address with the same bytes, and close after its end', async () => {
	const side = await compared();
	const id = await finished(side, 20);
	for (const path of [`/api/jobs/${id}/events`, `/api/events?job_id=${id}`]) {
		const both = await side.ask(path);
		await expectSameWhole(both);
		expect(blocksOf(both.fast)[0]).toBe('retry: 3000\n\n');
		expect(eventsIn(both.fast.text)).toEqual(await allEvents(side.app, id));
	}
	expect(side.at.taken()).toBe(2);
	expect(side.app.live.open).toBe(0);
});

test('RS-01 both find the job by the provider’s id of its response', async () => {
	const provider = new LiveProvider();
	const app = await makeApp({ provider });
	const at = await servePipelines(app);
	const { id } = await start(app, 'research', { query: 'Why is the sky blue?' });
	await until(app, id, ({ responseId }) => responseId === 'resp_1');
	provider.complete('Because of Rayleigh scattering.');
	await ended(app, id);
	const path = '/api/events?response_id=resp_1';
	const both = { stock: await rawly(at.stock, path), fast: await rawly(at.fast, path) };
	await expectSameWhole(both);
	expect(eventsIn(both.fast.text)).toEqual(await allEvents(app, id));
	expect(at.taken()).toBe(1);
});

test.each<[string, string, Record<string, string>, number]>([
	['after the last event', '', { 'last-event-id': '13' }, 204],
	['beyond the last event of a job that has ended', '', { 'last-event-id': '99' }, 204],
	['after the last event by ?after=', '?after=13', {}, 200],
	['in the middle, by the header', '', { 'last-event-id': '7' }, 200],
	['in the middle, by ?after=', '?after=7', {}, 200],
	['by the header over ?after=', '?after=2', { 'last-event-id': '9' }, 200],
	['with an empty header', '?after=2', { 'last-event-id': '' }, 200],
	['from the future by ?after=', '?after=14', {}, 400],
	['with an id that is none', '', { 'last-event-id': 'twelve' }, 400],
	['with an id of the typed door', '', { 'last-event-id': 'epoch;job_1:2' }, 400],
	['with an `after` that is none', '?after=-1', {}, 400],
	['with an `after` beyond all numbers', '?after=99999999999999999999', {}, 400]
])('RS-10 both answer a reader %s alike', async (_where, query, headers, status) => {
	const side = await compared();
	const id = await finished(side, 10);
	const both = await side.ask(`/api/jobs/${id}/events${query}`, { headers });
	await both.stock.over();
	await both.fast.over();
	expect(both.fast.status).toBe(status);
	if (both.stock.text === '') expect([both.fast.text, both.fast.header('content-type')]).toEqual(['', null]);
	else await expectSame(both);
});

test('RS-07 both refuse a cursor from the future of a job that still runs', async () => {
	const side = await compared();
	const { id } = await side.begin();
	const both = await side.ask(`/api/jobs/${id}/events`, { headers: { 'last-event-id': '99' } });
	await expectSameWhole(both);
	expect(JSON.parse(both.fast.text)).toMatchObject({ status: 400, code: 'future_cursor' });
});

test.each([
	['/api/jobs/job_00000000000000000000/events', 404],
	['/api/events?job_id=job_00000000000000000000', 404],
	['/api/events?response_id=resp_none', 404],
	['/api/events', 400],
	['/api/events?response_id=', 400],
	['/api/jobs/%E0%A4%A/events', 404],
	['/api/jobs//events', 404],
	[`/api/jobs/${'x'.repeat(3_000)}/events`, 404]
])('DC-02 both refuse %s in the same words', async (path, status) => {
	const side = await compared();
	const both = await side.ask(path);
	await expectSameWhole(both);
	expect(both.fast.status).toBe(status);
	expect(side.app.live.open).toBe(0);
});

test('AG-05 both say what happens in the same blocks: events with their ids, live-only ones without', async () => {
	const side = await compared();
	const { id, step } = await side.begin();
	const both = await side.ask(`/api/jobs/${id}/events`);
	await bothSay(both, '"type":"started"');
	for (let n = 1; n <= 5; n += 1) {
		step.ctx.emit('mark', { n });
		await bothSay(both, `event: mark\nid: ${n + 2}\ndata: {"jobId":"${id}","seq":${n + 2},`);
		step.ctx.activity(`doing ${n} — é🐝\u2028`);
		await bothSay(both, `doing ${n} — é🐝\u2028"`);
		await expectSame(both);
		await side.clock.advance(20);
	}
	step.finish('ok');
	await side.clock.advance(20);
	await expectSameWhole(both);
	expect(both.fast.text).toMatch(/event: activity\ndata: \{/);
	expect(both.fast.text).not.toMatch(/event: activity\nid:/);
});

test('RS-08 both say `: keep-alive` after 15 s of silence, in the same words', async () => {
	const side = await compared({ env: { HEADWAY_MAX_RUNNING: '1' } });
	await side.begin('in the way');
	const { id } = await start(side.app, 'stepwise', { text: 'waits' });
	const both = await side.ask(`/api/jobs/${id}/events`);
	await bothSay(both, '"type":"queued"');
	const said = (text: string) => text.split(': keep-alive\n\n').length - 1;
	const times = [side.clock.now()];
	while (times.length < 4 && side.clock.now() < (times[0] ?? 0) + 60_000) {
		await side.clock.advance(500);
		// Once a request made now is answered, what was written before has arrived too.
		await rawly(side.at.fast, '/healthz');
		if (said(both.fast.text) === times.length) times.push(side.clock.now());
	}
	for (const [index, time] of times.slice(1).entries()) {
		expect(time - (times[index] ?? 0)).toBeGreaterThanOrEqual(14_000);
		expect(time - (times[index] ?? 0)).toBeLessThanOrEqual(15_000);
	}
	await side.clock.advance(45_000 - (side.clock.now() - (times[0] ?? 0)));
	await expect.poll(() => said(both.stock.text)).toBe(3);
	await expectSame(both);
});

test('TS-17 both refuse a stream that is one too many with 429 and the time to wait', async () => {
	const side = await compared({ env: { HEADWAY_MAX_STREAMS: '2' } });
	const { id } = await side.begin();
	await bothSay(await side.ask(`/api/jobs/${id}/events`), '"type":"started"');
	const both = await side.ask(`/api/jobs/${id}/events`);
	await expectSameWhole(both);
	expect([both.fast.status, both.fast.header('retry-after')]).toEqual([429, '10']);
	expect(side.app.live.open).toBe(2);
});

test('BY-06 a log that cannot be read breaks both streams, so that a client comes back, and leaves none behind', async () => {
	const side = await compared();
	const { id, step } = await side.begin();
	const both = await side.ask(`/api/jobs/${id}/events`);
	await bothSay(both, '"type":"started"');
	const broken = vi.spyOn(EventLog.prototype, 'page').mockRejectedValue(new Error('the disk is gone'));
	onTestFinished(() => broken.mockRestore());
	step.ctx.emit('mark', { n: 1 });
	await side.clock.advance(100);
	await expect.poll(() => side.app.live.open).toBe(0);
	expect(both.fast.text).toBe(both.stock.text);
	broken.mockRestore();
	const again = await side.ask(`/api/jobs/${id}/events`);
	await bothSay(again, '"type":"started"');
	await expectSame(again);
});

test('RS-10 both end where the last event cannot be read', async () => {
	const dataDir = temporaryFolder();
	const side = await compared({ dataDir });
	const id = await finished(side, 1);
	const saboteur = new Database(join(dataDir, 'headway.db'));
	saboteur.prepare(`update events set data = '{' where job_id = ? and type = 'done'`).run(id);
	saboteur.close();
	const both = await side.ask(`/api/jobs/${id}/events`);
	await expectSameWhole(both);
	expect(eventsIn(both.fast.text).map(({ type }) => type)).toEqual(['queued', 'started', 'mark', 'unreadable']);
});

test.each(['renewed', 'drained'] as const)('TS-20 both end without a word when a stream is %s', async (how) => {
	const side = await compared({ env: { HEADWAY_MAX_RUNNING: '1' } });
	await side.begin('in the way');
	const { id } = await start(side.app, 'stepwise', { text: 'waits' });
	const both = await side.ask(`/api/jobs/${id}/events`);
	await bothSay(both, '"type":"queued"');
	if (how === 'drained') side.app.live.drain();
	else await side.clock.advance(332_000);
	await both.stock.over();
	await both.fast.over();
	expect(both.fast.text.replaceAll(': keep-alive\n\n', '')).toBe(both.stock.text.replaceAll(': keep-alive\n\n', ''));
	const metrics = await side.app.metrics.registry.metrics();
	expect(metrics).toContain(`headway_streams_closed_total{door="sse",how="${how}"} 2`);
});

test('PG-12 both replay 2,200 events whole on the plain address', async () => {
	const side = await compared();
	const id = await finished(side, 2_200);
	const both = await side.ask(`/api/jobs/${id}/events`);
	await expectSameWhole(both);
	expect(eventsIn(both.fast.text)).toHaveLength(2_203);
});
