import { describe, expect, test } from 'vitest';
import { HeadwayError } from '$lib/jobs/error.ts';
import type { JobEvent } from '$lib/jobs/event.ts';
import type { App } from '$lib/server/app.ts';
import { openDb } from '$lib/server/db/open.ts';
import { jobs } from '$lib/server/db/schema.ts';
import { dataPaths } from '$lib/server/config.ts';
import { allEvents, ended, makeApp, runsOf, start, temporaryFolder, until } from '../../support/app.ts';
import { settle } from '../../support/fake-clock.ts';
import { askingSteps, Gate, stepsThat, untilStopped } from '../../support/operations.ts';
import { created, ended as providerEnded, FakeProvider, outcome, type Step } from './fake-provider.ts';

const resumable = { can: { finishNow: false, resumable: true, repeatable: false } };
const text = (cursor: number, words: string): Step => ({ cursor, type: 'text', itemId: 'm', part: 0, text: words });
const done = (cursor: number, words: string) => providerEnded(cursor, outcome('completed', { text: words }));
const runIn = (dataDir: string, provider: FakeProvider, run = askingSteps(resumable)) =>
	makeApp({ dataDir, provider, runs: runsOf(run) });

/** Says that the job runs in a process of this machine that is gone, as a `kill -9` leaves it. */
function asKilled(dataDir: string, patch: Partial<typeof jobs.$inferInsert> = {}): void {
	const { db, close } = openDb(dataPaths(dataDir).database);
	db.update(jobs)
		.set({
			status: 'running',
			endedAt: null,
			snapshot: null,
			errorCode: null,
			leaseUntil: Date.now() + 14_000,
			...patch
		})
		.run();
	close();
}

function expectContiguous(events: readonly JobEvent[]): void {
	expect(events.map(({ seq }) => seq)).toEqual(events.map((_, index) => index + 1));
}

/** Starts a job, lets it come to where the provider is silent, and shuts the app down. */
async function interrupted(
	provider: FakeProvider,
	arrived: (app: App, id: string) => Promise<unknown>,
	run = askingSteps(resumable)
) {
	const dataDir = temporaryFolder();
	const app = await runIn(dataDir, provider, run);
	const { id } = await start(app, 'steps', {});
	await arrived(app, id);
	await app.close();
	return { dataDir, id };
}

const hasText = (app: App, id: string) => until(app, id, ({ content }) => content.report !== undefined);

describe('after a shutdown', () => {
	test('RS-13 BY-01 TS-21 a run with a response id is adopted: it goes on from its cursor, with one create in all', async () => {
		const first = new FakeProvider([created(0), text(1, 'one '), 'silence']);
		const { dataDir, id } = await interrupted(first, hasText);
		expect(first.calls).toEqual(['create']);
		const second = new FakeProvider([], [text(2, 'two'), done(3, 'one two')]);
		const app = await runIn(dataDir, second);
		const snapshot = await ended(app, id);
		expect(second.calls).toEqual(['resume 1']);
		expect(snapshot).toMatchObject({ status: 'succeeded', content: { report: 'one two' }, result: { sum: 7 } });
		const events = await allEvents(app, id);
		expectContiguous(events);
		expect(events.filter(({ type }) => type === 'started').map(({ data }) => data)).toMatchObject([
			{ epoch: 1, adopted: false },
			{ epoch: 2, adopted: true }
		]);
		expect(snapshot.notices).toMatchObject([{ code: 'reconnected' }]);
		// One interruption, though both the process and the provider's stream were lost by it.
		const metrics = await app.metrics.registry.metrics();
		expect(metrics).toContain('headway_interruptions_total{of="process"} 1');
		expect(metrics).toContain('headway_interruptions_total{of="provider"} 0');
	});

	test('CX-06 a shutdown does not cancel what can be adopted', async () => {
		const provider = new FakeProvider([created(0), text(1, 'one '), 'silence']);
		await interrupted(provider, hasText);
		expect(provider.count('cancel')).toBe(0);
		expect(provider.signals[0]?.aborted).toBe(true);
	});

	test('CX-11 a run that cannot be adopted ends as interrupted, by the shutdown, with what it had', async () => {
		const provider = new FakeProvider([created(0), text(1, 'one '), 'silence']);
		const { dataDir, id } = await interrupted(provider, hasText, askingSteps());
		expect(provider.count('cancel')).toBe(1);
		const app = await runIn(dataDir, new FakeProvider(), askingSteps());
		const snapshot = await app.jobs.snapshot('local', id);
		expect(snapshot).toMatchObject({
			status: 'failed',
			error: { code: 'interrupted', retryable: true },
			receipt: { reason: 'shutdown' },
			content: { report: 'one ' }
		});
	});

	test('BY-01 a run that costs nothing to repeat starts again', async () => {
		const repeatable = { can: { finishNow: false, resumable: false, repeatable: true } };
		const waits = stepsThat((ctx) => untilStopped(ctx.signal), repeatable);
		const runs = (app: App, jobId: string) => until(app, jobId, ({ status }) => status === 'running');
		const { dataDir, id } = await interrupted(new FakeProvider(), runs, waits);
		const app = await runIn(
			dataDir,
			new FakeProvider(),
			stepsThat(async () => ({ sum: 2 }), repeatable)
		);
		expect(await ended(app, id)).toMatchObject({ status: 'succeeded', result: { sum: 2 } });
		expectContiguous(await allEvents(app, id));
	});

	test('CX-03 a cancel that was asked for before the process was lost is carried out after', async () => {
		const first = new FakeProvider([created(0), text(1, 'one '), 'silence']);
		const { dataDir, id } = await interrupted(first, hasText);
		asKilled(dataDir, { cancelRequestedAt: Date.now(), cancelReason: 'user' });
		const second = new FakeProvider();
		const app = await runIn(dataDir, second);
		expect(await ended(app, id)).toMatchObject({
			status: 'cancelled',
			receipt: { reason: 'user', provider: 'confirmed' }
		});
		expect(second.calls).toEqual(['cancel']);
	});
});

describe('after a kill', () => {
	test('BY-02 before a create leaves, the job says that it does; before anything is shown, it knows the response', async () => {
		const states: unknown[] = [];
		const look = async () => {
			const [row] = (await app.queries.list('local', {})).rows;
			states.push([row?.providerState, row?.responseId ?? null]);
		};
		const known = created(0);
		const provider = new FakeProvider([look, known, look, done(1, 'one')]);
		const app = await runIn(temporaryFolder(), provider);
		await ended(app, (await start(app, 'steps', {})).id);
		expect(states).toEqual([
			['creating', null],
			['created', (known as { responseId: string }).responseId]
		]);
	});

	test('BY-02 a create whose answer was lost is an unknown outcome, and is not repeated', async () => {
		const first = new FakeProvider([created(0), text(1, 'one '), 'silence']);
		const { dataDir, id } = await interrupted(first, hasText);
		asKilled(dataDir, { providerState: 'creating', responseId: null, runner: 'elsewhere:1:x', leaseUntil: 0 });
		const second = new FakeProvider();
		const app = await runIn(dataDir, second);
		const snapshot = await ended(app, id);
		expect(snapshot).toMatchObject({
			status: 'failed',
			error: { code: 'unknown_outcome' },
			cost: { usd: null, known: false },
			content: { report: 'one ' }
		});
		expect(snapshot.error?.message).toMatch(/may be billed/);
		expect(second.calls).toEqual([]);
	});

	test('BY-02 an unknown outcome says what may have been billed, whether the process was lost or only the answer', async () => {
		const dataDir = temporaryFolder();
		const lost = new HeadwayError('unknown_outcome', 'No answer. It may be billed.');
		const messageOf = async (app: App) => {
			const { error, cost } = await ended(app, (await start(app, 'steps', {})).id);
			expect(cost.known).toBe(false);
			return error?.message;
		};
		const before = await runIn(dataDir, new FakeProvider([lost]));
		expect(await messageOf(before)).toMatch(/may be billed\. How much is not known: no run like it/);
		await before.close();
		const app = await runIn(dataDir, new FakeProvider([created(0), done(1, 'one')]));
		await ended(app, (await start(app, 'steps', {})).id);
		await app.close();
		const after = await runIn(dataDir, new FakeProvider([lost]));
		expect(await messageOf(after)).toMatch(/may be billed\. Runs like it have cost up to \$0\.02 here\.$/);
		await after.close();
		const standing = new FakeProvider([() => new Promise<never>(() => undefined)]);
		const hung = await runIn(dataDir, standing);
		const { id } = await start(hung, 'steps', {});
		await expect.poll(() => standing.count('create')).toBe(1);
		const next = await runIn(dataDir, new FakeProvider());
		expect((await ended(next, id)).error?.message).toMatch(
			/may be billed\. Runs like it have cost up to \$0\.02 here\.$/
		);
	});

	test('BY-01 a run that cannot be taken up ends as interrupted, and is not left running for ever', async () => {
		const { dataDir, id } = await interrupted(new FakeProvider([created(0), text(1, 'one '), 'silence']), hasText);
		asKilled(dataDir, { runner: 'elsewhere:1:x', leaseUntil: 0 });
		const second = new FakeProvider();
		const app = await runIn(dataDir, second, askingSteps());
		expect(await ended(app, id)).toMatchObject({
			status: 'failed',
			error: { code: 'interrupted', retryable: true },
			content: { report: 'one ' }
		});
		expect(second.calls).toEqual([]);
		expectContiguous(await allEvents(app, id));
	});

	test('BY-01 a job of an operation that is gone ends with a sentence', async () => {
		const { dataDir, id } = await interrupted(new FakeProvider([created(0), text(1, 'one '), 'silence']), hasText);
		asKilled(dataDir, { runner: 'elsewhere:1:x', leaseUntil: 0 });
		const app = await makeApp({ dataDir, provider: new FakeProvider(), runs: runsOf(askingSteps({ id: 'other' })) });
		expect(await ended(app, id)).toMatchObject({ status: 'failed', error: { code: 'unknown_operation' } });
	});

	test('BY-01 a job whose provider is not configured any more ends with a sentence', async () => {
		const { dataDir, id } = await interrupted(new FakeProvider([created(0), text(1, 'one '), 'silence']), hasText);
		asKilled(dataDir, { runner: 'elsewhere:1:x', leaseUntil: 0, provider: 'another' });
		const app = await runIn(dataDir, new FakeProvider());
		const snapshot = await ended(app, id);
		expect(snapshot).toMatchObject({ status: 'failed', error: { code: 'provider_unreachable' } });
		expect(snapshot.error?.message).toContain('"another"');
	});

	test('BY-01 the lease of a live process elsewhere is not broken', async () => {
		const { dataDir, id } = await interrupted(new FakeProvider([created(0), text(1, 'one '), 'silence']), hasText);
		asKilled(dataDir, { runner: 'elsewhere:1:x' });
		const second = new FakeProvider();
		const app = await runIn(dataDir, second);
		// Whoever claims takes orphans first: another job that ran to its end says that this one was passed over.
		const other = await start(app, 'steps', {});
		await until(app, other.id, ({ responseId }) => responseId !== null);
		expect(await app.queries.get('local', id)).toMatchObject({ status: 'running', epoch: 1, runner: 'elsewhere:1:x' });
	});
});

describe('a run that lost its lease', () => {
	test('BY-01 writes nothing more, cancels nothing and ends nothing: the other goes on alone', async () => {
		const dataDir = temporaryFolder();
		const speak = new Gate();
		const first = new FakeProvider([
			created(0),
			text(1, 'one '),
			() => speak.passed,
			text(2, 'lost words'),
			done(3, 'lost words')
		]);
		const second = new FakeProvider([], [text(2, 'two'), 'silence']);
		const a = await runIn(dataDir, first);
		const { id } = await start(a, 'steps', {});
		await hasText(a, id);
		const b = await runIn(dataDir, second);
		await until(b, id, ({ content }) => content.report === 'one two');
		speak.open();
		await expect.poll(() => a.runner.running).toBe(0);
		await settle();
		expect(first.count('cancel')).toBe(0);
		expect(await b.jobs.snapshot('local', id)).toMatchObject({ status: 'running', content: { report: 'one two' } });
		await b.jobs.cancel('local', id);
		const events = await allEvents(b, id);
		expectContiguous(events);
		expect(JSON.stringify(events)).not.toContain('lost words');
		expect(events.filter(({ type }) => type === 'cancelled')).toHaveLength(1);
	});
});
