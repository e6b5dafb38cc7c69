import type { Fault } from './faults.ts';
import { moderationError } from './images/refused.ts';
import { modelNotFound } from './request.ts';
import { WireError } from './wire.ts';

/** The answer that a `refuse` fault gives instead of doing what was asked; `html` for what a proxy would say. */
export function refusalOf(fault: Fault): WireError | { status: number; html: string } {
	switch (fault.name) {
		case 'rate_limit':
			return new WireError(429, 'Rate limit reached for requests. Please try again later.', {
				type: 'requests',
				code: 'rate_limit_exceeded',
				headers: fault.retryAfter === undefined ? {} : { 'retry-after': String(fault.retryAfter) }
			});
		case 'quota':
			return new WireError(429, 'You exceeded your current quota, please check your plan and billing details.', {
				type: 'insufficient_quota',
				code: 'insufficient_quota'
			});
		case 'overloaded':
			return new WireError(503, 'The server is currently overloaded. Please try again later.', {
				type: 'service_unavailable_error',
				code: 'server_is_overloaded'
			});
		case 'bad_gateway':
			return {
				status: 502,
				html: '<html><head><title>502 Bad Gateway</title></head><body><h1>502 Bad Gateway</h1></body></html>'
			};
		case 'auth':
			return new WireError(401, 'Incorrect API key provided.', { code: 'invalid_api_key' });
		case 'no_model':
			return modelNotFound('the-model-you-asked-for');
		case 'moderation':
			return moderationError();
		case 'too_old':
			return new WireError(400, 'This response can no longer be streamed because it is more than 5 minutes old.', {
				param: 'stream'
			});
		default:
			return new WireError(500, 'The server had an error while processing your request. Sorry about that!', {
				type: 'server_error',
				code: 'server_error'
			});
	}
}
