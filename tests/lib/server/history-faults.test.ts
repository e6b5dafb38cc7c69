import { expect, test } from 'vitest';
import { ended, makeApp, runsOf, start } from '../../support/app.ts';
import { FakeClock } from '../../support/fake-clock.ts';
import { stepsThat } from '../../support/operations.ts';
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
