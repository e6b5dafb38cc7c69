import { HeadwayError, type ErrorCode } from '../../jobs/error.ts';

/** What a failure means for a provider's circuit breaker: one more failure, reason enough to open at once, or nothing. */
export type BreakerCount = 'failure' | 'open' | 'no';

const counts: Partial<Record<ErrorCode, Exclude<BreakerCount, 'no'>>> = {
	// Nothing will be answered until somebody changes the key or pays.
	provider_auth: 'open',
	provider_quota: 'open',
	provider_rate_limit: 'failure',
	provider_overloaded: 'failure',
	provider_error: 'failure',
	provider_unreachable: 'failure',
	provider_connection: 'failure',
	provider_idle: 'failure',
	unknown_outcome: 'failure'
};

/**
 * How an error counts; whatever is no failure of the provider, an abort or a refused request, does not. `resumable` says
 * that the run goes on at the provider without the connection: then a cut is no failure, the stream is found again.
 */
export function countsForBreaker(error: unknown, resumable = false): BreakerCount {
	if (!(error instanceof HeadwayError)) return 'no';
	if (resumable && error.code === 'provider_connection') return 'no';
	return counts[error.code] ?? 'no';
}
