import type { RequestEvent } from '@sveltejs/kit';
import { HeadwayError } from '../../jobs/error.ts';
import { isForTrpc, trpcRefusal } from '../trpc/refusal.ts';
import { addressKey } from './address-key.ts';
import { limitBody } from './body-limit.ts';
import { guard, secure } from './guard.ts';
import { isForOpenAi, openAiError } from './openai-error.ts';
import { problem } from './problem.ts';
import { tellAllowances } from './rate-headers.ts';
import { tendStream } from './stream-connection.ts';

/** What asks whether the server works must get its answer also when much else is asked. */
const uncounted = new Set(['/healthz', '/readyz', '/metrics']);

/** What is asked of a request on its way in: SvelteKit's event, or what another door makes of a request of its own. */
export type Visit = Pick<RequestEvent, 'request' | 'url' | 'locals' | 'getClientAddress'> & {
	platform?: RequestEvent['platform'];
};

/** Every request's way in and out: what may not come in is refused, and each answer gets the headers that all have. */
export async function enter<V extends Visit>(
	event: V,
	resolve: (event: V) => Response | Promise<Response>
): Promise<Response> {
	const { app } = event.locals;
	event.locals.allowances = [];
	const refused = (await overLimit(event)) ?? guard(event, app.config) ?? (await limitBody(event));
	const response = refused ? refusal(event, refused) : await resolve(event);
	tellAllowances(response, event.locals.allowances);
	tendStream(response, event.platform?.req?.socket, app.config.stallMs);
	return secure(response, event, app.config);
}

async function overLimit(event: Visit): Promise<HeadwayError | null> {
	const { locals, url } = event;
	if (uncounted.has(url.pathname)) return null;
	try {
		await locals.app.rates.take('requests', addressOf(event), locals.allowances);
		return null;
	} catch (error) {
		if (error instanceof HeadwayError) return error;
		throw error;
	}
}

/** A proxy that does not send the header which ADDRESS_HEADER names leaves no address: then all such requests count together. */
function addressOf(event: Visit): string {
	try {
		return addressKey(event.getClientAddress());
	} catch {
		return 'unknown';
	}
}

/** What our own page sent must be told in its own words, or it would take the server for unreachable. */
function refusal({ url }: Visit, error: HeadwayError): Response {
	if (isForOpenAi(url)) return openAiError(error);
	return error.code === 'limit_reached' && isForTrpc(url) ? trpcRefusal(error, url) : problem(error);
}
