import { createServer } from 'node:http';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { ChatApi } from './chat-api.ts';
import { Control, type Panel } from './control.ts';
import { EmbeddingsApi } from './embeddings-api.ts';
import { Answered, Exchange } from './exchange.ts';
import { FaultDeck } from './faults.ts';
import { ImagesApi } from './images/images-api.ts';
import { Studio } from './images/studio.ts';
import { Ledger } from './ledger.ts';
import { Library } from './library.ts';
import { Links } from './links.ts';
import { servePage } from './pages.ts';
import { modelNotFound, MODELS } from './request.ts';
import { ResponsesApi } from './responses-api.ts';
import type { Clock } from './clock.ts';
import { Responses } from './responses.ts';
import { sendJson, WireError } from './wire.ts';

/** How a demo provider is set up. */
export interface DemoOptions {
	/** Folder that keeps the responses, one JSON file each; made if it is missing. */
	dataDir: string;
	/** Folders whose `*.md` files are the library. */
	corpusFolders: string[];
	/** Prefix of every query and source link; '' makes them root-relative, for an app that serves `/library…` itself. */
	linkBase?: string;
	/** Speed factor of the clock; at 1 a research takes about 20 s (quick), 30 s (standard) or 40 s (deep). */
	pace?: number;
	/** Port on the loopback address; 0, the default, takes any free one. */
	port?: number;
	/** Milliseconds since 1970; Date.now by default. */
	now?: () => number;
}

/** A running demo provider. */
export interface Demo {
	/** Base URL for an OpenAI client, such as http://127.0.0.1:4010/v1. */
	url: string;
	controlUrl: string;
	library: Library;
	/** Stops serving; background responses go on by the clock and are there again after the next start. */
	close(): Promise<void>;
}

/** Starts a demo provider on the loopback address. Rejects when the port is taken. */
export async function startDemo(options: DemoOptions): Promise<Demo> {
	const library = Library.read(options.corpusFolders);
	const panel = {
		deck: new FaultDeck(),
		ledger: new Ledger(),
		clock: { now: options.now ?? Date.now, pace: options.pace ?? 1 }
	};
	let closed = false;
	let server = await serve(options.port ?? 0);
	const port = (server.address() as AddressInfo).port;
	const origin = `http://127.0.0.1:${port}`;
	return {
		...{ url: `${origin}/v1`, controlUrl: `${origin}/control`, library },
		close() {
			closed = true;
			return close(server);
		}
	};

	async function serve(at: number): Promise<Server> {
		const router = new Router(library, options, { ...panel, restart });
		const fresh = createServer((req, res) => void router.handle(req, res));
		// A research stream stays open far longer than Node's default for a whole request.
		fresh.requestTimeout = 0;
		await listen(fresh, at);
		return fresh;
	}

	/** What only memory held is lost, as with any server; what is kept in files goes on by the clock. */
	async function restart(downMs: number): Promise<void> {
		await close(server);
		await new Promise((resolve) => setTimeout(resolve, downMs));
		if (!closed) server = await serve(port);
	}
}

/** Finds who answers a request, and turns what goes wrong into an answer. */
class Router {
	readonly #library: Library;
	readonly #ledger: Ledger;
	readonly #responses: ResponsesApi;
	readonly #chat: ChatApi;
	readonly #images: ImagesApi;
	readonly #embeddings: EmbeddingsApi;
	readonly #control: Control;
	readonly #clock: Clock;

	constructor(library: Library, options: DemoOptions, panel: Panel) {
		const { deck } = panel;
		this.#library = library;
		this.#ledger = panel.ledger;
		this.#clock = panel.clock;
		const kept = new Responses(join(options.dataDir, 'responses'), this.#clock.now);
		const source = { library, links: new Links(options.linkBase ?? '') };
		const studio = new Studio();
		this.#responses = new ResponsesApi(source, { kept, studio }, deck, this.#clock);
		this.#chat = new ChatApi(source, deck, this.#clock);
		this.#images = new ImagesApi(studio, deck, this.#clock);
		this.#embeddings = new EmbeddingsApi(deck);
		this.#control = new Control(panel, { kept, studio });
	}

	async handle(req: IncomingMessage, res: ServerResponse): Promise<void> {
		try {
			const url = new URL(req.url ?? '/', 'http://127.0.0.1');
			if (url.pathname === '/control' || url.pathname.startsWith('/control/'))
				await this.#control.handle(req, res, url.pathname);
			else if (/^\/(library(\/.*)?)?$/.test(url.pathname)) servePage(res, this.#library, url);
			else await this.#serveApi(req, res, url);
		} catch (error) {
			answerError(res, error);
		}
	}

	async #serveApi(req: IncomingMessage, res: ServerResponse, url: URL): Promise<void> {
		const path = url.pathname.replace(/\/$/, '');
		const entry = this.#ledger.open({ at: this.#clock.now(), method: req.method ?? '', path, status: 0 });
		const exchange = new Exchange(req, res, url, entry);
		const writeHead = res.writeHead.bind(res);
		res.writeHead = ((status: number, headers: Record<string, string>) => {
			entry.status = status;
			return writeHead(status, headers);
		}) as typeof res.writeHead;
		try {
			requireKey(req);
			await this.#route(exchange, path);
		} catch (error) {
			if (!(error instanceof WireError)) throw error;
			exchange.fail(error);
		}
	}

	async #route(exchange: Exchange, path: string): Promise<void> {
		const route = `${exchange.req.method} ${path}`;
		const [, id = '', action] = /^\/v1\/responses\/([^/]+)(\/cancel)?$/.exec(path) ?? [];
		if (route === 'POST /v1/responses') return this.#responses.create(exchange);
		if (route === 'POST /v1/chat/completions') return this.#chat.create(exchange);
		if (route === 'POST /v1/images/generations') return this.#images.generate(exchange);
		if (route === 'POST /v1/embeddings') return this.#embeddings.create(exchange);
		if (route === 'POST /v1/images/edits') return this.#images.edit(exchange);
		if (id && action && exchange.req.method === 'POST') return this.#responses.cancel(exchange, id);
		if (id && !action && exchange.req.method === 'GET') return this.#responses.retrieve(exchange, id);
		if (id && !action && exchange.req.method === 'DELETE') return this.#responses.remove(exchange, id);
		if (route === 'GET /v1/models') return exchange.json(200, { object: 'list', data: MODELS.map(modelObject) });
		if (route.startsWith('GET /v1/models/')) return exchange.json(200, findModel(path));
		throw new WireError(404, `Invalid URL (${route})`);
	}
}

function requireKey(req: IncomingMessage): void {
	if (/^Bearer\s+\S/i.test(req.headers.authorization ?? '')) return;
	throw new WireError(401, "You didn't provide an API key. The demo takes any that is not empty.", {
		code: 'invalid_api_key'
	});
}

function modelObject(id: string) {
	return { id, object: 'model', created: 1_790_000_000, owned_by: 'headway-demo' };
}

function findModel(path: string) {
	const id = decodeURIComponent(path.slice('/v1/models/'.length));
	if (!MODELS.includes(id)) throw modelNotFound(id);
	return modelObject(id);
}

function answerError(res: ServerResponse, error: unknown): void {
	if (error instanceof Answered || res.destroyed) return;
	if (res.headersSent) return void res.destroy();
	const known =
		error instanceof WireError
			? error
			: new WireError(500, 'The demo failed.', { type: 'server_error', code: 'server_error' });
	sendJson(res, known.status, known.body, known.headers);
}

function listen(server: Server, port: number): Promise<void> {
	return new Promise((resolve, reject) => {
		server.once('error', reject);
		server.listen(port, '127.0.0.1', () => resolve());
	});
}

function close(server: Server): Promise<void> {
	return new Promise((resolve) => {
		server.close(() => resolve());
		server.closeAllConnections();
	});
}
