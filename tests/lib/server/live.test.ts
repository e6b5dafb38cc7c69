import { describe, expect, test } from 'vitest';
import type { Frame, Mark, Watch } from '$lib/server/live/watch.ts';
import { PAGE } from '$lib/server/event-log.ts';
import { readCursor, writeCursor } from '$lib/server/trpc/cursor.ts';
import { settle } from '../../support/fake-clock.ts';
import { aJob, aRunningJob, notes, succeeded, terms, upTo } from './core.ts';
import { makeLive } from './live-core.ts';

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

	test('DC-03 a list is told what was deleted, also one that was away meanwhile; nobody is told of others’ jobs', async () => {
		const { core, live, watch, clock } = makeLive();
		const { id } = await aRunningJob(core);
		await core.store.finish(id, 1, succeeded);
		const [frames, theirs] = [watch({ feed: true }), watch({ owner: 'other', feed: true })];
		expect((await upToLive(frames))[0]?.removed).toBeUndefined();
		const asking = { owner: 'local', follow: [], feed: true, snapshots: true };
		const { mark } = await live.poll(asking, undefined);
		await clock.advance(5_000);
		const next = frames.next();
		await core.store.remove('local', id);
		await clock.advance(250);
		expect((await next).value?.removed).toEqual([id]);
		await clock.advance(1_000);
		const later = await live.poll(asking, mark);
		expect(later.frame.removed).toEqual([id]);
		await clock.advance(5_000);
		expect((await live.poll(asking, later.mark)).frame.removed).toBeUndefined();
		expect((await upToLive(theirs))[0]?.removed).toBeUndefined();
		await Promise.all([frames.return(), theirs.return()]);
	});
});

describe('the queue', () => {
	/** The places of `local` in the next list that is sent. */
	async function placesIn(frames: AsyncGenerator<Frame, void>): Promise<[string, number | null][]> {
		const { value } = await frames.next();
		return (value?.feed ?? []).map(({ title, queuePosition }) => [title, queuePosition]);
	}

	test('OP-08 TS-19 whoever waits is told of a new place when a job of any owner leaves the queue or passes it', async () => {
		const { core, watch, clock } = makeLive();
		await core.store.enqueue(aJob({ title: 'theirs', owner: 'other' }));
		for (const title of ['a', 'b']) await core.store.enqueue(aJob({ title }));
		await clock.advance(10_000);
		const frames = watch({ feed: true });
		const [first] = await upToLive(frames);
		expect(first?.feed?.map(({ title, queuePosition }) => [title, queuePosition]).toSorted()).toEqual([
			['a', 2],
			['b', 3]
		]);
		const claimed = placesIn(frames);
		await core.store.claim(terms());
		await clock.advance(500);
		expect(await claimed).toEqual([
			['a', 1],
			['b', 2]
		]);
		const passed = placesIn(frames);
		await core.store.enqueue(aJob({ title: 'urgent', owner: 'other', options: { priority: 10 } }));
		await clock.advance(500);
		expect(await passed).toEqual([
			['a', 2],
			['b', 3]
		]);
		const cancelled = placesIn(frames);
		const { rows } = await core.queries.list('other', { status: ['queued'] });
		await core.store.requestCancel('other', rows[0]?.id ?? '', 'user');
		await clock.advance(500);
		expect(await cancelled).toEqual([
			['a', 1],
			['b', 2]
		]);
		await frames.return();
	});

	test('OP-08 a queue that stands still is told once', async () => {
		const { core, watch, clock } = makeLive();
		const running = await aRunningJob(core);
		await core.store.enqueue(aJob({ title: 'waits' }));
		await clock.advance(10_000);
		const frames = watch({ feed: true });
		await upToLive(frames);
		const next = frames.next();
		await core.log.append(running.id, 1, notes(1));
		core.bell.ring('feed:local');
		await clock.advance(500);
		expect((await next).value?.feed?.map(({ id }) => id)).toEqual([running.id]);
		await frames.return();
	});
});

describe('limits of streams', () => {
	const closed = async (frames: AsyncGenerator<Frame, void>) =>
		frames.next().then(
			() => null,
			(error: unknown) => error
		);

	test('TS-17 one stream more than the owner or the server may have is refused, with how long to wait, and leaves nothing behind', async () => {
		const { core, live, watch } = makeLive({ streams: 3, streamsPerOwner: 2 });
		const opened = [watch({ feed: true, door: 'sse' }), watch({ feed: true, door: 'trpc' })];
		for (const frames of opened) await frames.next();
		expect(await closed(watch({ feed: true, door: 'sse' }))).toMatchObject({ code: 'limit_reached', retryAfter: 10 });
		const theirs = watch({ owner: 'other', feed: true, door: 'sse' });
		await theirs.next();
		expect(await closed(watch({ owner: 'third', feed: true, door: 'sse' }))).toMatchObject({ code: 'limit_reached' });
		expect([core.bell.size, live.open, live.streams.count('sse')]).toEqual([3, 3, 2]);
		await opened[0]?.return();
		const again = watch({ feed: true, door: 'sse' });
		expect(await closed(again)).toBeNull();
		for (const frames of [...opened, theirs, again]) await frames.return();
		expect([core.bell.size, live.open, live.streams.count()]).toEqual([0, 0, 0]);
	});

	test('TS-17 what the server reads for itself is neither counted nor refused', async () => {
		const { live, watch } = makeLive({ streams: 1, streamsPerOwner: 1 });
		const reader = watch({ feed: true, door: 'sse' });
		await reader.next();
		const probe = watch({ feed: true });
		expect(await closed(probe)).toBeNull();
		expect(live.streams.count()).toBe(1);
		await probe.return();
		await reader.return();
	});

	test.each(['sse', 'trpc'] as const)(
		'TS-20 a stream of the %s door ends after 5 min ± 10 %, to be picked up without a gap',
		async (door) => {
			const { core, clock, live, watch } = makeLive();
			const { id } = await aRunningJob(core);
			const lasted: number[] = [];
			let after = 0;
			for (let round = 0; round < 20; round += 1) {
				const began = clock.now();
				const frames = watch({ ...follow(id, after), door });
				const seen = await upToLive(frames);
				await core.log.append(id, 1, notes(1));
				seen.push((await frames.next()).value as Frame);
				expect(seqs(seen)).toEqual(round === 0 ? [1, 2] : [after + 1]);
				after = seqs(seen).at(-1) ?? after;
				const over = closed(frames);
				while (live.open > 0 && clock.now() - began < 600_000) await clock.advance(1_000);
				expect(await over).toMatchObject({ name: 'AbortError' });
				lasted.push(clock.now() - began);
			}
			expect(Math.min(...lasted)).toBeGreaterThanOrEqual(270_000);
			expect(Math.max(...lasted)).toBeLessThanOrEqual(331_000);
			expect(new Set(lasted).size).toBeGreaterThan(3);
			expect(clock.pending).toBe(0);
		}
	);

	test('TS-18 a frame is bounded in size, however large the events and however many the jobs', async () => {
		const { core, watch } = makeLive();
		const jobs = [await aRunningJob(core), await aRunningJob(core), await aRunningJob(core)];
		for (const { id } of jobs)
			await core.log.append(
				id,
				1,
				upTo(100).map((n) => ({ type: 'note', data: { text: `${n}`.padEnd(20_000) } }))
			);
		const frames = await upToLive(watch({ follow: jobs.map(({ id }) => ({ jobId: id, after: 0 })) }));
		const sizes = frames.map((frame) => JSON.stringify(frame.events).length);
		expect(Math.max(...sizes)).toBeLessThan(1_500_000);
		expect(sizes.length).toBeGreaterThanOrEqual(6);
		for (const { id } of jobs) {
			const own = frames.flatMap(({ events }) => events.filter(({ jobId }) => jobId === id));
			expect(own.map(({ seq }) => seq)).toEqual(upTo(101));
		}
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

	test('RS-10 the stream ends with the log, of whatever length: on the edge of a page too', async () => {
		const { core, watch } = makeLive();
		for (const length of [2, 31, 32, 33, 63, 64, 65, 96, PAGE - 1, PAGE, PAGE + 1, 2 * PAGE]) {
			const { id } = await aRunningJob(core);
			await core.log.append(id, 1, notes(length - 2));
			await core.store.finish(id, 1, succeeded);
			const frames = watch(follow(id));
			const seen: Frame[] = [];
			// One frame that only says "live" would be followed by an endless wait.
			for await (const frame of frames) {
				seen.push(frame);
				if (frame.kind === 'live') break;
			}
			expect(
				seen.some(({ kind }) => kind === 'live'),
				`${length} events have no end`
			).toBe(false);
			expect(seqs(seen)).toEqual(upTo(length));
		}
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

describe('asking instead of a stream', () => {
	const ask = (at: ReturnType<typeof makeLive>, asked: Partial<Watch>, mark?: Mark) =>
		at.live.poll({ owner: 'local', follow: [], feed: false, snapshots: true, ...asked }, mark);

	test('AG-06 answers bring what came since the cursors, each event once, and say when nothing is left behind', async () => {
		const at = makeLive();
		const { id } = await aRunningJob(at.core);
		await at.core.log.append(id, 1, notes(1_100));
		const seen: (number | null)[] = [];
		const kinds: string[] = [];
		for (let after = 0; kinds.at(-1) !== 'live'; after = seen.at(-1) ?? 0) {
			const { frame } = await ask(at, follow(id, after));
			kinds.push(frame.kind);
			seen.push(...seqs([frame]));
		}
		expect(seen).toEqual(upTo(1_101));
		expect(kinds.slice(0, -1)).toEqual(['batch', 'batch']);
		expect(seqs([(await ask(at, follow(id, 1_101))).frame])).toEqual([]);
		await at.core.store.finish(id, 1, succeeded);
		expect(seqs([(await ask(at, follow(id, 1_101))).frame])).toEqual([1_102]);
	});

	test('AG-06 what is live only comes once too, by the mark of the answer before, and again after a restart', async () => {
		const at = makeLive();
		const { id } = await aRunningJob(at.core);
		const tick = (fraction: number) =>
			at.transients.publish({ jobId: id, at: at.clock.now(), type: 'progress', data: { fraction } });
		tick(0.1);
		const first = await ask(at, follow(id, 1));
		expect(first.frame.transients).toMatchObject([{ data: { fraction: 0.1 } }]);
		const second = await ask(at, follow(id, 1), first.mark);
		expect(second.frame.transients).toEqual([]);
		tick(0.2);
		expect((await ask(at, follow(id, 1), second.mark)).frame.transients).toMatchObject([{ data: { fraction: 0.2 } }]);
		const ofOther = { ...second.mark, version: 1_000 };
		expect((await ask(at, follow(id, 1), ofOther)).frame.transients).toMatchObject([{ data: { fraction: 0.2 } }]);
	});

	test('AG-06 who is far behind gets a snapshot, and the list brings what changed since the answer before', async () => {
		const at = makeLive();
		const { id } = await aRunningJob(at.core);
		await at.core.log.append(id, 1, notes(2_100));
		const { frame, mark } = await ask(at, { ...follow(id, 0), feed: true });
		expect(frame).toMatchObject({ kind: 'live', snapshots: [{ id, seq: 2_101 }], events: [] });
		expect(frame.feed?.map((job) => job.id)).toEqual([id]);
		await at.core.store.finish(id, 1, succeeded);
		await at.clock.advance(5_000);
		const ended = await ask(at, { feed: true }, mark);
		expect(ended.frame.feed).toMatchObject([{ id, status: 'succeeded' }]);
		await at.clock.advance(5_000);
		expect((await ask(at, { feed: true }, ended.mark)).frame.feed).toEqual([]);
	});
});
