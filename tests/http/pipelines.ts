import { createServer, type IncomingMessage, type RequestListener, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { RequestEvent } from '@sveltejs/kit';
import { getRequest, setResponse } from '@sveltejs/kit/node';
import { onTestFinished } from 'vitest';
import type { App } from '$lib/server/app.ts';
import { enter } from '$lib/server/http/entrance.ts';
import { StreamDoor } from '$lib/server/http/stream-door.ts';
import * as byResponse from '../../src/routes/api/events/+server.ts';
import * as byJob from '../../src/routes/api/jobs/[id]/events/+server.ts';
import * as health from '../../src/routes/healthz/+server.ts';
import * as typed from '../../src/routes/api/trpc/[...path]/+server.ts';

type Endpoint = Partial<Record<string, (event: never) => Response | Promise<Response>>>;
const routes: [RegExp, Endpoint][] = [
	[/^\/api\/trpc\/(?<path>.*)$/, typed as Endpoint],
	[/^\/api\/jobs\/(?<id>[^/]+)\/events$/, byJob as Endpoint],
	[/^\/api\/events$/, byResponse as Endpoint],
	[/^\/healthz$/, health as Endpoint]
];

/** The same app behind both: tRPC's own stream through SvelteKit's own conversion, and the door that writes to the socket. */
export interface Pipelines {
	stock: string;
	fast: string;
	/** How many requests the fast one took, and did not leave to SvelteKit. */
	taken(): number;
}

/** Serves both until the test ends. */
export async function servePipelines(app: App): Promise<Pipelines> {
	const door = new StreamDoor(app);
	let taken = 0;
	const pass: RequestListener = (req, res) => void answer(app, req, res).catch(() => res.destroy());
	const stock = await listening(pass);
	const fast = await listening((req, res) => {
		if (door.take(req, res)) taken += 1;
		else pass(req, res);
	});
	return { stock, fast, taken: () => taken };
}

async function listening(listener: RequestListener): Promise<string> {
	const server = createServer(listener);
	await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
	onTestFinished(() => {
		server.closeAllConnections();
		server.close();
	});
	return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** As adapter-node and the hook do it. */
async function answer(app: App, req: IncomingMessage, res: ServerResponse): Promise<void> {
	const request = await getRequest({ base: `http://${req.headers.host}`, request: req });
	const url = new URL(request.url);
	const getClientAddress = () => req.socket.remoteAddress ?? '';
	const locals = { app, owner: 'local' };
	const event = { request, url, params: {}, locals, getClientAddress, platform: { req } } as unknown as RequestEvent;
	await setResponse(res, await enter(event, respond));
}

function respond(event: RequestEvent): Response | Promise<Response> {
	for (const [pattern, endpoint] of routes) {
		const match = pattern.exec(event.url.pathname);
		if (!match) continue;
		const { method } = event.request;
		const handler = method === 'HEAD' ? endpoint['GET'] : (endpoint[method] ?? endpoint['fallback']);
		if (!handler) return new Response(null, { status: 405 });
		return handler({ ...event, params: { ...match.groups } } as never);
	}
	return new Response('Not found', { status: 404 });
}
