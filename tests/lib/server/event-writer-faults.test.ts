import { expect, test } from 'vitest';
import { EventWriter } from '$lib/server/event-writer.ts';
import { FakeClock } from '../../support/fake-clock.ts';
import { aRunningJob, makeCore, notes } from './core.ts';

test('BY-01 the facts that come with the first event after a pause are in the transaction of that event', async () => {
	const clock = new FakeClock();
	const core = makeCore({ clock });
	const { id } = await aRunningJob(core);
	const writer = new EventWriter({ log: core.log, clock, jobId: id, epoch: 1, onFailure: () => undefined });
	const written: unknown[] = [];
	const append = core.log.append.bind(core.log);
	core.log.append = (jobId, epoch, events, patch) => {
		written.push([events.length, patch]);
		return append(jobId, epoch, events, patch);
	};
	for (const note of notes(1)) writer.add(note, { responseId: 'resp_1' });
	await writer.flush();
	expect(written).toEqual([[1, { responseId: 'resp_1' }]]);
	expect((await core.queries.get('local', id)).responseId).toBe('resp_1');
});
