import { describe, expect, test } from 'vitest';
import type { JobEvent } from '$lib/jobs/event.ts';
import { jobKey } from '$lib/server/bell.ts';
import { FencedError, PAGE } from '$lib/server/event-log.ts';
import { seeded } from '../jobs/generated-runs.ts';
import { settle } from '../../support/fake-clock.ts';
import { aRunningJob, failed, makeCore, notes, succeeded, terms, upTo, wholeLog, type Core } from './core.ts';

const seqs = (events: readonly JobEvent[]) => events.map(({ seq }) => seq);

/** Everything that a follower is given until it ends. */
async function collect(
	core: Core,
	jobId: string,
	after = 0,
	signal = new AbortController().signal
): Promise<JobEvent[]> {
	const received: JobEvent[] = [];
	for await (const batch of core.log.follow(jobId, after, signal)) received.push(...batch);
	return received;
}

describe('appending', () => {
	test('RS-07 seq is contiguous from 1, however many appends run at once', async () => {
		const core = makeCore();
		const { id } = await aRunningJob(core);
		await Promise.all(upTo(40).map((n) => core.log.append(id, 1, notes(n % 5, n))));
		expect(seqs(await wholeLog(core, id))).toEqual(upTo(1 + upTo(40).reduce((sum, n) => sum + (n % 5), 0)));
		expect((await core.queries.get('local', id)).seq).toBe((await wholeLog(core, id)).length);
	});

	test('RS-07 one append is one neighbourhood: nothing comes between its events', async () => {
		const core = makeCore();
		const { id } = await aRunningJob(core);
		await Promise.all(upTo(20).map((n) => core.log.append(id, 1, notes(3, 10 * n))));
		const texts = (await wholeLog(core, id)).slice(1).map(({ data }) => Number((data as { text: string }).text));
		for (let at = 0; at < texts.length; at += 3)
			expect(texts.slice(at, at + 3)).toEqual([0, 1, 2].map((n) => (texts[at] ?? 0) + n));
	});

	test('CX-14 a runner of an earlier epoch cannot write any more, and leaves nothing behind', async () => {
		const core = makeCore();
		const { id } = await aRunningJob(core);
		await core.store.claim(terms({ isGone: () => true }));
		await expect(core.log.append(id, 1, notes(2), { fraction: 0.9 })).rejects.toBeInstanceOf(FencedError);
		await expect(core.log.append(id, 2, notes(1))).resolves.toHaveLength(1);
		expect(await wholeLog(core, id)).toHaveLength(2);
		expect((await core.queries.get('local', id)).fraction).toBeNull();
	});

	test.each([succeeded, failed])('CX-14 nothing is written after the end ($status)', async (ending) => {
		const core = makeCore();
		const { id } = await aRunningJob(core);
		await core.store.finish(id, 1, ending);
		const before = await wholeLog(core, id);
		await expect(core.log.append(id, 1, notes(1))).rejects.toBeInstanceOf(FencedError);
		expect(await wholeLog(core, id)).toEqual(before);
	});

	test('CX-14 a queued job and one that does not exist cannot be written to', async () => {
		const core = makeCore();
		const { row } = await core.store.enqueue({
			owner: 'local',
			operation: 'steps',
			title: 't',
			variant: '',
			input: {},
			options: {},
			request: {}
		});
		await expect(core.log.append(row.id, 0, notes(1))).rejects.toBeInstanceOf(FencedError);
		await expect(core.log.append('job_none', 1, notes(1))).rejects.toBeInstanceOf(FencedError);
	});

	test('BY-01 what belongs to the events is stored with them', async () => {
		const core = makeCore();
		const { id } = await aRunningJob(core);
		await core.log.append(id, 1, notes(1), { cursor: 17, responseId: 'resp_x', providerState: 'created' });
		expect(await core.queries.get('local', id)).toMatchObject({
			seq: 2,
			cursor: 17,
			responseId: 'resp_x',
			providerState: 'created'
		});
	});
});

describe('following', () => {
	test('RS-07 a follower gets what was, then what comes, and ends with the job', async () => {
		const core = makeCore();
		const { id } = await aRunningJob(core);
		await core.log.append(id, 1, notes(3));
		const received = collect(core, id);
		await settle();
		await core.log.append(id, 1, notes(3, 4));
		await settle();
		await core.store.finish(id, 1, succeeded);
		expect(await received).toEqual(await wholeLog(core, id));
		expect(seqs(await received)).toEqual(upTo(8));
	});

	test('RS-11 several followers see the same events in the same order, whenever they come', async () => {
		const core = makeCore();
		const { id } = await aRunningJob(core);
		const followers = [collect(core, id), collect(core, id)];
		for (const n of upTo(30)) {
			await core.log.append(id, 1, notes(1 + (n % 3), n));
			if (n % 7 === 0) followers.push(collect(core, id));
			if (n % 4 === 0) await settle();
		}
		await core.store.finish(id, 1, succeeded);
		const log = await wholeLog(core, id);
		for (const received of await Promise.all(followers)) expect(received).toEqual(log);
		expect(followers).toHaveLength(6);
	});

	test('RS-07 a follower that starts anywhere gets exactly the rest (100 places in a log of more than a page)', async () => {
		const core = makeCore();
		const { id } = await aRunningJob(core);
		await core.log.append(id, 1, notes(2 * PAGE + 40));
		await core.store.finish(id, 1, succeeded);
		const log = await wholeLog(core, id);
		const random = seeded(5);
		for (const after of [
			0,
			1,
			PAGE - 1,
			PAGE,
			PAGE + 1,
			log.length - 1,
			...upTo(94).map(() => Math.floor(random() * log.length))
		])
			expect(seqs(await collect(core, id, after)), `after ${after}`).toEqual(seqs(log.slice(after)));
	});

	test('TS-18 no batch is larger than a page', async () => {
		const core = makeCore();
		const { id } = await aRunningJob(core);
		await core.log.append(id, 1, notes(3 * PAGE));
		await core.store.finish(id, 1, succeeded);
		const sizes: number[] = [];
		for await (const batch of core.log.follow(id, 0, new AbortController().signal)) sizes.push(batch.length);
		expect(Math.max(...sizes)).toBe(PAGE);
		expect(sizes.reduce((sum, size) => sum + size)).toBe(3 * PAGE + 2);
	});

	test('RS-07 what is appended between the read and the wait is not missed: the listener is there before the read', async () => {
		const core = makeCore();
		const { id } = await aRunningJob(core);
		const read = core.log.read.bind(core.log);
		// The first read finds nothing new; before it returns, an event comes.
		let first = true;
		core.log.read = async (jobId, after, limit) => {
			const found = await read(jobId, after, limit);
			if (first) await core.log.append(id, 1, notes(1));
			first = false;
			return found;
		};
		const follower = core.log.follow(id, 1, AbortSignal.timeout(5_000));
		expect(seqs((await follower.next()).value ?? [])).toEqual([2]);
		await follower.return();
	});

	test('CX-14 an aborted follower returns and takes its listener with it', async () => {
		const core = makeCore();
		const { id } = await aRunningJob(core);
		const gone = new AbortController();
		const received = collect(core, id, 0, gone.signal);
		await settle();
		expect(core.bell.size).toBe(1);
		gone.abort();
		expect(await received).toHaveLength(1);
		expect(core.bell.size).toBe(0);
	});

	test('CX-14 a follower that is dropped in the middle takes its listener with it', async () => {
		const core = makeCore();
		const { id } = await aRunningJob(core);
		for await (const batch of core.log.follow(id, 0, new AbortController().signal)) if (batch.length > 0) break;
		expect(core.bell.size).toBe(0);
	});
});

describe('the bell', () => {
	test('RS-11 a ring wakes all who listen to its key and nobody else', async () => {
		const { bell } = makeCore();
		const woken: string[] = [];
		const quiet = new AbortController();
		for (const [name, key] of [
			['a', 'x'],
			['b', 'x'],
			['c', 'y']
		] as const)
			void bell
				.listen([jobKey(key)])
				.next(quiet.signal)
				.then(() => woken.push(name));
		bell.ring(jobKey('x'));
		await settle();
		expect(woken).toEqual(['a', 'b']);
	});

	test('RS-07 a ring while nobody waits is remembered once', async () => {
		const { bell } = makeCore();
		const listener = bell.listen([jobKey('x')]);
		const soon = () => AbortSignal.timeout(20);
		bell.ring(jobKey('x'));
		bell.ring(jobKey('x'));
		const remembered = soon();
		await listener.next(remembered);
		expect(remembered.aborted).toBe(false);
		const nothing = soon();
		await listener.next(nothing);
		expect(nothing.aborted).toBe(true);
	});
});
