import { describe, expect, onTestFinished, test } from 'vitest';
import type { JobEvent } from '$lib/jobs/event.ts';
import type { JobSnapshot } from '$lib/jobs/snapshot.ts';
import type { OperationRun } from '$lib/operations/operation.ts';
import { allEvents, ended, makeApp, runsOf, start } from '../../support/app.ts';
import { FakeClock, settle } from '../../support/fake-clock.ts';
import { Gate, stepsThat, untilStopped } from '../../support/operations.ts';
import { created, FakeProvider } from './fake-provider.ts';

type Tick = { at: number; fraction: number | null; basis: string; state: string; message: string };

/** An app on a clock of the test’s own, one running job, and every tick that its watcher sees. */
async function watched(
	run: OperationRun,
	options: { provider?: FakeProvider; env?: Record<string, string>; dataDir?: string } = {}
) {
	const clock = new FakeClock();
	const app = await makeApp({ provider: new FakeProvider(), runs: runsOf(run), clock, ...options });
	const { id } = await start(app, 'steps', {});
	const ticks: Tick[] = [];
	const note = (event: JobEvent) => {
		if (event.type === 'progress') ticks.push({ at: clock.now(), ...(event.data as Omit<Tick, 'at'>) });
	};
	const watch = { owner: 'local', follow: [{ jobId: id, after: 0 }], feed: false, snapshots: true };
	const gone = new AbortController();
	onTestFinished(() => gone.abort());
	void (async () => {
		for await (const { transients } of app.live.watch(watch, gone.signal)) transients.forEach(note);
	})();
	await settle();
	return { app, id, clock, ticks };
}

const rises = (ticks: readonly Tick[]) =>
	ticks.filter((tick, index) => index === 0 || (tick.fraction ?? 0) > (ticks[index - 1]?.fraction ?? 0));

describe('the bar of a run', () => {
	test('PG-07 over a run of 40 minutes it rises at least every 5 s and never falls', async () => {
		const gates = { second: new Gate(), third: new Gate() };
		const run = stepsThat(
			async (ctx) => {
				ctx.phase('first');
				await Promise.race([gates.second.passed, untilStopped(ctx.signal)]);
				ctx.phase('second');
				ctx.progress(0.3, 'measured');
				await Promise.race([gates.third.passed, untilStopped(ctx.signal)]);
				ctx.phase('third');
				return untilStopped(ctx.signal);
			},
			{ limits: { timeoutMs: 60 * 60_000, running: 4 } }
		);
		const { app, id, clock, ticks } = await watched(run, { env: { HEADWAY_QUIET_AFTER: '86400' } });
		for (const [minutes, gate] of [
			[5, gates.second],
			[15, gates.third],
			[20, null]
		] as const) {
			await clock.advance(minutes * 60_000);
			gate?.open();
			await settle();
		}
		const fractions = ticks.map(({ fraction }) => fraction ?? 0);
		expect(fractions).toEqual(fractions.toSorted((a, b) => a - b));
		const gaps = rises(ticks).map(({ at }, index, all) => at - (all[index - 1]?.at ?? at));
		expect(Math.max(...gaps)).toBeLessThanOrEqual(5_000);
		expect(ticks.length).toBeGreaterThan(400);
		expect(Math.max(...fractions)).toBeLessThan(1);
		await app.jobs.cancel('local', id);
		// Neither the end nor a reload after it falls back to the last event of the log.
		expect((await ended(app, id)).progress.fraction).toBeGreaterThanOrEqual(fractions.at(-2) ?? 1);
	}, 60_000);

	test('BY-04 it is never 1 before success, though everything was counted', async () => {
		const done = new Gate();
		const run = stepsThat(async (ctx) => {
			for (const phase of ['first', 'second', 'third'] as const) {
				ctx.phase(phase);
				ctx.progress(1, 'measured');
			}
			await Promise.race([done.passed, untilStopped(ctx.signal)]);
			return { sum: 1 };
		});
		const { app, id, clock, ticks } = await watched(run);
		await clock.advance(30_000);
		expect(Math.max(...ticks.map(({ fraction }) => fraction ?? 0))).toBeLessThan(1);
		done.open();
		expect((await ended(app, id)).progress).toEqual({ fraction: 1, basis: 'measured' });
	});

	test('OP-09 what an operation counts itself is shown, with its basis, and does not fall', async () => {
		const counts = [new Gate(), new Gate(), new Gate()];
		const run = stepsThat(async (ctx) => {
			ctx.phase('second');
			for (const [index, [fraction, basis]] of (
				[
					[0.5, 'measured'],
					[0.2, 'measured'],
					[0.9, 'estimated']
				] as const
			).entries()) {
				await Promise.race([counts[index]?.passed, untilStopped(ctx.signal)]);
				ctx.progress(fraction, basis);
			}
			return untilStopped(ctx.signal);
		});
		const { clock, ticks } = await watched(run, { env: { HEADWAY_QUIET_AFTER: '86400' } });
		const shown: (Tick | undefined)[] = [];
		for (const gate of counts) {
			gate.open();
			await settle();
			await clock.advance(1_000);
			shown.push(ticks.at(-1));
		}
		// The second of three steps goes from 20 % to 70 %.
		expect(shown[0]?.fraction).toBeCloseTo(0.45, 1);
		expect(shown[0]?.basis).toBe('measured');
		expect(shown[1]?.fraction).toBeGreaterThanOrEqual(shown[0]?.fraction ?? 1);
		expect(shown[2]).toMatchObject({ basis: 'estimated' });
		expect(shown[2]?.fraction).toBeCloseTo(0.65, 1);
	});

	test('PG-07 a reload never falls behind what was shown: the row knows it within a second or so', async () => {
		const run = stepsThat(async (ctx) => {
			ctx.phase('first');
			return untilStopped(ctx.signal);
		});
		const { app, id, clock, ticks } = await watched(run);
		for (let second = 0; second < 30; second += 1) {
			await clock.advance(1_000);
			const before = ticks.findLast(({ at }) => at <= clock.now() - 2_000)?.fraction ?? 0;
			expect((await app.queries.get('local', id)).fraction ?? 0).toBeGreaterThanOrEqual(before);
		}
		expect((await app.queries.get('local', id)).fraction).toBeGreaterThan(0.05);
		const summary = (await app.jobs.list('local', {})).jobs[0];
		expect(summary?.progress.fraction).toBeGreaterThan(0.05);
	});

	test('OP-10 between ticks nothing is written: an idle run leaves the log as it is', async () => {
		const run = stepsThat(async (ctx) => {
			ctx.phase('first');
			return untilStopped(ctx.signal);
		});
		const { app, id, clock } = await watched(run);
		await clock.advance(1_000);
		const { seq } = await app.jobs.snapshot('local', id);
		await clock.advance(60_000);
		expect((await app.jobs.snapshot('local', id)).seq).toBe(seq);
	});

	test('PG-01 going back to an earlier phase changes nothing, and every declared phase is accepted', async () => {
		const run = stepsThat(async (ctx) => {
			for (const phase of ['second', 'first', 'second', 'third', 'first'] as const) ctx.phase(phase);
			return untilStopped(ctx.signal);
		});
		const { app, id, clock } = await watched(run);
		await clock.advance(100);
		const snapshot: JobSnapshot = await app.jobs.snapshot('local', id);
		expect(snapshot.phase).toBe('third');
		expect(snapshot.phases.map(({ status }) => status)).toEqual(['done', 'done', 'current']);
		await app.jobs.cancel('local', id);
		await ended(app, id);
		const entered = (await allEvents(app, id)).filter(({ type }) => type === 'phase');
		expect(entered.map(({ data }) => (data as { phase: string }).phase)).toEqual(['second', 'third']);
	});

	test('BY-12 PG-07 when the provider falls silent the bar stops and says so; when it speaks again it goes on', async () => {
		const speaks = new Gate();
		const more = { cursor: 2, type: 'alive' } as const;
		const provider = new FakeProvider([created(), () => speaks.passed, more, 'silence']);
		const run = stepsThat(async (ctx) => {
			ctx.phase('first');
			for await (const event of ctx.provider.respond({ input: 'x' })) if (event.type === 'ended') break;
			return { sum: 1 };
		});
		const { clock, ticks } = await watched(run, {
			provider,
			env: { HEADWAY_QUIET_AFTER: '10', HEADWAY_IDLE_TIMEOUT: '100' }
		});
		await clock.advance(9_000);
		expect(ticks.at(-1)?.state).toBe('active');
		await clock.advance(6_000);
		const quiet = ticks.at(-1);
		expect(quiet).toMatchObject({ state: 'quiet', message: 'nothing heard from the provider for 15 s' });
		await clock.advance(30_000);
		expect(ticks.at(-1)).toMatchObject({ state: 'quiet', fraction: quiet?.fraction });
		speaks.open();
		await settle();
		await clock.advance(5_000);
		expect(ticks.at(-1)?.state).toBe('active');
		expect(ticks.at(-1)?.fraction).toBeGreaterThan(quiet?.fraction ?? 1);
	});

	test('PG-09 with five past runs there is a range of the time left; with fewer it says so', async () => {
		const quick = stepsThat(async (ctx) => {
			ctx.phase('first');
			return { sum: 1 };
		});
		const clock = new FakeClock();
		const app = await makeApp({ provider: new FakeProvider(), runs: runsOf(quick), clock });
		for (let past = 0; past < 5; past += 1) {
			expect(await app.forecast('local', 'steps', { variant: '' })).toEqual({ low: null, high: null, runs: past });
			await ended(app, (await start(app, 'steps', {})).id);
		}
		expect(await app.forecast('local', 'steps', { variant: '' })).toMatchObject({
			low: expect.any(Number),
			high: expect.any(Number),
			runs: 5
		});
	});
});
