import { expect, test } from 'vitest';
import { ended, makeApp, runsOf, start, until } from '../../support/app.ts';
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
	expect(await app.forecast('local', 'steps', '')).toEqual({ low: null, high: null, runs: 4 });
	expect(await app.forecast('local', 'steps', 'other')).toEqual({ low: null, high: null, runs: 1 });
	await ended(app, (await start(app, 'steps', { name: 'works' })).id);
	expect(await app.forecast('local', 'steps', '')).toMatchObject({ runs: 5, low: expect.any(Number) });
});

test('BY-03 whether a range held is known of successes only: a run that failed or was stopped counts neither way', async () => {
	const run = stepsThat(async (ctx, { name }) => {
		ctx.phase('first');
		if (name === 'waits') return untilStopped(ctx.signal);
		if (name === 'fails') throw new Error('no');
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
	expect(await coverage()).toMatchObject({ of: 0 });
	await ended(app, (await start(app, 'steps', {})).id);
	expect(await coverage()).toEqual({ held: 1, of: 1, nominal: 0.8 });
});
