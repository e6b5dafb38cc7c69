import { describe, expect, test } from 'vitest';
import { HeadwayError } from '$lib/jobs/error.ts';
import type { CancelAnswer } from '$lib/operations/operation.ts';
import type { App } from '$lib/server/app.ts';
import { unsettledOf } from '$lib/server/corrections.ts';
import { allEvents, ended, makeApp, runsOf, start, temporaryFolder, until } from '../../support/app.ts';
import { drive, FakeClock } from '../../support/fake-clock.ts';
import { askingSteps } from '../../support/operations.ts';
import { created, FakeProvider, hungUp, outcome, someUsage } from './fake-provider.ts';

const silent = { usage: null, cost: { usd: null, known: false } };
const unconfirmed: CancelAnswer = { provider: 'unconfirmed', outcome: null };
const resumable = { can: { finishNow: false, resumable: true, repeatable: false } };

/** A job that was cancelled at a provider that does not tell its usage. */
async function cancelled(provider: FakeProvider, clock: FakeClock, dataDir = temporaryFolder()) {
	const app = await makeApp({ provider, clock, dataDir, runs: runsOf(askingSteps(resumable)) });
	const { id } = await start(app, 'steps', {});
	await until(app, id, ({ responseId }) => responseId !== null);
	await app.jobs.cancel('local', id);
	const snapshot = await drive(clock, ended(app, id));
	return { app, id, snapshot, dataDir };
}

/** Resolves once the cost is known, moving the clock. */
async function known(app: App, id: string, clock: FakeClock) {
	for (let steps = 0; steps < 400; steps += 1) {
		const snapshot = await app.jobs.snapshot('local', id);
		if (snapshot.cost.known) return snapshot;
		await clock.advance(1_000);
	}
	throw new Error('the cost never came');
}

describe('a usage that was missing at the end', () => {
	test('CX-10 BY-05 is asked for again and put into the job, its receipt and its statistics once it is told', async () => {
		const clock = new FakeClock();
		const provider = new FakeProvider();
		provider.onCancel = async () => ({ provider: 'confirmed', outcome: outcome('cancelled', silent) });
		provider.onFetch = async () => outcome('cancelled', silent);
		const { app, id, snapshot } = await cancelled(provider, clock);
		expect(snapshot.receipt).toMatchObject({ provider: 'confirmed', cost: { usd: null, known: false }, usage: null });
		provider.onFetch = async () => outcome('cancelled', { cost: { usd: 0.07, known: true } });
		const later = await known(app, id, clock);
		expect(later).toMatchObject({
			...{ status: 'cancelled', cost: { usd: 0.07, known: true }, usage: someUsage, seq: snapshot.seq },
			receipt: { provider: 'confirmed', cost: { usd: 0.07, known: true }, usage: someUsage }
		});
		expect(later.receipt?.settledAt).toBeGreaterThan(later.receipt?.stoppedAt ?? Infinity);
		expect((await app.jobs.list('local', {})).jobs).toMatchObject([{ cost: { usd: 0.07, known: true } }]);
		expect((await allEvents(app, id)).at(-1)?.type).toBe('cancelled');
	});

	test('CX-10 wakes the list of every open page', async () => {
		const clock = new FakeClock();
		const provider = new FakeProvider();
		provider.onCancel = async () => ({ provider: 'confirmed', outcome: outcome('cancelled', silent) });
		provider.onFetch = async () => outcome('cancelled', silent);
		const { app, id } = await cancelled(provider, clock);
		const before = clock.now();
		provider.onFetch = async () => outcome('cancelled');
		await known(app, id, clock);
		expect(await app.jobs.changed('local', before + 1)).toMatchObject([{ id, cost: { usd: 0.02, known: true } }]);
	});

	test('CX-10 that never comes stays said to be unknown, and is not asked for without end', async () => {
		const clock = new FakeClock();
		const provider = new FakeProvider();
		provider.onCancel = async () => ({ provider: 'confirmed', outcome: outcome('cancelled', silent) });
		provider.onFetch = async () => outcome('cancelled', silent);
		const { app, id } = await cancelled(provider, clock);
		await clock.advance(600_000);
		expect((await app.jobs.snapshot('local', id)).receipt).toMatchObject({
			cost: { known: false },
			settledAt: expect.any(Number)
		});
		expect(unsettledOf(await app.queries.get('local', id))).toEqual([]);
		expect(provider.count('fetch')).toBeLessThan(30);
	}, 20_000);

	test('CX-10 of a response that the provider has forgotten is given up', async () => {
		const clock = new FakeClock();
		const provider = new FakeProvider();
		provider.onCancel = async () => unconfirmed;
		provider.onFetch = (signal) => hungUp(signal);
		const { app, id } = await cancelled(provider, clock);
		provider.onFetch = async () => Promise.reject(new HeadwayError('provider_gone', 'Gone.'));
		expect(unsettledOf(await app.queries.get('local', id))).toHaveLength(1);
		await clock.advance(10_000);
		expect(unsettledOf(await app.queries.get('local', id))).toEqual([]);
		expect((await app.jobs.snapshot('local', id)).cost).toEqual({ usd: null, known: false });
	});

	test('CX-10 BY-01 is asked for by the next process too', async () => {
		const clock = new FakeClock();
		const first = new FakeProvider();
		first.onCancel = async () => ({ provider: 'confirmed', outcome: outcome('cancelled', silent) });
		first.onFetch = async () => outcome('cancelled', silent);
		const { app, id, dataDir } = await cancelled(first, clock);
		await app.close();
		const second = new FakeProvider();
		second.onFetch = async () => outcome('cancelled', { cost: { usd: 0.05, known: true } });
		const next = await makeApp({ provider: second, clock, dataDir, runs: runsOf(askingSteps(resumable)) });
		expect((await known(next, id, clock)).cost).toEqual({ usd: 0.05, known: true });
		expect(second.calls).toEqual(['fetch']);
	});
});

describe('a cancel that the provider did not confirm', () => {
	test('BY-05 CX-06 is tried again until it says that the response has ended, and the receipt then says so', async () => {
		const clock = new FakeClock();
		const provider = new FakeProvider();
		provider.onCancel = async () => unconfirmed;
		provider.onFetch = async () => outcome('in_progress', silent);
		const { app, id, snapshot } = await cancelled(provider, clock);
		expect(snapshot.receipt).toMatchObject({ provider: 'unconfirmed', acknowledgedAt: null });
		const before = provider.count('cancel');
		await clock.advance(30_000);
		expect(provider.count('cancel')).toBeGreaterThan(before);
		expect((await app.jobs.snapshot('local', id)).receipt?.provider).toBe('unconfirmed');
		provider.onCancel = async () => ({ provider: 'confirmed', outcome: outcome('cancelled') });
		expect((await known(app, id, clock)).receipt).toMatchObject({
			...{ provider: 'confirmed', acknowledgedAt: expect.any(Number), cost: { usd: 0.02, known: true } }
		});
	});

	test('CX-06 CX-10 a response that a lost process left behind is stopped, and its cost is added', async () => {
		const dataDir = temporaryFolder();
		const first = await makeApp({ dataDir, provider: new FakeProvider(), runs: runsOf(askingSteps(resumable)) });
		const { id } = await start(first, 'steps', {});
		await until(first, id, ({ responseId }) => responseId !== null);
		await first.close();

		const clock = new FakeClock(Date.now());
		const provider = new FakeProvider();
		provider.onFetch = async () => outcome('in_progress', silent);
		const app = await makeApp({ dataDir, clock, provider, runs: runsOf(askingSteps()) });
		expect(await drive(clock, ended(app, id))).toMatchObject({
			error: { code: 'interrupted' },
			cost: { known: false }
		});
		expect((await known(app, id, clock)).cost).toEqual({ usd: 0.02, known: true });
		expect(provider.calls).toEqual(['fetch', 'cancel']);
	});
});

test('CX-10 what a job was a part of costs what its parts turn out to have cost', async () => {
	const clock = new FakeClock();
	const provider = new FakeProvider([created(0), 'silence']);
	provider.onCancel = async () => ({ provider: 'confirmed', outcome: outcome('cancelled', silent) });
	provider.onFetch = async () => outcome('cancelled', silent);
	const { operationRuns } = await import('$lib/operations/index.server.ts');
	const app = await makeApp({ provider, clock, runs: { ...operationRuns(), ...runsOf(askingSteps(resumable)) } });
	const { id } = await start(app, 'batch', { operation: 'steps', inputs: [{ name: 'a' }] });
	await until(app, id, () => provider.count('create') === 1);
	await app.jobs.cancel('local', id);
	expect((await drive(clock, ended(app, id))).cost.known).toBe(false);
	provider.onFetch = async () => outcome('cancelled', { cost: { usd: 0.07, known: true } });
	expect(await known(app, id, clock)).toMatchObject({
		cost: { usd: 0.07, known: true },
		receipt: { cost: { usd: 0.07, known: true } }
	});
});
