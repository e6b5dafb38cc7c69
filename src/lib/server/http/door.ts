import type { RequestEvent, RequestHandler } from '@sveltejs/kit';
import { HeadwayError } from '../../jobs/error.ts';
import { describe } from '../fault.ts';
import { diskFault } from '../room.ts';
import { isForOpenAi, openAiError } from './openai-error.ts';
import { problem } from './problem.ts';

type Method = 'GET' | 'POST' | 'PUT' | 'DELETE';
type Handlers = Partial<Record<Method, (event: RequestEvent) => Promise<Response>>>;
type Door = Record<Method | 'fallback', RequestHandler>;

/** One address of the plain door: its handlers, with every failure as a problem document (to OpenAI's clients, in their own form) and any other method as 405. */
export function door(handlers: Handlers): Door {
	const allow = Object.keys(handlers).join(', ');
	const answer: RequestHandler = async (event) => {
		const { method } = event.request;
		const handler = handlers[(method === 'HEAD' ? 'GET' : method) as Method];
		try {
			if (method === 'OPTIONS') return preflight(allow, event.request);
			if (!handler) throw new HeadwayError('method_not_allowed', `This address takes ${allow}.`);
			const response = await handler(event);
			return method === 'HEAD' ? await headOf(response) : response;
		} catch (error) {
			const known = explain(error, event);
			const headers: Record<string, string> = handler ? {} : { allow };
			return isForOpenAi(event.url) ? openAiError(known, { headers }) : problem(known, headers);
		}
	};
	return { GET: answer, POST: answer, PUT: answer, DELETE: answer, fallback: answer };
}

/** A handler that starts a job, of which an owner has so many in a minute. */
export function starts(
	handler: (event: RequestEvent) => Promise<Response>
): (event: RequestEvent) => Promise<Response> {
	return async (event) => {
		const { app, owner, allowances } = event.locals;
		await app.rates.take('starts', owner, allowances);
		return handler(event);
	};
}

/** The head alone; a stream that began is ended. */
async function headOf(response: Response): Promise<Response> {
	await response.body?.cancel();
	return new Response(null, response);
}

/** What a page of an allowed origin may send that plain forms cannot. */
const sent = [
	...['content-type', 'content-disposition', 'idempotency-key', 'last-event-id', 'if-range', 'if-none-match'],
	// Headway reads no key, but OpenAI's clients send one.
	'authorization'
];
/** What OpenAI's clients say of themselves. */
const ofClients = /^(x-stainless|openai)-[a-z-]+$/;

/** Answers an OPTIONS request; whose origin it is for is said by `secure`. */
export function preflight(allow: string, { headers: asked }: Pick<Request, 'headers'>): Response {
	const wanted = (asked.get('access-control-request-headers') ?? '')
		.split(',')
		.map((name) => name.trim().toLowerCase());
	const names = [...sent, ...wanted.filter((name) => ofClients.test(name))];
	const headers = { 'access-control-allow-methods': allow, 'access-control-allow-headers': names.join(', ') };
	return new Response(null, { status: 204, headers });
}

/** What a failure is called to the outside; one that is ours stands in the log. */
export function explain(error: unknown, { locals, url }: Pick<RequestEvent, 'locals' | 'url'>): HeadwayError {
	const known = error instanceof HeadwayError ? error : diskFault(error);
	if (known && known.code !== 'unavailable') return known;
	locals.app.log.error({ error: describe(error), path: url.pathname }, 'request failed');
	if (known) return known;
	return new HeadwayError('internal', 'Something went wrong inside Headway. The log says more.');
}

/** The JSON object in a request's body. */
export async function readBody(request: Request): Promise<Record<string, unknown>> {
	const type = request.headers.get('content-type')?.split(';')[0]?.trim().toLowerCase();
	if (type !== 'application/json')
		throw new HeadwayError('unsupported_media_type', 'Send the body as application/json.');
	const text = await readText(request);
	const body = parseJson(text);
	if (typeof body !== 'object' || body === null || Array.isArray(body))
		throw new HeadwayError('bad_request', 'The body must be a JSON object.');
	return body as Record<string, unknown>;
}

/** An empty body stands for an empty object. */
export async function readOptionalBody(request: Request): Promise<Record<string, unknown>> {
	return request.headers.get('content-type') === null ? {} : readBody(request);
}

/** Its size is bounded before: see `limitBody`. */
async function readText(request: Request): Promise<string> {
	try {
		return new TextDecoder('utf-8', { fatal: true }).decode(await request.arrayBuffer());
	} catch {
		throw new HeadwayError('bad_request', 'The body could not be read as UTF-8 text.');
	}
}

function parseJson(text: string): unknown {
	try {
		return JSON.parse(text);
	} catch {
		throw new HeadwayError('bad_request', 'The body is not valid JSON.');
	}
}

/** A whole number in the query string; undefined when absent. */
export function readCount(url: URL, name: string, max: number): number | undefined {
	const text = url.searchParams.get(name);
	if (text === null) return undefined;
	if (!/^\d{1,15}$/.test(text) || Number(text) > max)
		throw new HeadwayError('bad_request', `\`${name}\` must be a whole number from 0 to ${max}.`);
	return Number(text);
}
