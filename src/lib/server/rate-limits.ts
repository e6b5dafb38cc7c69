import { RateLimiterMemory, RateLimiterRes } from 'rate-limiter-flexible';
import { HeadwayError } from '../jobs/error.ts';

/** What is counted by the minute: starts of an owner, requests of an address. */
export type RateLimit = 'starts' | 'requests';

/** How much of a limit is left, as its headers say it. */
export interface Allowance {
	name: RateLimit;
	/** How many, in how many seconds. */
	quota: number;
	windowS: number;
	left: number;
	/** Seconds until the window starts anew. */
	resetS: number;
}

const WINDOW_S = 60;

/** Limits by the minute, each in windows that begin with the first request. Counted in memory: a restart starts anew. */
export class RateLimits {
	readonly #limiters: Record<RateLimit, RateLimiterMemory | null>;
	readonly #refused: (name: RateLimit) => void;

	/** 0 means no limit. `refused` is told of each refusal. */
	constructor(limits: Record<RateLimit, number>, refused: (name: RateLimit) => void) {
		this.#limiters = { starts: limiter(limits.starts), requests: limiter(limits.requests) };
		this.#refused = refused;
	}

	/** Counts one and notes what is left in `noted`. Throws `limit_reached`, which says how long to wait. */
	async take(name: RateLimit, key: string, noted: Allowance[] = []): Promise<void> {
		const counter = this.#limiters[name];
		if (!counter) return;
		const { refused, result } = await counter.consume(key).then(
			(result) => ({ refused: false, result }),
			(result: unknown) => {
				if (result instanceof RateLimiterRes) return { refused: true, result };
				throw result;
			}
		);
		const resetS = Math.max(1, Math.ceil(result.msBeforeNext / 1_000));
		noted.push({ name, quota: counter.points, windowS: WINDOW_S, left: result.remainingPoints, resetS });
		if (!refused) return;
		this.#refused(name);
		throw new HeadwayError('limit_reached', sentence(name, counter.points, resetS), { retryAfter: resetS });
	}
}

function limiter(points: number): RateLimiterMemory | null {
	return points === 0 ? null : new RateLimiterMemory({ points, duration: WINDOW_S });
}

function sentence(name: RateLimit, quota: number, seconds: number): string {
	const what = name === 'starts' ? `You have sent ${quota} starts` : `Your address has sent ${quota} requests`;
	return `${what} within a minute, and more are not taken. Try again in ${seconds} second${seconds === 1 ? '' : 's'}.`;
}
