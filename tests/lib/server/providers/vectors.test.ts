import { expect, test } from 'vitest';
import type { Cost } from '$lib/jobs/event.ts';
import { ProviderError } from '$lib/server/providers/errors.ts';
import { GuardedProvider } from '$lib/server/providers/guarded-provider.ts';
import { requestVectors } from '$lib/server/providers/vectors.ts';
import { ended as endedJob, makeApp, runsOf, start } from '../../../support/app.ts';
import { drive, FakeClock } from '../../../support/fake-clock.ts';
import { stepsThat } from '../../../support/operations.ts';
import { created, ended, FakeProvider, hungUp, outcome, vectorsFor } from '../fake-provider.ts';

const limited = (after: number) =>
	new ProviderError('provider_rate_limit', 'Fake is limiting requests. Try again in a while.', { retry: { after } });
const lost = () => new ProviderError('provider_connection', 'The connection was lost.', { retry: { after: null } });

/** A provider that fails in these ways first. */
function failing(...errors: Error[]): FakeProvider {
	const provider = new FakeProvider();
	provider.onEmbed = async (texts) => {
		const error = errors.shift();
		if (error) throw error;
		return vectorsFor(texts, 'fake-vectors-1');
	};
	return provider;
}

function asking(provider: FakeProvider, texts: readonly string[], signal = new AbortController().signal) {
	const [clock, bills, waits] = [new FakeClock(), [] as Cost[], [] as number[]];
	const deps = { clock, signal, heard: () => undefined, random: () => 0.5 };
	const retryNotice = (_: Error, ms: number) => void waits.push(ms);
	const asked = requestVectors(provider, texts, ({ cost }) => bills.push(cost), { ...deps, retryNotice });
	return { clock, bills, waits, vectors: drive(clock, asked) };
}

test('CH-05 many texts go in as many requests as are needed, at most 256 texts and 200,000 characters in each, and come back in order', async () => {
	const provider = new FakeProvider();
	const many = Array.from({ length: 600 }, (_, at) => 'x'.repeat(at + 1));
	const { vectors } = await asking(provider, many).vectors;
	expect(vectors.map(([length]) => length)).toEqual(many.map(({ length }) => length));
	expect(provider.calls).toEqual(['embed 256', 'embed 256', 'embed 88']);
	const long = new FakeProvider();
	await asking(long, Array<string>(60).fill('y'.repeat(8_000))).vectors;
	expect(long.calls).toEqual(['embed 25', 'embed 25', 'embed 10']);
});

test('CH-05 of a text that is longer than models take its beginning counts, and an empty one is sent as a space', async () => {
	const provider = new FakeProvider();
	await asking(provider, ['z'.repeat(9_000), '', `${'a'.repeat(7_999)}😀`]).vectors;
	expect(provider.texts.map(({ length }) => length)).toEqual([8_000, 1, 8_000]);
	expect(provider.texts.every((text) => text.isWellFormed())).toBe(true);
});

test('CH-05 no texts are no request', async () => {
	const provider = new FakeProvider();
	expect((await asking(provider, []).vectors).vectors).toEqual([]);
	expect(provider.calls).toEqual([]);
});

test('TS-14 a limited request is sent again after as long as the provider asked for', async () => {
	const provider = failing(limited(42));
	const { vectors, waits, bills } = asking(provider, ['tea']);
	expect((await vectors).vectors).toHaveLength(1);
	expect(waits).toEqual([42_000]);
	expect(bills).toHaveLength(1);
});

test('CX-10 a lost answer is asked for again, and what it may have cost is said to be unknown', async () => {
	const { vectors, bills } = asking(failing(lost()), ['tea']);
	await vectors;
	expect(bills).toEqual([
		{ usd: null, known: false },
		{ usd: 0.000_01, known: true }
	]);
});

test('TS-14 a refusal that will not change is no second request, and five failures are enough', async () => {
	const refused = failing(new ProviderError('provider_auth', 'The key was refused.'));
	await expect(asking(refused, ['tea']).vectors).rejects.toMatchObject({ code: 'provider_auth' });
	expect(refused.calls).toHaveLength(1);
	const limiting = failing(...Array.from({ length: 9 }, () => limited(1)));
	await expect(asking(limiting, ['tea']).vectors).rejects.toMatchObject({ code: 'provider_rate_limit' });
	expect(limiting.calls).toHaveLength(5);
});

test('CH-05 vectors of another length than those before are an error, never stored together', async () => {
	const provider = new FakeProvider();
	provider.onEmbed = async (texts) =>
		texts.length === 256
			? vectorsFor(texts, 'v')
			: { ...vectorsFor(texts, 'v'), vectors: texts.map(() => Float32Array.of(1)) };
	await expect(asking(provider, Array<string>(300).fill('tea')).vectors).rejects.toMatchObject({
		code: 'provider_error'
	});
});

test('TS-14 the breaker and the health count requests for vectors like any other, and an open breaker sends none', async () => {
	const clock = new FakeClock();
	const overloaded = () => new ProviderError('provider_overloaded', 'Fake is overloaded.');
	const inner = failing(overloaded(), overloaded(), overloaded(), overloaded(), overloaded());
	const provider = new GuardedProvider(inner, { clock, pauseMs: 30_000 });
	const embed = () =>
		provider.embed(['tea'], new AbortController().signal).then(
			() => 'ok',
			(error: unknown) => (error as { code: string }).code
		);
	const results = [];
	for (let time = 0; time < 6; time += 1) results.push(await embed());
	expect(results).toEqual([...Array<string>(5).fill('provider_overloaded'), 'provider_paused']);
	expect(inner.calls).toHaveLength(5);
	expect(provider.health.facts).toMatchObject({ requests: 5, failures: 5 });
	await clock.advance(30_000);
	expect(await embed()).toBe('ok');
	expect(provider.breaker.state.state).toBe('closed');
	expect([...provider.health.counts()]).toContainEqual({ call: 'embed', result: 'ok', count: 1 });
});

test('CX-10 CH-05 what vectors cost adds up under their step, asked for while an answer is open and while none is', async () => {
	const provider = new FakeProvider([created(), ended(1, outcome('completed', { text: 'o' }))]);
	const run = stepsThat(async (ctx) => {
		const before = await ctx.provider.embed(['one', 'two'], 'vectors');
		for await (const event of ctx.provider.respond({ input: 'x' }, 'answer'))
			if (event.type === 'created') await ctx.provider.embed(['three'], 'vectors');
		return { sum: before.vectors.length };
	});
	const app = await makeApp({ provider, runs: runsOf(run) });
	const { id } = await start(app, 'steps', {});
	const done = await endedJob(app, id);
	expect(done).toMatchObject({ status: 'succeeded', result: { sum: 2 }, cost: { known: true } });
	expect(done.cost?.usd).toBeCloseTo(0.020_03, 8);
	expect(done.usage?.inputTokens).toBe(103);
	expect(Object.keys((await app.queries.get('local', id)).bills ?? {})).toEqual(['vectors', 'answer']);
	expect(provider.calls).toEqual(['embed 2', 'create', 'embed 1']);
});

test('CX-15 a cancel while vectors are made ends the job at once, and the request with it', async () => {
	const provider = new FakeProvider();
	const signals: AbortSignal[] = [];
	provider.onEmbed = (_, signal) => {
		signals.push(signal);
		return hungUp(signal);
	};
	const run = stepsThat(async (ctx) => ({ sum: (await ctx.provider.embed(['tea'], 'vectors')).vectors.length }));
	const app = await makeApp({ provider, runs: runsOf(run) });
	const { id } = await start(app, 'steps', {});
	await expect.poll(() => signals.length).toBe(1);
	await app.jobs.cancel('local', id);
	expect(await endedJob(app, id)).toMatchObject({ status: 'cancelled' });
	expect(signals[0]?.aborted).toBe(true);
});
