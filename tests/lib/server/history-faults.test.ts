import { expect, test } from 'vitest';
import { ended, makeApp, runsOf, start, temporaryFolder, until } from '../../support/app.ts';
import { drive, FakeClock } from '../../support/fake-clock.ts';
import { stepsThat, untilStopped } from '../../support/operations.ts';
import { FakeProvider } from './fake-provider.ts';

test('PG-09 only runs that succeeded are history: failures and other depths tell nothing of how long one takes', async () => {
	const run = stepsThat(
		async (ctx, { name }) => {
			ctx.phase('first');
			if (name === 'fails') throw new Error('no');
			return { sum: 1 };
		},
		{ variantOf: ({ name }: { name: string }) => (name === 'other' ? 'other' : '') }
	);
	const app = await makeApp({ provider: new FakeProvider(), runs: runsOf(run), clock: new FakeClock() });
	for (const name of ['works', 'works', 'fails', 'works', 'other', 'works', 'fails'])
		await ended(app, (await start(app, 'steps', { name })).id);
	expect(await app.forecast('local', 'steps', { variant: '' })).toEqual({ low: null, high: null, runs: 4 });
	expect(await app.forecast('local', 'steps', { variant: 'other' })).toEqual({ low: null, high: null, runs: 1 });
	await ended(app, (await start(app, 'steps', { name: 'works' })).id);
	expect(await app.forecast('local', 'steps', { variant: '' })).toMatchObject({ runs: 5, low: expect.any(Number) });
});

test('BY-03 TS-01 what a run usually takes is told of the provider that was chosen, by its own model', async () => {
	const dataDir = temporaryFolder();
	const runs = runsOf(stepsThat(async (ctx) => (ctx.phase('first'), { sum: 1 })));
	const fake = new FakeProvider();
	const before = await makeApp({ dataDir, runs, provider: fake });
	for (let run = 0; run < 5; run += 1) await ended(before, (await start(before, 'steps', {})).id);
	await before.close();
	const env = { OPENAI_API_KEY: 'o', XAI_API_KEY: 'x', XAI_MODEL: fake.defaultModel };
	const app = await makeApp({ dataDir, runs, env });
	expect(await app.forecast('local', 'steps', { variant: '' })).toMatchObject({ runs: 0 });
	expect(await app.forecast('local', 'steps', { variant: '', provider: 'xai' })).toMatchObject({ runs: 5 });
});

test('BY-03 whether a range held is known of successes only: a run that failed, was stopped or finished early counts neither way', async () => {
	const run = stepsThat(async (ctx, { name }) => {
		ctx.phase('first');
		if (name === 'waits') return untilStopped(ctx.signal);
		if (name === 'fails') throw new Error('no');
		if (name === 'early') await untilStopped(ctx.finishing).catch(() => undefined);
		return { sum: 1 };
	});
	const clock = new FakeClock();
	const app = await makeApp({ provider: new FakeProvider(), runs: runsOf(run), clock });
	const coverage = async () => (await app.statistics('local')).coverage;
	for (let past = 0; past < 5; past += 1) await ended(app, (await start(app, 'steps', {})).id);
	expect(await coverage()).toMatchObject({ of: 0 });
	await ended(app, (await start(app, 'steps', { name: 'fails' })).id);
	const { id } = await start(app, 'steps', { name: 'waits' });
	await drive(
		clock,
		until(app, id, ({ phase }) => phase === 'first')
	);
	await app.jobs.cancel('local', id);
	await drive(clock, ended(app, id));
	const early = await start(app, 'steps', { name: 'early' });
	await drive(
		clock,
		until(app, early.id, ({ phase }) => phase === 'first')
	);
	await app.jobs.finish('local', early.id);
	expect((await drive(clock, ended(app, early.id))).status).toBe('succeeded');
	expect(await coverage()).toMatchObject({ of: 0 });
	await ended(app, (await start(app, 'steps', {})).id);
	expect(await coverage()).toEqual({ held: 1, of: 1, nominal: 0.8 });
});
