import { hostname as machineName } from 'node:os';
import type { RequestEvent } from '@sveltejs/kit';
import { HeadwayError } from '../../jobs/error.ts';
import type { Config } from '../config.ts';
import { isAddress, isLocalName } from '../host-names.ts';

const loopback = new Set(['localhost', '127.0.0.1', '[::1]']);
const safeMethods = new Set(['GET', 'HEAD', 'OPTIONS']);

/** Refuses what is asked under a foreign name, and what a page of another site sends: a changing request must come from our own pages, from no page at all, or from an origin that the operator allows. */
export function guard({ request, url }: Pick<RequestEvent, 'request' | 'url'>, config: Config): HeadwayError | null {
	const host = request.headers.get('host');
	// A name of another site that was made to lead here makes that site's pages look like our own (DNS rebinding).
	if (host !== null && !isOurs(host, config)) return foreignName(host);
	if (safeMethods.has(request.method)) return null;
	const origin = request.headers.get('origin');
	if (origin === null) return request.headers.get('sec-fetch-site') === 'cross-site' ? foreign() : null;
	return origin === url.origin || origin === config.origin || config.corsOrigins.includes(origin) ? null : foreign();
}

/** No page of another site can have these names; any other must be the configured one. */
function isOurs(host: string, config: Config): boolean {
	const hostname = nameIn(`http://${host}`);
	if (hostname === null) return false;
	if (isAddress(hostname) || isLocalName(hostname) || hostname === machineName().toLowerCase()) return true;
	return config.origin !== null && hostname === nameIn(config.origin);
}

/** The hostname of an address, without the dot that may end it. */
function nameIn(address: string): string | null {
	return URL.canParse(address) ? new URL(address).hostname.replace(/\.$/, '') : null;
}

function foreignName(host: string): HeadwayError {
	return new HeadwayError(
		'forbidden_origin',
		`Headway does not answer under the name ${host}. Set ORIGIN=http://${host} if it is yours.`
	);
}

function foreign(): HeadwayError {
	return new HeadwayError(
		'forbidden_origin',
		'Requests from other sites are refused. Set ORIGIN or HEADWAY_CORS_ORIGINS if this one is yours.'
	);
}

/** What a page of an allowed origin may read beside the plain headers. */
const exposed = [
	...['location', 'retry-after', 'ratelimit', 'ratelimit-policy'],
	...['etag', 'content-disposition', 'content-range'],
	// Without it OpenAI's clients in a page would repeat what must not be done twice.
	'x-should-retry'
].join(', ');

/** Adds the headers that every answer has, and CORS ones for allowed origins only. */
export function secure(
	response: Response,
	{ request, url }: Pick<RequestEvent, 'request' | 'url'>,
	config: Config
): Response {
	const { headers } = response;
	headers.set('x-content-type-options', 'nosniff');
	// Not no-referrer: with it a plain form of our own says that its origin is "null", and is refused as foreign.
	headers.set('referrer-policy', 'same-origin');
	// A browser ignores it, with a complaint, where it does not trust the origin: plain http on a LAN.
	if (url.protocol === 'https:' || loopback.has(url.hostname)) headers.set('cross-origin-opener-policy', 'same-origin');
	const origin = request.headers.get('origin');
	if (origin !== null && config.corsOrigins.includes(origin)) {
		headers.set('access-control-allow-origin', origin);
		headers.set('access-control-expose-headers', exposed);
		headers.append('vary', 'origin');
	}
	return response;
}
