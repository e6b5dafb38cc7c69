import { describe, expect, test } from 'vitest';
import { HeadwayError, type ErrorCode } from '$lib/jobs/error.ts';
import { Breaker, type Passage } from '$lib/server/providers/breaker.ts';
import { ProviderError } from '$lib/server/providers/errors.ts';
import { FakeClock } from '../../../support/fake-clock.ts';

function makeBreaker() {
	const clock = new FakeClock();
	return { clock, breaker: new Breaker({ label: 'Somebody', clock, pauseMs: 30_000 }) };
}

const fault = (code: ErrorCode, after: number | null = null) =>
	new ProviderError(code, `It failed: ${code}.`, { retry: { after } });

/** Lets requests through and fails them, one after the other. */
async function fail(breaker: Breaker, times: number, error: Error = fault('provider_overloaded')) {
	for (let time = 0; time < times; time += 1) await breaker.enter().failed(error, false);
}

/** What it refuses the next request with; null when it lets it through. */
function refusal(breaker: Breaker): HeadwayError | null {
	try {
		void breaker.enter().dropped();
		return null;
	} catch (error) {
		if (error instanceof HeadwayError) return error;
		throw error;
	}
}

const entered = (breaker: Breaker): Passage | HeadwayError => {
	try {
		return breaker.enter();
	} catch (error) {
		return error as HeadwayError;
	}
};

describe('a circuit breaker', () => {
	test('TS-14 five failures in a row open it: the next request is refused with when to try again, and nothing is sent', async () => {
		const { breaker, clock } = makeBreaker();
		await fail(breaker, 4);
		expect(breaker.state).toMatchObject({ state: 'closed', failuresInRow: 4 });
		await fail(breaker, 1);
		expect(breaker.state).toMatchObject({ state: 'open', since: clock.now(), tryAt: clock.now() + 30_000 });
		const refused = refusal(breaker);
		expect(refused).toMatchObject({ code: 'provider_paused', retryAfter: 30, sent: 'no', retry: { after: 30 } });
		expect(refused?.message).toBe('Somebody failed too often just now, so nothing was sent. Try again in 30 s.');
	});

	test('TS-14 a success in between begins the count anew', async () => {
		const { breaker } = makeBreaker();
		await fail(breaker, 4);
		await breaker.enter().succeeded();
		await fail(breaker, 4);
		expect(breaker.state).toMatchObject({ state: 'closed', failuresInRow: 4 });
		expect(refusal(breaker)).toBeNull();
	});

	test('TS-14 after its time one request is let through to see; the others wait until it is known', async () => {
		const { breaker, clock } = makeBreaker();
		await fail(breaker, 5);
		await clock.advance(29_999);
		expect(refusal(breaker)).toMatchObject({ code: 'provider_paused', retryAfter: 1 });
		await clock.advance(1);
		const trial = breaker.enter();
		expect(breaker.state.state).toBe('trying');
		expect(refusal(breaker)).toMatchObject({ code: 'provider_paused', retryAfter: 2 });
		await trial.answered();
		expect(breaker.state).toMatchObject({ state: 'closed', failuresInRow: 0 });
		expect(refusal(breaker)).toBeNull();
	});

	test('TS-14 each try that fails doubles the pause, up to ten minutes; one that succeeds begins it anew', async () => {
		const { breaker, clock } = makeBreaker();
		await fail(breaker, 5);
		const pauses: number[] = [];
		for (let time = 0; time < 7; time += 1) {
			pauses.push((breaker.state.tryAt ?? 0) - clock.now());
			await clock.advance(pauses.at(-1) ?? 0);
			await fail(breaker, 1);
		}
		expect(pauses).toEqual([30, 60, 120, 240, 480, 600, 600].map((seconds) => seconds * 1_000));
		await clock.advance(600_000);
		await breaker.enter().succeeded();
		await fail(breaker, 5);
		expect((breaker.state.tryAt ?? 0) - clock.now()).toBe(30_000);
	});

	test('TS-14 a run waits out a pause of up to two minutes; a longer one it is only told of', async () => {
		const { breaker, clock } = makeBreaker();
		await fail(breaker, 5);
		for (const wait of [30_000, 60_000, 120_000]) {
			expect(refusal(breaker)).toMatchObject({ retry: { after: wait / 1_000 } });
			await clock.advance(wait);
			await fail(breaker, 1);
		}
		const refused = refusal(breaker);
		expect(refused).toMatchObject({ code: 'provider_paused', retry: null });
		expect(refused?.message).toContain('Try again in 4 min.');
	});

	test('TS-14 a refused key opens it at once, until a test succeeds', async () => {
		const { breaker, clock } = makeBreaker();
		await fail(breaker, 1, fault('provider_auth'));
		expect(breaker.state).toMatchObject({ state: 'held', tryAt: null });
		await clock.advance(24 * 3_600_000);
		expect(refusal(breaker)).toMatchObject({ code: 'provider_paused', retry: null });
		expect(refusal(breaker)?.message).toMatch(/^The key for Somebody was refused .*press Test/);
		breaker.close();
		expect(breaker.state).toMatchObject({ state: 'closed', failuresInRow: 0, since: clock.now() });
		expect(refusal(breaker)).toBeNull();
	});

	test('TS-14 an account without credit opens it at once, for five minutes', async () => {
		const { breaker, clock } = makeBreaker();
		await fail(breaker, 1, fault('provider_quota'));
		expect(breaker.state).toMatchObject({ state: 'open', tryAt: clock.now() + 300_000 });
		expect(refusal(breaker)?.message).toBe(
			'The account at Somebody was out of credit, so nothing was sent. Try again in 5 min.'
		);
	});

	test('TS-13 TS-14 who limits requests says how long the pause is', async () => {
		const { breaker, clock } = makeBreaker();
		await fail(breaker, 5, fault('provider_rate_limit', 7));
		expect(breaker.state.tryAt).toBe(clock.now() + 7_000);
	});

	test.each<[ErrorCode, boolean]>([
		['provider_bad_request', false],
		['provider_model', false],
		['provider_moderation', false],
		['provider_forbidden', false],
		['provider_connection', true]
	])('TS-14 %s is no failure of the provider, however often', async (code, resumable) => {
		const { breaker } = makeBreaker();
		for (let time = 0; time < 9; time += 1) await breaker.enter().failed(fault(code), resumable);
		expect(breaker.state).toMatchObject({ state: 'closed', failuresInRow: 0 });
	});

	test('TS-14 a cut and a stop say nothing: failures before them still count', async () => {
		const { breaker } = makeBreaker();
		await fail(breaker, 4);
		await breaker.enter().dropped();
		await breaker.enter().failed(fault('provider_connection'), true);
		expect(breaker.state.failuresInRow).toBe(4);
		await fail(breaker, 1);
		expect(breaker.state.state).toBe('open');
	});

	test('TS-14 a try that is given up leaves the next request to try', async () => {
		const { breaker, clock } = makeBreaker();
		await fail(breaker, 5);
		await clock.advance(30_000);
		await breaker.enter().dropped();
		expect(breaker.state).toMatchObject({ state: 'due', tryAt: clock.now() });
		const next = entered(breaker) as Passage;
		await next.succeeded();
		expect(breaker.state.state).toBe('closed');
	});

	test('TS-14 a refused request shows as well as an answer that it works again', async () => {
		const { breaker, clock } = makeBreaker();
		await fail(breaker, 5);
		await clock.advance(30_000);
		await breaker.enter().failed(fault('provider_bad_request'), false);
		expect(breaker.state.state).toBe('closed');
	});

	test('TS-14 requests that were on their way when it opened change nothing by failing too', async () => {
		const { breaker, clock } = makeBreaker();
		const onTheirWay = Array.from({ length: 8 }, () => breaker.enter());
		await Promise.all(onTheirWay.map((passage) => passage.failed(fault('provider_error'), false)));
		expect(breaker.state).toMatchObject({ state: 'open', tryAt: clock.now() + 30_000 });
	});

	test('TS-14 a clock that is put back does not keep it open for longer than its pause', async () => {
		const { breaker, clock } = makeBreaker();
		await clock.advance(86_400_000);
		await fail(breaker, 5);
		await clock.advance(-3_600_000);
		expect(refusal(breaker)).toMatchObject({ retryAfter: 30 });
		await clock.advance(30_000);
		expect(refusal(breaker)).toBeNull();
	});
});
