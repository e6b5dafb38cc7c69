import { expect, test } from 'vitest';
import type { JobEvent } from '$lib/jobs/event.ts';
import { formatDuration } from '$lib/jobs/duration.ts';
import type { Frame } from '$lib/server/live/watch.ts';
import { allEvents, ended, makeApp, runsOf, start, temporaryFolder, until } from '../support/app.ts';
import { FakeClock } from '../support/fake-clock.ts';
import { JumpingClock } from '../support/jumping-clock.ts';
import { Gate, stepsThat, untilStopped } from '../support/operations.ts';
import { aJob, makeCore, terms, upTo } from '../lib/server/core.ts';
import { choicesFor, moment } from './seed.ts';

const HOUR = 3_600_000;
const query = { query: 'How does caffeine affect sleep?', depth: 'quick' };
const claimsOf = (events: readonly JobEvent[]) => events.filter(({ type }) => type === 'started').length;

/** What a page is shown of a job while the clock does what it does. */
async function watched(app: Awaited<ReturnType<typeof makeApp>>, id: string, signal: AbortSignal) {
	const shown: { fraction: number; elapsedMs: number }[] = [];
	const watch = { owner: 'local', follow: [{ jobId: id, after: 0 }], feed: false, snapshots: true };
	for await (const { transients } of app.live.watch(watch, signal))
		for (const { type, data } of transients) {
			if (type !== 'progress') continue;
			const { fraction, metadata } = data as { fraction: number | null; metadata: { elapsedMs: number } };
			shown.push({ fraction: fraction ?? 0, elapsedMs: metadata.elapsedMs });
		}
	return shown;
}

test.each([
	['forward', [6 * HOUR]],
	['back', [-6 * HOUR]],
	['to and fro', [3 * HOUR, -7 * HOUR, 2 * HOUR]]
])(
	'BY-01 PG-07 PG-08 a clock set %s in the middle of a research: one run, one create, a bar that never falls, no time below zero',
	async (_, jumps) => {
		const choices = choicesFor('clock');
		const clock = new JumpingClock();
		const app = await makeApp({ clock, env: { HEADWAY_DEMO_PACE: '12' } });
		const { id } = await start(app, 'research', query);
		const shown = watched(app, id, AbortSignal.timeout(25_000));
		for (const by of jumps) {
			await moment(choices.between(500, 1_500));
			clock.jump(by);
			const snapshot = await app.jobs.snapshot('local', id);
			expect(snapshot.elapsedMs).toBeGreaterThanOrEqual(0);
			// The queue is looked at for lost leases each second.
			await moment(1_200);
			const [listed] = (await app.jobs.list('local', {})).jobs;
			expect(listed?.elapsedMs).toBeGreaterThanOrEqual(0);
		}
		const snapshot = await ended(app, id);
		expect(snapshot).toMatchObject({ status: 'succeeded', error: null });
		expect(snapshot.elapsedMs).toBeGreaterThanOrEqual(0);
		expect(formatDuration(snapshot.elapsedMs)).toMatch(/^(\d:)?\d\d:\d\d$/);
		const events = await allEvents(app, id);
		expect(claimsOf(events)).toBe(1);
		expect(events.map(({ seq }) => seq)).toEqual(upTo(events.length));
		const { ledger } = (await (await fetch(app.demo?.controlUrl ?? '')).json()) as {
			ledger: { path: string; method: string }[];
		};
		expect(ledger.filter(({ method, path }) => method === 'POST' && path.endsWith('/responses'))).toHaveLength(1);
		const bars = await shown;
		expect(bars.length).toBeGreaterThan(2);
		expect(bars.map(({ fraction }) => fraction)).toEqual(
			bars.map(({ fraction }) => fraction).toSorted((a, b) => a - b)
		);
		// The run's own time goes on as if nothing had been set.
		expect(bars.every(({ elapsedMs }) => elapsedMs >= 0 && elapsedMs < 60_000)).toBe(true);
		expect((await app.statistics('local')).operations.every(({ medianMs }) => (medianMs ?? 0) >= 0)).toBe(true);
	},
	40_000
);

test.each([
	['forward', 6 * HOUR],
	['back', -6 * HOUR]
])(
	'OP-07 a clock set %s neither brings a time limit early nor puts it off',
	async (_, by) => {
		const clock = new JumpingClock();
		const run = stepsThat(async (ctx) => {
			ctx.phase('first');
			return untilStopped(ctx.signal);
		});
		const app = await makeApp({ clock, runs: runsOf(run) });
		const { id } = await start(app, 'steps', {}, { timeLimit: 4 });
		await until(app, id, ({ phase }) => phase === 'first');
		const began = performance.now();
		await moment(500);
		clock.jump(by);
		const { error } = await ended(app, id);
		expect(error?.code).toBe('timeout');
		const tookMs = performance.now() - began;
		expect(tookMs).toBeGreaterThan(2_500);
		expect(tookMs).toBeLessThan(8_000);
	},
	20_000
);

test.each([
	['forward', 6 * HOUR],
	['back', -6 * HOUR]
])(
	'CX-09 a cancel after the clock was set %s ends with its receipt in time, its cleanups done',
	async (_, by) => {
		const clock = new JumpingClock();
		const go = new Gate();
		const run = stepsThat(async (ctx) => {
			ctx.phase('first');
			ctx.defer('the thing', () => moment(300));
			await go.passed.then(() => untilStopped(ctx.signal));
			return { sum: 1 };
		});
		const app = await makeApp({ clock, runs: runsOf(run) });
		const { id } = await start(app, 'steps', {});
		await until(app, id, ({ phase }) => phase === 'first');
		const began = performance.now();
		await app.jobs.cancel('local', id);
		clock.jump(by);
		go.open();
		const { receipt, status } = await ended(app, id);
		expect(status).toBe('cancelled');
		expect(receipt?.cleanedUp).toContainEqual({ what: 'the thing', ok: true });
		expect(performance.now() - began).toBeLessThan(5_000);
	},
	20_000
);

test.each([
	['forward', 6 * HOUR],
	['back', -6 * HOUR]
])(
	'BY-07 after the clock was set %s the list of jobs still comes at once, and readiness is true',
	async (_, by) => {
		const clock = new JumpingClock();
		const stop = new Gate();
		const app = await makeApp({ clock, runs: runsOf(stepsThat(async () => (await stop.passed, { sum: 1 }))) });
		const gone = new AbortController();
		const frames = app.live.watch({ owner: 'local', follow: [], feed: true, snapshots: true }, gone.signal);
		/** The next list with this job in it. */
		const listWith = async (id: string) => {
			for (let next = await frames.next(); !next.done; next = await frames.next())
				if ((next.value as Frame).feed?.some((job) => job.id === id)) return performance.now();
			throw new Error('the stream ended');
		};
		const before = await start(app, 'steps', {});
		await listWith(before.id);
		clock.jump(by);
		const began = performance.now();
		const after = await start(app, 'steps', { name: 'after' });
		expect((await listWith(after.id)) - began).toBeLessThan(2_000);
		gone.abort();
		stop.open();
		await ended(app, after.id);
	},
	20_000
);

test('BY-01 a lease is neither taken early by its own process nor lost to a clock that was set back', async () => {
	const clock = new FakeClock();
	const core = makeCore({ clock });
	await core.store.enqueue(aJob());
	const row = await core.store.claim(terms());
	await clock.advance(HOUR);
	expect(await core.store.claim(terms({ holds: (id) => id === row?.id }))).toBeNull();
	await core.store.renew(row?.id ?? '', 1, clock.now() + 15_000);
	// Another process, after the clock went back by a day: the lease would end tomorrow.
	const other = makeCore({ clock: new FakeClock(clock.now() - 24 * HOUR), folder: core.folder });
	expect(await other.store.claim(terms({ runner: 'other:1:a' }))).toMatchObject({ id: row?.id, epoch: 2 });
});

test('PG-08 a job that began in what is now the future, before a restart, has no time below zero and comes to its end', async () => {
	const dataDir = temporaryFolder();
	const ahead = new JumpingClock();
	ahead.jump(6 * HOUR);
	const first = await makeApp({ dataDir, clock: ahead, env: { HEADWAY_DEMO_PACE: '12' } });
	const { id } = await start(first, 'research', query);
	await until(first, id, ({ phase }) => phase === 'searching');
	await first.close();
	const second = await makeApp({ dataDir });
	const shown = await watched(second, id, AbortSignal.timeout(20_000));
	const snapshot = await ended(second, id);
	expect(snapshot).toMatchObject({ status: 'succeeded' });
	expect([snapshot.elapsedMs, ...shown.map(({ elapsedMs }) => elapsedMs)].every((ms) => ms >= 0)).toBe(true);
}, 40_000);
