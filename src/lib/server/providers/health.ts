import type { ErrorCode, HeadwayError } from '../../jobs/error.ts';
import type { Clock } from '../clock.ts';

/** What a provider can be asked. */
export type Call = 'create' | 'image' | 'resume' | 'fetch' | 'cancel' | 'embed' | 'check';
/** What a request came to: an error by its code, `cut` for a stream that broke off, `given_up` from this side. */
export type Result = 'ok' | 'cut' | 'given_up' | ErrorCode;

/** How a provider has answered since this process started. Times in ms since 1970. */
export interface HealthFacts {
	requests: number;
	failures: number;
	lastSuccessAt: number | null;
	lastFailure: { at: number; code: ErrorCode; message: string } | null;
	/** When anything was last heard of it. */
	lastHeardAt: number | null;
	/** The median of the times that its last answers took to begin; null before the first. */
	latencyMs: number | null;
}

/** The latency is the median of so many. */
const SAMPLES = 20;

/** Keeps what there is to tell about a provider's health. */
export class Health {
	readonly #clock: Clock;
	readonly #counts = new Map<Call, Map<Result, number>>();
	readonly #latencies: number[] = [];
	#lastSuccessAt: number | null = null;
	#lastFailure: HealthFacts['lastFailure'] = null;
	#lastHeardAt: number | null = null;

	constructor(clock: Clock) {
		this.#clock = clock;
	}

	get facts(): HealthFacts {
		const counts = [...this.counts()];
		const sum = (which: typeof counts) => which.reduce((total, { count }) => total + count, 0);
		return {
			requests: sum(counts),
			failures: sum(counts.filter(({ result }) => result !== 'ok' && result !== 'given_up')),
			lastSuccessAt: this.#lastSuccessAt,
			lastFailure: this.#lastFailure,
			lastHeardAt: this.#lastHeardAt,
			latencyMs: median(this.#latencies)
		};
	}

	/** How many requests came to what. */
	*counts(): Generator<{ call: Call; result: Result; count: number }> {
		for (const [call, results] of this.#counts) for (const [result, count] of results) yield { call, result, count };
	}

	heard(): void {
		this.#lastHeardAt = this.#clock.now();
	}

	/** The first answer to a request that left at `since`. */
	answered(since: number): void {
		this.heard();
		this.#lastSuccessAt = this.#clock.now();
		this.#latencies.push(this.#clock.now() - since);
		if (this.#latencies.length > SAMPLES) this.#latencies.shift();
	}

	/** A request has ended; `error` where it failed. */
	ended(call: Call, result: Result, error: HeadwayError | null = null): void {
		const results = this.#counts.get(call) ?? new Map<Result, number>();
		this.#counts.set(call, results.set(result, (results.get(result) ?? 0) + 1));
		if (result === 'ok') this.#lastSuccessAt = this.#clock.now();
		if (error) this.#lastFailure = { at: this.#clock.now(), code: error.code, message: error.message };
	}
}

function median(values: readonly number[]): number | null {
	return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? null;
}
