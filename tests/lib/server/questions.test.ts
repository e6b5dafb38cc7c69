import { expect, test } from 'vitest';
import { z } from 'zod';
import { HeadwayError } from '$lib/jobs/error.ts';
import { allEvents, ended, makeApp, runsOf, start, temporaryFolder, until } from '../../support/app.ts';
import { FakeClock } from '../../support/fake-clock.ts';
import { stepsThat } from '../../support/operations.ts';

const MINUTE = 60_000;
const resumable = { can: { finishNow: false, resumable: true, repeatable: false } };
const asks = (schema: z.ZodType<number> = z.number()) =>
	stepsThat(async (ctx, { name }) => {
		ctx.phase('first');
		if (name === 'quick') return { sum: 0 };
		return { sum: await ctx.ask('how-many', 'How many?', schema) };
	}, resumable);

test('TS-17 a job that waits for a person holds no slot: another one runs meanwhile', async () => {
	const app = await makeApp({ runs: runsOf(asks()), env: { HEADWAY_MAX_RUNNING: '1' } });
	const asking = await start(app, 'steps', { name: 'asks' });
	expect(await until(app, asking.id, ({ waitingFor }) => waitingFor === 'person')).toMatchObject({ status: 'running' });
	const quick = await start(app, 'steps', { name: 'quick' });
	expect(await ended(app, quick.id)).toMatchObject({ status: 'succeeded' });
	await app.jobs.answer('local', asking.id, 'how-many', 3);
	expect(await ended(app, asking.id)).toMatchObject({ result: { sum: 3 }, waitingFor: null });
});

test('TS-19 a job that was answered goes on before one that has not begun, and not beside one that runs', async () => {
	const order: string[] = [];
	const release = Promise.withResolvers<void>();
	const run = stepsThat(async (ctx, { name }) => {
		if (name === 'asks') await ctx.ask('go', 'Go on?', z.boolean());
		order.push(name);
		if (name === 'holds') await release.promise;
		return { sum: 0 };
	});
	const app = await makeApp({ runs: runsOf(run), env: { HEADWAY_MAX_RUNNING: '1' } });
	const asking = await start(app, 'steps', { name: 'asks' });
	await until(app, asking.id, ({ waitingFor }) => waitingFor === 'person');
	await start(app, 'steps', { name: 'holds' });
	await expect.poll(() => order).toEqual(['holds']);
	const later = await start(app, 'steps', { name: 'later' });
	await app.jobs.answer('local', asking.id, 'go', true);
	await until(app, asking.id, ({ waitingFor }) => waitingFor === 'slot');
	expect(order).toEqual(['holds']);
	release.resolve();
	await ended(app, later.id);
	expect(order).toEqual(['holds', 'asks', 'later']);
});

test('OP-07 PG-09 the time that a person takes counts neither against the limit nor in the history', async () => {
	const clock = new FakeClock();
	const app = await makeApp({ runs: runsOf(asks()), clock });
	const { id } = await start(app, 'steps', {}, { timeLimit: 120 });
	await until(app, id, ({ waitingFor }) => waitingFor === 'person');
	await clock.advance(30 * MINUTE);
	expect(await app.jobs.snapshot('local', id)).toMatchObject({ status: 'running' });
	await app.jobs.answer('local', id, 'how-many', 1);
	const over = await ended(app, id);
	expect(over).toMatchObject({ status: 'succeeded' });
	expect(over.elapsedMs).toBeGreaterThanOrEqual(30 * MINUTE);
	const [past] = app.queries.history({ operation: 'steps', model: over.model ?? '', variant: '' });
	expect(past?.totalMs).toBeLessThan(MINUTE);
	expect(past?.phases.first).toBeLessThan(MINUTE);
});

test('OP-07 while a person is waited for, a bar that stands still is not written again and again', async () => {
	const clock = new FakeClock();
	const app = await makeApp({ runs: runsOf(asks()), clock });
	const { id } = await start(app, 'steps', {});
	await until(app, id, ({ waitingFor }) => waitingFor === 'person');
	await clock.advance(2_000);
	const { updatedAt } = await app.queries.get('local', id);
	await clock.advance(60_000);
	expect((await app.queries.get('local', id)).updatedAt).toBe(updatedAt);
	expect(await app.jobs.snapshot('local', id)).toMatchObject({ status: 'running', waitingFor: 'person' });
});

test('OP-07 the limit goes on where it stood once the person has answered', async () => {
	const clock = new FakeClock();
	const run = stepsThat(async (ctx) => {
		await ctx.ask('go', 'Go on?', z.boolean());
		await new Promise((_, reject) => ctx.signal.addEventListener('abort', () => reject(ctx.signal.reason)));
		return { sum: 0 };
	});
	const app = await makeApp({ runs: runsOf(run), clock });
	const { id } = await start(app, 'steps', {}, { timeLimit: 120 });
	await until(app, id, ({ waitingFor }) => waitingFor === 'person');
	// Not a multiple of the limit: the clock looks again soon after the answer.
	await clock.advance(9.5 * MINUTE);
	await app.jobs.answer('local', id, 'go', true);
	await until(app, id, ({ waitingFor }) => waitingFor === null);
	await clock.advance(MINUTE);
	expect(await app.jobs.snapshot('local', id)).toMatchObject({ status: 'running' });
	await clock.advance(2 * MINUTE);
	expect(await ended(app, id)).toMatchObject({ error: { code: 'timeout' } });
});

test('PG-12 a question outlives the process: asked once, open again after the restart, answered there', async () => {
	const dataDir = temporaryFolder();
	const first = await makeApp({ dataDir, runs: runsOf(asks()) });
	const { id } = await start(first, 'steps', {});
	await until(first, id, ({ waitingFor }) => waitingFor === 'person');
	await first.close();

	const second = await makeApp({ dataDir, runs: runsOf(asks()) });
	const open = await until(second, id, ({ waitingFor }) => waitingFor === 'person');
	expect(open.question).toMatchObject({ questionId: 'how-many', prompt: 'How many?' });
	await second.jobs.answer('local', id, 'how-many', 7);
	expect(await ended(second, id)).toMatchObject({ result: { sum: 7 }, question: null });
	const types = (await allEvents(second, id)).map(({ type }) => type);
	expect(types.filter((type) => type === 'question')).toHaveLength(1);
});

test('PG-12 an answer that came while no process ran is there after the restart', async () => {
	const dataDir = temporaryFolder();
	const first = await makeApp({ dataDir, runs: runsOf(asks()) });
	const { id } = await start(first, 'steps', {});
	await until(first, id, ({ waitingFor }) => waitingFor === 'person');
	const closing = first.drain();
	await first.jobs.answer('local', id, 'how-many', 5);
	await closing;
	await first.close();
	const second = await makeApp({ dataDir, runs: runsOf(asks()) });
	expect(await ended(second, id)).toMatchObject({ result: { sum: 5 } });
});

test('OP-01 an answer of the wrong shape is refused at the door, with the field; the question stays open', async () => {
	const schema = z.object({ count: z.number().int().min(1) });
	const run = stepsThat(async (ctx) => ({ sum: (await ctx.ask('q', 'How many?', schema)).count }));
	const app = await makeApp({ runs: runsOf(run) });
	const { id } = await start(app, 'steps', {});
	await until(app, id, ({ question }) => question !== null);
	const refused = await app.jobs.answer('local', id, 'q', { count: 0 }).catch((error: unknown) => error);
	expect(refused).toBeInstanceOf(HeadwayError);
	expect(refused).toMatchObject({ code: 'invalid_input', fields: [{ path: 'value.count' }] });
	await app.jobs.answer('local', id, 'q', { count: 2 });
	expect(await ended(app, id)).toMatchObject({ result: { sum: 2 } });
});

test('OP-01 an answer that only the operation can refuse is asked for again, and says so', async () => {
	const app = await makeApp({ runs: runsOf(asks(z.number().refine((count) => count % 2 === 0, 'must be even'))) });
	const { id } = await start(app, 'steps', {});
	await until(app, id, ({ question }) => question !== null);
	await app.jobs.answer('local', id, 'how-many', 3);
	const again = await until(app, id, ({ question, notices }) => question !== null && notices.length > 0);
	expect(again.notices).toMatchObject([{ level: 'warning', code: 'answer_refused' }]);
	await app.jobs.answer('local', id, 'how-many', 4);
	expect(await ended(app, id)).toMatchObject({ result: { sum: 4 } });
});

test('CX-01 CX-12 a job that waits for a person is cancelled at once, and gives its slot to nobody twice', async () => {
	const app = await makeApp({ runs: runsOf(asks()), env: { HEADWAY_MAX_RUNNING: '1' } });
	const { id } = await start(app, 'steps', { name: 'asks' });
	await until(app, id, ({ waitingFor }) => waitingFor === 'person');
	await app.jobs.cancel('local', id);
	expect(await ended(app, id)).toMatchObject({
		status: 'cancelled',
		question: null,
		receipt: { provider: 'not_needed' }
	});
	expect(await ended(app, (await start(app, 'steps', { name: 'quick' })).id)).toMatchObject({ status: 'succeeded' });
});
