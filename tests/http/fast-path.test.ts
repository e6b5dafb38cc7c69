import Database from 'better-sqlite3';
import { join } from 'node:path';
import { expect, onTestFinished, test, vi } from 'vitest';
import type { JobEvent } from '$lib/jobs/event.ts';
import { EventLog } from '$lib/server/event-log.ts';
import { allEvents, ended, start, temporaryFolder, until } from '../support/app.ts';
import { blocksOf, bothSay, compared, expectSame, expectSameWhole, watchPath, type Compared } from './compared.ts';
import { rawly } from './raw-connection.ts';
import { watch, type WatchedFrame } from './watching.ts';

const follow = (jobId: string, after = 0) => ({ jobId, after });
const returned = 'event: return\ndata: \n\n\n';
const live = '"kind":"live"';

/** A job of so many marks that has ended: its log has three events more. */
async function finished({ app, begin, clock }: Compared, marks: number): Promise<string> {
	const { id, step } = await begin('over');
	for (let n = 1; n <= marks; n += 1) step.ctx.emit('mark', { n });
	step.finish('ok');
	await clock.advance(100);
	await ended(app, id);
	return id;
}

test('RS-07 the fast path says a replay as tRPC does, byte for byte: hint, connected, ids, return', async () => {
	const side = await compared();
	const id = await finished(side, 10);
	const both = await side.watch({ follow: [follow(id)] });
	await expectSameWhole(both);
	const [hint, connected, ...rest] = blocksOf(both.fast);
	expect(hint).toBe('retry: spread\n\n');
	expect(connected).toBe('event: connected\ndata: {"reconnectAfterInactivityMs":40000}\n\n\n');
	expect(rest.at(-2)).toMatch(new RegExp(`\nid: ${side.app.logEpoch};${id}:13\n\n\n$`));
	expect(rest.at(-1)).toBe(returned);
	expect(side.at.taken()).toBe(1);
});

test.each<
	[string, (id: string, epoch: string) => { query?: string; input?: object; headers?: Record<string, string> }]
>([
	['an `after` of the input', (id) => ({ input: { follow: [follow(id, 5)] } })],
	['the header', (id, epoch) => ({ headers: { 'last-event-id': `${epoch};${id}:8` } })],
	['`lastEventId` of the query', (id, epoch) => ({ query: `&lastEventId=${epoch};${id}:7` })],
	['`Last-Event-Id` of the query', (id, epoch) => ({ query: `&Last-Event-Id=${epoch};${id}:6` })],
	['the input', (id, epoch) => ({ input: { follow: [follow(id)], lastEventId: `${epoch};${id}:9` } })],
	[
		'the header, over the query and the input',
		(id, epoch) => ({
			headers: { 'last-event-id': `${epoch};${id}:11` },
			query: `&lastEventId=${epoch};${id}:7&Last-Event-Id=${epoch};${id}:3`,
			input: { follow: [follow(id, 1)], lastEventId: `${epoch};${id}:9` }
		})
	],
	[
		'`lastEventId` over `Last-Event-Id`, whatever the order',
		(id, epoch) => ({ query: `&Last-Event-Id=${epoch};${id}:3&lastEventId=${epoch};${id}:7` })
	],
	['an empty header', (id, epoch) => ({ headers: { 'last-event-id': '' }, query: `&lastEventId=${epoch};${id}:7` })],
	['an empty query', () => ({ query: '&lastEventId=' })],
	['an id of another log: a snapshot', (id) => ({ headers: { 'last-event-id': `another;${id}:8` } })],
	['an id of another job', (_id, epoch) => ({ headers: { 'last-event-id': `${epoch};job_other:8` } })],
	['nonsense', () => ({ headers: { 'last-event-id': 'what? ;;:' } })],
	['an id that is too long', () => ({ headers: { 'last-event-id': 'x'.repeat(8_001) } })],
	['a future cursor: a snapshot', (id) => ({ input: { follow: [follow(id, 99)] } })],
	['the last event', (id) => ({ input: { follow: [follow(id, 13)] } })],
	['a log epoch of the input that is another', (id) => ({ input: { follow: [follow(id, 3)], logEpoch: 'another' } })],
	['the same job named twice', (id) => ({ input: { follow: [follow(id, 3), follow(id, 9)] } })]
])('RS-07 both begin where the reader was, by %s', async (_by, asked) => {
	const side = await compared();
	const id = await finished(side, 10);
	const { query = '', input = { follow: [follow(id)] }, headers = {} } = asked(id, side.app.logEpoch);
	await expectSameWhole(await side.ask(watchPath(input) + query, { headers }));
	expect(side.at.taken()).toBe(1);
});

test('AG-05 both say what happens in the same frames: events, live-only ones, the end', async () => {
	const side = await compared();
	const { id, step } = await side.begin();
	const both = await side.watch({ follow: [follow(id)] });
	await bothSay(both, live);
	for (let n = 1; n <= 5; n += 1) {
		step.ctx.emit('mark', { n });
		await bothSay(both, `"data":{"n":${n}}`);
		step.ctx.activity(`doing ${n}`);
		await bothSay(both, `doing ${n}`);
		await expectSame(both);
		// The grouping of writes is over: the next one goes out by itself.
		await side.clock.advance(20);
	}
	step.finish('ok');
	await side.clock.advance(20);
	await expectSameWhole(both);
	expect(blocksOf(both.fast).at(-1)).toBe(returned);
	expect(blocksOf(both.fast).filter((block) => block.includes(live))).toHaveLength(1);
	expect(both.fast.text).toContain('"transients":[{"jobId"');
});

test('DC-01 both follow many jobs with a cursor for each, and the list beside them', async () => {
	const side = await compared();
	const jobs = [await side.begin('a'), await side.begin('b'), await side.begin('c')];
	const over = await finished(side, 4);
	const both = await side.watch({ follow: [...jobs.map(({ id }) => follow(id)), follow(over, 2)], feed: true });
	await bothSay(both, live);
	await expectSame(both);
	for (const [place, { step }] of [...jobs, ...jobs].entries()) {
		step.ctx.emit('mark', { n: place + 100 });
		await bothSay(both, `"data":{"n":${place + 100}}`);
		await side.clock.advance(300);
	}
	for (const { id, step } of jobs) {
		step.finish('ok');
		await side.clock.advance(300);
		await ended(side.app, id);
	}
	await side.clock.advance(300);
	const done = (text: string) => text.split('"type":"done"').length - 1;
	await expect.poll(() => [done(both.stock.text), done(both.fast.text)]).toEqual([4, 4]);
	expect(eventsIn(both.fast.text)).toEqual(eventsIn(both.stock.text));
	expect(eventsIn(both.fast.text)).toHaveLength(4 * 3 + 6 + 4 - 2);
	expect(both.fast.complete).toBe(false);
	await expect.poll(() => listIn(both.fast.text)).toEqual(listIn(both.stock.text));
});

/** The durable events that a stream brought, in their order of each job. */
function eventsIn(text: string): JobEvent[] {
	const events = framesIn(text).flatMap((frame) => frame.events);
	return events.toSorted((a, b) => (a.jobId < b.jobId ? -1 : a.jobId > b.jobId ? 1 : 0));
}

function framesIn(text: string): WatchedFrame[] {
	return [...text.matchAll(/^data: (\{"kind"[^\n]*)\n/gm)].map(([, json]) => JSON.parse(json!) as WatchedFrame);
}

/** What a page shows of the list after all frames: each job as it was last told of, without those that were removed. */
function listIn(text: string): Record<string, unknown> {
	const list: Record<string, unknown> = {};
	for (const { feed, removed } of framesIn(text)) {
		for (const { id, status, title } of feed ?? []) list[id] = { status, title };
		for (const id of removed ?? []) delete list[id];
	}
	return list;
}

test('DC-01 both tell of the list alone, of a job that begins, and of one that is removed', async () => {
	const side = await compared();
	const over = await finished(side, 1);
	const both = await side.watch({ feed: true });
	await bothSay(both, live);
	await expectSame(both);
	await side.clock.advance(1_000);
	const { id } = await start(side.app, 'stepwise', { text: 'a late one' });
	await side.clock.advance(1_000);
	await bothSay(both, 'a late one');
	await side.app.jobs.remove('local', over);
	await side.clock.advance(1_000);
	await bothSay(both, `"removed":["${over}"]`);
	await expect.poll(() => listIn(both.fast.text)).toEqual(listIn(both.stock.text));
	expect(Object.keys(listIn(both.fast.text))).toEqual([id]);
	expect(both.fast.complete).toBe(false);
});

test('PG-12 both bring one who is far behind a snapshot, and one who is nearly so every event in bounded frames', async () => {
	const side = await compared();
	const id = await finished(side, 2_200);
	const far = await side.watch({ follow: [follow(id)] });
	await expectSameWhole(far);
	expect(framesIn(far.fast.text).flatMap(({ snapshots }) => snapshots)).toMatchObject([{ id, seq: 2_203 }]);
	const near = await side.watch({ follow: [follow(id, 300)] });
	await near.stock.over();
	await near.fast.over();
	expect(eventsIn(near.fast.text)).toEqual(eventsIn(near.stock.text));
	expect(eventsIn(near.fast.text)).toHaveLength(1_903);
	expect(framesIn(near.fast.text).every(({ events }) => events.length <= 512)).toBe(true);
	expect(blocksOf(near.fast).at(-1)).toBe(returned);
});

const texts: [string, string][] = [
	['signs of two, three and four bytes', 'é — 漢字 🐝 👩‍🚀 \u{10ffff}'],
	['separators that only look like line ends', 'a\u2028b\u2029c\u0085d\u000be'],
	['line ends', 'one\ntwo\r\nthree\rfour\n\n\ndata: no\nid: 7\n\nevent: return\ndata: \n\n\n'],
	['lone surrogates, a null and quotes', '\ud800 \udc00 \u0000 "\\" </script>'],
	['a megabyte', `${'é🐝'.repeat(200_000)}!`]
];

test.each(texts)('RS-12 both carry %s whole, in a replay and live', async (_what, text) => {
	const side = await compared();
	const { id, step } = await side.begin();
	step.ctx.content('report', text, true);
	await side.clock.advance(100);
	const both = await side.watch({ follow: [follow(id)] });
	await bothSay(both, live);
	await expectSame(both);
	step.ctx.content('report', `${text}again`, true);
	await side.clock.advance(100);
	step.finish('ok');
	await side.clock.advance(100);
	await both.stock.over();
	await both.fast.over();
	const contents = (events: JobEvent[]) =>
		events.filter(({ type }) => type === 'content').map(({ data }) => (data as { text: string }).text);
	// A lone surrogate is no text: JSON escapes it, and so it comes back.
	expect(contents(eventsIn(both.fast.text))).toEqual([text, `${text}again`]);
	expect(eventsIn(both.fast.text)).toEqual(eventsIn(both.stock.text));
});

test('DC-01 both end the watch of a job that is not there with the same error, and count no stream', async () => {
	const side = await compared();
	const both = await side.watch({ follow: [follow('job_00000000000000000000')], feed: true });
	await expectSameWhole(both);
	expect(both.fast.text).toContain('event: serialized-error\ndata: {"message":');
	expect(both.fast.text).toContain('"reason":"not_found"');
	expect(side.app.live.open).toBe(0);
	expect(side.app.bell.size).toBe((await compared()).app.bell.size);
});

test('TS-17 both refuse a stream that is one too many, with the same words and the time to wait', async () => {
	const side = await compared({ env: { HEADWAY_MAX_STREAMS_PER_OWNER: '2' } });
	const { id } = await side.begin();
	const first = await side.watch({ follow: [follow(id)] });
	await bothSay(first, live);
	const refused = await side.watch({ follow: [follow(id)] });
	await expectSameWhole(refused);
	expect(refused.fast.text).toMatch(/event: serialized-error\ndata: .*"reason":"limit_reached".*"retryAfter":10/);
	expect(side.app.live.open).toBe(2);
});

test('BY-06 a log that cannot be read ends both with the same error, once, and leaves no stream behind', async () => {
	const side = await compared();
	const { id, step } = await side.begin();
	const both = await side.watch({ follow: [follow(id)] });
	await bothSay(both, live);
	const broken = vi.spyOn(EventLog.prototype, 'page').mockRejectedValue(new Error('the disk is gone: /secret/path'));
	onTestFinished(() => broken.mockRestore());
	step.ctx.emit('mark', { n: 1 });
	await side.clock.advance(100);
	await expectSameWhole(both);
	expect(both.fast.text.split('event: serialized-error')).toHaveLength(2);
	expect(both.fast.text).not.toMatch(/secret|event: return/);
	expect(side.app.live.open).toBe(0);
	broken.mockRestore();
	const again = await side.watch({ follow: [follow(id)] });
	await bothSay(again, live);
	await expectSame(again);
});

test('RS-12 both say `unreadable` in the place of an event that cannot be read', async () => {
	const dataDir = temporaryFolder();
	const side = await compared({ dataDir });
	const id = await finished(side, 5);
	const saboteur = new Database(join(dataDir, 'headway.db'));
	saboteur.prepare(`update events set data = '{"n":' where job_id = ? and seq in (4, 8)`).run(id);
	saboteur.close();
	const both = await side.watch({ follow: [follow(id)] });
	await expectSameWhole(both);
	expect(eventsIn(both.fast.text).map(({ type }) => type)).toEqual([
		...['queued', 'started', 'mark', 'unreadable', 'mark', 'mark', 'mark', 'unreadable']
	]);
	expect(blocksOf(both.fast).at(-1)).toBe(returned);
});

test('RS-08 both ping every 15 s in the same words, and not where something was said since', async () => {
	const side = await compared({ env: { HEADWAY_MAX_RUNNING: '1' } });
	await side.begin('in the way');
	const { id } = await start(side.app, 'stepwise', { text: 'waits' });
	vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
	onTestFinished(() => void vi.useRealTimers());
	const both = await side.watch({ follow: [follow(id)] });
	await bothSay(both, live);
	const pings = (text: string) => text.split('event: ping\ndata: \n\n\n').length - 1;
	const times = [side.clock.now()];
	while (times.length < 4 && side.clock.now() < (times[0] ?? 0) + 60_000) {
		await side.clock.advance(500);
		// Once a request made now is answered, what was written before has arrived too.
		await rawly(side.at.fast, '/healthz');
		if (pings(both.fast.text) === times.length) times.push(side.clock.now());
	}
	for (const [index, time] of times.slice(1).entries()) {
		expect(time - (times[index] ?? 0)).toBeGreaterThanOrEqual(14_000);
		expect(time - (times[index] ?? 0)).toBeLessThanOrEqual(15_000);
	}
	await vi.advanceTimersByTimeAsync(45_000);
	await expect.poll(() => pings(both.stock.text)).toBe(3);
	await expectSame(both);
});

test.each(['renewed', 'drained'] as const)(
	'TS-20 a stream that is %s ends in order and without `return`, so that its client comes back',
	async (how) => {
		const side = await compared({ env: { HEADWAY_TIME_LIMITS: 'stepwise=2h', HEADWAY_MAX_RUNNING: '1' } });
		await side.begin('in the way');
		const { id } = await start(side.app, 'stepwise', { text: 'waits' });
		const both = await side.watch({ follow: [follow(id)] });
		await bothSay(both, live);
		if (how === 'drained') side.app.live.drain();
		else await side.clock.advance(332_000);
		await both.stock.over();
		await both.fast.over();
		for (const { text } of [both.stock, both.fast]) expect(text).not.toMatch(/event: (return|serialized-error)/);
		expect(side.app.live.open).toBe(0);
		const metrics = await side.app.metrics.registry.metrics();
		expect(metrics).toContain(`headway_streams_closed_total{door="trpc",how="${how}"} 2`);
	}
);

test('RS-07 the page’s own client gets the same from both, and is told of the end', async () => {
	const side = await compared();
	const { id, step } = await side.begin();
	const seen = { stock: [] as JobEvent[], fast: [] as JobEvent[] };
	const watching = (['stock', 'fast'] as const).map((name) =>
		watch(side.at[name], { follow: [follow(id)], frame: ({ events }) => seen[name].push(...events) })
	);
	await until(side.app, id, ({ seq }) => seq >= 2);
	for (let n = 1; n <= 200; n += 1) {
		step.ctx.emit('mark', { n });
		if (n % 20 === 0) await side.clock.advance(50);
	}
	step.finish('ok');
	await side.clock.advance(50);
	await Promise.all(watching);
	expect(seen.stock).toEqual(await allEvents(side.app, id));
	expect(seen.fast).toEqual(seen.stock);
	expect(seen.fast).toHaveLength(203);
	expect(side.at.taken()).toBe(1);
});
