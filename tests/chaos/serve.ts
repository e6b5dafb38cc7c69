// The app in a process of its own, without a build: streams go their fast path, and every other `+server.ts` is behind the
// guard, on node:http with SvelteKit's own conversion of requests. Pages are not served. `/chaos/memory` collects garbage and tells what is held.
import { globSync, readFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { registerHooks } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import type { RequestEvent } from '@sveltejs/kit';
import { getRequest, setResponse } from '@sveltejs/kit/node';

const root = join(import.meta.dirname, '../..');
registerHooks({
	resolve: (specifier, context, next) =>
		next(
			specifier.replace(/^\$lib\//, () => `${pathToFileURL(join(root, 'src/lib'))}/`),
			context
		),
	load(url, context, next) {
		if (url.endsWith('?raw')) return moduleOf(`export default ${JSON.stringify(textOf(url))};`);
		const loaded = next(url, context);
		const source = String(loaded.source ?? '');
		return source.includes('import.meta.glob')
			? { ...loaded, source: source.replaceAll('import.meta.glob', 'globalThis.textsBeside(import.meta.url)') }
			: loaded;
	}
});
// What Vite reads in for the build: files as texts, at once or when they are asked for.
Object.assign(globalThis, {
	textsBeside: (url: string) => (pattern: string, options: { eager?: boolean }) => {
		const folder = dirname(fileURLToPath(url));
		const found = globSync(pattern, { cwd: folder }).map((file) => [`./${file}`, join(folder, file)] as const);
		const read = (path: string) =>
			options.eager ? readFileSync(path, 'utf8') : async () => readFileSync(path, 'utf8');
		return Object.fromEntries(found.map(([name, path]) => [name, read(path)]));
	}
});
process.on('unhandledRejection', (reason) => console.error('Unhandled rejection:', reason));

type Endpoint = Partial<Record<string, (event: RequestEvent) => Promise<Response>>>;
const { createApp } = await import('../../src/lib/server/app.ts');
const { readConfig } = await import('../../src/lib/server/config.ts');
const { enter } = await import('../../src/lib/server/http/entrance.ts');
const { StreamDoor } = await import('../../src/lib/server/http/stream-door.ts');
// Built by Vite only: the list of all runs, and the document's fonts and template. A research needs neither, nor a batch of them.
const { default: research } = await import('../../src/lib/operations/research/run.server.ts');
const { default: batch } = await import('../../src/lib/operations/batch/run.server.ts');

const files = globSync('**/+server.ts', { cwd: join(root, 'src/routes') });
const routes = await Promise.all(
	files.map(async (file) => ({
		pattern: patternOf(file),
		rest: file.includes('[...'),
		endpoint: (await import(pathToFileURL(join(root, 'src/routes', file)).href)) as Endpoint
	}))
);
routes.sort((a, b) => Number(a.rest) - Number(b.rest) || b.pattern.source.length - a.pattern.source.length);

const config = readConfig(process.env);
const migrationsFolder = join(root, 'drizzle');
const app = await createApp({ config, runs: { research, batch }, migrationsFolder });
const streams = new StreamDoor(app);
const server = createServer((req, res) => {
	if (streams.take(req, res)) return;
	answer(req, res).catch((error: unknown) => {
		console.error('Request failed:', error);
		res.destroy();
	});
});
server.keepAliveTimeout = 75_000;
server.listen({ host: config.host, port: config.port }, () => console.log(`ready at port ${config.port}`));

function moduleOf(source: string) {
	return { format: 'module', source, shortCircuit: true };
}

function textOf(url: string): string {
	return readFileSync(fileURLToPath(url.replace(/\?raw$/, '')), 'utf8');
}

function patternOf(file: string): RegExp {
	const path = file.replace(/\/?\+server\.ts$/, '');
	return new RegExp(`^/${path.replace(/\[\.\.\.(\w+)\]/g, '(?<$1>.*)').replace(/\[(\w+)\]/g, '(?<$1>[^/]+)')}$`);
}

async function answer(req: IncomingMessage, res: ServerResponse): Promise<void> {
	const base = `http://${req.headers.host}`;
	const request = await getRequest({ base, request: req });
	const url = new URL(request.url);
	const getClientAddress = () => req.socket.remoteAddress ?? '';
	const locals = { app, owner: 'local' };
	const event = { request, url, params: {}, locals, getClientAddress, platform: { req } } as unknown as RequestEvent;
	await setResponse(res, await enter(event, respond));
}

async function respond(event: RequestEvent): Promise<Response> {
	const { pathname } = event.url;
	if (pathname === '/chaos/memory') return Response.json(held());
	for (const { pattern, endpoint } of routes) {
		const match = pattern.exec(pathname);
		if (!match) continue;
		const params = Object.entries(match.groups ?? {}).map(([name, value]) => [name, decodeURIComponent(value)]);
		const handler = endpoint[event.request.method] ?? endpoint['fallback'];
		return handler ? handler({ ...event, params: Object.fromEntries(params) }) : new Response(null, { status: 405 });
	}
	return new Response('Not found', { status: 404 });
}

/** What is held after a collection: bytes, open streams, listeners at the bell, and what keeps the process alive. */
function held() {
	setFlagsFromString('--expose-gc');
	const collect = runInNewContext('gc') as () => void;
	collect();
	collect();
	const { heapUsed, external, arrayBuffers, rss } = process.memoryUsage();
	const resources = process.getActiveResourcesInfo().length;
	return { heapUsed, external, arrayBuffers, rss, streams: app.live.open, listeners: app.bell.size, resources };
}
