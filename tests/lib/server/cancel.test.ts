import { describe, expect, test } from 'vitest';
import type { JobSnapshot } from '$lib/jobs/snapshot.ts';
import type { OperationRun, ProviderEvent } from '$lib/operations/operation.ts';
import { allEvents, ended, makeApp, runsOf, start, until } from '../../support/app.ts';
import { drive, FakeClock } from '../../support/fake-clock.ts';
import { askingSteps, stepsThat, untilStopped } from '../../support/operations.ts';
import { created, FakeProvider, hungUp, outcome, someUsage, type Step } from './fake-provider.ts';

const web: ProviderEvent = {
	cursor: 1,
	type: 'web',
	itemId: 'w',
	state: 'completed',
	action: { kind: 'search', queries: ['q'], sources: [] }
};
const text: ProviderEvent = { cursor: 2, type: 'text', itemId: 'm', part: 0, text: 'What there is. ' };
const unconfirmed = { provider: 'unconfirmed', outcome: null } as const;

/** A run that has come so far at the provider: its response is known, and nothing of that is still on its way into the log. */
async function running(provider: FakeProvider, phase: string, run: OperationRun = askingSteps(), clock?: FakeClock) {
	return inPhase(
		phase,
		{ provider, runs: runsOf(run), ...(clock && { clock }) },
		({ responseId }) => responseId !== null
	);
}

/** A run that asks no provider. */
async function runningAlone(run: OperationRun, provider = new FakeProvider()) {
	return inPhase('first', { provider, runs: runsOf(run) });
}

async function inPhase(
	phase: string,
	options: Parameters<typeof makeApp>[0],
	holds: (snapshot: JobSnapshot) => boolean = () => true
) {
	const app = await makeApp(options);
	const { id } = await start(app, 'steps', {});
	await until(app, id, (snapshot) => snapshot.phase === phase && holds(snapshot));
	const stop = async (): Promise<JobSnapshot> => {
		await app.jobs.cancel('local', id);
		return ended(app, id);
	};
	return { app, id, stop };
}

describe('cancelling a run', () => {
	test.each([
		['first', []],
		['second', [web]],
		['third', [web, text]]
	])(
		'CX-01 CX-04 CX-06 in the %s phase the stream is closed and the response cancelled',
		async (phase, events: Step[]) => {
			const provider = new FakeProvider([created(), ...events, 'silence']);
			const { stop } = await running(provider, phase);
			const snapshot = await stop();
			expect(provider.signals.map(({ aborted }) => aborted)).toEqual([true]);
			expect(provider.count('cancel')).toBe(1);
			expect(snapshot).toMatchObject({ status: 'cancelled', receipt: { reason: 'user', provider: 'confirmed' } });
		}
	);

	test('CX-04 nineteen times in twenty the provider is asked to stop within 2 s, its stream closed before', async () => {
		const delays: number[] = [];
		for (let sample = 0; sample < 20; sample += 1) {
			const provider = new FakeProvider();
			const { stop } = await running(provider, 'first');
			const asked = Date.now();
			await stop();
			expect(provider.signals[0]?.aborted).toBe(true);
			delays.push((provider.cancelledAt[0] ?? Infinity) - asked);
		}
		expect(delays.toSorted((a, b) => a - b)[18]).toBeLessThan(2_000);
	}, 30_000);

	test('CX-04 polling stops too: the fetch that is on its way is closed, and no other follows', async () => {
		const provider = new FakeProvider([created(0)], []);
		const fetches: AbortSignal[] = [];
		provider.onFetch = async (signal) => {
			fetches.push(signal);
			return provider.count('cancel') > 0 ? outcome('cancelled') : hungUp(signal);
		};
		const { stop } = await running(provider, 'first');
		await expect.poll(() => fetches.length, { timeout: 10_000 }).toBe(1);
		await stop();
		expect(fetches.map(({ aborted }) => aborted)).toEqual([true]);
	}, 20_000);

	test('CX-05 what was made until then stays: events, text and state', async () => {
		const note: ProviderEvent = { cursor: 1, type: 'reasoning', itemId: 'r', index: 0, text: 'a thought' };
		const { app, id, stop } = await running(new FakeProvider([created(), note, text, 'silence']), 'third');
		const snapshot = await stop();
		expect(snapshot).toMatchObject({
			content: { report: 'What there is. ' },
			state: { notes: ['a thought'] },
			receipt: { kept: ['1 notes'] }
		});
		expect((await app.jobs.snapshot('local', id)).content).toEqual({ report: 'What there is. ' });
	});

	test('CX-13 a second cancel, and ten at once, change nothing', async () => {
		const provider = new FakeProvider();
		const { app, id, stop } = await running(provider, 'first');
		await Promise.all(Array.from({ length: 10 }, () => app.jobs.cancel('local', id)));
		const first = await stop();
		const again = await app.jobs.cancel('local', id);
		expect({ ...again, serverNow: 0 }).toEqual({ ...first, serverNow: 0 });
		const types = (await allEvents(app, id)).map(({ type }) => type);
		expect(types.filter((type) => type === 'cancelling')).toHaveLength(1);
		expect(types.filter((type) => type === 'cancelled')).toHaveLength(1);
		expect(provider.count('cancel')).toBe(1);
	});

	test('CX-12 another job can be started right after', async () => {
		const { app, stop } = await running(new FakeProvider(), 'first');
		await stop();
		const { id } = await start(app, 'steps', { name: 'next' });
		expect((await until(app, id, ({ status }) => status === 'running')).title).toBe('next');
	});

	test('CX-03 CX-09 the log says first that it is being cancelled, and last, with the receipt, that it is', async () => {
		const { app, id, stop } = await running(new FakeProvider(), 'first');
		await stop();
		const events = await allEvents(app, id);
		expect(events.map(({ type }) => type).slice(-2)).toEqual(['cancelling', 'cancelled']);
		expect(events.at(-1)?.data).toMatchObject({ reason: 'user', receipt: { cleanedUp: expect.any(Array), kept: [] } });
	});

	test('CX-15 one signal reaches every nested call, with the reason', async () => {
		const reasons: unknown[] = [];
		const nested = async (signal: AbortSignal, depth: number): Promise<never> => {
			const here = depth === 0 ? untilStopped(signal) : nested(signal, depth - 1);
			return here.catch((reason: unknown) => {
				reasons.push(reason);
				throw reason;
			});
		};
		const run = stepsThat(async (ctx) => {
			ctx.phase('first');
			await Promise.all([nested(ctx.signal, 3), nested(AbortSignal.any([ctx.signal]), 2)]);
			return { sum: 1 };
		});
		const { stop } = await runningAlone(run);
		expect((await stop()).status).toBe('cancelled');
		expect(reasons).toEqual(Array.from({ length: 7 }, () => 'user'));
	});
});

describe('the receipt of a cancel', () => {
	test('BY-05 CX-10 confirmed: with the time of the answer, and the usage and cost that it brought', async () => {
		const { stop } = await running(new FakeProvider(), 'first');
		const { receipt, usage, cost } = await stop();
		expect(receipt).toMatchObject({ provider: 'confirmed', usage: someUsage, cost: { usd: 0.02, known: true } });
		expect(receipt?.requestedAt).toBeLessThanOrEqual(receipt?.acknowledgedAt ?? 0);
		expect(receipt?.acknowledgedAt).toBeLessThanOrEqual(receipt?.stoppedAt ?? 0);
		expect({ usage, cost }).toEqual({ usage: someUsage, cost: { usd: 0.02, known: true } });
	});

	test('CX-10 a usage that the cancel did not bring is read after it', async () => {
		const provider = new FakeProvider();
		provider.onCancel = async () => ({
			provider: 'confirmed',
			outcome: outcome('cancelled', { usage: null, cost: { usd: null, known: false } })
		});
		provider.onFetch = async () => outcome('cancelled', { cost: { usd: 0.07, known: true } });
		const { stop } = await running(provider, 'first');
		expect((await stop()).cost).toEqual({ usd: 0.07, known: true });
		expect(provider.calls).toEqual(['create', 'cancel', 'fetch']);
	});

	test('BY-05 already ended: the provider was done before it was asked', async () => {
		const provider = new FakeProvider();
		provider.onCancel = async () => ({ provider: 'already_ended', outcome: outcome('completed') });
		const { stop } = await running(provider, 'first');
		expect((await stop()).receipt).toMatchObject({ provider: 'already_ended', cost: { usd: 0.02, known: true } });
	});

	test('BY-05 already ended: the run knows the end, and the provider is not asked', async () => {
		const provider = new FakeProvider([created(), { cursor: 1, type: 'ended', outcome: outcome('completed') }]);
		const run = stepsThat(async (ctx) => {
			for await (const event of ctx.provider.respond({ input: 'x' })) if (event.type === 'ended') ctx.phase('third');
			return untilStopped(ctx.signal);
		});
		const { stop } = await running(provider, 'third', run);
		expect((await stop()).receipt).toMatchObject({ provider: 'already_ended', usage: someUsage });
		expect(provider.count('cancel')).toBe(0);
	});

	test('BY-05 not needed: nothing was asked of the provider, so nothing was spent', async () => {
		const provider = new FakeProvider();
		const run = stepsThat(async (ctx) => {
			ctx.phase('first');
			return untilStopped(ctx.signal);
		});
		const { stop } = await runningAlone(run, provider);
		expect((await stop()).receipt).toMatchObject({
			provider: 'not_needed',
			acknowledgedAt: null,
			cost: { usd: 0, known: true }
		});
		expect(provider.calls).toEqual([]);
	});

	test.each([
		['answers with an error', async () => Promise.reject(new Error('500'))],
		['does not confirm', async () => unconfirmed],
		['never answers', (signal: AbortSignal) => hungUp(signal)],
		['never answers and ignores its signal', () => new Promise<never>(() => undefined)]
	])('BY-05 unconfirmed: the provider %s, and the job still ends within 10 s', async (_, onCancel) => {
		const provider = new FakeProvider();
		provider.onCancel = onCancel;
		provider.onFetch = (signal) => hungUp(signal);
		const clock = new FakeClock();
		const { stop } = await running(provider, 'first', askingSteps(), clock);
		const asked = clock.now();
		const { status, receipt } = await drive(clock, stop());
		expect(clock.now() - asked).toBeLessThanOrEqual(10_000);
		expect(status).toBe('cancelled');
		expect(receipt).toMatchObject({
			provider: 'unconfirmed',
			acknowledgedAt: null,
			cost: { usd: null, known: false },
			usage: null
		});
	});

	test('BY-05 a cancel that is confirmed at the second try is confirmed', async () => {
		const provider = new FakeProvider();
		provider.onCancel = async () =>
			provider.count('cancel') === 1 ? unconfirmed : { provider: 'confirmed', outcome: outcome('cancelled') };
		const { stop } = await running(provider, 'first');
		expect((await stop()).receipt?.provider).toBe('confirmed');
	});

	test('BY-05 a provider without background mode cannot confirm a stop', async () => {
		const provider = new FakeProvider();
		provider.can = { background: false, webSearch: false, images: true, structured: true, embeddings: true };
		const { stop } = await running(provider, 'first');
		expect((await stop()).receipt?.provider).toBe('unconfirmed');
		expect(provider.signals[0]?.aborted).toBe(true);
	});
});
