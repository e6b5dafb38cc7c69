import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { openDb } from '$lib/server/db/open.ts';
import { EventLog, FencedError } from '$lib/server/event-log.ts';
import { aJob, aRunningJob, makeCore, notes, succeeded, terms, upTo, wholeLog, type Core } from './core.ts';

/** So many jobs that run in epoch 1. */
async function runningJobs(core: Core, count: number): Promise<string[]> {
	const ids: string[] = [];
	for (const _ of upTo(count)) ids.push((await aRunningJob(core)).id);
	return ids;
}

/** The same database as another process sees it: only what is committed. */
function otherProcess({ folder, bell, clock }: Core) {
	const { db, close } = openDb(join(folder, 'headway.db'));
	onTestFinished(close);
	const count = db.$client.prepare<[], number>("select count(*) from events where type = 'note'").pluck();
	return { log: new EventLog(db, bell, clock), notes: () => count.get() ?? 0 };
}

test('RS-09 an append waits for nothing while nothing is written: its event is in the table at once', async () => {
	const core = makeCore();
	const [id = ''] = await runningJobs(core, 1);
	const { notes: committed } = otherProcess(core);
	const stored = core.log.append(id, 1, notes(1));
	expect(committed()).toBe(1);
	await expect(stored).resolves.toMatchObject([{ jobId: id, seq: 2, type: 'note' }]);
});

test('RS-09 what many jobs append in one turn of the event loop is one commit, and nobody is woken before it', async () => {
	const core = makeCore();
	const ids = await runningJobs(core, 20);
	const { notes: committed } = otherProcess(core);
	const seen: number[] = [];
	core.bell.ring = () => void seen.push(committed());
	await Promise.all(ids.map((id) => core.log.append(id, 1, notes(1))));
	// The first goes out alone, at once; the others together.
	expect(seen).toEqual([1, ...upTo(19).map(() => 20)]);
});

test('CX-14 who lost its lease is rejected out of a group, alone, and leaves nothing behind', async () => {
	const core = makeCore();
	const ids = await runningJobs(core, 5);
	const epochs = [1, 1, 7, 1, 1];
	const appended = await Promise.allSettled(
		ids.map((id, index) => core.log.append(id, epochs[index] ?? 0, notes(2), { fraction: 0.5 }))
	);
	expect(appended.map(({ status }) => status)).toEqual(epochs.map((epoch) => (epoch === 1 ? 'fulfilled' : 'rejected')));
	expect(appended[2]).toMatchObject({ reason: expect.any(FencedError) });
	const rows = await Promise.all(ids.map((id) => core.queries.get('local', id)));
	expect(rows.map(({ seq, fraction }) => [seq, fraction])).toEqual(
		epochs.map((epoch) => (epoch === 1 ? [3, 0.5] : [1, null]))
	);
	expect(await wholeLog(core, ids[2] ?? '')).toHaveLength(1);
});

test('RS-07 an append that the database refuses takes no other of its group with it, and its log goes on without a gap', async () => {
	const core = makeCore();
	const ids = await runningJobs(core, 5);
	// One response belongs to one job only: the second who claims it is refused, after its row was moved on.
	const patch = (index: number) => (index === 1 || index === 3 ? { provider: 'fake', responseId: 'resp_x' } : {});
	const appended = await Promise.allSettled(ids.map((id, index) => core.log.append(id, 1, notes(2), patch(index))));
	expect(appended.map(({ status }) => status)).toEqual([
		'fulfilled',
		'fulfilled',
		'fulfilled',
		'rejected',
		'fulfilled'
	]);
	expect(await wholeLog(core, ids[3] ?? '')).toHaveLength(1);
	await Promise.all(ids.map((id) => core.log.append(id, 1, notes(1))));
	for (const [index, id] of ids.entries())
		expect((await wholeLog(core, id)).map(({ seq }) => seq)).toEqual(upTo(index === 3 ? 2 : 4));
});

test('CX-14 the end of a job does not overtake what was appended before it', async () => {
	const core = makeCore();
	const [id = '', other = ''] = await runningJobs(core, 2);
	const appends = [core.log.append(other, 1, notes(1)), core.log.append(id, 1, notes(2))];
	expect(await core.store.finish(id, 1, succeeded)).toBe(true);
	await Promise.all(appends);
	expect((await wholeLog(core, id)).map(({ type }) => type)).toEqual(['queued', 'note', 'note', 'done']);
});

test('RS-07 two processes that write one log by turns leave no gap and no event twice', async () => {
	const core = makeCore();
	const { log } = otherProcess(core);
	const [id = ''] = await runningJobs(core, 1);
	for (const n of upTo(10)) await (n % 3 === 0 ? log : core.log).append(id, 1, notes(n, n));
	expect((await wholeLog(core, id)).map(({ seq }) => seq)).toEqual(upTo(56));
	expect((await core.queries.get('local', id)).seq).toBe(56);
});

test('TS-18 what waits goes on in the next turns, each group bounded, in order', async () => {
	const core = makeCore();
	const [id = ''] = await runningJobs(core, 1);
	const turns: number[] = [];
	let turn = 0;
	const count = setInterval(() => undefined, 1_000);
	onTestFinished(() => clearInterval(count));
	core.bell.ring = () => void turns.push(turn);
	const appended = Promise.all(upTo(1_200).map((n) => core.log.append(id, 1, notes(1, n))));
	while (turns.length < 1_200) {
		turn += 1;
		await new Promise((resolve) => setImmediate(resolve));
	}
	await appended;
	expect(Math.max(...Object.values(Object.groupBy(turns, String)).map((of = []) => of.length))).toBeLessThanOrEqual(
		500
	);
	const texts = (await wholeLog(core, id)).slice(1).map(({ data }) => (data as { text: string }).text);
	expect(texts).toEqual(upTo(1_200).map(String));
});

test('CX-14 a job that was never claimed is not written to by whoever says that it runs', async () => {
	const core = makeCore();
	const { row } = await core.store.enqueue(aJob());
	const running = await core.store.claim(terms());
	await core.log.append(running?.id ?? '', 1, notes(1));
	await core.store.finish(running?.id ?? '', 1, succeeded);
	await expect(core.log.append(row.id, 1, notes(1))).rejects.toBeInstanceOf(FencedError);
	expect((await core.queries.get('local', row.id)).seq).toBe(3);
});
