import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Readable } from 'node:stream';
import type { RequestEvent } from '@sveltejs/kit';
import { getRequest } from '@sveltejs/kit/node';
import { onTestFinished } from 'vitest';
import type { App } from '$lib/server/app.ts';
import { enter } from '$lib/server/http/entrance.ts';
import { StreamDoor } from '$lib/server/http/stream-door.ts';
import { WebSocketDoor } from '$lib/server/ws-door.ts';

type Handler = (event: RequestEvent) => Response | Promise<Response>;
type Endpoint = Partial<Record<string, Handler>>;
const modules = import.meta.glob<Endpoint>('/src/routes/**/+server.ts', { eager: true });

const routes = Object.entries(modules)
	.map(([file, endpoint]) => ({ pattern: patternOf(file), endpoint, open: opennessOf(file) }))
	.toSorted((a, b) => a.open - b.open || b.pattern.source.length - a.pattern.source.length);

/** What is named goes before what is any word, and that before any rest: as SvelteKit has it. */
function opennessOf(file: string): number {
	return file.includes('[...') ? 2 : Number(file.includes('['));
}

/** `/src/routes/api/jobs/[id]/+server.ts` as a pattern with named groups. */
function patternOf(file: string): RegExp {
	const path = file.replace('/src/routes', '').replace('/+server.ts', '');
	return new RegExp(`^${path.replace(/\[\.\.\.(\w+)\]/g, '(?<$1>.*)').replace(/\[(\w+)\]/g, '(?<$1>[^/]+)')}$`);
}

/**
 * The app's own endpoints on a real port: every `+server.ts`, the guard and the headers, without SvelteKit's build, so that
 * their lines count as covered. The built app is tested by the browser tests.
 */
export async function serveRoutes(app: App, owner: (request: Request) => string = () => 'local'): Promise<string> {
	const streams = new StreamDoor(app, {}, owner);
	const server = createServer((req, res) => void (streams.take(req, res) || answer(app, owner, req, res)));
	const door = app.config.websocket ? new WebSocketDoor(app, owner) : null;
	if (door)
		server.on('upgrade', (req, socket, head) =>
			door.upgrade(req, socket, head, { protocol: 'http', address: '127.0.0.1' })
		);
	await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
	onTestFinished(async () => {
		await door?.drain();
		server.closeAllConnections();
		server.close();
	});
	return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

async function answer(
	app: App,
	owner: (request: Request) => string,
	req: IncomingMessage,
	res: ServerResponse
): Promise<void> {
	const base = `http://${req.headers.host}`;
	const url = new URL(req.url ?? '/', base);
	// SvelteKit's own: its signal knows of a hang-up only until the body has been read.
	const request = await getRequest({ request: req, base, bodySizeLimit: Infinity });
	// As in scripts/serve.js: what was refused unread must not hold up the connection's next request.
	res.once('finish', () => req.complete || req.removeAllListeners('data').resume());
	const response = await handle({ app, owner: owner(request) }, request, url, req);
	res.writeHead(response.status, Object.fromEntries(response.headers));
	if (!response.body) return void res.end();
	const body = Readable.fromWeb(response.body as never);
	body.on('error', () => res.destroy());
	res.on('close', () => body.destroy());
	body.pipe(res);
}

async function handle(
	locals: { app: App; owner: string },
	request: Request,
	url: URL,
	req: IncomingMessage
): Promise<Response> {
	for (const { pattern, endpoint } of routes) {
		const match = pattern.exec(url.pathname);
		if (!match) continue;
		const params = decoded(match.groups ?? {});
		if (!params) return new Response('Malformed URI', { status: 400 });
		const getClientAddress = () => req.socket.remoteAddress ?? '';
		const event = { request, url, params, locals, getClientAddress, platform: { req } } as unknown as RequestEvent;
		return enter(event, () => {
			const handler = endpoint[event.request.method] ?? endpoint.fallback;
			return handler ? handler(event) : new Response(null, { status: 405 });
		});
	}
	return new Response('Not found', { status: 404 });
}

/** Null when a part of the address cannot be decoded: SvelteKit answers 400. */
function decoded(groups: Record<string, string>): Record<string, string> | null {
	try {
		return Object.fromEntries(Object.entries(groups).map(([name, value]) => [name, decodeURIComponent(value)]));
	} catch {
		return null;
	}
}
