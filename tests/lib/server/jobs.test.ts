import { readdirSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { ended, makeApp, runsOf, start, until } from '../../support/app.ts';
import { stepsThat, untilStopped } from '../../support/operations.ts';
import { FakeProvider } from './fake-provider.ts';

const run = stepsThat(async (ctx, { name }) => {
	if (name === 'half') ctx.notice('warning', 'incomplete', 'Half of it is missing.');
	if (name === 'works' || name === 'half') return { sum: 1 };
	ctx.phase('first');
	await ctx.artifact({ name: 'a.txt', mediaType: 'text/plain', bytes: 'x' });
	return untilStopped(ctx.signal);
});
const appOf = (env: Record<string, string> = {}) => makeApp({ provider: new FakeProvider(), runs: runsOf(run), env });
const request = (name: string, facts = {}) => ({ operation: 'steps', input: { name }, ...facts });

describe('requests', () => {
	test.each([
		[{ operation: 'unheard-of', input: {} }, 'unknown_operation', undefined],
		[{ operation: 'toString', input: {} }, 'unknown_operation', undefined],
		[{ operation: 'steps', input: { name: 7 } }, 'invalid_input', 'input.name'],
		[{ operation: 'steps', input: { other: 1 } }, 'invalid_input', 'input'],
		[{ operation: 'steps', input: {}, options: { timeLimit: -1 } }, 'invalid_input', 'options.timeLimit'],
		[{ operation: 'steps', input: { provider: 'elsewhere' } }, 'invalid_input', 'input.provider']
	])('OP-01 %j is refused with %s, and nothing is stored', async (asked, code, path) => {
		const app = await appOf();
		await expect(app.jobs.start('local', asked)).rejects.toMatchObject({ code, ...(path && { fields: [{ path }] }) });
		expect((await app.jobs.list('local', {})).jobs).toEqual([]);
	});

	test('TS-17 over the limit of unfinished jobs a start is refused, saying how long to wait; other owners are free', async () => {
		const app = await appOf({ HEADWAY_MAX_UNFINISHED: '2' });
		for (const name of ['a', 'b']) await start(app, 'steps', { name });
		await expect(app.jobs.start('local', request('c'))).rejects.toMatchObject({
			code: 'limit_reached',
			retryAfter: 10
		});
		await expect(app.jobs.start('other', request('c'))).resolves.toMatchObject({ created: true });
	});

	test('CX-12 TS-17 a start that is repeated with its key finds its job, also at the limit', async () => {
		const app = await appOf({ HEADWAY_MAX_UNFINISHED: '1' });
		const first = await app.jobs.start('local', request('a', { idempotencyKey: 'k' }));
		const again = await app.jobs.start('local', request('a', { idempotencyKey: 'k' }));
		expect([again.created, again.snapshot.id]).toEqual([false, first.snapshot.id]);
	});

	test('OP-08 a queued job says its place', async () => {
		const app = await appOf({ HEADWAY_MAX_RUNNING: '1' });
		await until(app, (await start(app, 'steps', { name: 'a' })).id, ({ phase }) => phase === 'first');
		const queued = [await start(app, 'steps', { name: 'b' }), await start(app, 'steps', { name: 'c' })];
		expect(queued.map(({ status, queuePosition }) => [status, queuePosition])).toEqual([
			['queued', 1],
			['queued', 2]
		]);
	});
});

describe('questions about a job', () => {
	test('OP-06 waiting ends with the job, or when the time is up, or when the caller leaves', async () => {
		const app = await appOf();
		const { id } = await start(app, 'steps', { name: 'works' });
		expect((await app.jobs.wait('local', id, 10_000, new AbortController().signal)).status).toBe('succeeded');
		const waiting = await start(app, 'steps', { name: 'waits' });
		expect((await app.jobs.wait('local', waiting.id, 30, new AbortController().signal)).status).not.toBe('succeeded');
		const listeners = app.bell.size;
		const gone = new AbortController();
		const left = app.jobs.wait('local', waiting.id, 60_000, gone.signal);
		gone.abort();
		expect((await left).id).toBe(waiting.id);
		expect(app.bell.size).toBe(listeners);
	});

	test('RS-06 a list tells a result that is not whole from one that is', async () => {
		const app = await appOf();
		for (const name of ['works', 'half']) await ended(app, (await start(app, 'steps', { name })).id);
		const { jobs } = await app.jobs.list('local', {});
		expect(jobs.map(({ status, incomplete }) => [status, incomplete])).toEqual([
			['succeeded', true],
			['succeeded', false]
		]);
	});

	test('PG-12 PG-08 the snapshot of a running job is as of now', async () => {
		const app = await appOf();
		const { id } = await start(app, 'steps', { name: 'waits' });
		const before = await until(app, id, ({ artifacts }) => artifacts.length === 1);
		const later = await until(app, id, ({ elapsedMs }) => elapsedMs > before.elapsedMs + 500);
		expect(later.serverNow - before.serverNow).toBeGreaterThanOrEqual(500);
		expect(later).toMatchObject({ status: 'running', phase: 'first', progress: { basis: 'estimated' } });
	});

	test('DC-07 every call is confined to its owner', async () => {
		const app = await appOf();
		const { id } = await start(app, 'steps', { name: 'waits' });
		await until(app, id, ({ artifacts }) => artifacts.length === 1);
		const asks = [
			...[() => app.jobs.snapshot('other', id), () => app.jobs.head('other', id), () => app.jobs.cancel('other', id)],
			...[() => app.jobs.finish('other', id), () => app.jobs.retry('other', id), () => app.jobs.remove('other', id)],
			...[() => app.jobs.answer('other', id, 'q', 1), () => app.jobs.wait('other', id, 1, AbortSignal.timeout(10))]
		];
		for (const ask of asks) await expect(ask()).rejects.toMatchObject({ code: 'not_found' });
		expect((await app.jobs.list('other', {})).jobs).toEqual([]);
		expect(await app.jobs.changed('other', 0)).toEqual([]);
		expect((await app.jobs.snapshot('local', id)).status).toBe('running');
	});

	test('CX-12 a retry is a new job with the same input that knows which it repeats; only an ended one can be retried', async () => {
		const app = await appOf();
		const { id } = await start(app, 'steps', { name: 'waits' }, { timeLimit: 100 });
		await until(app, id, ({ phase }) => phase === 'first');
		await expect(app.jobs.retry('local', id)).rejects.toMatchObject({ code: 'conflict' });
		await app.jobs.cancel('local', id);
		await ended(app, id);
		const { snapshot } = await app.jobs.retry('local', id);
		expect(snapshot).toMatchObject({ retryOf: id, input: { name: 'waits' }, options: { timeLimit: 100 } });
		expect(snapshot.id).not.toBe(id);
	});

	test('CX-05 a job that is removed takes its artifacts with it', async () => {
		const app = await appOf();
		const { id } = await start(app, 'steps', { name: 'waits' });
		await until(app, id, ({ artifacts }) => artifacts.length === 1);
		await app.jobs.cancel('local', id);
		await ended(app, id);
		expect(await app.queries.artifact('local', id, 'a.txt')).toMatchObject({ size: 1 });
		await app.jobs.remove('local', id);
		await expect(app.jobs.snapshot('local', id)).rejects.toMatchObject({ code: 'not_found' });
		const left = readdirSync(`${app.config.dataDir}/artifacts`, { recursive: true, withFileTypes: true });
		expect(left.filter((entry) => entry.isFile())).toEqual([]);
	});
});
