import { describe, expect, test } from 'vitest';
import type { CancelReason } from '$lib/jobs/job.ts';
import { ended, makeApp, runsOf, start, until } from '../../support/app.ts';
import { stepsThat, untilStopped } from '../../support/operations.ts';
import { FakeProvider } from './fake-provider.ts';

const run = stepsThat(async (ctx, { name }) => {
	if (name === 'fails') throw new Error('no');
	if (name === 'works') return { sum: 1 };
	if (name === 'fails with a part') {
		await ctx.child('part', 'steps', { name: 'waits' });
		throw new Error('no');
	}
	ctx.phase('first');
	return untilStopped(ctx.signal);
});

/** Brings one job to its end for the reason. */
async function stopFor(app: Awaited<ReturnType<typeof makeApp>>, reason: CancelReason): Promise<string> {
	const options = reason === 'timeout' ? { timeLimit: 1 } : {};
	const { id } = await start(app, 'steps', { name: 'waits' }, options);
	if (reason === 'user' || reason === 'disconnect') {
		await until(app, id, ({ phase }) => phase === 'first');
		await app.jobs.cancel('local', id, reason);
	}
	if (reason === 'shutdown') {
		await until(app, id, ({ phase }) => phase === 'first');
		await app.drain();
	}
	await ended(app, id);
	return id;
}

describe('why a job was stopped', () => {
	test.each<[CancelReason, string]>([
		['user', 'cancelled'],
		['disconnect', 'cancelled'],
		['timeout', 'failed'],
		['shutdown', 'failed']
	])('CX-11 %s is recorded with the job, on the statistics page and as a metric', async (reason, status) => {
		const app = await makeApp({ provider: new FakeProvider(), runs: runsOf(run) });
		const id = await stopFor(app, reason);
		expect(await app.jobs.snapshot('local', id)).toMatchObject({ status, receipt: { reason } });
		expect((await app.statistics('local')).cancellations).toEqual([{ reason, count: 1 }]);
		expect(await app.metrics.registry.metrics()).toContain(`headway_cancellations_total{reason="${reason}"} 1`);
	});

	test('CX-11 a cancel in the queue is counted as one', async () => {
		const app = await makeApp({ provider: new FakeProvider(), runs: runsOf(run), env: { HEADWAY_MAX_RUNNING: '1' } });
		await start(app, 'steps', { name: 'waits' });
		const { id } = await start(app, 'steps', { name: 'waits' });
		await app.jobs.cancel('local', id);
		expect((await app.statistics('local')).cancellations).toEqual([{ reason: 'user', count: 1 }]);
		expect(await app.metrics.registry.metrics()).toContain('headway_cancellations_total{reason="user"} 1');
	});

	test('CX-11 what fails by itself was not stopped by anybody; the part that it takes along was stopped by an error', async () => {
		const app = await makeApp({ provider: new FakeProvider(), runs: runsOf(run) });
		await ended(app, (await start(app, 'steps', { name: 'fails' })).id);
		expect((await app.statistics('local')).cancellations).toEqual([]);
		expect(await app.metrics.registry.metrics()).not.toContain('headway_cancellations_total{');
		const { id } = await start(app, 'steps', { name: 'fails with a part' });
		expect(await ended(app, id)).toMatchObject({ status: 'failed', receipt: { reason: 'error' } });
		const [part] = await app.jobs.children('local', id);
		await ended(app, part?.id ?? '');
		expect((await app.statistics('local')).cancellations).toEqual([{ reason: 'error', count: 1 }]);
		expect(await app.metrics.registry.metrics()).toContain('headway_cancellations_total{reason="error"} 1');
	});

	test('CX-11 a success counts as none, and another owner’s stops are not shown', async () => {
		const app = await makeApp({ provider: new FakeProvider(), runs: runsOf(run) });
		await ended(app, (await start(app, 'steps', { name: 'works' })).id);
		expect((await app.statistics('local')).cancellations).toEqual([]);
		await stopFor(app, 'user');
		expect((await app.statistics('other')).cancellations).toEqual([]);
	});
});

describe('statistics', () => {
	test('OP-12 TS-21 ended jobs count by operation and outcome, also after they were deleted', async () => {
		const app = await makeApp({ provider: new FakeProvider(), runs: runsOf(run) });
		for (const name of ['works', 'works', 'fails']) {
			const { id } = await start(app, 'steps', { name });
			await ended(app, id);
			await app.jobs.remove('local', id);
		}
		const { operations } = await app.statistics('local');
		expect(operations).toMatchObject([
			{ id: 'steps', title: 'Steps', runs: 3, succeeded: 2, failed: 1, cancelled: 0, costUsd: 0 }
		]);
		const metrics = await app.metrics.registry.metrics();
		expect(metrics).toContain('headway_jobs_ended_total{operation="steps",status="succeeded",code=""} 2');
		expect(metrics).toContain('headway_jobs_ended_total{operation="steps",status="failed",code="internal"} 1');
		expect(metrics).toMatch(/headway_job_duration_seconds_count\{operation="steps",status="succeeded"\} 2/);
	});

	test('TS-21 open streams and jobs by status are gauges that fall again', async () => {
		const app = await makeApp({ provider: new FakeProvider(), runs: runsOf(run) });
		const { id } = await start(app, 'steps', { name: 'waits' });
		await until(app, id, ({ phase }) => phase === 'first');
		const frames = app.live.watch(
			{ owner: 'local', follow: [{ jobId: id, after: 0 }], feed: false, snapshots: true, door: 'sse' },
			new AbortController().signal
		);
		await frames.next();
		expect(await app.metrics.registry.metrics()).toContain('headway_streams_open{door="sse"} 1');
		expect(await app.metrics.registry.metrics()).toContain('headway_jobs{status="running"} 1');
		await frames.return();
		await app.jobs.cancel('local', id);
		await ended(app, id);
		expect(await app.metrics.registry.metrics()).toContain('headway_streams_open{door="sse"} 0');
		expect(await app.metrics.registry.metrics()).toContain('headway_jobs{status="running"} 0');
	});

	test('BY-03 how often the published ranges held stands beside what they promise', async () => {
		const app = await makeApp({ provider: new FakeProvider(), runs: runsOf(run) });
		for (let past = 0; past < 7; past += 1) await ended(app, (await start(app, 'steps', { name: 'works' })).id);
		const { coverage } = await app.statistics('local');
		expect(coverage).toMatchObject({ of: 2, nominal: 0.8 });
		expect(coverage.held).toBeLessThanOrEqual(2);
	});
});
