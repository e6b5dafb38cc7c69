import { expect, test } from 'vitest';
import { Slot } from '$lib/server/slot.ts';
import { Slots } from '$lib/server/slots.ts';
import { anyProvider, aRunningJob, makeCore, succeeded } from './core.ts';

const limits = { server: 1, owner: 1, operation: {}, ...anyProvider };

test('TS-17 a wait that begins while its job still wants the slot back keeps the slot free for others', async () => {
	const core = makeCore();
	const parent = await aRunningJob(core);
	const slots = new Slots(core.db, core.bell, core.clock);
	const { signal } = new AbortController();
	const slot = new Slot({ ...core, jobId: parent.id, epoch: parent.epoch, slots, limits, signal });
	const waitingFor = async () => (await core.queries.get('local', parent.id)).waitingFor;

	await slot.give('child');
	const other = await aRunningJob(core);
	const taken = slot.take();
	expect(await waitingFor()).toBe('slot');
	await slot.give('child');
	await core.store.finish(other.id, other.epoch, succeeded);
	await taken;
	expect(await waitingFor()).toBe('child');
	await slot.take();
	expect(await waitingFor()).toBeNull();
});

test('TS-17 a job that was stopped while it waited is not said to wait any more', async () => {
	const core = makeCore();
	const row = await aRunningJob(core);
	await new Slots(core.db, core.bell, core.clock).give(row.id, row.epoch, 'child');
	await core.store.finish(row.id, row.epoch, succeeded);
	expect((await core.queries.get('local', row.id)).waitingFor).toBeNull();
});
