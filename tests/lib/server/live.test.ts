import { describe, expect, test } from 'vitest';
import { Live, type Frame, type LiveSources, type Watch } from '$lib/server/live.ts';
import { PAGE } from '$lib/server/event-log.ts';
import { Transients } from '$lib/server/transients.ts';
import { isTerminal } from '$lib/jobs/job.ts';
import { readCursor, writeCursor } from '$lib/server/trpc/cursor.ts';
import { FakeClock, settle } from '../../support/fake-clock.ts';
import { aJob, aRunningJob, makeCore, notes, succeeded, upTo } from './core.ts';

function makeLive() {
	const clock = new FakeClock();
	const core = makeCore({ clock });
	const transients = new Transients(core.bell, clock);
	const feeds: number[] = [];
	const sources: LiveSources = {
		...{ log: core.log, bell: core.bell, transients, clock, logger: { debug: () => undefined } },
		async head(owner, id) {
			const { seq, status } = await core.queries.get(owner, id);
			return { seq, ended: isTerminal(status) };
		},
		snapshot: async (owner, id) => core.snapshots.of(await core.queries.get(owner, id)),
		async feed(owner, since) {
			feeds.push(clock.now());
			const positions = await core.store.queuePositions();
			return (await core.queries.changed(owner, since)).map((row) => core.queries.summary(row, positions));
		}
	};
	const live = new Live(sources);
	const watch = (asked: Partial<Watch>, signal = new AbortController().signal) =>
		live.watch({ owner: 'local', follow: [], feed: false, snapshots: true, ...asked }, signal);
	return { core, clock, live, transients, feeds, watch };
}

const seqs = (frames: readonly Frame[]) => frames.flatMap(({ events }) => events.map(({ seq }) => seq));
const follow = (jobId: string, after = 0) => ({ follow: [{ jobId, after }] });

/** Takes frames until one says that everything up to now was sent. */
async function upToLive(frames: AsyncGenerator<Frame, void>): Promise<Frame[]> {
	const taken: Frame[] = [];
	for (;;) {
		const { value } = await frames.next();
		if (!value || value.kind === 'live') return taken;
		taken.push(value);
	}
}

async function all(frames: AsyncGenerator<Frame, void>): Promise<Frame[]> {
	const taken: Frame[] = [];
	for await (const frame of frames) taken.push(frame);
	return taken;
}

describe('catching up', () => {
	test('RS-07 a reader is sent what it missed, then told that it is live, then what comes', async () => {
		const { core, watch } = makeLive();
		const { id } = await aRunningJob(core);
		await core.log.append(id, 1, notes(5));
		const frames = watch(follow(id, 2));
		expect(seqs(await upToLive(frames))).toEqual([3, 4, 5, 6]);
		const next = frames.next();
		await core.log.append(id, 1, notes(1));
		expect((await next).value).toMatchObject({ events: [{ seq: 7 }], cursors: [{ jobId: id, after: 7 }] });
		await core.store.finish(id, 1, succeeded);
		expect(seqs(await all(frames))).toEqual([8]);
	});

	test('RS-10 a reader at the end of an ended job is told so at once, by the end of its stream', async () => {
		const { core, watch } = makeLive();
		const { id } = await aRunningJob(core);
		await core.store.finish(id, 1, succeeded);
		expect(await all(watch(follow(id, 2)))).toEqual([]);
		expect(seqs(await all(watch(follow(id, 0))))).toEqual([1, 2]);
	});

	test('PG-12 who is more than 2,000 events behind gets a snapshot and goes on from it', async () => {
		const { core, watch } = makeLive();
		const { id } = await aRunningJob(core);
		await core.log.append(id, 1, notes(2_100));
		const [first, ...rest] = await upToLive(watch(follow(id, 0)));
		expect(first?.snapshots).toMatchObject([{ id, seq: 2_101 }]);
		expect((first?.snapshots[0]?.state as { notes: string[] }).notes).toHaveLength(2_100);
		expect(first?.cursors).toEqual([{ jobId: id, after: 2_101 }]);
		expect(seqs(rest)).toEqual([]);
	});

	test('PG-12 who is 2,000 events behind still gets every one of them', async () => {
		const { core, watch } = makeLive();
		const { id } = await aRunningJob(core);
		await core.log.append(id, 1, notes(2_000));
		const frames = await upToLive(watch(follow(id, 1)));
		expect(frames.flatMap(({ snapshots }) => snapshots)).toEqual([]);
		expect(seqs(frames)).toEqual(upTo(2_001).slice(1));
	});

	test('RS-07 the plain door replays however far behind, and refuses a cursor from the future', async () => {
		const { core, watch } = makeLive();
		const { id } = await aRunningJob(core);
		await core.log.append(id, 1, notes(2_100));
		expect(seqs(await upToLive(watch({ ...follow(id, 0), snapshots: false })))).toEqual(upTo(2_101));
		await expect(watch({ ...follow(id, 2_102), snapshots: false }).next()).rejects.toMatchObject({
			code: 'future_cursor'
		});
	});

	test('PG-12 a seq from the future, or a cursor of another log, gets a snapshot', async () => {
		const { core, watch } = makeLive();
		const { id } = await aRunningJob(core);
		await core.log.append(id, 1, notes(3));
		expect((await upToLive(watch(follow(id, 99))))[0]?.snapshots).toMatchObject([{ id, seq: 4 }]);
		const restored = readCursor(writeCursor('another', [{ jobId: id, after: 2 }]), core.logEpoch, [
			{ jobId: id, after: 2 }
		]);
		expect((await upToLive(watch({ follow: restored })))[0]?.snapshots).toMatchObject([
			{ id, seq: 4, logEpoch: core.logEpoch }
		]);
	});

	test('RS-10 a far reader of an ended job gets its snapshot and the end', async () => {
		const { core, watch } = makeLive();
		const { id } = await aRunningJob(core);
		await core.log.append(id, 1, notes(2_100));
		await core.store.finish(id, 1, succeeded);
		const frames = await all(watch(follow(id, 0)));
		expect(frames).toMatchObject([{ snapshots: [{ id, status: 'succeeded' }], events: [] }]);
	});

	test('DC-07 another owner’s job cannot be watched, alone or among one’s own', async () => {
		const { core, watch } = makeLive();
		const mine = await aRunningJob(core);
		const theirs = await aRunningJob(core, { owner: 'other' });
		const asked = {
			follow: [
				{ jobId: mine.id, after: 0 },
				{ jobId: theirs.id, after: 0 }
			]
		};
		await expect(watch(asked).next()).rejects.toMatchObject({ code: 'not_found' });
		expect(core.bell.size).toBe(0);
	});
});

describe('following', () => {
	test('RS-11 two readers of several jobs see the same events of each in the same order, and end with the last', async () => {
		const { core, watch } = makeLive();
		const rows = [await aRunningJob(core), await aRunningJob(core), await aRunningJob(core)];
		const asked = { follow: rows.map(({ id }) => ({ jobId: id, after: 0 })) };
		const readers = [all(watch(asked)), all(watch(asked))];
		for (const n of upTo(12)) {
			await core.log.append(rows[n % 3]?.id ?? '', 1, notes(n, n));
			if (n % 5 === 0) await settle();
		}
		for (const { id } of rows) await core.store.finish(id, 1, succeeded);
		for (const frames of await Promise.all(readers))
			for (const { id } of rows) {
				const ofJob = frames.flatMap(({ events }) => events.filter(({ jobId }) => jobId === id));
				expect(ofJob).toEqual(await core.log.read(id, 0, 1_000));
			}
	});

	test('PG-07 transient events reach those who watch, the newest also those who come later', async () => {
		const { core, watch, transients } = makeLive();
		const { id } = await aRunningJob(core);
		const publish = (index: number) => transients.publish({ jobId: id, at: 1, type: 'preview', data: { index } });
		publish(1);
		publish(2);
		const frames = watch(follow(id));
		expect((await upToLive(frames)).flatMap((frame) => frame.transients)).toMatchObject([
			{ data: { index: 2 }, seq: null }
		]);
		const next = frames.next();
		publish(3);
		expect((await next).value).toMatchObject({ transients: [{ data: { index: 3 } }], events: [] });
		await frames.return();
	});

	test('TS-18 a reader that stands still costs the server nothing but its cursor: 10,000 events later it gets pages', async () => {
		const { core, watch } = makeLive();
		const { id } = await aRunningJob(core);
		const frames = watch(follow(id));
		await frames.next();
		let reads = 0;
		const read = core.log.read.bind(core.log);
		core.log.read = (...asked) => {
			reads += 1;
			return read(...asked);
		};
		const fast = watch(follow(id, 1));
		await upToLive(fast);
		const before = reads;
		for (let batch = 0; batch < 100; batch += 1) await core.log.append(id, 1, notes(100, batch * 100));
		await settle();
		// Nothing was read on the slow reader's behalf while it did not ask.
		expect(reads).toBe(before);
		await core.store.finish(id, 1, succeeded);
		const sizes: number[] = [];
		for await (const frame of frames) {
			sizes.push(frame.events.length);
			expect(reads - before).toBeLessThanOrEqual(sizes.length + 1);
		}
		expect(Math.max(...sizes)).toBe(PAGE);
		expect(sizes.reduce((sum, size) => sum + size)).toBe(10_001);
		await fast.return();
	});

	test('TS-18 a reader that stands still does not hold up another', async () => {
		const { core, watch } = makeLive();
		const { id } = await aRunningJob(core);
		const [slow, fast] = [watch(follow(id)), watch(follow(id))];
		await slow.next();
		const received = all(fast);
		await core.log.append(id, 1, notes(500));
		await core.store.finish(id, 1, succeeded);
		expect(seqs(await received)).toEqual(upTo(502));
		await slow.return();
	});
});

describe('the list', () => {
	test('OP-10 OP-08 it goes out at most four times a second, however much happens, and the last state always does', async () => {
		const { core, watch, clock, feeds } = makeLive();
		const frames = all(watch({ feed: true }, AbortSignal.timeout(20_000)));
		frames.catch(() => undefined);
		await settle();
		const began = feeds.length;
		for (let ms = 0; ms < 3_000; ms += 10) {
			if (ms % 30 === 0) await core.store.enqueue(aJob({ title: String(ms) }));
			await clock.advance(10);
		}
		await clock.advance(1_000);
		const gaps = feeds.slice(1).map((at, index) => at - (feeds[index] ?? 0));
		expect(Math.min(...gaps)).toBeGreaterThanOrEqual(250);
		expect(feeds.length - began).toBeGreaterThanOrEqual(11);
		expect(feeds.length - began).toBeLessThanOrEqual(13);
	});

	test('OP-08 the first frame has all unfinished jobs; later ones those that changed', async () => {
		const { core, watch, clock } = makeLive();
		for (const title of ['a', 'b']) await core.store.enqueue(aJob({ title }));
		await core.store.enqueue(aJob({ title: 'theirs', owner: 'other', options: { priority: -10 } }));
		await clock.advance(10_000);
		const frames = watch({ feed: true });
		const [first] = await upToLive(frames);
		expect(first?.feed?.map(({ title }) => title).toSorted()).toEqual(['a', 'b']);
		const next = frames.next();
		const { id } = await aRunningJob(core);
		await core.store.finish(id, 1, succeeded);
		await clock.advance(250);
		expect((await next).value).toMatchObject({
			feed: expect.arrayContaining([expect.objectContaining({ id, status: 'succeeded' })])
		});
		await frames.return();
	});
});

describe('closing', () => {
	test('CX-14 whoever leaves takes its listeners with it, however it leaves', async () => {
		const { core, watch, live } = makeLive();
		const { id } = await aRunningJob(core);
		const gone = new AbortController();
		const aborted = all(watch({ ...follow(id), feed: true }, gone.signal));
		const returned = watch(follow(id));
		await returned.next();
		await settle();
		expect([core.bell.size, live.open]).toEqual([3, 2]);
		gone.abort();
		await aborted;
		await returned.return();
		expect([core.bell.size, live.open]).toEqual([0, 0]);
	});

	test('RS-10 after the last event of the last job the stream ends and leaves no listener', async () => {
		const { core, watch, live } = makeLive();
		const { id } = await aRunningJob(core);
		const frames = all(watch(follow(id)));
		await settle();
		await core.store.finish(id, 1, succeeded);
		expect((await frames).at(-1)?.events.at(-1)?.type).toBe('done');
		expect([core.bell.size, live.open]).toEqual([0, 0]);
	});

	test('RS-07 on shutdown a stream throws an AbortError; it never returns, which would tell clients to stop', async () => {
		const { core, watch, live } = makeLive();
		const { id } = await aRunningJob(core);
		const streams = [watch(follow(id)), watch({ feed: true }), watch({ ...follow(id), feed: true })];
		for (const stream of streams) await upToLive(stream);
		const waiting = streams.map((stream) => stream.next());
		live.drain();
		for (const next of waiting) await expect(next).rejects.toMatchObject({ name: 'AbortError' });
		await expect(watch(follow(id)).next()).rejects.toMatchObject({ name: 'AbortError' });
		expect([core.bell.size, live.open]).toEqual([0, 0]);
	});

	test('CX-14 a reader that hangs up gets an orderly end', async () => {
		const { core, watch } = makeLive();
		const { id } = await aRunningJob(core);
		const gone = new AbortController();
		const frames = watch(follow(id), gone.signal);
		await upToLive(frames);
		const next = frames.next();
		gone.abort();
		expect(await next).toEqual({ value: undefined, done: true });
	});
});
