import { fetchRequestHandler } from '@trpc/server/adapters/fetch';
import { HeadwayError } from '$lib/jobs/error.ts';
import { appRouter } from '$lib/server/trpc/index.ts';
import { preflight } from '$lib/server/http/door.ts';
import { problem } from '$lib/server/http/problem.ts';
import { retryHint } from '$lib/server/live/wires.ts';
import type { RequestHandler } from './$types';

const handle: RequestHandler = async ({ request, locals }) => {
	const { app, owner, allowances } = locals;
	const response = await fetchRequestHandler({
		endpoint: '/api/trpc',
		req: request,
		router: appRouter,
		createContext: () => ({ app, owner, allowances, signal: request.signal })
	});
	const streams = response.headers.get('content-type')?.startsWith('text/event-stream') && response.body;
	return streams ? withHint(response, response.body) : response;
};

// tRPC sends no `retry:` field of its own (transport-and-storage.md A1).
function withHint(response: Response, body: ReadableStream<Uint8Array>): Response {
	const hint = new TransformStream<Uint8Array, Uint8Array>({
		start: (controller) => controller.enqueue(new TextEncoder().encode(retryHint()))
	});
	return new Response(body.pipeThrough(hint), response);
}

const other: RequestHandler = ({ request }) =>
	request.method === 'OPTIONS'
		? preflight('GET, POST', request)
		: problem(new HeadwayError('method_not_allowed', 'This address takes GET and POST.'), { allow: 'GET, POST' });

export { handle as GET, handle as POST, other as fallback };
