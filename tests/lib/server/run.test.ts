import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import type { JobEvent } from '$lib/jobs/event.ts';
import type { OperationRun } from '$lib/operations/operation.ts';
import type { AppOptions } from '$lib/server/app.ts';
import { allEvents, ended, makeApp, runsOf, start, until } from '../../support/app.ts';
import { drive, FakeClock, settle } from '../../support/fake-clock.ts';
import { jobKey } from '$lib/server/bell.ts';
import { GROUP_MS } from '$lib/server/event-writer.ts';
import { askingSteps, Gate, stepsThat, untilStopped, type StepsContext } from '../../support/operations.ts';
import { created, ended as providerEnded, FakeProvider, hungUp, outcome } from './fake-provider.ts';

async function appWith(run: OperationRun, options: Partial<AppOptions> & { env?: Record<string, string> } = {}) {
	return makeApp({ provider: new FakeProvider(), runs: runsOf(run), ...options });
}

/** Runs an operation to its end. */
async function runOf(work: (ctx: StepsContext) => Promise<{ sum: number }>, different = {}, options = {}) {
	const app = await appWith(stepsThat(work, different));
	const { id } = await start(app, 'steps', {}, options);
	return { app, id, snapshot: await ended(app, id) };
}

const types = (events: readonly JobEvent[]) => events.map(({ type }) => type);

describe('a run', () => {
	test('RS-05 OP-02 what an operation says is in the log, in order, between queued and done', async () => {
		const { app, id, snapshot } = await runOf(async (ctx) => {
			ctx.phase('first');
			ctx.emit('note', { text: 'a' });
			ctx.content('report', 'one ');
			ctx.phase('second');
			ctx.content('report', 'two');
			ctx.notice('warning', 'careful', 'Mind the step.');
			ctx.usage(
				{ inputTokens: 1, cachedTokens: null, outputTokens: 2, reasoningTokens: null, searches: null },
				{ usd: 0.5, known: false }
			);
			await ctx.artifact({ name: 'a.txt', mediaType: 'text/plain', bytes: 'x' });
			return { sum: 3 };
		});
		const events = await allEvents(app, id);
		expect(types(events)).toEqual([
			'queued',
			'started',
			'phase',
			'note',
			'content',
			'phase',
			'content',
			'notice',
			'usage',
			'artifact',
			'done'
		]);
		expect(events.map(({ seq }) => seq)).toEqual(events.map((_, index) => index + 1));
		expect(snapshot).toMatchObject({
			status: 'succeeded',
			result: { sum: 3 },
			content: { report: 'one two' },
			state: { notes: ['a'] }
		});
		expect(snapshot.artifacts.map(({ name }) => name)).toEqual(['a.txt']);
	});

	test('RS-05 a result that its schema refuses ends the job as invalid_result', async () => {
		const { snapshot } = await runOf(async () => ({ sum: 'three' }) as unknown as { sum: number });
		expect(snapshot).toMatchObject({
			status: 'failed',
			result: null,
			error: { code: 'invalid_result', retryable: true }
		});
	});

	const circle: { sum: unknown } = { sum: null };
	circle.sum = circle;
	test.each([
		['a circle', circle],
		['a bigint', 10n]
	])(
		'RS-05 BY-01 a result that JSON cannot hold (%s) ends the job as invalid_result, in its first epoch',
		async (_, sum) => {
			const { app, id, snapshot } = await runOf(async () => ({ sum }) as unknown as { sum: number }, {
				result: z.object({ sum: z.any() })
			});
			expect(snapshot).toMatchObject({ status: 'failed', result: null, error: { code: 'invalid_result' } });
			expect((await app.queries.get('local', id)).epoch).toBe(1);
		}
	);

	test('RS-06 facts that JSON cannot hold fail the run, and the disk is not blamed for it', async () => {
		const { snapshot } = await runOf(async (ctx) => {
			const none = { cachedTokens: null, outputTokens: null, reasoningTokens: null, searches: null };
			ctx.usage({ ...none, inputTokens: 10n as unknown as number }, { usd: null, known: false });
			return untilStopped(ctx.signal);
		});
		expect(snapshot).toMatchObject({ status: 'failed', error: { code: 'internal' }, receipt: { reason: 'error' } });
	});

	test.each([
		['whatever it threw', {}, circle],
		[
			'whatever breaks while it is reckoned up',
			{
				keptOf() {
					throw new Error('no count');
				}
			},
			new Error('gone wrong')
		]
	])('RS-06 BY-01 a run ends, and is not found and run once more: %s', async (_, different, thrown) => {
		const { app, id, snapshot } = await runOf(async () => {
			throw thrown;
		}, different);
		expect(snapshot).toMatchObject({ status: 'failed', error: { code: 'internal' } });
		expect((await app.queries.get('local', id)).epoch).toBe(1);
	});

	test('RS-06 CX-11 an operation that throws fails with a sentence, never with its raw error', async () => {
		const { snapshot } = await runOf(async () => {
			throw new TypeError('undefined is not a secret-key-123');
		});
		expect(snapshot).toMatchObject({ status: 'failed', error: { code: 'internal' }, receipt: { reason: 'error' } });
		expect(JSON.stringify(snapshot)).not.toContain('secret-key-123');
	});

	test('RS-06 a run whose events cannot be stored fails, and says so', async () => {
		const { snapshot } = await runOf(async (ctx) => {
			ctx.emit('note', { text: 'x', circle: undefined } as { text: string });
			await ctx.artifact({ name: 'x', mediaType: 'text/plain', bytes: 'x' });
			throw Object.assign(new Error('disk'), { code: 'SQLITE_FULL' });
		});
		expect(snapshot.error?.code).toBe('unavailable');
	});

	test('OP-06 without streaming the provider is asked for the result in one piece, and the operation knows', async () => {
		const provider = new FakeProvider([created(), providerEnded(null, outcome('completed', { text: 'Done.' }))]);
		const app = await appWith(askingSteps(), { provider });
		for (const stream of [false, true]) await ended(app, (await start(app, 'steps', {}, { stream })).id);
		expect(provider.requests.map(({ stream }) => stream)).toEqual([false, true]);
		const { snapshot } = await runOf(async (ctx) => ({ sum: ctx.streaming ? 1 : 0 }), {}, { stream: false });
		expect(snapshot.result).toEqual({ sum: 0 });
	});

	test('BY-01 the create carries the job’s id, and happens once', async () => {
		const provider = new FakeProvider([created(), providerEnded(1)]);
		const app = await appWith(askingSteps(), { provider });
		const { id } = await start(app, 'steps', {});
		await ended(app, id);
		expect(provider.requests).toMatchObject([{ metadata: { job_id: id }, background: true, model: 'fake-1' }]);
	});

	test('OP-02 a question waits for its answer, which is parsed by its schema', async () => {
		const run = stepsThat(async (ctx) => ({ sum: await ctx.ask('how-many', 'How many?', z.number()) }));
		const app = await appWith(run);
		const { id } = await start(app, 'steps', {});
		await until(app, id, ({ question }) => question?.questionId === 'how-many');
		await expect(app.jobs.answer('local', id, 'another', 4)).rejects.toMatchObject({ code: 'conflict' });
		await app.jobs.answer('local', id, 'how-many', 4);
		expect(await ended(app, id)).toMatchObject({ status: 'succeeded', result: { sum: 4 }, question: null });
	});

	test('OP-01 finish now reaches the operation, and is refused where it cannot', async () => {
		const finishes = stepsThat(async (ctx) => {
			ctx.phase('first');
			await untilStopped(AbortSignal.any([ctx.finishing, ctx.signal])).catch(() => undefined);
			return { sum: 9 };
		});
		const app = await appWith(finishes);
		const { id } = await start(app, 'steps', {});
		await until(app, id, ({ phase }) => phase === 'first');
		await app.jobs.finish('local', id);
		expect(await ended(app, id)).toMatchObject({ status: 'succeeded', result: { sum: 9 } });
		const stubborn = await appWith(
			stepsThat((ctx) => untilStopped(ctx.signal), { can: { finishNow: false, resumable: false, repeatable: false } })
		);
		const other = await start(stubborn, 'steps', {});
		await expect(stubborn.jobs.finish('local', other.id)).rejects.toMatchObject({ code: 'not_supported' });
	});
});

describe('time limits', () => {
	const waits = () => stepsThat((ctx) => untilStopped(ctx.signal));

	test.each([
		['the operation’s own', {}, {}, 600_000],
		['the configuration’s', { HEADWAY_TIME_LIMITS: 'steps=90s' }, {}, 90_000],
		['this run’s', {}, { timeLimit: 5 }, 5_000],
		['the lower of both', { HEADWAY_TIME_LIMITS: 'steps=90s' }, { timeLimit: 200 }, 90_000]
	])('OP-07 CX-11 %s limit ends the job in its time with a clear error', async (_, env, options, limitMs) => {
		const clock = new FakeClock();
		const app = await appWith(waits(), { clock, env: env as Record<string, string> });
		const { id } = await start(app, 'steps', {}, options);
		await until(app, id, ({ status }) => status === 'running');
		await clock.advance(limitMs - 1);
		expect((await app.jobs.snapshot('local', id)).status).toBe('running');
		const over = ended(app, id);
		await clock.advance(1);
		expect(await over).toMatchObject({
			status: 'failed',
			error: { code: 'timeout' },
			receipt: { reason: 'timeout' },
			elapsedMs: limitMs
		});
		expect((await over).error?.message).toMatch(/time limit/);
	});

	test('OP-07 CX-06 a limit cancels at the provider as a person would', async () => {
		const clock = new FakeClock();
		const provider = new FakeProvider();
		const app = await appWith(askingSteps(), { clock, provider });
		const { id } = await start(app, 'steps', {}, { timeLimit: 5 });
		await until(app, id, ({ responseId }) => responseId !== null);
		const snapshot = await drive(clock, ended(app, id));
		expect(snapshot.receipt).toMatchObject({ reason: 'timeout', provider: 'confirmed' });
		expect(provider.signals[0]?.aborted).toBe(true);
	});
});

describe('cleaning up', () => {
	test('CX-05 BY-05 deferred cleanups run in reverse order, also when one throws; the receipt says which', async () => {
		const order: string[] = [];
		const { snapshot } = await runOf(async (ctx) => {
			ctx.defer('a', () => void order.push('a'));
			ctx.defer('b', async () => {
				order.push('b');
				throw new Error('stuck');
			});
			ctx.defer('c', async () => void order.push('c'));
			throw new Error('no');
		});
		expect(order).toEqual(['c', 'b', 'a']);
		expect(snapshot.receipt?.cleanedUp).toEqual([
			{ what: 'c', ok: true },
			{ what: 'b', ok: false },
			{ what: 'a', ok: true }
		]);
	});

	test('CX-05 they run after a success too, once', async () => {
		const order: string[] = [];
		const { snapshot } = await runOf(async (ctx) => {
			ctx.defer('a', () => void order.push('a'));
			return { sum: 1 };
		});
		expect([snapshot.status, order]).toEqual(['succeeded', ['a']]);
	});

	test('BY-05 one that hangs does not keep the others from running, nor the receipt past 10 s', async () => {
		const clock = new FakeClock();
		const order: string[] = [];
		const run = stepsThat(async (ctx) => {
			ctx.defer('last', () => void order.push('last'));
			ctx.defer('hangs', () => new Promise<void>(() => undefined));
			ctx.defer('first', () => void order.push('first'));
			ctx.phase('first');
			return untilStopped(ctx.signal);
		});
		const app = await appWith(run, { clock });
		const { id } = await start(app, 'steps', {});
		await clock.advance(GROUP_MS);
		await until(app, id, ({ phase }) => phase === 'first');
		const asked = clock.now();
		await app.jobs.cancel('local', id);
		const { receipt } = await drive(clock, ended(app, id));
		expect(clock.now() - asked).toBe(10_000);
		expect(order).toEqual(['first', 'last']);
		expect(receipt?.cleanedUp.slice(0, 2)).toEqual([
			{ what: 'first', ok: true },
			{ what: 'hangs', ok: false }
		]);
	});
});

describe('an operation that ignores its signal', () => {
	/** Cancels a run that does not care, moves the clock until the job has ended, and lets the run speak again. */
	async function leftBehind(late: (ctx: StepsContext) => void | Promise<void>, provider = new FakeProvider()) {
		const clock = new FakeClock();
		const [deaf, over] = [new Gate(), new Gate()];
		const run = stepsThat(async (ctx) => {
			ctx.phase('first');
			void provider.calls;
			await deaf.passed;
			await Promise.resolve(late(ctx)).catch(() => undefined);
			over.open();
			return { sum: 1 };
		});
		const app = await appWith(run, { clock, provider });
		const { id } = await start(app, 'steps', {});
		await clock.advance(GROUP_MS);
		await until(app, id, ({ phase }) => phase === 'first');
		const asked = clock.now();
		await app.jobs.cancel('local', id);
		const snapshot = await drive(clock, ended(app, id));
		const took = clock.now() - asked;
		const before = await allEvents(app, id);
		const woken: string[] = [];
		const watching = new AbortController();
		const listener = app.bell.listen([jobKey(id)]);
		void listener.next(watching.signal).then(() => !watching.signal.aborted && woken.push('late'));
		deaf.open();
		await over.passed;
		await clock.advance(1_000);
		watching.abort();
		listener.close();
		return { app, id, snapshot, took, woken, before, after: await allEvents(app, id) };
	}

	test('CX-04 CX-09 is left behind, and the job ends within 10 s', async () => {
		const { snapshot, took } = await leftBehind(() => undefined);
		expect(snapshot).toMatchObject({ status: 'cancelled', receipt: { reason: 'user' } });
		expect(took).toBeLessThanOrEqual(10_000);
	});

	test('CX-14 what it still says is refused: the log ends with the end', async () => {
		const { before, after, app, id } = await leftBehind(async (ctx) => {
			ctx.emit('note', { text: 'late' });
			ctx.content('report', 'late');
			ctx.phase('third');
			await ctx.artifact({ name: 'late.txt', mediaType: 'text/plain', bytes: 'late' });
		});
		expect(after).toEqual(before);
		expect((await app.jobs.snapshot('local', id)).status).toBe('cancelled');
		await expect(app.queries.artifact('local', id, 'late.txt')).rejects.toMatchObject({ code: 'not_found' });
	});

	test('CX-14 what it still shows is shown to nobody, and held for nobody', async () => {
		const { woken, snapshot } = await leftBehind((ctx) => {
			ctx.transient('preview', { index: 9 });
			ctx.activity('late');
			ctx.progress(1, 'measured');
			ctx.phase('third');
		});
		expect(snapshot.status).toBe('cancelled');
		expect(woken).toEqual([]);
	});

	test('CX-04 CX-06 the provider is told to stop at once, not when the operation is given up', async () => {
		const clock = new FakeClock();
		const provider = new FakeProvider([created(), 'silence']);
		let cancelledAt = Infinity;
		provider.onCancel = async () => {
			cancelledAt = clock.now();
			return { provider: 'confirmed', outcome: outcome('cancelled') };
		};
		const run = stepsThat(async (ctx) => {
			void (async () => {
				for await (const event of ctx.provider.respond({ input: 'x' })) if (event.type === 'text') return;
			})().catch(() => undefined);
			await new Promise(() => undefined);
			return { sum: 1 };
		});
		const app = await appWith(run, { clock, provider });
		const { id } = await start(app, 'steps', {});
		await clock.advance(GROUP_MS);
		await until(app, id, ({ responseId }) => responseId !== null);
		const asked = clock.now();
		await app.jobs.cancel('local', id);
		await settle();
		expect(provider.signals[0]?.aborted).toBe(true);
		await drive(clock, ended(app, id));
		expect(cancelledAt - asked).toBeLessThanOrEqual(2_000);
	});

	test('BY-05 the receipt comes within 10 s in all, though operation, provider and cleanups all hang', async () => {
		const clock = new FakeClock();
		const provider = new FakeProvider();
		provider.onCancel = (signal) => hungUp(signal);
		provider.onFetch = (signal) => hungUp(signal);
		const run = stepsThat(async (ctx) => {
			ctx.defer('hangs', () => new Promise<void>(() => undefined));
			for await (const event of ctx.provider.respond({ input: 'x' })) if (event.type === 'created') break;
			await new Promise(() => undefined);
			return { sum: 1 };
		});
		const app = await appWith(run, { clock, provider });
		const { id } = await start(app, 'steps', {});
		await clock.advance(GROUP_MS);
		await until(app, id, ({ responseId }) => responseId !== null);
		await settle();
		const asked = clock.now();
		await app.jobs.cancel('local', id);
		const { receipt } = await drive(clock, ended(app, id));
		expect(clock.now() - asked).toBeLessThanOrEqual(10_000);
		expect(receipt).toMatchObject({
			provider: 'unconfirmed',
			cleanedUp: expect.arrayContaining([{ what: 'hangs', ok: false }])
		});
	});
});
