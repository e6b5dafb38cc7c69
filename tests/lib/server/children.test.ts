import { existsSync, readdirSync } from 'node:fs';
import { eq } from 'drizzle-orm';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { HeadwayError } from '$lib/jobs/error.ts';
import { defineRun, type OperationRun, type RunContext } from '$lib/operations/operation.ts';
import type { App } from '$lib/server/app.ts';
import { dataPaths } from '$lib/server/config.ts';
import { openDb, type Db } from '$lib/server/db/open.ts';
import { jobs } from '$lib/server/db/schema.ts';
import { ended, makeApp, runsOf, start, temporaryFolder, until } from '../../support/app.ts';
import { FakeClock } from '../../support/fake-clock.ts';
import { Gate, steps, stepsThat, untilStopped } from '../../support/operations.ts';
import { Children } from '$lib/server/children.ts';
import { FakeProvider, created, ended as providerEnd } from './fake-provider.ts';
import { aJob, aRunningJob, makeCore, succeeded, failed } from './core.ts';

const parentModel = { ...steps, id: 'parent', title: 'Parent', limits: { timeoutMs: 60_000, running: 50 } };
type Context = RunContext<typeof parentModel>;

/** An operation that does `work`, which may start others. */
function parentThat(work: (ctx: Context, name: string) => Promise<unknown>, id = 'parent'): OperationRun {
	const model = { ...parentModel, id, input: z.strictObject({ name: z.string().default('') }) } as typeof parentModel;
	return defineRun(model, async (input, ctx) => {
		await work(ctx, (input as { name: string }).name);
		return { sum: 0 };
	}) as OperationRun;
}

/** Starts a child of each name and waits for all. */
const family = (...names: string[]) =>
	parentThat(async (ctx) => {
		const children = await Promise.all(names.map((name) => ctx.child(name, 'steps', { name })));
		await Promise.all(children.map(async (child) => Array.fromAsync(child.watch())));
	});
const worker = stepsThat(async ({ signal }, { name }) => (name === 'works' ? { sum: 1 } : untilStopped(signal)));
const appOf = (runs: OperationRun[], env: Record<string, string> = {}) =>
	makeApp({ provider: new FakeProvider(), runs: runsOf(...runs), env });
const childrenOf = (app: App, id: string) => app.jobs.children('local', id);
const withChildren = async (app: App, id: string, count: number) => {
	await until(app, id, ({ waitingFor }) => waitingFor === 'child');
	for (let now = await childrenOf(app, id); now.length < count; now = await childrenOf(app, id))
		await until(app, now.at(-1)?.id ?? id, () => true);
	return childrenOf(app, id);
};

describe('a job that starts others', () => {
	test('OP-08 its children have its owner and priority, and say whose they are', async () => {
		const app = await appOf([family('works'), worker]);
		const { snapshot } = await app.jobs.start('anna', { operation: 'parent', input: {}, options: { priority: 4 } });
		await app.jobs.wait('anna', snapshot.id, 10_000, AbortSignal.timeout(10_000));
		const [child] = await app.jobs.children('anna', snapshot.id);
		expect(child).toMatchObject({ parentId: snapshot.id, status: 'succeeded' });
		expect(await app.jobs.snapshot('anna', child?.id ?? '')).toMatchObject({
			...{ parentId: snapshot.id, options: { priority: 4 } }
		});
		await expect(childrenOf(app, snapshot.id)).rejects.toMatchObject({ code: 'not_found' });
	});

	test('OP-08 a part that is asked for twice under one key is one job', async () => {
		const twice = parentThat(async (ctx) => {
			const both = [await ctx.child('k', 'steps', { name: 'works' }), await ctx.child('k', 'steps', { name: 'works' })];
			await Promise.all(both.map((child) => Array.fromAsync(child.watch())));
		});
		const app = await appOf([twice, worker]);
		const { id } = await start(app, 'parent', {});
		expect((await ended(app, id)).status).toBe('succeeded');
		expect(await childrenOf(app, id)).toHaveLength(1);
	});

	test('TS-17 over the limit of unfinished jobs a child waits until there is room, and its parent does not count', async () => {
		const [go, atOnce] = [new Gate(), { now: 0, most: 0 }];
		const counting = stepsThat(async () => {
			atOnce.most = Math.max(atOnce.most, ++atOnce.now);
			await go.passed;
			atOnce.now--;
			return { sum: 1 };
		});
		const app = await appOf([family('a', 'b', 'c', 'd'), counting], { HEADWAY_MAX_UNFINISHED: '2' });
		const { id } = await start(app, 'parent', {});
		expect(await withChildren(app, id, 2)).toHaveLength(2);
		await expect(app.jobs.start('local', { operation: 'steps', input: {} })).rejects.toMatchObject({
			code: 'limit_reached'
		});
		go.open();
		expect((await ended(app, id)).status).toBe('succeeded');
		expect(await childrenOf(app, id)).toHaveLength(4);
		expect(atOnce.most).toBe(2);
	});

	test('TS-17 TS-19 with one slot and room for one job a family of three generations comes to its end', async () => {
		const middle = parentThat(async (ctx) => {
			const child = await ctx.child('leaf', 'steps', { name: 'works' });
			await Array.fromAsync(child.watch());
		}, 'middle');
		const top = parentThat(async (ctx) => {
			for (const key of ['1', '2']) {
				const child = await ctx.child(key, 'middle', {});
				await Array.fromAsync(child.watch());
			}
		});
		const limits = { HEADWAY_MAX_UNFINISHED: '1', HEADWAY_MAX_RUNNING: '1' };
		const app = await appOf([top, middle, worker], limits);
		const { id } = await start(app, 'parent', {});
		expect((await ended(app, id)).status).toBe('succeeded');
		const middles = await childrenOf(app, id);
		expect(middles.map(({ status }) => status)).toEqual(['succeeded', 'succeeded']);
		expect(await childrenOf(app, middles[0]!.id)).toHaveLength(1);
	});

	test('CX-01 a child that waits for room is given up with its parent', async () => {
		const app = await appOf([family('a', 'b', 'c'), worker], { HEADWAY_MAX_UNFINISHED: '2' });
		const { id } = await start(app, 'parent', {});
		await withChildren(app, id, 2);
		await app.jobs.cancel('local', id);
		expect(await ended(app, id)).toMatchObject({
			status: 'cancelled',
			receipt: { cleanedUp: [{ what: '2 parts cancelled', ok: true }] }
		});
		expect(await childrenOf(app, id)).toHaveLength(2);
	});

	test('CX-15 a cancel reaches grandchildren', async () => {
		const middle = parentThat(async (ctx) => {
			await Array.fromAsync((await ctx.child('leaf', 'steps', { name: 'sleeps' })).watch());
		}, 'middle');
		const top = parentThat(async (ctx) => {
			await Array.fromAsync((await ctx.child('middle', 'middle', {})).watch());
		});
		const app = await appOf([top, middle, worker]);
		const { id } = await start(app, 'parent', {});
		const [child] = await withChildren(app, id, 1);
		const [grandchild] = await withChildren(app, child!.id, 1);
		await until(app, grandchild!.id, ({ status }) => status === 'running');
		await app.jobs.cancel('local', id);
		expect((await ended(app, id)).status).toBe('cancelled');
		expect(await app.jobs.snapshot('local', grandchild!.id)).toMatchObject({
			status: 'cancelled',
			receipt: { reason: 'user' }
		});
	});

	test('CX-15 CX-11 when it fails its unfinished children are cancelled, because of an error', async () => {
		const failing = parentThat(async (ctx) => {
			const child = await ctx.child('k', 'steps', { name: 'sleeps' });
			for await (const { status } of child.watch())
				if (status === 'running') throw new HeadwayError('provider_error', 'It broke.');
		});
		const app = await appOf([failing, worker]);
		const { id } = await start(app, 'parent', {});
		expect(await ended(app, id)).toMatchObject({ status: 'failed', error: { code: 'provider_error' } });
		const [child] = await childrenOf(app, id);
		expect(await app.jobs.snapshot('local', child!.id)).toMatchObject({
			status: 'cancelled',
			receipt: { reason: 'error' }
		});
	});

	test('CX-15 a child that it did not wait for is cancelled when it ends', async () => {
		const hasty = parentThat((ctx) => ctx.child('k', 'steps', { name: 'sleeps' }));
		const app = await appOf([hasty, worker]);
		const { id } = await start(app, 'parent', {});
		expect((await ended(app, id)).status).toBe('succeeded');
		const [child] = await childrenOf(app, id);
		expect((await ended(app, child!.id)).status).toBe('cancelled');
	});

	test('CX-10 its cost is that of its children', async () => {
		const provider = new FakeProvider([created(), providerEnd(1)]);
		const asking = stepsThat(async (ctx) => {
			for await (const event of ctx.provider.respond({ input: 'work' })) if (event.type === 'ended') return { sum: 1 };
			throw new Error('no end');
		});
		const app = await makeApp({ provider, runs: runsOf(family('a'), asking) });
		const snapshot = await ended(app, (await start(app, 'parent', {})).id);
		const [child] = await childrenOf(app, snapshot.id);
		const { cost } = await app.jobs.snapshot('local', child!.id);
		expect(cost.usd).toBeGreaterThan(0);
		expect(snapshot.cost).toEqual(cost);
	});

	describe('whose process was lost', () => {
		const goesOn = { can: { ...steps.can, repeatable: true } };
		const sleeping = () => stepsThat(async ({ signal }) => untilStopped(signal), goesOn);

		/** A running family in a folder that another process is to take up, after what the test writes into its table. */
		async function left(patch: (db: Db, parentId: string) => void) {
			const dataDir = temporaryFolder();
			const runs = runsOf(lasting(family('a')), sleeping());
			const first = await makeApp({ provider: new FakeProvider(), runs, dataDir });
			const { id } = await start(first, 'parent', {});
			const [child] = await withChildren(first, id, 1);
			await until(first, child!.id, ({ status }) => status === 'running');
			await first.close();
			const { db, close } = openDb(dataPaths(dataDir).database);
			patch(db, id);
			close();
			return { dataDir, id, childId: child!.id };
		}
		const lasting = (run: OperationRun) => ({ ...run, model: { ...run.model, ...goesOn } });

		test('CX-15 BY-01 is not taken up again where it cannot be, and its children are cancelled', async () => {
			const { dataDir, id, childId } = await left(() => undefined);
			const runs = runsOf(family('a'), sleeping());
			const app = await makeApp({ provider: new FakeProvider(), runs, dataDir });
			expect(await ended(app, id)).toMatchObject({ status: 'failed', error: { code: 'interrupted' } });
			expect(await ended(app, childId)).toMatchObject({ status: 'cancelled', receipt: { reason: 'error' } });
		});

		test('CX-15 BY-05 after it was cancelled, is taken up to be stopped, and its children with it', async () => {
			const asked = { cancelRequestedAt: Date.now(), cancelReason: 'user' } as const;
			const { dataDir, id, childId } = await left((db, parentId) =>
				db.update(jobs).set(asked).where(eq(jobs.id, parentId)).run()
			);
			const runs = runsOf(lasting(family('a')), sleeping());
			const app = await makeApp({ provider: new FakeProvider(), runs, dataDir });
			expect(await ended(app, id)).toMatchObject({
				status: 'cancelled',
				receipt: { reason: 'user', cleanedUp: [{ what: '1 part cancelled', ok: true }] }
			});
			expect((await app.jobs.snapshot('local', childId)).status).toBe('cancelled');
		});

		test('CX-15 leaves orphans when it was deleted meanwhile, which are cancelled at the next start', async () => {
			const { dataDir, childId } = await left((db, parentId) => db.delete(jobs).where(eq(jobs.id, parentId)).run());
			const runs = runsOf(family('a'), sleeping());
			const app = await makeApp({ provider: new FakeProvider(), runs, dataDir });
			expect(await ended(app, childId)).toMatchObject({ status: 'cancelled', receipt: { reason: 'error' } });
		});
	});

	test('OP-08 deleting it deletes its children with their files, once all have ended', async () => {
		const filing = stepsThat(async (ctx, { name }) => {
			await ctx.artifact({ name: 'a.txt', mediaType: 'text/plain', bytes: name });
			return name === 'works' ? { sum: 1 } : untilStopped(ctx.signal);
		});
		const app = await appOf([family('works', 'sleeps'), filing]);
		const { id } = await start(app, 'parent', {});
		const [done, open] = await withChildren(app, id, 2);
		await until(app, open!.id, ({ artifacts }) => artifacts.length === 1);
		await ended(app, done!.id);
		await expect(app.jobs.remove('local', id)).rejects.toMatchObject({ code: 'conflict' });
		// It would be started, and paid, again if its parent were taken up by another process.
		await expect(app.jobs.remove('local', done!.id)).rejects.toMatchObject({ code: 'conflict' });
		await app.jobs.cancel('local', id);
		await ended(app, id);
		expect(filesIn(app)).toHaveLength(2);
		await app.jobs.remove('local', id);
		expect((await app.jobs.list('local', {})).jobs).toEqual([]);
		expect(filesIn(app)).toEqual([]);
	});

	test('OP-08 the list tells the children of one job, or leaves all children out', async () => {
		const app = await appOf([family('works', 'a'), worker]);
		const { id } = await start(app, 'parent', {});
		const children = await withChildren(app, id, 2);
		const idsOf = async (parent: string) => (await app.jobs.list('local', { parent })).jobs.map((job) => job.id);
		expect((await idsOf(id)).sort()).toEqual(children.map((child) => child.id).sort());
		expect(await idsOf('none')).toEqual([id]);
	});
});

function filesIn(app: App): string[] {
	const { artifacts } = dataPaths(app.config.dataDir);
	if (!existsSync(artifacts)) return [];
	return readdirSync(artifacts, { recursive: true, withFileTypes: true }).flatMap((entry) =>
		entry.isFile() ? [entry.name] : []
	);
}

describe('what is kept of children', () => {
	test('CX-12 a parent that is to stop gets no new child', async () => {
		const core = makeCore();
		const parent = await aRunningJob(core);
		await core.store.requestCancel('local', parent.id, 'user');
		await expect(core.store.enqueue(aJob({ parentId: parent.id }))).rejects.toMatchObject({ code: 'conflict' });
		expect(await core.queries.children(parent.id)).toEqual([]);
	});

	test('CX-15 unfinished children of a job that has ended are found as orphans, and no others', async () => {
		const core = makeCore();
		const parent = await aRunningJob(core);
		const { row: lost } = await core.store.enqueue(aJob({ parentId: parent.id }));
		expect(await core.queries.orphanedChildren()).toEqual([]);
		await core.store.finish(parent.id, parent.epoch, failed);
		await core.store.enqueue(aJob());
		expect((await core.queries.orphanedChildren()).map(({ id }) => id)).toEqual([lost.id]);
	});

	test('CX-10 the cost is known only once every child has ended with a known one', async () => {
		const core = makeCore();
		const parent = await aRunningJob(core);
		const children = new Children({ ...core, jobs: () => expect.unreachable() });
		expect(await children.costOf(parent.id)).toEqual({ usd: 0, known: true });
		const first = await aRunningJob(core, { parentId: parent.id });
		expect(await children.costOf(parent.id)).toEqual({ usd: null, known: false });
		await core.store.finish(first.id, first.epoch, succeeded);
		expect(await children.costOf(parent.id)).toEqual({ usd: 0.01, known: true });
		const second = await aRunningJob(core, { parentId: parent.id });
		expect(await children.costOf(parent.id)).toEqual({ usd: 0.01, known: false });
		await core.store.finish(second.id, second.epoch, failed);
		expect(await children.costOf(parent.id)).toEqual({ usd: 0.01, known: false });
	});

	test('TS-18 a watched child is told of at most 4 times a second, and its end is not missed', async () => {
		const clock = new FakeClock();
		const core = makeCore({ clock });
		const row = await aRunningJob(core);
		let asked = 0;
		const snapshot = async () => {
			asked++;
			return core.snapshots.of(await core.queries.get('local', row.id));
		};
		const children = new Children({ ...core, jobs: () => ({ snapshot }) as never });
		const seen: string[] = [];
		const watching = (async () => {
			for await (const { status } of children.watch('local', row.id, new AbortController().signal)) seen.push(status);
		})();
		for (let tick = 0; tick < 100; tick++) {
			core.bell.ring(`job:${row.id}`);
			await clock.advance(10);
		}
		expect(asked).toBeLessThanOrEqual(5);
		expect(asked).toBeGreaterThanOrEqual(3);
		await core.store.finish(row.id, row.epoch, succeeded);
		await clock.advance(250);
		await watching;
		expect(seen.at(-1)).toBe('succeeded');
		expect(core.bell.size).toBe(0);
	});

	test('BY-05 a child that does not stop in time is said not to have', async () => {
		const core = makeCore();
		const parent = await aRunningJob(core);
		const child = await aRunningJob(core, { parentId: parent.id });
		const stuck = {
			cancel: (owner: string, id: string) => core.store.requestCancel(owner, id, 'user'),
			wait: async (owner: string, id: string) => core.snapshots.of(await core.queries.get(owner, id))
		};
		const children = new Children({ ...core, jobs: () => stuck as never });
		expect(await children.stopAll(parent.id, 'user', 10)).toEqual([{ what: '1 part still stopping', ok: false }]);
		await core.store.finish(child.id, child.epoch, failed);
		expect(await children.stopAll(parent.id, 'user', 10)).toEqual([]);
	});
});
