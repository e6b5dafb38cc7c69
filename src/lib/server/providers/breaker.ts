import { circuitBreaker, CircuitState, ConsecutiveBreaker, handleWhen } from 'cockatiel';
import type { HeadwayError } from '../../jobs/error.ts';
import type { Clock } from '../clock.ts';
import { countsForBreaker } from './breaker-rule.ts';
import { ProviderError } from './errors.ts';

/** So many failures in a row open it. */
const FAILURES = 5;
/** A pause doubles with each try that fails, up to this. */
const LONGEST_MS = 600_000;
/** An account is not filled up within seconds. */
const UNPAID_MS = 300_000;
/** How long others wait while one request tries whether it works again. */
const TRIAL_MS = 2_000;
/** A run waits out a pause as long as this; a longer one fails it, to be started again by hand. */
const PATIENCE_MS = 120_000;

/** How a breaker stands. Times in ms since 1970. */
export interface BreakerState {
	/**
	 * `open`: nothing is sent before `tryAt`. `due`: the next request is let through to see. `trying`: one is on its way.
	 * `held`: nothing is sent until a test succeeds.
	 */
	state: 'closed' | 'open' | 'due' | 'trying' | 'held';
	since: number;
	tryAt: number | null;
	failuresInRow: number;
}

/** One request on its way through a breaker; the first word about it counts, and is counted once it resolves. */
export interface Passage {
	succeeded(): Promise<void>;
	/** `resumable`: the run goes on at the provider without the connection. */
	failed(error: unknown, resumable: boolean): Promise<void>;
	/** It was given up from this side, which says nothing about the provider. */
	dropped(): Promise<void>;
	/** The answer has begun: enough for a request that was let through to see. */
	answered(): Promise<void>;
}

/** A failure that counts, on its way to the policy. */
class Failure extends Error {
	readonly of: HeadwayError | null;

	constructor(of: HeadwayError | null) {
		super('counted');
		this.of = of;
	}
}

/** Stops requests that are bound to fail, and lets one through now and then to see (TS-14). */
export class Breaker {
	readonly #label: string;
	readonly #clock: Clock;
	readonly #pauseMs: number;
	readonly #row = new ConsecutiveBreaker(FAILURES);
	// When it may be tried again is told by our own clock, before the policy is asked.
	readonly #policy = circuitBreaker(
		handleWhen((error) => error instanceof Failure),
		{ halfOpenAfter: Number.NEGATIVE_INFINITY, breaker: this.#row }
	);
	#since: number;
	#pause = { ms: 0, count: 0 };
	#reason: HeadwayError | null = null;

	constructor({ label, clock, pauseMs }: { label: string; clock: Clock; pauseMs: number }) {
		this.#label = label;
		this.#clock = clock;
		this.#pauseMs = pauseMs;
		this.#since = clock.now();
		this.#policy.onBreak((reason) => {
			if ('error' in reason && reason.error instanceof Failure) this.#opened(reason.error.of);
		});
		this.#policy.onReset(() => this.#closed());
	}

	get state(): BreakerState {
		const since = this.#since;
		const failuresInRow = this.#row.state;
		const { state } = this.#policy;
		if (state === CircuitState.Closed) return { state: 'closed', since, tryAt: null, failuresInRow };
		if (state === CircuitState.HalfOpen) return { state: 'trying', since, tryAt: null, failuresInRow };
		const tryAt = since + this.#pause.ms;
		if (tryAt === Infinity) return { state: 'held', since, tryAt: null, failuresInRow };
		return { state: this.#refusal() ? 'open' : 'due', since, tryAt, failuresInRow };
	}

	/** Lets a request through, or throws `provider_paused`: then nothing is sent. */
	enter(): Passage {
		const refusal = this.#refusal();
		if (refusal) throw refusal;
		const { promise, resolve, reject } = Promise.withResolvers<void>();
		const settled = this.#policy.execute(() => promise).catch(() => undefined);
		const trial = this.#policy.state === CircuitState.HalfOpen;
		if (trial) this.#since = this.#clock.now();
		const succeeded = async () => (resolve(), settled);
		const dropped = async () => {
			// A trial that was given up has shown nothing: the next request is one.
			reject(trial ? new Failure(null) : new Error('dropped'));
			return settled;
		};
		const failed = async (error: unknown, resumable: boolean) => {
			const counts = countsForBreaker(error, resumable);
			// What the provider refuses as wrong shows that it works; a cut says nothing.
			if (counts === 'no') return isAnswer(error) ? succeeded() : dropped();
			if (counts === 'open') this.#row.state = Math.max(this.#row.state, FAILURES - 1);
			reject(new Failure(error as HeadwayError));
			return settled;
		};
		return { succeeded, dropped, failed, answered: async () => (trial ? succeeded() : undefined) };
	}

	/** Lets everything through again: a test has succeeded. */
	close(): void {
		this.#row.success();
		if (this.#policy.state !== CircuitState.Closed) this.#policy.isolate().dispose();
	}

	#opened(reason: HeadwayError | null): void {
		this.#since = this.#clock.now();
		if (reason === null) return void (this.#pause = { ...this.#pause, ms: 0 });
		this.#reason = reason;
		const count = this.#pause.count + 1;
		this.#pause = { ms: this.#pauseAfter(reason, count), count };
	}

	#pauseAfter({ code, retryAfter }: HeadwayError, count: number): number {
		if (code === 'provider_auth') return Infinity;
		// Who limits mostly says for how long.
		if (retryAfter !== undefined) return retryAfter * 1_000;
		const ms = Math.min(LONGEST_MS, this.#pauseMs * 2 ** (count - 1));
		return code === 'provider_quota' ? Math.max(UNPAID_MS, ms) : ms;
	}

	#closed(): void {
		this.#since = this.#clock.now();
		this.#pause = { ms: 0, count: 0 };
	}

	#refusal(): ProviderError | null {
		const { state } = this.#policy;
		if (state === CircuitState.Closed) return null;
		if (state === CircuitState.HalfOpen) return this.#paused(TRIAL_MS);
		const now = this.#clock.now();
		// The machine's clock was put back: the pause begins anew rather than lasting until then.
		if (now < this.#since) this.#since = now;
		const leftMs = this.#since + this.#pause.ms - now;
		return leftMs > 0 ? this.#paused(leftMs) : null;
	}

	#paused(leftMs: number): ProviderError {
		const label = this.#label;
		if (leftMs === Infinity) {
			const message = `The key for ${label} was refused before, so nothing was sent. Check the key, then press Test on the providers page.`;
			return new ProviderError('provider_paused', message, { sent: 'no' });
		}
		const after = Math.ceil(leftMs / 1_000);
		const why =
			this.#reason?.code === 'provider_quota'
				? `The account at ${label} was out of credit`
				: `${label} failed too often just now`;
		const message = `${why}, so nothing was sent. Try again in ${after < 120 ? `${after} s` : `${Math.ceil(after / 60)} min`}.`;
		return new ProviderError('provider_paused', message, {
			retry: leftMs <= PATIENCE_MS ? { after } : null,
			sent: 'no'
		});
	}
}

/** The provider itself said so, about this one request. */
function isAnswer(error: unknown): boolean {
	return error instanceof ProviderError && error.sent === 'maybe' && error.code !== 'provider_connection';
}
