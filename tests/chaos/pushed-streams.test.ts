import fc from 'fast-check';
import { expect, test } from 'vitest';
import { isTerminal } from '$lib/jobs/job.ts';
import { Live } from '$lib/server/live/live.ts';
import { trpcWire } from '$lib/server/live/wires.ts';
import { Transients } from '$lib/server/transients.ts';
import { writeCursor, type JobCursor } from '$lib/server/trpc/cursor.ts';
import { FakeClock, settle } from '../support/fake-clock.ts';
import { aRunningJob, failed, makeCore, notes, succeeded, upTo, wholeLog } from '../lib/server/core.ts';
import { rounds } from './properties.ts';
import { PushedReader } from './pushed-reader.ts';
import { choicesFor, length } from './seed.ts';

const JOBS = 3;
interface Told {
	data: { message: string };
}

const place = fc.nat({ max: 20 });
const step = fc.oneof(
	{
		weight: 3,
		arbitrary: fc.record({
			do: fc.constant('join' as const),
			jobs: fc.subarray([0, 1, 2]),
			feed: fc.boolean(),
			from: fc.constantFrom('zero', 'now', 'middle', 'future', 'far'),
			later: fc.boolean(),
			snapshots: fc.boolean()
		})
	},
	{
		weight: 6,
		arbitrary: fc.record({
			do: fc.constant('append' as const),
			job: fc.nat({ max: JOBS - 1 }),
			count: fc.oneof(
				{ weight: 6, arbitrary: fc.integer({ min: 1, max: 6 }) },
				{ weight: 1, arbitrary: fc.constantFrom(40, 300, 2_100) }
			),
			large: fc.boolean()
		})
	},
	{
		weight: 3,
		arbitrary: fc.record({
			do: fc.constant('publish' as const),
			job: fc.nat({ max: JOBS - 1 }),
			type: fc.constantFrom('progress', 'activity')
		})
	},
	{
		weight: 3,
		arbitrary: fc.record({ do: fc.constantFrom('block' as const, 'free' as const, 'free' as const), place })
	},
	{ weight: 2, arbitrary: fc.record({ do: fc.constant('leave' as const), place }) },
	{ weight: 2, arbitrary: fc.record({ do: fc.constant('begin' as const), place }) },
	{
		weight: 4,
		arbitrary: fc.record({ do: fc.constant('turn' as const), ms: fc.constantFrom(0, 0, 100, 400, 16_000) })
	},
	{
		weight: 1,
		arbitrary: fc.record({ do: fc.constant('end' as const), job: fc.nat({ max: JOBS - 1 }), well: fc.boolean() })
	}
);
type Step = typeof step extends fc.Arbitrary<infer S> ? S : never;

/** Some jobs, their streams, and all who read them. */
class Stage {
	readonly clock = new FakeClock();
	readonly core = makeCore({ clock: this.clock });
	readonly transients = new Transients(this.core.bell, this.clock);
	readonly wire = trpcWire(this.core.logEpoch, 'identity');
	readonly readers: PushedReader[] = [];
	readonly #waiting = new Map<number, PushedReader>();
	readonly jobs: string[] = [];
	readonly live: Live;
	#published = 0;

	constructor() {
		const { core, clock, transients } = this;
		this.live = new Live({
			...{ log: core.log, bell: core.bell, transients, clock, logger: { debug: () => undefined } },
			...{ limits: { streams: 0, streamsPerOwner: 0 }, longestMs: 3_600_000 },
			async head(owner, id) {
				const { seq, status } = await core.queries.get(owner, id);
				return { seq, ended: isTerminal(status) };
			},
			snapshot: async (owner, id) => core.snapshots.of(await core.queries.get(owner, id)),
			async feed(owner, since) {
				const positions = await core.store.queuePositions();
				return (await core.queries.changed(owner, since)).map((row) => core.queries.summary(row, positions));
			},
			removed: (owner, since) => core.store.removals.since(owner, since)
		});
	}

	async prepare(): Promise<void> {
		for (let n = 0; n < JOBS; n += 1) this.jobs.push((await aRunningJob(this.core)).id);
	}

	async take(step: Step): Promise<void> {
		if (step.do === 'join') return this.#join(step);
		if (step.do === 'turn') return this.clock.advance(step.ms);
		if (step.do === 'append') return this.#append(step);
		if (step.do === 'publish') return this.#publish(step);
		if (step.do === 'end') return this.#end(step);
		if (step.do === 'begin') return this.#begin(step.place % Math.max(1, this.readers.length));
		if (this.readers.length === 0) return;
		const place = step.place % this.readers.length;
		if (step.do === 'leave') this.#waiting.delete(place);
		this.readers[place]?.[step.do]();
	}

	async #join({ jobs, feed, from, later, snapshots }: Step & { do: 'join' }): Promise<void> {
		if ((jobs.length === 0 && !feed) || (from === 'future' && !snapshots)) return;
		const follow = await Promise.all(
			jobs.map(async (job) => {
				const jobId = this.jobs[job] ?? '';
				const { seq } = await this.core.queries.get('local', jobId);
				const after = { zero: 0, now: seq, middle: Math.floor(seq / 2), future: seq + 5, far: 1 }[from] ?? 0;
				return { jobId, after };
			})
		);
		const watch = { owner: 'local', follow, feed, snapshots, door: 'trpc' as const };
		const reader = await PushedReader.open(this.live, watch, this.wire);
		this.readers.push(reader);
		if (later) this.#waiting.set(this.readers.length - 1, reader);
		else reader.start();
	}

	#begin(place: number): void {
		this.#waiting.get(place)?.start();
		this.#waiting.delete(place);
	}

	async #append({ job, count, large }: Step & { do: 'append' }): Promise<void> {
		const added = notes(count).map((note) =>
			large && count < 10 ? { ...note, data: { text: 'é'.repeat(90_000) } } : note
		);
		await this.core.log.append(this.jobs[job] ?? '', 1, added).catch(() => undefined);
	}

	#publish({ job, type }: Step & { do: 'publish' }): void {
		const jobId = this.jobs[job] ?? '';
		this.transients.publish({ jobId, at: this.clock.now(), type, data: { message: `${++this.#published}` } });
	}

	async #end({ job, well }: Step & { do: 'end' }): Promise<void> {
		const id = this.jobs[job] ?? '';
		const { status } = await this.core.queries.get('local', id);
		if (isTerminal(status)) return;
		await this.core.store.finish(id, 1, well ? succeeded : failed);
		this.transients.release(id, well);
	}

	/** Everyone reads again, and everything that is due happens. */
	async quiet(): Promise<void> {
		for (const place of this.#waiting.keys()) this.#begin(place);
		for (const reader of this.readers) reader.free();
		for (let round = 0; round < 12; round += 1) {
			await this.clock.advance(100);
			await settle();
		}
	}
}

/** What is wrong with what a reader of the stage was sent; empty when nothing is. */
async function wrongsOf(stage: Stage, reader: PushedReader): Promise<string[]> {
	const lives = reader.frames.filter(({ kind }) => kind === 'live').length;
	const jobs = await Promise.all(reader.watch.follow.map((followed) => wrongsOfJob(stage, reader, followed)));
	return [
		...reader.wrongs,
		...(lives > 1 ? [`live ${lives} times`] : []),
		...jobs.flat(),
		...(await wrongsOfList(stage, reader)),
		...wrongIds(stage, reader)
	];
}

/** Events that are missing, twice or out of order, and live-only ones that were never told. */
async function wrongsOfJob({ core, transients }: Stage, reader: PushedReader, { jobId, after }: JobCursor) {
	const wrongs: string[] = [];
	const log = await wholeLog(core, jobId);
	let cursor = after;
	for (const { snapshots, events } of reader.frames) {
		cursor = snapshots.find(({ id }) => id === jobId)?.seq ?? cursor;
		for (const event of events.filter((event) => event.jobId === jobId)) {
			if (event.seq !== cursor + 1) wrongs.push(`event ${event.seq} of ${jobId} after ${cursor}`);
			cursor = event.seq ?? cursor;
			if (JSON.stringify(event) !== JSON.stringify(log[cursor - 1])) wrongs.push(`event ${cursor} is another`);
		}
	}
	if (!reader.left && cursor !== log.length) wrongs.push(`at ${cursor} of ${log.length} of ${jobId}`);
	const seen = reader.frames.flatMap(({ transients }) => transients).filter((event) => event.jobId === jobId);
	const told = seen.map(({ data }) => Number((data as { message: string }).message));
	if (told.some((n, index) => n <= (told[index - 1] ?? 0))) wrongs.push(`live-only events ${told.join()}`);
	if (reader.left || isTerminal((await core.queries.get('local', jobId)).status)) return wrongs;
	const newest = transients.since(jobId, 0).map(({ json }) => (JSON.parse(json) as Told).data.message);
	return [...wrongs, ...newest.filter((n) => !told.includes(Number(n))).map((n) => `never told of ${n}`)];
}

/** Jobs whose status the list did not tell. */
async function wrongsOfList({ core }: Stage, { watch, left, frames }: PushedReader): Promise<string[]> {
	if (!watch.feed || left) return [];
	const told = frames.flatMap(({ feed }) => feed ?? []);
	const rows = await core.queries.changed('local', 0);
	const wrong = rows.filter(({ id, status }) => told.findLast((job) => job.id === id)?.status !== status);
	return wrong.map(({ id, status }) => `the list does not say that ${id} is ${status}`);
}

/** Frames whose id does not say where their reader is after them. */
function wrongIds({ core }: Stage, { frames, watch }: PushedReader): string[] {
	const places = new Map(watch.follow.map(({ jobId, after }) => [jobId, after]));
	return frames.flatMap(({ snapshots, events, id }) => {
		for (const snapshot of snapshots) places.set(snapshot.id, snapshot.seq);
		for (const { jobId, seq } of events) places.set(jobId, seq ?? 0);
		const cursors = [...places].map(([jobId, after]) => ({ jobId, after }));
		return id === writeCursor(core.logEpoch, cursors) ? [] : [`${id} is not the id of ${JSON.stringify(cursors)}`];
	});
}

test(
	'RS-07 TS-18 whoever joins, leaves, blocks and comes late: each reader is sent each event once and in order, or a snapshot that has it',
	async () => {
		const choices = choicesFor('pushed streams');
		await fc.assert(
			fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 60 }), async (steps) => {
				const stage = new Stage();
				await stage.prepare();
				for (const step of steps) await stage.take(step);
				await stage.quiet();
				for (const reader of stage.readers) expect(await wrongsOf(stage, reader)).toEqual([]);
				const over = await Promise.all(
					stage.jobs.map(async (id) => isTerminal((await stage.core.queries.get('local', id)).status))
				);
				for (const { left, ends, watch } of stage.readers) {
					const all = !watch.feed && watch.follow.every(({ jobId }) => over[stage.jobs.indexOf(jobId)]);
					expect(ends).toEqual(left && ends.length === 0 ? [] : all ? ['ended'] : []);
				}
				const open = stage.readers.filter(({ left, ends }) => !left && ends.length === 0);
				expect(stage.live.open).toBe(open.length);
				stage.live.drain();
				await settle();
				for (const { ends, wrongs } of open) expect([ends, wrongs]).toEqual([['drained'], []]);
				expect([stage.live.open, stage.core.bell.size]).toEqual([0, 0]);
			}),
			rounds(choices, 60)
		);
	},
	90_000 * length
);

test('TS-18 RS-08 one who is full is sent nothing, not even a ping, and then everything at once in few frames', async () => {
	const stage = new Stage();
	await stage.prepare();
	const [jobId = ''] = stage.jobs;
	const watch = { owner: 'local', follow: [{ jobId, after: 0 }], feed: false, snapshots: true, door: 'trpc' as const };
	const [slow, other] = [
		await PushedReader.open(stage.live, watch, stage.wire),
		await PushedReader.open(stage.live, watch, stage.wire)
	];
	for (const reader of [slow, other]) reader.start();
	await settle();
	slow.block();
	for (let n = 0; n < 200; n += 1) {
		await stage.core.log.append(jobId, 1, notes(1));
		await settle();
	}
	const before = slow.frames.length;
	await stage.clock.advance(60_000);
	expect([slow.pings, other.pings > 0, other.frames.length > 150]).toEqual([0, true, true]);
	slow.free();
	await settle();
	expect(slow.frames.length - before).toBeLessThanOrEqual(2);
	for (const { frames, wrongs } of [slow, other]) {
		expect(frames.flatMap(({ events }) => events).map(({ seq }) => seq)).toEqual(upTo(201));
		expect(wrongs).toEqual([]);
	}
});

test('RS-07 who follow one job, alone or with others, are sent the same events, each with its own cursors', async () => {
	const stage = new Stage();
	await stage.prepare();
	const [a = '', b = ''] = stage.jobs;
	const watches = [[a], [a, b], [a], [b, a]].map((ids) => ids.map((jobId) => ({ jobId, after: 1 })));
	for (const follow of watches) {
		const watch = { owner: 'local', follow, feed: false, snapshots: true, door: 'trpc' as const };
		const reader = await PushedReader.open(stage.live, watch, stage.wire);
		stage.readers.push(reader);
		reader.start();
	}
	await stage.quiet();
	for (let n = 0; n < 5; n += 1) {
		await stage.core.log.append(a, 1, notes(1));
		await settle();
	}
	for (const reader of stage.readers) {
		expect(await wrongsOf(stage, reader)).toEqual([]);
		expect(reader.frames.flatMap(({ events }) => events).filter(({ jobId }) => jobId === a)).toHaveLength(5);
	}
});
