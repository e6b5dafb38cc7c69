import { describe, expect, test } from 'vitest';
import { HeadwayError } from '$lib/jobs/error.ts';
import type { JobSnapshot } from '$lib/jobs/snapshot.ts';
import { MOST_OPEN, type BatchPart, type BatchResult, type BatchState } from '$lib/operations/batch/model.ts';
import batch from '$lib/operations/batch/run.server.ts';
import type { App } from '$lib/server/app.ts';
import { allEvents, ended, makeApp, runsOf, start, temporaryFolder, until } from '../../../support/app.ts';
import { Gate, stepsThat, untilStopped, type StepsContext } from '../../../support/operations.ts';

type Batch = JobSnapshot<BatchState, BatchResult>;
type Work = (ctx: StepsContext, input: { name: string }) => Promise<{ sum: number }>;

const names = (...all: string[]) => ({ operation: 'steps', inputs: all.map((name) => ({ name })) });
const appThat = (work: Work, options: Parameters<typeof makeApp>[0] = {}, different = {}) =>
	makeApp({ ...options, runs: runsOf(batch, stepsThat(work, different)) });
const endOf = async (app: App, id: string) => (await ended(app, id)) as Batch;
const partsOf = (app: App, id: string) => app.jobs.children('local', id);

/** Waits until as many parts run. */
async function untilRunning(app: App, id: string, count: number): Promise<Batch> {
	const snapshot = await until(
		app,
		id,
		(now) => (now as Batch).state.parts.filter(({ status }) => status === 'running').length === count
	);
	return snapshot as Batch;
}

describe('a batch', () => {
	test('OP-08 runs its parts at once and ends with how each of them ended, in their order', async () => {
		const [all, gate] = [new Set<string>(), new Gate()];
		const app = await appThat(async (ctx, { name }) => {
			all.add(name);
			if (all.size === 3) gate.open();
			await gate.passed;
			return { sum: name.length };
		});
		const { id } = await start(app, 'batch', names('one', 'three', 'two'));
		const snapshot = await endOf(app, id);
		expect(snapshot).toMatchObject({ status: 'succeeded', result: { succeeded: 3, failed: 0, cancelled: 0 } });
		expect(snapshot.model).toBeNull();
		expect(snapshot.result?.parts.map(({ title, status }) => [title, status])).toEqual([
			['one', 'succeeded'],
			['three', 'succeeded'],
			['two', 'succeeded']
		]);
		const children = await partsOf(app, id);
		expect(children.map((child) => child.id)).toEqual(snapshot.result?.parts.map(({ jobId }) => jobId));
		expect(children.map(({ parentId }) => parentId)).toEqual([id, id, id]);
	});

	test('OP-08 makes a part of every combination of what varies', async () => {
		const app = await appThat(async (_ctx, { name }) => ({ sum: name.length }));
		const vary = { name: ['a', 'b'], model: ['m1', 'm2'] };
		const { id } = await start(app, 'batch', { operation: 'steps', input: {}, vary });
		await endOf(app, id);
		const inputs = (await partsOf(app, id)).map(async (child) => (await app.jobs.snapshot('local', child.id)).input);
		expect(await Promise.all(inputs)).toEqual([
			{ name: 'a', model: 'm1' },
			{ name: 'a', model: 'm2' },
			{ name: 'b', model: 'm1' },
			{ name: 'b', model: 'm2' }
		]);
	});

	test('OP-08 it is called by what its parts are called, whichever field of them came first', async () => {
		const app = await appThat(async () => ({ sum: 1 }));
		const asked = { operation: 'steps', input: { model: 'm1' }, vary: { name: ['alpha', 'beta'] } };
		const { id } = await start(app, 'batch', asked);
		expect((await endOf(app, id)).title).toBe('2 × steps: alpha and 1 more');
	});

	test('OP-08 OP-09 its bar is the mean of its parts, measured where they are', async () => {
		const go = new Gate();
		const app = await appThat(async (ctx, { name }) => {
			if (name === 'slow') {
				ctx.phase('third');
				await go.passed;
			}
			return { sum: 1 };
		});
		const { id } = await start(app, 'batch', names('slow', 'a', 'b', 'c'));
		// Three that are done and one that is far: more than three quarters.
		const three = await until(app, id, (now) => (now.progress.fraction ?? 0) > 0.8);
		expect((three as Batch).state.parts.filter(({ status }) => status === 'succeeded')).toHaveLength(3);
		expect(three.progress.fraction).toBeLessThan(1);
		go.open();
		expect((await endOf(app, id)).progress).toEqual({ fraction: 1, basis: 'measured' });
	});

	test('OP-08 a part that fails is said, and the others are finished', async () => {
		const app = await appThat(async (_ctx, { name }) => {
			if (name === 'bad') throw new HeadwayError('provider_moderation', 'This was refused.');
			return { sum: 1 };
		});
		const snapshot = await endOf(app, (await start(app, 'batch', names('good', 'bad', 'fine'))).id);
		expect(snapshot).toMatchObject({ status: 'succeeded', result: { succeeded: 2, failed: 1, cancelled: 0 } });
		expect(snapshot.result?.parts[1]).toMatchObject({
			status: 'failed',
			error: { code: 'provider_moderation', message: 'This was refused.' }
		});
		expect(snapshot.notices).toMatchObject([{ code: 'parts_failed', message: '1 of 3 parts failed.' }]);
	});

	test('OP-08 TS-15 a batch of which every part failed has failed, with the reason of the first', async () => {
		const app = await appThat(() => Promise.reject(new HeadwayError('provider_quota', 'There is no credit left.')));
		const snapshot = await endOf(app, (await start(app, 'batch', names('a', 'b'))).id);
		expect(snapshot).toMatchObject({ status: 'failed', error: { code: 'provider_quota' } });
		expect(snapshot.error?.message).toContain('There is no credit left.');
	});

	test('OP-08 one part can be cancelled by itself, and the rest go on', async () => {
		const go = new Gate();
		const app = await appThat(async (ctx, { name }) => {
			if (name === 'unwanted') await untilStopped(ctx.signal);
			await go.passed;
			return { sum: 1 };
		});
		const { id } = await start(app, 'batch', names('wanted', 'unwanted'));
		const { state } = await untilRunning(app, id, 2);
		await app.jobs.cancel('local', state.parts[1]?.jobId ?? '');
		await until(app, id, (now) => (now as Batch).state.parts[1]?.status === 'cancelled');
		go.open();
		expect(await endOf(app, id)).toMatchObject({
			status: 'succeeded',
			result: { succeeded: 1, failed: 0, cancelled: 1 }
		});
	});

	test('CX-01 CX-15 BY-05 cancelling the batch reaches every part, running or queued, and the receipt counts them', async () => {
		const app = await appThat(({ signal }) => untilStopped(signal), {}, { limits: { timeoutMs: 60_000, running: 2 } });
		const listeners = app.bell.size;
		const { id } = await start(app, 'batch', names('a', 'b', 'c'));
		await untilRunning(app, id, 2);
		await app.jobs.cancel('local', id);
		const snapshot = await endOf(app, id);
		expect(snapshot).toMatchObject({ status: 'cancelled', receipt: { reason: 'user', cost: { usd: 0, known: true } } });
		expect(snapshot.receipt?.cleanedUp).toContainEqual({ what: '3 parts cancelled', ok: true });
		expect((await partsOf(app, id)).map(({ status }) => status)).toEqual(['cancelled', 'cancelled', 'cancelled']);
		await app.runner.idle();
		expect(app.bell.size).toBe(listeners);
	});

	test('CX-09 OP-08 after a cancel it says of every part how that ended, once', async () => {
		const app = await appThat(async ({ signal }, { name }) => (name === 'quick' ? { sum: 1 } : untilStopped(signal)));
		const { id } = await start(app, 'batch', names('quick', 'slow', 'slow too'));
		await until(app, id, (now) => (now as Batch).state.parts[0]?.status === 'succeeded');
		await untilRunning(app, id, 2);
		await app.jobs.cancel('local', id);
		const { state, seq } = await endOf(app, id);
		expect(state.parts.map(({ status }) => status)).toEqual(['succeeded', 'cancelled', 'cancelled']);
		const events = await allEvents(app, id);
		expect(events.at(-1)).toMatchObject({ seq, type: 'cancelled' });
		const ends = events.filter(({ type, data }) => type === 'part' && (data as BatchPart).status !== 'running');
		expect(ends.map(({ data }) => (data as BatchPart).key).sort()).toEqual(['1', '2', '3']);
	});

	test('CX-09 CX-11 a batch whose every part was cancelled by itself was cancelled, and is not said to be done', async () => {
		const app = await appThat(({ signal }) => untilStopped(signal));
		const { id } = await start(app, 'batch', names('a', 'b'));
		const { state } = await untilRunning(app, id, 2);
		for (const { jobId } of state.parts) await app.jobs.cancel('local', jobId ?? '');
		expect(await endOf(app, id)).toMatchObject({
			status: 'cancelled',
			receipt: { reason: 'user', provider: 'not_needed', cost: { usd: 0, known: true } }
		});
	});

	test('BY-04 OP-09 what a part has done that tells nothing yet is not called measured', async () => {
		const app = await appThat(({ signal }) => untilStopped(signal), {}, { typicalMs: 0 });
		const { id } = await start(app, 'batch', names('a', 'b'));
		const { state } = await untilRunning(app, id, 2);
		expect(state.parts.map(({ progress }) => progress.basis)).toEqual(['unknown', 'unknown']);
		const { progress } = await until(app, id, (now) => (now.progress.fraction ?? 0) > 0);
		expect(progress.basis).toBe('estimated');
	});

	test('CX-05 CX-09 what had finished before the cancel is kept, and the receipt says so', async () => {
		const app = await appThat(async ({ signal }, { name }) => {
			if (name === 'quick') return { sum: 1 };
			return untilStopped(signal);
		});
		const { id } = await start(app, 'batch', names('quick', 'slow'));
		await until(app, id, (now) => (now as Batch).state.parts[0]?.status === 'succeeded');
		await untilRunning(app, id, 1);
		await app.jobs.cancel('local', id);
		const { receipt } = await endOf(app, id);
		expect(receipt?.kept).toEqual(['1 finished part', 'results.csv']);
		expect(receipt?.cleanedUp).toContainEqual({ what: '1 part cancelled', ok: true });
		expect((await partsOf(app, id)).map(({ status }) => status)).toEqual(['succeeded', 'cancelled']);
	});

	test('CX-13 a second cancel of the batch changes nothing', async () => {
		const app = await appThat(({ signal }) => untilStopped(signal));
		const { id } = await start(app, 'batch', names('a'));
		await untilRunning(app, id, 1);
		await Promise.all([app.jobs.cancel('local', id), app.jobs.cancel('local', id)]);
		await endOf(app, id);
		const events = await allEvents(app, id);
		expect(events.filter(({ type }) => type === 'cancelling' || type === 'cancelled')).toHaveLength(2);
	});

	test('BY-01 a batch whose process went finds its parts again and starts none twice', async () => {
		const dataDir = temporaryFolder();
		const repeatable = { can: { finishNow: false, resumable: false, repeatable: true } };
		const first = await appThat(
			async ({ signal }, { name }) => (name === 'done' ? { sum: 1 } : untilStopped(signal)),
			{ dataDir },
			repeatable
		);
		const { id } = await start(first, 'batch', names('done', 'a', 'b'));
		await until(first, id, (now) => (now as Batch).state.parts[0]?.status === 'succeeded');
		await untilRunning(first, id, 2);
		const before = (await partsOf(first, id)).map((child) => child.id);
		await first.close();
		const second = await appThat(async () => ({ sum: 1 }), { dataDir }, repeatable);
		const snapshot = await endOf(second, id);
		expect(snapshot).toMatchObject({ status: 'succeeded', result: { succeeded: 3 } });
		expect((await partsOf(second, id)).map((child) => child.id)).toEqual(before);
		const told = (await allEvents(second, id)).filter(({ type }) => type === 'part');
		expect(told.map(({ data }) => (data as { key: string; status: string }).key).sort()).toEqual([
			'1',
			'1',
			'2',
			'2',
			'3',
			'3'
		]);
	});

	test('OP-08 of each part it tells the score that its own operation gives, its time and its cost', async () => {
		const scoreOf = ({ sum }: { sum: number }) => (sum > 9 ? null : sum / 4);
		const app = await appThat(async (_ctx, { name }) => ({ sum: Number(name) }), {}, { scoreOf });
		const { id } = await start(app, 'batch', names('4', '1', '10', '8', '-1'));
		const { result, state } = await endOf(app, id);
		// One that is beyond what a score can be is the nearest that is.
		expect(result?.parts.map(({ score }) => score)).toEqual([1, 0.25, null, 1, 0]);
		expect(state.parts.map(({ score }) => score)).toEqual([1, 0.25, null, 1, 0]);
		const snapshots = result?.parts.map(({ jobId }) => app.jobs.snapshot('local', jobId ?? '')) ?? [];
		expect(result?.parts.map(({ elapsedMs, cost }) => ({ elapsedMs, cost }))).toEqual(
			(await Promise.all(snapshots)).map(({ elapsedMs, cost }) => ({ elapsedMs, cost }))
		);
	});

	test('OP-08 what had ended before a cancel has its score, also where only the end of the batch tells of it', async () => {
		const go = new Gate();
		const app = await appThat(
			async ({ signal }, { name }) => {
				if (name !== 'last') return untilStopped(signal);
				await go.passed;
				return { sum: 1 };
			},
			{},
			{ scoreOf: () => 0.5 }
		);
		const { id } = await start(app, 'batch', names('slow', 'last'));
		await untilRunning(app, id, 2);
		go.open();
		await until(app, id, (now) => (now as Batch).state.parts[1]?.status === 'succeeded');
		await app.jobs.cancel('local', id);
		const { state } = await endOf(app, id);
		expect(state.parts.map(({ status, score }) => [status, score])).toEqual([
			['cancelled', null],
			['succeeded', 0.5]
		]);
	});

	test('OP-08 it leaves its results as a CSV file, also when nothing succeeded', async () => {
		const app = await appThat(async (_ctx, { name }) => {
			if (name === 'bad') throw new HeadwayError('provider_moderation', 'This was refused.');
			return { sum: 1 };
		});
		const csvOf = async (id: string) => {
			const { artifacts } = await endOf(app, id);
			expect(artifacts).toMatchObject([{ name: 'results.csv', mediaType: 'text/csv' }]);
			const stored = await app.artifacts.open(await app.queries.artifact('local', id, 'results.csv'));
			return Buffer.concat(await Array.fromAsync(stored)).toString();
		};
		const { id } = await start(app, 'batch', names('good', 'bad'));
		const [heading, good, bad] = (await csvOf(id)).split('\r\n');
		expect(heading).toBe('part,title,name,status,score,seconds,cost_usd,cost_known,job,error');
		expect(good).toMatch(/^1,good,good,succeeded,,[\d.]+,/);
		expect(bad).toMatch(/^2,bad,bad,failed,.*,This was refused\.$/);
		expect(await csvOf((await start(app, 'batch', names('bad', 'bad'))).id)).toContain('2,bad,failed');
	});

	test('TS-17 OP-08 of a large batch only fifty parts are unfinished at once, and the owner can start something else', async () => {
		const go = new Gate();
		let begun = 0;
		const app = await appThat(
			async () => {
				begun += 1;
				await go.passed;
				return { sum: 1 };
			},
			{ env: { HEADWAY_MAX_RUNNING: '20', HEADWAY_MAX_RUNNING_PER_OWNER: '20' } },
			{ limits: { timeoutMs: 60_000, running: 20 } }
		);
		const { id } = await start(app, 'batch', names(...Array.from({ length: 120 }, (_, index) => `${index}`)));
		await until(app, id, (now) => (now as Batch).state.parts.length >= MOST_OPEN);
		await expect.poll(() => begun).toBe(20);
		expect(await partsOf(app, id)).toHaveLength(MOST_OPEN);
		expect((await start(app, 'steps', { name: 'another' })).status).toBe('queued');
		go.open();
		expect(await endOf(app, id)).toMatchObject({ status: 'succeeded', result: { succeeded: 120 } });
		expect(await partsOf(app, id)).toHaveLength(120);
	});

	test('TS-18 OP-08 what is told live is of the parts that move, and not of those that wait', async () => {
		const go = new Gate();
		const work: Work = async (ctx) => {
			await go.passed;
			ctx.phase('third');
			return untilStopped(ctx.signal);
		};
		const app = await appThat(work, {}, { limits: { timeoutMs: 60_000, running: 2 } });
		const { id } = await start(app, 'batch', names(...Array.from({ length: 30 }, (_, index) => `${index}`)));
		await until(app, id, (now) => (now as Batch).state.parts.length === 30);
		await untilRunning(app, id, 2);
		go.open();
		const far = ({ progress }: BatchPart) => (progress.fraction ?? 0) > 0.5;
		const { state } = (await until(app, id, (now) => (now as Batch).state.parts.filter(far).length === 2)) as Batch;
		expect(state.parts.filter(({ status }) => status === 'queued')).toHaveLength(28);
		const watch = { owner: 'local', follow: [{ jobId: id, after: 0 }], feed: false, snapshots: false };
		const { frame } = await app.live.poll(watch, undefined);
		const [tick] = frame.transients.filter(({ type }) => type === 'parts');
		const told = (tick?.data as { parts: { key: string; status: string }[] }).parts;
		expect(told.map(({ key, status }) => [key, status])).toEqual([
			['1', 'running'],
			['2', 'running']
		]);
		await app.jobs.cancel('local', id);
		await endOf(app, id);
	});

	test('OP-06 CX-11 parts take the options that the batch was given', async () => {
		const seen: boolean[] = [];
		const app = await appThat(async ({ streaming }) => {
			seen.push(streaming);
			return { sum: 1 };
		});
		const asked = { ...names('a'), options: { timeLimit: 30 } };
		const { id } = await start(app, 'batch', asked, { stream: false, priority: 3 });
		await endOf(app, id);
		const [child] = await partsOf(app, id);
		expect((await app.jobs.snapshot('local', child?.id ?? '')).options).toEqual({
			...{ stream: false, timeLimit: 30, priority: 3 }
		});
		expect(seen).toEqual([false]);
	});
});
