import { expect, test } from 'vitest';
import { Slots } from '$lib/server/slots.ts';
import { JobStore } from '$lib/server/job-store.ts';
import type { RunningLimits } from '$lib/server/claim.ts';
import { Stepwise } from '../../../http/stepwise.ts';
import { send, Talker } from '../../../http/talker.ts';
import { makeApp, runsOf, start } from '../../../support/app.ts';
import { aJob, aRunningJob, makeCore, terms, upTo, type Core } from '../core.ts';

const full: RunningLimits = { server: 1, owner: 1, operation: { chat: 3 }, provider: null, interactive: ['chat'] };
const aTurn = (title: string, facts = {}) => aJob({ operation: 'chat', title, ...facts });

async function claimAll(core: Core, limits: RunningLimits): Promise<string[]> {
	const titles: string[] = [];
	for (let row = await core.store.claim(terms({ limits })); row; row = await core.store.claim(terms({ limits })))
		titles.push(row.title);
	return titles;
}

test('CH-11 ten conversations run at once on a server whose shared places are taken', async () => {
	const talker = new Talker();
	const stepwise = new Stepwise();
	const env = { HEADWAY_MAX_RUNNING: '1', HEADWAY_MAX_RUNNING_PER_OWNER: '1' };
	const app = await makeApp({ runs: runsOf(talker.operation, stepwise.operation), env });
	const long = await start(app, 'stepwise', { text: 'a long one' });
	await stepwise.begun(long.id);
	const waiting = await start(app, 'stepwise', { text: 'another' });
	const turns = await Promise.all(upTo(10).map((n) => send(app, { message: `${n}` })));
	const steps = await Promise.all(turns.map(({ id }) => talker.begun(id)));
	expect(steps).toHaveLength(10);
	expect((await app.jobs.snapshot('local', waiting.id)).queuePosition).toBe(1);
	expect(app.runner.running).toBe(11);
});

test('CH-11 turns take none of the shared places: as many others run beside them as without', async () => {
	const core = makeCore();
	for (const n of upTo(4)) await core.store.enqueue(aTurn(`turn ${n}`));
	for (const n of upTo(2)) await core.store.enqueue(aJob({ title: `job ${n}` }));
	expect(await claimAll(core, full)).toEqual(['turn 1', 'turn 2', 'turn 3', 'job 1']);
});

test('CH-11 a turn that waited for a part goes on though the shared places are taken, another job does not', async () => {
	const core = makeCore();
	const slots = new Slots(core.db, core.bell, core.clock);
	const turn = await aRunningJob(core, { operation: 'chat' });
	const job = await aRunningJob(core, { title: 'first' });
	for (const { id } of [turn, job]) await slots.give(id, 1, 'child');
	await core.store.enqueue(aJob({ title: 'second' }));
	expect(await claimAll(core, full)).toEqual(['second']);
	expect(await slots.take(job.id, 1, full)).toBe(false);
	expect(await slots.take(turn.id, 1, full)).toBe(true);
});

test('CH-11 TS-17 a provider’s own limit holds turns too, and counts them', async () => {
	const core = makeCore();
	for (const n of upTo(3)) await core.store.enqueue(aTurn(`turn ${n}`, { provider: 'openai' }));
	await core.store.enqueue(aJob({ title: 'job', provider: 'openai' }));
	expect(await claimAll(core, { ...full, server: 8, owner: 8, provider: 2 })).toEqual(['turn 1', 'turn 2']);
});

test('CH-11 a turn’s place in the queue counts turns only, and other jobs do not count turns', async () => {
	const core = makeCore();
	const store = new JobStore(core.db, core.bell, core.clock, { snapshots: core.snapshots, interactive: ['chat'] });
	const ids: string[] = [];
	for (const job of [aJob(), aJob(), aTurn('one'), aJob(), aTurn('two')]) ids.push((await store.enqueue(job)).row.id);
	const positions = await store.queuePositions();
	expect(ids.map((id) => positions.get(id))).toEqual([1, 2, 1, 3, 2]);
});
