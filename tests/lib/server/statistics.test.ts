import { expect, test } from 'vitest';
import { batch } from '$lib/operations/batch/model.ts';
import { readStatistics } from '$lib/server/statistics.ts';
import { steps } from '../../support/operations.ts';
import { aRunningJob, makeCore, succeeded } from './core.ts';

test('CX-10 OP-08 what the parts of a batch cost is counted once: with them', async () => {
	const core = makeCore({ models: { steps, batch } });
	const whole = await aRunningJob(core, { operation: 'batch', input: { operation: 'steps', inputs: [{}] } });
	const part = await aRunningJob(core, { parentId: whole.id });
	await core.store.finish(part.id, part.epoch, succeeded);
	await core.store.finish(whole.id, whole.epoch, succeeded);
	const { operations } = await readStatistics(core.queries, [steps, batch], 'local');
	expect(operations).toMatchObject([
		{ id: 'steps', runs: 1, costUsd: 0.01, ofParts: false },
		{ id: 'batch', runs: 1, costUsd: null, ofParts: true }
	]);
});
