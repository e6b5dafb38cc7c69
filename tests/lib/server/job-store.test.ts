import { eq } from 'drizzle-orm';
import { describe, expect, test } from 'vitest';
import { jobs, timings } from '$lib/server/db/schema.ts';
import type { Ending } from '$lib/server/ending.ts';
import { FakeClock } from '../../support/fake-clock.ts';
import { aJob, aRunningJob, failed, makeCore, succeeded, terms, upTo, wholeLog, type Core } from './core.ts';

const receipt = {
	...{ reason: 'user' as const, requestedAt: 1, provider: 'confirmed' as const, acknowledgedAt: 2, stoppedAt: 3 },
	...{ cleanedUp: [], cost: { usd: 0.5, known: true }, usage: null, kept: [] }
};
const cancelled: Ending = { status: 'cancelled', receipt };
const read = (core: Core, id: string) => core.queries.get('local', id);

describe('starting', () => {
	test('CX-12 the same key with the same request gives the first job, also ten times at once', async () => {
		const core = makeCore();
		const made = await Promise.all(upTo(10).map(() => core.store.enqueue(aJob({ idempotencyKey: 'k' }))));
		expect(new Set(made.map(({ row }) => row.id)).size).toBe(1);
		expect(made.filter(({ created }) => created)).toHaveLength(1);
		expect(await wholeLog(core, made[0]?.row.id ?? '')).toHaveLength(1);
	});

	test.each([
		['input', { request: { name: 'other' } }],
		['options', { options: { stream: false } }],
		['operation', { operation: 'other' }]
	])('CX-12 the same key with another %s is a conflict, and nothing is stored', async (_, other) => {
		const core = makeCore();
		await core.store.enqueue(aJob({ idempotencyKey: 'k' }));
		await expect(core.store.enqueue(aJob({ idempotencyKey: 'k', ...other }))).rejects.toMatchObject({
			code: 'idempotency_conflict'
		});
		expect(core.db.select().from(jobs).all()).toHaveLength(1);
	});

	test('CX-12 without a key every start is a job, and another owner’s key is another key', async () => {
		const core = makeCore();
		const made = [aJob(), aJob(), aJob({ idempotencyKey: 'k' }), aJob({ idempotencyKey: 'k', owner: 'other' })];
		const ids = await Promise.all(made.map(async (job) => (await core.store.enqueue(job)).row.id));
		expect(new Set(ids).size).toBe(4);
	});

	test('CX-12 a job that ended does not stand in the way of its key', async () => {
		const core = makeCore();
		const { id } = await aRunningJob(core, { idempotencyKey: 'k' });
		await core.store.finish(id, 1, succeeded);
		expect(await core.store.enqueue(aJob({ idempotencyKey: 'k' }))).toMatchObject({
			created: false,
			row: { id, status: 'succeeded' }
		});
	});
});

describe('ending', () => {
	test.each([succeeded, failed, cancelled])('CX-13 a second end changes nothing after $status', async (ending) => {
		const core = makeCore();
		const { id } = await aRunningJob(core);
		expect(await core.store.finish(id, 1, ending)).toBe(true);
		const [row, log] = [await read(core, id), await wholeLog(core, id)];
		for (const second of [succeeded, failed, cancelled]) expect(await core.store.finish(id, 1, second)).toBe(false);
		expect(await read(core, id)).toEqual(row);
		expect(await wholeLog(core, id)).toEqual(log);
	});

	test('CX-13 of many that end a job at once, one does', async () => {
		const core = makeCore();
		const { id } = await aRunningJob(core);
		const ends = await Promise.all(
			upTo(12).map((n) => core.store.finish(id, 1, [succeeded, failed, cancelled][n % 3] ?? failed))
		);
		expect(ends.filter(Boolean)).toHaveLength(1);
		expect((await wholeLog(core, id)).filter(({ type }) => ['done', 'error', 'cancelled'].includes(type))).toHaveLength(
			1
		);
	});

	test.each([succeeded, failed, cancelled])(
		'RS-05 CX-05 status, terminal event, timings and snapshot are stored together ($status)',
		async (ending) => {
			const clock = new FakeClock();
			const core = makeCore({ clock });
			const { id } = await aRunningJob(core);
			await core.log.append(id, 1, [
				{ type: 'started', data: { epoch: 1, provider: 'fake', model: null, adopted: false } },
				{ type: 'phase', data: { phase: 'first', fraction: 0 } }
			]);
			await clock.advance(5_000);
			await core.store.finish(id, 1, ending);
			const row = await read(core, id);
			const last = (await wholeLog(core, id)).at(-1);
			const type = { succeeded: 'done', failed: 'error', cancelled: 'cancelled' }[ending.status];
			expect(row).toMatchObject({ status: ending.status, endedAt: clock.now(), leaseUntil: null, seq: last?.seq });
			expect(row.snapshot).toMatchObject({ status: ending.status, seq: last?.seq, elapsedMs: 5_000 });
			expect(last?.type).toBe(type);
			expect(core.db.select().from(timings).where(eq(timings.jobId, id)).get()).toMatchObject({
				outcome: ending.status,
				totalMs: 5_000,
				phases: { first: 5_000 }
			});
		}
	);

	test('CX-13 when one part of an end cannot be stored, nothing of it is', async () => {
		const core = makeCore();
		const { id } = await aRunningJob(core);
		const before = [await read(core, id), await wholeLog(core, id)];
		core.db.$client.exec('alter table timings rename to elsewhere');
		await expect(core.store.finish(id, 1, succeeded)).rejects.toThrow(/timings/);
		core.db.$client.exec('alter table elsewhere rename to timings');
		expect([await read(core, id), await wholeLog(core, id)]).toEqual(before);
		expect(await core.store.finish(id, 1, succeeded)).toBe(true);
	});

	test('BY-01 a runner of an earlier epoch cannot end the job', async () => {
		const core = makeCore();
		const { id } = await aRunningJob(core);
		await core.store.claim(terms({ isGone: () => true }));
		expect(await core.store.finish(id, 1, failed)).toBe(false);
		expect((await read(core, id)).status).toBe('running');
		expect(await core.store.finish(id, 2, succeeded)).toBe(true);
	});
});

describe('asking for a stop', () => {
	test('CX-02 a queued job ends at once, with a receipt that says that nothing ran', async () => {
		const core = makeCore();
		const { row } = await core.store.enqueue(aJob());
		const stopped = await core.store.requestCancel('local', row.id, 'user');
		expect(stopped).toMatchObject({
			status: 'cancelled',
			receipt: { reason: 'user', provider: 'not_needed', cost: { usd: 0, known: true } }
		});
		expect((await wholeLog(core, row.id)).map(({ type }) => type)).toEqual(['queued', 'cancelling', 'cancelled']);
		expect(await core.store.claim(terms())).toBeNull();
	});

	test('CX-13 a running job is stamped once: a second ask changes neither the reason nor the log', async () => {
		const clock = new FakeClock();
		const core = makeCore({ clock });
		const { id } = await aRunningJob(core);
		const first = await core.store.requestCancel('local', id, 'user');
		await clock.advance(1_000);
		expect(await core.store.requestCancel('local', id, 'disconnect')).toEqual(first);
		expect(first).toMatchObject({ status: 'running', cancelReason: 'user' });
		expect((await wholeLog(core, id)).filter(({ type }) => type === 'cancelling')).toHaveLength(1);
	});

	test('CX-02 CX-13 asking to stop what has ended changes nothing', async () => {
		const core = makeCore();
		const { id } = await aRunningJob(core);
		await core.store.finish(id, 1, succeeded);
		const row = await read(core, id);
		expect(await core.store.requestCancel('local', id, 'user')).toEqual(row);
	});

	test('CX-03 the stamp survives: who claims the job next sees it', async () => {
		const core = makeCore();
		const { id } = await aRunningJob(core);
		await core.store.requestCancel('local', id, 'user');
		const again = await core.store.claim(terms({ isGone: () => true }));
		expect(again).toMatchObject({ id, epoch: 2, cancelReason: 'user' });
	});
});

describe('other commands', () => {
	test('DC-02 an ended job is removed with its log and gives the paths of its files; a running one is not', async () => {
		const core = makeCore();
		const { id } = await aRunningJob(core);
		await expect(core.store.remove('local', id)).rejects.toMatchObject({ code: 'conflict' });
		await core.store.finish(id, 1, succeeded);
		expect(await core.store.remove('local', id)).toEqual([]);
		await expect(read(core, id)).rejects.toMatchObject({ code: 'not_found' });
		expect(await wholeLog(core, id)).toEqual([]);
		expect(core.db.select().from(timings).all()).toHaveLength(1);
	});

	test('DC-02 finish now is stamped once, and only on a running job', async () => {
		const core = makeCore();
		const { row } = await core.store.enqueue(aJob());
		await expect(core.store.requestFinish('local', row.id)).rejects.toMatchObject({ code: 'conflict' });
		await core.store.claim(terms());
		await core.store.requestFinish('local', row.id);
		await core.store.requestFinish('local', row.id);
		expect((await wholeLog(core, row.id)).filter(({ type }) => type === 'finishing')).toHaveLength(1);
	});

	test('DC-07 another owner’s job is not there, whatever is asked of it', async () => {
		const core = makeCore();
		const { id } = await aRunningJob(core, { owner: 'first' });
		const asks = [
			...[
				() => core.queries.get('second', id),
				() => core.store.requestCancel('second', id, 'user'),
				() => core.store.requestFinish('second', id)
			],
			...[
				() => core.store.answer('second', id, 'q', 1),
				() => core.store.remove('second', id),
				() => core.queries.artifact('second', id, 'a')
			]
		];
		for (const ask of asks) await expect(ask()).rejects.toMatchObject({ code: 'not_found' });
		expect((await core.queries.list('second', {})).rows).toEqual([]);
		expect(await core.queries.get('first', id)).toMatchObject({ status: 'running', cancelRequestedAt: null });
		expect(await wholeLog(core, id)).toHaveLength(1);
	});

	test('RS-01 a response id leads to its job, for its owner only', async () => {
		const core = makeCore();
		const { id } = await aRunningJob(core);
		await core.log.append(id, 1, [], { responseId: 'resp_x', provider: 'fake' });
		expect((await core.queries.byResponse('local', 'resp_x')).id).toBe(id);
		await expect(core.queries.byResponse('other', 'resp_x')).rejects.toMatchObject({ code: 'not_found' });
		await expect(core.queries.byResponse('local', 'resp_y')).rejects.toMatchObject({ code: 'not_found' });
	});

	test('OP-08 what changed is what runs, first, and what was touched since; a job that only waits is told once', async () => {
		const clock = new FakeClock();
		const core = makeCore({ clock });
		const running = await aRunningJob(core);
		await clock.advance(1_000);
		const waiting = (await core.store.enqueue(aJob())).row;
		await clock.advance(1_000);
		const since = clock.now();
		const fresh = (await core.store.enqueue(aJob())).row;
		const changed = async (from: number) => (await core.queries.changed('local', from)).map(({ id }) => id);
		expect(await changed(0)).toEqual([running.id, fresh.id, waiting.id]);
		expect(await changed(since)).toEqual([running.id, fresh.id]);
		expect(await changed(since + 1)).toEqual([running.id]);
	});

	test('OP-08 a job that runs is never crowded out by newer ones', async () => {
		const core = makeCore();
		const running = await aRunningJob(core);
		for (const _ of upTo(120)) await core.store.enqueue(aJob());
		const rows = await core.queries.changed('local', 0);
		expect(rows).toHaveLength(100);
		expect(rows[0]?.id).toBe(running.id);
	});

	test('DC-02 the list is newest first and goes on from its cursor without a gap or a repeat', async () => {
		const clock = new FakeClock();
		const core = makeCore({ clock });
		const ids: string[] = [];
		for (const n of upTo(25)) {
			ids.unshift((await core.store.enqueue(aJob())).row.id);
			if (n % 3 === 0) await clock.advance(1);
		}
		const seen: string[] = [];
		for (let before: string | undefined, page = 0; page < 10; page += 1) {
			const { rows, next } = await core.queries.list('local', { limit: 4, before });
			seen.push(...rows.map(({ id }) => id));
			if (next === null) break;
			before = next;
		}
		expect(seen).toHaveLength(25);
		expect(seen.toSorted()).toEqual(ids.toSorted());
		await expect(core.queries.list('local', { before: 'nonsense' })).rejects.toMatchObject({ code: 'bad_request' });
	});
});
