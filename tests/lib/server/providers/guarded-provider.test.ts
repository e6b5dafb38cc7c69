import { describe, expect, test } from 'vitest';
import type { ProviderEvent } from '$lib/operations/operation.ts';
import { ProviderError } from '$lib/server/providers/errors.ts';
import { GuardedProvider } from '$lib/server/providers/guarded-provider.ts';
import { listen } from '$lib/server/providers/listen.ts';
import { FakeClock, settle } from '../../../support/fake-clock.ts';
import { created, drawn, ended, FakeProvider, outcome, type Step } from '../fake-provider.ts';
import { picture, request } from './wiring.ts';

const overloaded = () => new ProviderError('provider_overloaded', 'Fake is overloaded. Try again in a while.');
const forever = new AbortController().signal;

function guard(script?: readonly Step[], inner = new FakeProvider(script)) {
	const clock = new FakeClock();
	return { clock, inner, provider: new GuardedProvider(inner, { clock, pauseMs: 30_000 }) };
}

/** Everything that a stream brings, and what it failed with. */
async function all<T>(stream: AsyncIterable<T>): Promise<{ events: T[]; error: unknown }> {
	const events: T[] = [];
	try {
		for await (const event of stream) events.push(event);
		return { events, error: null };
	} catch (error) {
		return { events, error };
	}
}

const createAll = (provider: GuardedProvider, different = {}) =>
	all(provider.create({ ...request, ...different }, forever));

async function opened(script: readonly Step[] = [overloaded()]) {
	const made = guard(script);
	for (let time = 0; time < 5; time += 1) await createAll(made.provider);
	return made;
}

describe('a provider behind its breaker', () => {
	test('TS-14 while it is open nothing that creates is sent: neither an answer nor a picture', async () => {
		const { provider, inner } = await opened();
		expect(inner.calls).toHaveLength(5);
		expect((await createAll(provider)).error).toMatchObject({ code: 'provider_paused' });
		expect((await all(provider.image(picture, forever))).error).toMatchObject({ code: 'provider_paused' });
		expect(inner.calls).toHaveLength(5);
	});

	test('TS-14 BY-01 while it is open what runs there is still resumed, asked for and cancelled', async () => {
		const { provider, inner } = await opened();
		inner.calls.length = 0;
		const resumed = provider.resume('resp', 3, forever)[Symbol.asyncIterator]();
		void resumed.next().catch(() => undefined);
		await provider.fetch('resp', forever);
		expect((await provider.cancel('resp', forever)).provider).toBe('confirmed');
		expect(inner.calls).toEqual(['resume 3', 'fetch', 'cancel']);
		expect(provider.breaker.state.state).toBe('open');
	});

	test('TS-14 the first word of an answer lets the others through again, long before its end', async () => {
		let script: readonly Step[] = [overloaded()];
		const inner = new FakeProvider();
		inner.create = () =>
			(async function* () {
				for (const step of script)
					if (step instanceof Error) throw step;
					else yield step as ProviderEvent;
			})();
		const { provider, clock } = guard([], inner);
		for (let time = 0; time < 5; time += 1) await createAll(provider);
		await clock.advance(30_000);
		script = [created(), ended(1)];
		const stream = provider.create(request, forever)[Symbol.asyncIterator]();
		await stream.next();
		expect(provider.breaker.state.state).toBe('closed');
		expect((await createAll(provider)).error).toBeNull();
	});

	test('TS-14 a run that the provider itself reports as failed counts; one that it finishes begins the count anew', async () => {
		const broke = outcome('failed', { error: new ProviderError('provider_error', 'It broke.') });
		const { provider } = guard([created(), ended(1, broke)]);
		await createAll(provider);
		await createAll(provider);
		expect(provider.breaker.state.failuresInRow).toBe(2);
		const other = guard([created(), ended(1)]).provider;
		await createAll(other);
		expect(other.health.facts).toMatchObject({ requests: 1, failures: 0, lastFailure: null });
	});

	test('TS-14 a cut counts only where the run is lost with it', async () => {
		const { provider, inner } = guard([created()]);
		await createAll(provider);
		expect(provider.breaker.state.failuresInRow).toBe(0);
		inner.can = { ...inner.can, background: false };
		await createAll(provider);
		expect(provider.breaker.state.failuresInRow).toBe(1);
		expect([...provider.health.counts()]).toEqual([{ call: 'create', result: 'cut', count: 2 }]);
	});

	test('TS-16 a create that asks for no stream is answered when it has an id', async () => {
		const { provider } = guard([created()]);
		await createAll(provider, { stream: false });
		expect([...provider.health.counts()]).toEqual([{ call: 'create', result: 'ok', count: 1 }]);
	});

	test('TS-14 a silence counts as a failure, a stop by a person as nothing', async () => {
		const { provider, clock } = guard([created(), 'silence']);
		const stop = new AbortController();
		const idle = () => new ProviderError('provider_idle', 'No data for 60 s.');
		const open = (signal: AbortSignal) => provider.create(request, signal);
		const silent = all(listen(open, { clock, signal: forever, idleMs: 60_000, idle }));
		const stopped = all(listen(open, { clock, signal: stop.signal, idleMs: Infinity, idle }));
		await settle();
		stop.abort('user');
		await clock.advance(60_000);
		expect((await silent).error).toMatchObject({ code: 'provider_idle' });
		expect((await stopped).error).toBe('user');
		await settle();
		expect(provider.breaker.state.failuresInRow).toBe(1);
		expect(Object.fromEntries([...provider.health.counts()].map(({ result, count }) => [result, count]))).toEqual({
			given_up: 1,
			provider_idle: 1
		});
	});

	test('TS-14 health: how many requests, how many failed, what failed last and when, how long answers take to begin', async () => {
		const { provider, clock, inner } = guard([async () => clock.advance(1_200), created(), ended(1)]);
		const began = clock.now();
		for (let time = 0; time < 3; time += 1) await createAll(provider);
		inner.onFetch = async () => Promise.reject(overloaded());
		await expect(provider.fetch('resp', forever)).rejects.toThrow('overloaded');
		expect(provider.health.facts).toEqual({
			requests: 4,
			failures: 1,
			lastSuccessAt: began + 3_600,
			lastFailure: {
				at: began + 3_600,
				code: 'provider_overloaded',
				message: 'Fake is overloaded. Try again in a while.'
			},
			lastHeardAt: began + 3_600,
			latencyMs: 1_200
		});
	});

	test('TS-14 a picture passes whole, and counts when it ends', async () => {
		const { provider, inner } = guard();
		inner.images = [[{ type: 'accepted' }, ...drawn()]];
		const { events } = await all(provider.image(picture, forever));
		expect(events.map(({ type }) => type)).toEqual(['accepted', 'image', 'ended']);
		expect([...provider.health.counts()]).toEqual([{ call: 'image', result: 'ok', count: 1 }]);
	});
});

describe('a test of a provider', () => {
	const checking = (check: () => Promise<readonly string[] | null>) => {
		const inner = Object.assign(new FakeProvider([overloaded()]), { check });
		return guard([], inner);
	};

	test('TS-14 that succeeds closes the breaker, and says which models there are', async () => {
		const { provider } = checking(async () => ['other', 'fake-1']);
		for (let time = 0; time < 5; time += 1) await createAll(provider);
		expect(await provider.test(forever)).toMatchObject({
			ok: true,
			message: 'It answers, and has 2 models, fake-1 among them.'
		});
		expect(provider.breaker.state.state).toBe('closed');
	});

	test('TS-14 tells that the default model is not there', async () => {
		const { provider } = checking(async () => ['other']);
		expect((await provider.test(forever)).message).toBe('It answers, and has 1 model, but fake-1 is not among them.');
	});

	test('TS-14 TS-15 that fails says why in a sentence, and leaves the breaker as it is', async () => {
		const { provider } = checking(async () =>
			Promise.reject(new ProviderError('provider_auth', 'The key was refused.'))
		);
		for (let time = 0; time < 5; time += 1) await createAll(provider);
		expect(await provider.test(forever)).toMatchObject({ ok: false, message: 'The key was refused.' });
		expect(provider.breaker.state.state).toBe('open');
		expect(provider.lastTest).toMatchObject({ ok: false });
	});

	test('TS-14 that gets no answer gives up after ten seconds', async () => {
		const { provider, clock } = checking(() => new Promise(() => undefined));
		const outcome = provider.test(forever);
		await clock.advance(10_000);
		expect(await outcome).toMatchObject({ ok: false, ms: 10_000, message: 'Fake did not answer within 10 s.' });
	});

	test('TS-14 of one that cannot be asked anything for free says so', async () => {
		const { provider } = guard();
		expect(provider.testable).toBe(false);
		expect(await provider.test(forever)).toMatchObject({
			ok: false,
			message: expect.stringContaining('costs nothing')
		});
	});
});
