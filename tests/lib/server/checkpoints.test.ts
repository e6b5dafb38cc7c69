import { expect, test } from 'vitest';
import type { JobSnapshot } from '$lib/jobs/snapshot.ts';
import { Checkpoints } from '$lib/server/checkpoints.ts';
import { EventLog } from '$lib/server/event-log.ts';
import { JobStore } from '$lib/server/job-store.ts';
import { Snapshots } from '$lib/server/snapshots.ts';
import { steps } from '../../support/operations.ts';
import { aRunningJob, failed, makeCore, succeeded, type Core } from './core.ts';

const MODELS = { steps };

/** The folds of a process, with how many events they read; `version` names its code. */
function aProcess(core: Core, { version = 'v1', logEpoch = core.logEpoch } = {}) {
	const log = new EventLog(core.db, core.bell, core.clock);
	let read = 0;
	const readNow = log.readNow.bind(log);
	log.readNow = (...given) => {
		const events = readNow(...given);
		read += events.length;
		return events;
	};
	const snapshots = new Snapshots(log, MODELS, logEpoch, new Checkpoints(core.db, version));
	const store = new JobStore(core.db, core.bell, core.clock, { snapshots });
	const of = async (id: string) => snapshots.of(await core.queries.get('local', id));
	const counted = async (id: string) => {
		read = 0;
		return { snapshot: await of(id), read };
	};
	return { log, store, of, counted };
}

/** A running job whose log has grown to so many events, in a process that was asked for it at its beginning. */
async function aLongJob(count: number) {
	const core = makeCore();
	const { id } = await aRunningJob(core);
	const process = aProcess(core);
	await process.of(id);
	for (let written = 1; written < count; written += 100)
		await process.log.append(id, 1, pieces(Math.min(100, count - written), written));
	return { core, id, process };
}

function pieces(count: number, from: number) {
	return Array.from({ length: count }, (_, index) => ({
		type: 'content',
		data: { target: 'report', text: `${from + index} ` }
	}));
}

/** The fold of every event, from the first. */
async function whole(core: Core, id: string): Promise<JobSnapshot> {
	const log = new EventLog(core.db, core.bell, core.clock);
	return new Snapshots(log, MODELS, core.logEpoch).of(await core.queries.get('local', id));
}

function kept({ db }: Core): number {
	return db.$client.prepare<[], number>('select count(*) from checkpoints').pluck().get() ?? 0;
}

/** Resolves once it holds: folds follow their logs in turns of the event loop. */
async function until(holds: () => boolean): Promise<void> {
	while (!holds()) await new Promise((resolve) => setImmediate(resolve));
}

test('AG-04 the snapshot of a long running job is folded as its log grows: who asks waits for few events', async () => {
	const { core, id, process } = await aLongJob(6_000);
	await until(() => kept(core) === 1);
	const { snapshot, read } = await process.counted(id);
	expect(read).toBeLessThan(1_000);
	expect(snapshot).toEqual(await whole(core, id));
});

test('AG-04 a restart goes on from the checkpoint of a long log, and comes to the same snapshot', async () => {
	const { core, id } = await aLongJob(6_000);
	await until(() => kept(core) === 1);
	const { snapshot, read } = await aProcess(core).counted(id);
	expect(read).toBeLessThan(2_500);
	expect(snapshot).toEqual(await whole(core, id));
	expect(snapshot).toMatchObject({ seq: 6_000, status: 'queued' });
});

const unusable: [string, { version?: string; logEpoch?: string }, string][] = [
	['of other code', { version: 'v2' }, ''],
	['of another log', { logEpoch: 'other' }, ''],
	['that cannot be read', {}, `update checkpoints set snapshot = '{"id":'`],
	['of another shape', {}, `update checkpoints set snapshot = json_remove(snapshot, '$.content')`],
	['of another job', {}, `update checkpoints set snapshot = json_set(snapshot, '$.id', 'job_other')`],
	['beyond the end of its log', {}, `update jobs set seq = 100`]
];
test.each(unusable)('RS-07 a checkpoint %s is passed over: every event is folded', async (_name, facts, change) => {
	const { core, id } = await aLongJob(5_000);
	await until(() => kept(core) === 1);
	if (change) core.db.$client.exec(change);
	const { snapshot, read } = await aProcess(core, facts).counted(id);
	expect(read).toBe(5_000);
	expect({ ...snapshot, logEpoch: core.logEpoch }).toEqual(await whole(core, id));
});

test.each([succeeded, failed])('DC-03 the end of a job ($status) takes its checkpoint with it', async (ending) => {
	const { core, id, process } = await aLongJob(5_000);
	await until(() => kept(core) === 1);
	const before = await whole(core, id);
	await process.store.finish(id, 1, ending);
	expect(kept(core)).toBe(0);
	const { snapshot } = await core.queries.get('local', id);
	expect(snapshot).toMatchObject({ seq: 5_001, status: ending.status, content: before.content });
});

test('AG-04 a short log has no checkpoint: it is folded sooner than one is read', async () => {
	const { core, id, process } = await aLongJob(1);
	const { id: short } = await aRunningJob(core);
	await process.of(short);
	await process.log.append(short, 1, pieces(3_000, 1));
	for (let written = 1; written < 5_000; written += 100) await process.log.append(id, 1, pieces(100, written));
	// The long one, which comes after it, is through.
	await until(() => kept(core) > 0);
	expect(core.db.$client.prepare('select job_id from checkpoints').pluck().all()).toEqual([id]);
});

test('CX-14 a database that closes while a log is being folded breaks nothing', async () => {
	const { core, id, process } = await aLongJob(1);
	const appended = process.log.append(id, 1, pieces(3_000, 1));
	core.db.$client.close();
	await expect(appended).resolves.toHaveLength(3_000);
	// What is thrown in a turn of its own would end the process, and this test.
	for (let turn = 0; turn < 30; turn += 1) await new Promise((resolve) => setImmediate(resolve));
	expect(process.log.open).toBe(false);
});
