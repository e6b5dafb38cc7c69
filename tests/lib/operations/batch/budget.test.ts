import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { JobSnapshot } from '$lib/jobs/snapshot.ts';
import type { BatchResult, BatchState } from '$lib/operations/batch/model.ts';
import { operationRuns } from '$lib/operations/index.server.ts';
import type { OperationRun } from '$lib/operations/operation.ts';
import { dataPaths } from '$lib/server/config.ts';
import { allEvents, ended, makeApp, runsOf, start, temporaryFolder, until } from '../../../support/app.ts';
import { stepsThat, untilStopped, type StepsContext } from '../../../support/operations.ts';
import { created, ended as endOf, FakeProvider } from '../../server/fake-provider.ts';

type Batch = JobSnapshot<BatchState, BatchResult>;

/** Each response is another one, and costs 2 cents. */
function payingProvider(): FakeProvider {
	const provider = new FakeProvider();
	provider.create = (request, signal) => new FakeProvider([created(), endOf(1)]).create(request, signal);
	return provider;
}

/** Asks once; one that is called `hang` never does. */
async function asking(ctx: StepsContext, { name }: { name: string }): Promise<{ sum: number }> {
	if (name === 'hang') return untilStopped(ctx.signal);
	// The batch looks at its parts 4 times a second: no part is over before it has seen the last one.
	await new Promise<void>((go) => ctx.after(400, go));
	for await (const event of ctx.provider.respond({ input: name })) if (event.type === 'ended') return { sum: 1 };
	throw new Error('the provider ended without an end');
}

/** As the server has it, which loads an operation's work when it first runs. */
const asListed = operationRuns()['batch'] as OperationRun;

/** One part at a time, so that it is certain how many have been paid. */
const oneByOne = {
	limits: { timeoutMs: 60_000, running: 1 },
	can: { finishNow: false, resumable: false, repeatable: true }
};
const appWith = (facts: object = oneByOne, options: Parameters<typeof makeApp>[0] = {}) =>
	makeApp({ provider: payingProvider(), ...options, runs: { batch: asListed, ...runsOf(stepsThat(asking, facts)) } });
const named = (...names: string[]) => ({ operation: 'steps', inputs: names.map((name) => ({ name })) });
const ending = async (...[app, id]: Parameters<typeof ended>) => (await ended(app, id)) as Batch;

describe('what a batch is foreseen to cost, what it costs, and its budget', () => {
	test('BY-08 before its first part it says what all of them will take and cost, from past runs of their kind', async () => {
		const app = await appWith();
		for (let run = 0; run < 5; run += 1) await ended(app, (await start(app, 'steps', { name: `${run}` })).id);
		const { id } = await start(app, 'batch', named('a', 'b', 'c'));
		const { state } = await ending(app, id);
		expect(state.forecast).toMatchObject({ parts: 3, atOnce: 1, paidParts: 3, ms: { low: expect.any(Number) } });
		expect(state.forecast?.usd?.low).toBeCloseTo(0.06);
		const types = (await allEvents(app, id)).map(({ type }) => type);
		expect(types.indexOf('forecast')).toBeLessThan(types.indexOf('part'));
	});

	test('BY-08 while it runs its cost is what its parts have cost so far', async () => {
		const app = await appWith();
		const { id } = await start(app, 'batch', named('a', 'b', 'hang'));
		await until(app, id, ({ cost }) => cost.usd === 0.04);
		expect(await app.jobs.list('local', { parent: 'none' })).toMatchObject({ jobs: [{ cost: { usd: 0.04 } }] });
		await app.jobs.cancel('local', id);
		expect((await ending(app, id)).cost).toEqual({ usd: 0.04, known: true });
	});

	test('BY-08 CX-11 a budget that is spent stops the batch and its parts, and each says why', async () => {
		const app = await appWith({ ...oneByOne, limits: { timeoutMs: 60_000, running: 2 } });
		const { id } = await start(app, 'batch', { ...named('hang', 'a', 'b', 'c', 'd', 'e'), budget: 0.05 });
		const snapshot = await ending(app, id);
		expect(snapshot).toMatchObject({ status: 'failed', error: { code: 'budget_reached', retryable: false } });
		expect(snapshot.error?.message).toMatch(/^The budget of \$0\.05 is spent: 3 of 6 parts had ended, 3 stopped\./);
		expect(snapshot.receipt).toMatchObject({ reason: 'budget', cost: { usd: 0.06, known: true } });
		expect(snapshot.state.parts.map(({ status }) => status)).toEqual([
			...['cancelled', 'succeeded', 'succeeded', 'succeeded', 'cancelled', 'cancelled']
		]);
		const hung = await app.jobs.snapshot('local', snapshot.state.parts[0]?.jobId ?? '');
		expect(hung).toMatchObject({ status: 'cancelled', receipt: { reason: 'budget' } });
		expect((await app.statistics('local')).cancellations).toContainEqual({ reason: 'budget', count: 4 });
	});

	test('BY-08 a batch of which the budget is not spent, or by its last part, ends as if there were none', async () => {
		const app = await appWith();
		const { id } = await start(app, 'batch', { ...named('a', 'b', 'c'), budget: 0.06 });
		expect(await ending(app, id)).toMatchObject({ status: 'succeeded', cost: { usd: 0.06, known: true } });
	});

	test('BY-08 BY-01 what was spent before the process was lost counts', async () => {
		const dataDir = temporaryFolder();
		const first = await appWith(oneByOne, { dataDir });
		const { id } = await start(first, 'batch', { ...named('a', 'b', 'hang', 'c', 'd'), budget: 0.05 });
		await until(first, id, ({ cost }) => cost.usd === 0.04);
		await first.close();
		const steps = stepsThat((ctx) => asking(ctx, { name: 'any' }), oneByOne);
		const runs = { batch: asListed, ...runsOf(steps) };
		const second = await makeApp({ provider: payingProvider(), dataDir, runs });
		const { state, error, cost } = await ending(second, id);
		expect(error?.code).toBe('budget_reached');
		expect(state.parts.map(({ status }) => status).filter((status) => status === 'succeeded')).toHaveLength(3);
		expect(cost.usd).toBeCloseTo(0.06);
		expect((await allEvents(second, id)).filter(({ type }) => type === 'forecast')).toHaveLength(1);
	});

	test('BY-08 BY-01 what the budget stopped stays stopped when the process is lost before the part that crossed it has ended', async () => {
		const dataDir = temporaryFolder();
		const stubborn = Promise.withResolvers<void>();
		const paysAndStays = async (ctx: StepsContext, input: { name: string }) => {
			const told = await asking(ctx, input);
			if (input.name !== 'stays') return told;
			await untilStopped(ctx.signal).catch(() => stubborn.promise);
			ctx.signal.throwIfAborted();
			return told;
		};
		const runs = { batch: asListed, ...runsOf(stepsThat(paysAndStays, oneByOne)) };
		const first = await makeApp({ provider: payingProvider(), dataDir, runs });
		const { id } = await start(first, 'batch', { ...named('a', 'b', 'stays', 'c', 'd'), budget: 0.05 });
		await until(first, id, (now) => (now as Batch).state.parts[4]?.status === 'cancelled');
		const closing = first.close();
		stubborn.resolve();
		await closing;
		const second = await makeApp({ provider: payingProvider(), dataDir, runs });
		const { state, error, receipt } = await ending(second, id);
		expect(error?.message).toMatch(/2 of 5 parts had ended, 3 stopped\./);
		expect(receipt?.reason).toBe('budget');
		expect(state.parts.map(({ status }) => status)).toEqual([
			...['succeeded', 'succeeded', 'cancelled', 'cancelled', 'cancelled']
		]);
	});

	test('BY-08 a part that a person stopped is not said to be stopped by the budget', async () => {
		const app = await appWith({ ...oneByOne, limits: { timeoutMs: 60_000, running: 2 } });
		const { id } = await start(app, 'batch', { ...named('hang', 'a', 'b', 'c', 'hang'), budget: 0.05 });
		const running = await until(app, id, (now) => (now as Batch).state.parts[0]?.status === 'running');
		await app.jobs.cancel('local', (running as Batch).state.parts[0]?.jobId ?? '');
		const { error } = await ending(app, id);
		expect(error?.message).toMatch(/4 of 5 parts had ended, 1 stopped\./);
	});

	test('BY-08 of models without a price it says that the budget may not count them', async () => {
		const app = await appWith();
		const { id } = await start(app, 'batch', { ...named('a'), budget: 1 });
		expect((await ending(app, id)).notices).toMatchObject([
			{ code: 'budget_blind', message: expect.stringMatching(/^There is no price for fake-1 here/) }
		]);
	});

	test('CX-05 CX-07 CX-08 a cancelled batch keeps the results that were paid for as a file, and nothing beside it', async () => {
		const dataDir = temporaryFolder();
		const app = await appWith(oneByOne, { dataDir });
		const { id } = await start(app, 'batch', named('a', 'hang', 'c'));
		await until(app, id, (now) => (now as Batch).state.parts[1]?.status === 'running' && now.cost.usd === 0.02);
		await app.jobs.cancel('local', id);
		const { status, artifacts, receipt } = await ending(app, id);
		expect(status).toBe('cancelled');
		expect(artifacts).toMatchObject([{ name: 'results.csv', mediaType: 'text/csv' }]);
		expect(receipt?.kept).toEqual(['1 finished part', 'results.csv']);
		const bytes = await app.artifacts.open(await app.queries.artifact('local', id, 'results.csv'));
		const [, ...lines] = Buffer.concat(await Array.fromAsync(bytes))
			.toString()
			.trim()
			.split('\r\n');
		expect(lines.map((line) => line.split(',')[3])).toEqual(['succeeded', 'cancelled', 'cancelled']);
		expect(filesIn(dataPaths(dataDir).artifacts)).toHaveLength(1);
	});

	test('CX-10 what a stopped run leaves may fail: it is still cancelled, and what it cost is known', async () => {
		const leaves = () => {
			throw new Error('no room');
		};
		const runs = { batch: { ...asListed, leaves }, ...runsOf(stepsThat(asking, oneByOne)) };
		const app = await makeApp({ provider: payingProvider(), runs });
		const { id } = await start(app, 'batch', named('a', 'hang'));
		await until(app, id, ({ cost }) => cost.usd === 0.02);
		await app.jobs.cancel('local', id);
		const { status, receipt, artifacts } = await ending(app, id);
		expect(status).toBe('cancelled');
		expect(receipt).toMatchObject({ reason: 'user', cost: { usd: 0.02, known: true } });
		expect(artifacts).toEqual([]);
	});

	test('CX-05 a batch that was cancelled before anything began leaves no file', async () => {
		const app = await appWith(oneByOne, { env: { HEADWAY_MAX_RUNNING: '1' } });
		const busy = await start(app, 'steps', { name: 'hang' });
		const { id } = await start(app, 'batch', named('a'));
		await app.jobs.cancel('local', id);
		expect(await ending(app, id)).toMatchObject({ status: 'cancelled', artifacts: [] });
		await app.jobs.cancel('local', busy.id);
	});
});

function filesIn(folder: string): string[] {
	const names = readdirSync(folder, { recursive: true }) as string[];
	return names.filter((name) => statSync(join(folder, name)).isFile());
}
