import type { RequestEvent } from '@sveltejs/kit';
import { HeadwayError } from '../../jobs/error.ts';
import type { Config } from '../config.ts';

const loopback = new Set(['localhost', '127.0.0.1', '[::1]']);
const safeMethods = new Set(['GET', 'HEAD', 'OPTIONS']);

/** Refuses what a page of another site sends: a changing request must come from our own pages, from no page at all, or from an origin that the operator allows. */
export function guard({ request, url }: RequestEvent, config: Config): HeadwayError | null {
	if (safeMethods.has(request.method)) return null;
	const origin = request.headers.get('origin');
	if (origin === null) return request.headers.get('sec-fetch-site') === 'cross-site' ? foreign() : null;
	return origin === url.origin || origin === config.origin || config.corsOrigins.includes(origin) ? null : foreign();
}

function foreign(): HeadwayError {
	return new HeadwayError(
		'forbidden_origin',
		'Requests from other sites are refused. Set ORIGIN or HEADWAY_CORS_ORIGINS if this one is yours.'
	);
}

/** Adds the headers that every answer has, and CORS ones for allowed origins only. */
export function secure(response: Response, { request, url }: RequestEvent, config: Config): Response {
	const { headers } = response;
	headers.set('x-content-type-options', 'nosniff');
	// Not no-referrer: with it a plain form of our own says that its origin is "null", and is refused as foreign.
	headers.set('referrer-policy', 'same-origin');
	// A browser ignores it, with a complaint, where it does not trust the origin: plain http on a LAN.
	if (url.protocol === 'https:' || loopback.has(url.hostname)) headers.set('cross-origin-opener-policy', 'same-origin');
	const origin = request.headers.get('origin');
	if (origin !== null && config.corsOrigins.includes(origin)) {
		headers.set('access-control-allow-origin', origin);
		headers.set('access-control-expose-headers', 'location, retry-after');
		headers.append('vary', 'origin');
	}
	return response;
}
