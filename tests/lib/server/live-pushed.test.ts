import { describe, expect, test } from 'vitest';
import { PAGE } from '$lib/server/event-log.ts';
import { settle } from '../../support/fake-clock.ts';
import { aJob, aRunningJob, failed, notes, succeeded, upTo } from './core.ts';
import { makeLive, type Taker } from './live-core.ts';

const follow = (...jobs: string[]) => ({ follow: jobs.map((jobId) => ({ jobId, after: 0 })) });
const from = (jobId: string, after: number) => ({ follow: [{ jobId, after }] });
const hows = ({ ends }: Taker) => ends.map(({ how }) => how);
const large = (count: number) => upTo(count).map((n) => ({ type: 'note', data: { text: `${n}`.padEnd(20_000) } }));

/** Counts how often the log is read. */
function countPages(log: { page: (jobId: string, after: number) => Promise<unknown> }): { count: number } {
	const read = { count: 0 };
	const page = log.page.bind(log);
	log.page = (...asked) => {
		read.count += 1;
		return page(...asked);
	};
	return read;
}

describe('pushed streams', () => {
	test('RS-07 RS-10 a reader is sent what it missed, once that it is live, then what comes, and the end', async () => {
		const { core, started, closed } = makeLive();
		const { id } = await aRunningJob(core);
		await core.log.append(id, 1, notes(5));
		const reader = await started({ ...from(id, 2), door: 'trpc' });
		await settle();
		expect(reader.seqs).toEqual([3, 4, 5, 6]);
		expect(reader.frames.map(({ kind }) => kind)).toEqual(['batch', 'live']);
		await core.log.append(id, 1, notes(1));
		await settle();
		await core.store.finish(id, 1, succeeded);
		await settle();
		expect(reader.seqs).toEqual([3, 4, 5, 6, 7, 8]);
		expect(reader.frames.map(({ kind }) => kind)).toEqual(['batch', 'live', 'batch', 'batch']);
		expect(reader.ends).toEqual([{ how: 'ended', error: undefined }]);
		expect(closed).toEqual(['trpc ended']);
	});

	test('RS-11 what is pushed is what is pulled: the same events of each job, in the same order', async () => {
		const { core, started, watch } = makeLive();
		const rows = [await aRunningJob(core), await aRunningJob(core), await aRunningJob(core)];
		const asked = follow(...rows.map(({ id }) => id));
		const pushed = [await started(asked), await started(asked)];
		const pulled = (async () => {
			const frames = [];
			for await (const frame of watch(asked)) frames.push(frame);
			return frames;
		})();
		for (const n of upTo(30)) {
			await core.log.append(rows[n % 3]?.id ?? '', 1, notes(n, n));
			if (n % 5 === 0) await settle();
		}
		for (const { id } of rows) await core.store.finish(id, 1, id === rows[0]?.id ? succeeded : failed);
		const frames = await pulled;
		await settle();
		for (const reader of pushed) {
			for (const { id } of rows) {
				const ofJob = (all: readonly { events: { jobId: string }[] }[]) =>
					all.flatMap(({ events }) => events.filter(({ jobId }) => jobId === id));
				expect(ofJob(reader.frames)).toEqual(ofJob(frames));
				expect(ofJob(reader.frames)).toEqual(await core.log.read(id, 0, 1_000));
			}
			expect(hows(reader)).toEqual(['ended']);
		}
	});

	test('RS-09 AG-04 what happens after a pause leaves in the same turn of the event loop', async () => {
		const { core, started, transients } = makeLive();
		const { id } = await aRunningJob(core);
		const readers = await Promise.all(upTo(50).map(() => started(from(id, 1))));
		await settle();
		const inNextTurn = new Promise<number[]>((resolve) => {
			setImmediate(() => resolve(readers.map(({ frames }) => frames.flatMap((frame) => frame.transients).length)));
		});
		transients.publish({ jobId: id, at: 1, type: 'preview', data: {} });
		expect(await inNextTurn).toEqual(readers.map(() => 1));
	});

	test('TS-18 what happens together is sent together: one frame a turn of the event loop, also of many jobs', async () => {
		const { core, started, transients } = makeLive();
		const rows = await Promise.all(upTo(20).map(() => aRunningJob(core)));
		const reader = await started(follow(...rows.map(({ id }) => id)));
		const single = await started(from(rows[0]?.id ?? '', 1));
		await settle();
		const before = [reader.sent.length, single.sent.length];
		for (const { id } of rows)
			for (const n of upTo(20)) transients.publish({ jobId: id, at: n, type: `preview${n}`, data: { n } });
		await settle();
		expect(reader.frames.slice(before[0]).flatMap((frame) => frame.transients)).toHaveLength(400);
		expect(reader.sent.length - (before[0] ?? 0)).toBeLessThanOrEqual(2);
		expect(single.frames.slice(before[1]).flatMap((frame) => frame.transients)).toHaveLength(20);
		expect(single.sent.length - (before[1] ?? 0)).toBe(1);
	});

	test('RS-11 readers at one cursor are sent the very same bytes, which are read and made once', async () => {
		const { core, started } = makeLive();
		const { id } = await aRunningJob(core);
		const readers = await Promise.all(upTo(20).map(() => started(from(id, 1))));
		await settle();
		const read = countPages(core.log);
		await core.log.append(id, 1, notes(3));
		await settle();
		expect(read.count).toBe(1);
		expect(new Set(readers.map(({ sent }) => sent.at(-1))).size).toBe(1);
		for (const { seqs } of readers) expect(seqs).toEqual([2, 3, 4]);
	});

	test('RS-11 those who come back together read what they missed once', async () => {
		const { core, push } = makeLive();
		const { id } = await aRunningJob(core);
		await core.log.append(id, 1, notes(3 * PAGE));
		const readers = await Promise.all(upTo(20).map(() => push(from(id, 0))));
		const read = countPages(core.log);
		for (const reader of readers) reader.start();
		await settle();
		expect(read.count).toBeLessThanOrEqual(5);
		for (const { seqs } of readers) expect(seqs).toEqual(upTo(3 * PAGE + 1));
	});

	test('RS-07 what comes while a stream is opened is not lost', async () => {
		const { core, sources, started } = makeLive();
		const { id } = await aRunningJob(core);
		const head = sources.head.bind(sources);
		sources.head = async (...asked) => {
			const before = await head(...asked);
			await core.log.append(id, 1, notes(1));
			return before;
		};
		const reader = await started(from(id, 1));
		await settle();
		expect(reader.seqs).toEqual([2]);
	});

	test('PG-12 RS-10 who is far behind is sent a snapshot first, and the end of an ended job', async () => {
		const { core, started } = makeLive();
		const { id } = await aRunningJob(core);
		await core.log.append(id, 1, notes(2_100));
		const reader = await started(from(id, 0));
		expect(reader.frames).toMatchObject([{ snapshots: [{ id, seq: 2_101 }] }, { kind: 'live', events: [] }]);
		await core.store.finish(id, 1, succeeded);
		const late = await started(from(id, 0));
		expect(late.frames).toMatchObject([{ snapshots: [{ id, status: 'succeeded' }], events: [] }]);
		expect(hows(late)).toEqual(['ended']);
		await settle();
		expect(reader.seqs).toEqual([2_102]);
	});

	test('IM-10 of a job that failed, what it showed live is sent with its end; the ticks of its bar are not', async () => {
		const { core, started, transients } = makeLive();
		const { id } = await aRunningJob(core);
		const reader = await started(from(id, 1));
		reader.full = true;
		await core.log.append(id, 1, notes(1));
		await settle();
		for (const type of ['preview', 'progress']) transients.publish({ jobId: id, at: 1, type, data: {} });
		await core.store.finish(id, 1, failed);
		await settle();
		reader.drain();
		await settle();
		expect(reader.frames.flatMap((frame) => frame.transients).map(({ type }) => type)).toEqual(['preview']);
		expect(reader.seqs).toEqual([2, 3]);
	});
});

describe('slow readers', () => {
	test('TS-18 a full connection is sent nothing and holds up nobody; later it gets every event, in fewer and bounded frames', async () => {
		const { core, started } = makeLive();
		const { id } = await aRunningJob(core);
		const [slow, fast] = [await started(from(id, 1)), await started(from(id, 1))];
		await settle();
		slow.full = true;
		for (const _ of upTo(10)) {
			await core.log.append(id, 1, large(10));
			await settle();
		}
		expect(fast.seqs).toEqual(upTo(101).slice(1));
		expect(slow.sent).toHaveLength(2);
		slow.drain();
		await expect.poll(() => slow.seqs).toEqual(upTo(101).slice(1));
		expect(slow.sent.length).toBeLessThan(fast.sent.length);
		expect(Math.max(...slow.sent.map(({ length }) => length))).toBeLessThan(1_000_000);
	});

	test('TS-18 a reader that takes one frame at a time is never sent a second one', async () => {
		const { core, push } = makeLive();
		const rows = [await aRunningJob(core), await aRunningJob(core), await aRunningJob(core)];
		for (const { id } of rows) await core.log.append(id, 1, large(100));
		const reader = await push(follow(...rows.map(({ id }) => id)));
		reader.full = true;
		reader.start();
		await settle();
		for (let turn = 1; turn < 200 && reader.frames.at(-1)?.kind !== 'live'; turn += 1) {
			expect(reader.sent).toHaveLength(turn);
			reader.stream.resume();
			await settle();
		}
		expect(Math.max(...reader.sent.map(({ length }) => length))).toBeLessThan(1_500_000);
		for (const { id } of rows) {
			const own = reader.frames.flatMap(({ events }) => events.filter(({ jobId }) => jobId === id));
			expect(own.map(({ seq }) => seq)).toEqual(upTo(101));
		}
	});

	test('DC-03 a reader that is behind in a job that was deleted comes to its end', async () => {
		const { core, started } = makeLive();
		const { id } = await aRunningJob(core);
		const reader = await started(from(id, 1));
		reader.full = true;
		for (const _ of upTo(4)) {
			await core.log.append(id, 1, large(10));
			await settle();
		}
		await core.store.finish(id, 1, succeeded);
		await settle();
		await core.store.remove('local', id);
		reader.drain();
		await settle();
		expect(hows(reader)).toEqual(['ended']);
	});
});

describe('the list, pushed', () => {
	const titles = ({ frames }: Taker) => frames.flatMap(({ feed }) => feed ?? []).map(({ title }) => title);

	test('OP-10 OP-08 it is read once for all of its owner’s readers, at most four times a second, and the last state goes out', async () => {
		const { core, started, clock, feeds } = makeLive();
		await clock.advance(10_000);
		const readers = await Promise.all(upTo(20).map(() => started({ feed: true })));
		const stranger = await started({ owner: 'other', feed: true });
		await settle();
		await clock.advance(1_000);
		const began = feeds.length;
		for (let ms = 0; ms < 3_000; ms += 10) {
			if (ms % 30 === 0) await core.store.enqueue(aJob({ title: String(ms) }));
			await clock.advance(10);
		}
		await clock.advance(1_000);
		expect(feeds.length - began).toBeGreaterThanOrEqual(11);
		// One for the change of places that is told a while after the last job came.
		expect(feeds.length - began).toBeLessThanOrEqual(14);
		const times = feeds.slice(began);
		const gaps = times.slice(1).map((at, index) => at - (times[index] ?? 0));
		expect(Math.min(...gaps)).toBeGreaterThanOrEqual(250);
		for (const reader of readers) expect(titles(reader)).toContain('2970');
		expect(stranger.frames.flatMap(({ feed }) => feed ?? [])).toEqual([]);
	});

	test('OP-08 one that was full when the list changed is sent it later, each job that changed meanwhile', async () => {
		const { core, started, clock } = makeLive();
		const reader = await started({ feed: true });
		await settle();
		reader.full = true;
		for (const title of ['a', 'b', 'c']) {
			await core.store.enqueue(aJob({ title }));
			await clock.advance(500);
		}
		const before = reader.sent.length;
		reader.drain();
		await settle();
		expect(reader.sent).toHaveLength(before + 1);
		expect(new Set(titles(reader))).toEqual(new Set(['a', 'b', 'c']));
	});

	test('OP-10 one who came between two times is told at the next but one, and nobody else is', async () => {
		const { core, started, clock } = makeLive();
		await clock.advance(10_000);
		const early = await started({ feed: true });
		await clock.advance(1_000);
		await core.store.enqueue(aJob({ title: 'a' }));
		await clock.advance(200);
		const late = await started({ feed: true });
		await settle();
		await core.store.enqueue(aJob({ title: 'b' }));
		await clock.advance(60);
		const [told, untold] = [early.sent.length, late.sent.length];
		expect(titles(early)).toContain('b');
		expect(titles(late)).not.toContain('b');
		await clock.advance(1_000);
		expect(titles(late)).toContain('b');
		expect([early.sent.length, late.sent.length]).toEqual([told, untold + 1]);
	});
});

describe('how pushed streams end', () => {
	test('RS-08 a quiet stream says within 15 s that it is alive; a full one is sent nothing', async () => {
		const { core, started, clock } = makeLive();
		const { id } = await aRunningJob(core);
		const [quiet, busy, full] = [await started(from(id, 1)), await started(from(id, 1)), await started(from(id, 1))];
		full.full = true;
		await core.log.append(id, 1, notes(1));
		await clock.advance(14_000);
		expect([quiet.pings, full.pings]).toEqual([0, 0]);
		await clock.advance(1_000);
		expect([quiet.pings, busy.pings, full.pings]).toEqual([1, 1, 0]);
		await core.log.append(id, 1, notes(1));
		await clock.advance(14_000);
		expect(quiet.pings).toBe(1);
		await clock.advance(46_000);
		expect(quiet.pings).toBe(5);
	});

	test.each(['sse', 'trpc'] as const)(
		'TS-20 a stream of the %s door is renewed after 5 min ± 10 %, even when nothing can be sent',
		async (door) => {
			const { core, started, clock, live, closed } = makeLive();
			const { id } = await aRunningJob(core);
			const began = clock.now();
			const readers = await Promise.all(upTo(20).map(() => started({ ...from(id, 1), door })));
			for (const reader of readers.slice(10)) reader.full = true;
			const lasted = new Map<Taker, number>();
			while (lasted.size < 20 && clock.now() - began < 600_000) {
				await clock.advance(1_000);
				for (const reader of readers)
					if (reader.ends.length > 0 && !lasted.has(reader)) lasted.set(reader, clock.now() - began);
			}
			expect(readers.flatMap(hows)).toEqual(readers.map(() => 'renewed'));
			expect(closed).toEqual(readers.map(() => `${door} renewed`));
			expect(Math.min(...lasted.values())).toBeGreaterThanOrEqual(270_000);
			expect(Math.max(...lasted.values())).toBeLessThanOrEqual(332_000);
			expect(new Set(lasted.values()).size).toBeGreaterThan(3);
			expect([live.open, core.bell.size, clock.pending]).toEqual([0, 0, 0]);
		}
	);

	test('RS-07 on shutdown every stream is drained: full, not yet started, or only now opened', async () => {
		const { core, push, started, live } = makeLive();
		const { id } = await aRunningJob(core);
		const open = [await started(from(id, 1)), await started({ feed: true }), await started(from(id, 1))];
		if (open[2]) open[2].full = true;
		const opened = await push(from(id, 1));
		live.drain();
		const late = await push(from(id, 0));
		for (const reader of [...open, opened.start(), late.start()]) expect(hows(reader)).toEqual(['drained']);
		expect([live.open, core.bell.size]).toEqual([0, 0]);
	});

	test('CX-14 whoever leaves takes everything with it, started or not, and is told nothing more', async () => {
		const { core, push, started, live, clock, closed } = makeLive();
		const { id } = await aRunningJob(core);
		const [open, unstarted] = [
			await started({ ...from(id, 0), feed: true, door: 'sse' }),
			await push({ ...from(id, 0), door: 'trpc' })
		];
		await settle();
		expect([live.open, live.streams.count()]).toEqual([2, 2]);
		for (const { stream } of [open, open, unstarted]) stream.leave();
		const said = open.sent.length;
		await core.store.finish(id, 1, succeeded);
		await clock.advance(20_000);
		expect([open.sent.length, open.pings, open.ends, unstarted.sent]).toEqual([said, 0, [], []]);
		expect(closed).toEqual(['sse left', 'trpc left']);
		expect([live.open, live.streams.count(), core.bell.size, clock.pending]).toEqual([0, 0, 0, 0]);
	});

	test('BY-06 a log that cannot be read ends each of its readers once, others not, and the next reader is served', async () => {
		const { core, started, live } = makeLive();
		const [broken, whole] = [await aRunningJob(core), await aRunningJob(core)];
		const readers = [await started(from(broken.id, 1)), await started(from(broken.id, 1))];
		const other = await started(from(whole.id, 1));
		await settle();
		const page = core.log.page.bind(core.log);
		const fault = new Error('the disk is gone');
		core.log.page = (jobId, after) => (jobId === broken.id ? Promise.reject(fault) : page(jobId, after));
		for (const { id } of [broken, whole]) await core.log.append(id, 1, notes(1));
		await settle();
		for (const reader of readers) expect(reader.ends).toEqual([{ how: 'failed', error: fault }]);
		core.log.page = page;
		expect((await started(from(broken.id, 1))).ends).toEqual([]);
		const again = await started(from(broken.id, 2));
		await core.log.append(broken.id, 1, notes(1));
		await settle();
		expect(again.seqs).toEqual([3]);
		expect([other.seqs, live.open]).toEqual([[2], 3]);
	});

	test('DC-07 TS-17 a job of another owner, a future cursor or one stream too many is refused, and leaves nothing behind', async () => {
		const { core, push, live } = makeLive({ streams: 1, streamsPerOwner: 1 });
		const { id } = await aRunningJob(core);
		const theirs = await aRunningJob(core, { owner: 'other' });
		await expect(push(follow(id, theirs.id))).rejects.toMatchObject({ code: 'not_found' });
		const future = { ...from(id, 9), snapshots: false };
		await expect(push(future)).rejects.toMatchObject({ code: 'future_cursor' });
		expect([live.open, core.bell.size]).toEqual([0, 0]);
		const open = await push({ ...from(id, 0), door: 'sse' });
		await expect(push({ ...from(id, 0), door: 'sse' })).rejects.toMatchObject({
			code: 'limit_reached',
			retryAfter: 10
		});
		open.stream.leave();
		expect([live.open, core.bell.size]).toEqual([0, 0]);
	});
});
