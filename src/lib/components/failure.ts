import type { ErrorCode } from '../jobs/error.ts';

const titles: Partial<Record<ErrorCode, string>> = {
	interrupted: 'The server stopped while this was running',
	timeout: 'It reached its time limit',
	budget_reached: 'Its budget is spent',
	unknown_outcome: 'It is not known whether the provider started this',
	invalid_result: 'The result could not be read',
	refused: 'This was declined',
	incomplete: 'It ended before it was complete',
	provider_auth: 'The provider did not accept the key',
	provider_forbidden: 'The provider does not allow this',
	provider_model: 'The provider does not have this model',
	provider_quota: 'The provider’s quota is used up',
	provider_rate_limit: 'The provider is limiting requests',
	provider_overloaded: 'The provider is overloaded',
	provider_unreachable: 'The provider could not be reached',
	provider_connection: 'The connection to the provider was lost',
	provider_idle: 'The provider went silent',
	provider_paused: 'The provider is given a pause',
	provider_moderation: 'The provider’s content filter stopped this',
	provider_gone: 'The provider no longer has this run',
	internal: 'Something went wrong in this server'
};

/** What went wrong, as a heading; the job's own message says what to do. */
export function titleOfFailure(code: ErrorCode): string {
	return titles[code] ?? (code.startsWith('provider_') ? 'The provider reported an error' : 'It did not succeed');
}
