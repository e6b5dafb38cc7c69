import { STATUS_CODES, type IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { getWSConnectionHandler } from '@trpc/server/adapters/ws';
import { WebSocket, WebSocketServer } from 'ws';
import { HeadwayError } from '../jobs/error.ts';
import type { App } from './app.ts';
import { addressKey } from './http/address-key.ts';
import { BODY_LIMIT } from './http/body-limit.ts';
import { guard } from './http/guard.ts';
import { problem } from './http/problem.ts';
import { ownerOf, type OwnerOf } from './owner.ts';
import { appRouter } from './trpc/index.ts';

/** Where a WebSocket is opened. */
export const SOCKET_PATH = '/api/trpc-ws';

/** A quiet socket is asked whether it lives, and one that says nothing for this much longer is ended. */
const PING_MS = 15_000;
const PONG_WAIT_MS = 30_000;
/** What may wait for a reader, in bytes. Subscriptions wait for room long before; this ends who asks and never reads. */
const MOST_WAITING = 8 * 1024 * 1024;
/** How many calls one message may hold; it counts as one request. */
const MOST_CALLS = 10;
/** What a socket that was asked to close has until it is cut. */
const CLOSE_MS = 1_000;
/** WebSocket close codes: come back to the next process, come back, and come back later. */
const RESTARTING = 1012;
const RENEWED = 1001;
const TOO_MUCH = 1013;

/** How a browser reached us, and from where, as the proxies that are trusted tell it. */
export interface Arrival {
	protocol: 'http' | 'https';
	address: string;
}

/** A socket that passes on no message before it was counted, and ends rather than hold more than its bound for a reader who does not read. */
class BoundedSocket extends WebSocket {
	/** Counts a message; rejects one that is too many. */
	count: () => Promise<void> = () => Promise.resolve();

	override emit(event: string, ...rest: unknown[]): boolean {
		if (event !== 'message') return super.emit(event, ...rest);
		// Thousands come in one packet, and more while the socket closes: what was not counted first would be carried out.
		this.count().then(
			() => this.readyState === WebSocket.OPEN && super.emit(event, ...rest),
			() => this.readyState === WebSocket.OPEN && end(this, TOO_MUCH)
		);
		return true;
	}

	override send(data: Parameters<WebSocket['send']>[0], ...rest: unknown[]): void {
		if (this.bufferedAmount > MOST_WAITING) return this.terminate();
		super.send(data, ...(rest as []));
	}
}

/**
 * The typed door over WebSockets: the same router, log and cursors as over HTTP, the same owner, and the rule of the guard
 * for changing requests, because a socket carries commands. Off unless the configuration says otherwise.
 */
export class WebSocketDoor {
	readonly #app: App;
	readonly #ownerOf: OwnerOf;
	readonly #owners = new WeakMap<IncomingMessage, string>();
	readonly #server = new WebSocketServer({
		noServer: true,
		maxPayload: BODY_LIMIT,
		// Compressed messages would wait in memory where no bound sees them.
		perMessageDeflate: false,
		WebSocket: BoundedSocket
	});
	#draining = false;

	constructor(app: App, owner: OwnerOf = ownerOf) {
		this.#app = app;
		this.#ownerOf = owner;
		const talk = getWSConnectionHandler({
			wss: this.#server,
			router: appRouter,
			maxBatchSize: MOST_CALLS,
			keepAlive: { enabled: true, pingMs: PING_MS, pongWaitMs: PONG_WAIT_MS },
			createContext: ({ req, info: { signal } }) => ({
				...{ app, signal, owner: this.#owners.get(req) ?? '' },
				room: (until: AbortSignal) => roomIn(req.socket, until)
			}),
			// Procedures log what failed in them; what is left is how sockets end.
			onError: ({ error }) => app.log.debug({ error: error.message }, 'socket error')
		});
		this.#server.on('connection', (socket: BoundedSocket, req: IncomingMessage, client: string) => {
			this.#renew(socket);
			socket.count = () => this.#app.rates.take('requests', client);
			talk(socket, req);
		});
	}

	/** How many sockets are open. */
	get open(): number {
		return this.#server.clients.size;
	}

	/** Takes over what an HTTP server's `upgrade` event gives. */
	upgrade(req: IncomingMessage, socket: Duplex, head: Buffer, { protocol, address }: Arrival): void {
		socket.on('error', () => socket.destroy());
		const client = address ? addressKey(address) : 'unknown';
		const request = asRequest(req, protocol);
		this.#admit(request, client).then(
			({ owner }) => {
				this.#owners.set(req, owner);
				this.#server.handleUpgrade(req, socket, head, (opened) => {
					this.#server.emit('connection', opened, req, client);
				});
			},
			(error: unknown) => refuse(socket, error)
		);
	}

	/** Ends every socket, so that clients come back and go on from their cursors; resolves when all are closed, within a second. */
	async drain(): Promise<void> {
		this.#draining = true;
		const closed = [...this.#server.clients].map((client) => new Promise((resolve) => client.once('close', resolve)));
		for (const client of this.#server.clients) end(client, RESTARTING);
		await Promise.all(closed);
	}

	/** Throws what is to be answered in the place of a socket. */
	async #admit(request: Request | null, client: string): Promise<{ owner: string }> {
		const { config, rates, live } = this.#app;
		await rates.take('requests', client);
		if (!request) throw new HeadwayError('bad_request', 'The address cannot be read.');
		const url = new URL(request.url);
		const refused = guard({ request, url }, config);
		if (refused) throw refused;
		if (url.pathname !== SOCKET_PATH) throw new HeadwayError('not_found', 'There is nothing at this address.');
		if (this.#draining) throw new HeadwayError('unavailable', 'Headway is restarting.', { retryAfter: 1 });
		live.streams.admitSocket(this.open);
		return { owner: this.#ownerOf(request) };
	}

	/** A stream has a longest duration, here as over HTTP (TS-20); drawn anew for each, so that they do not come back together. */
	#renew(socket: WebSocket): void {
		const timer = setTimeout(() => end(socket, RENEWED), this.#app.config.streamMs * (0.9 + Math.random() * 0.2));
		socket.once('close', () => clearTimeout(timer));
	}
}

/** Once closing, a socket sends no more answers: what its subscriptions say at the end does not reach the client, which so comes back. */
function end(socket: WebSocket, code: number): void {
	socket.close(code);
	const cut = setTimeout(() => socket.terminate(), CLOSE_MS);
	socket.once('close', () => clearTimeout(cut));
}

/** Resolves when the reader has taken what was sent, or is gone: a slow one costs a cursor, not memory (TS-18). */
function roomIn(socket: IncomingMessage['socket'], until: AbortSignal): Promise<void> {
	if (!socket.writableNeedDrain || until.aborted) return Promise.resolve();
	return new Promise((resolve) => {
		const over = () => {
			for (const event of ['drain', 'close']) socket.off(event, over);
			until.removeEventListener('abort', over);
			resolve();
		};
		for (const event of ['drain', 'close']) socket.on(event, over);
		until.addEventListener('abort', over);
	});
}

/** The upgrade as the guard reads it: as a changing request, because what comes after it is asked by nobody's leave. Null for what is none. */
function asRequest({ url = '', headers }: IncomingMessage, protocol: string): Request | null {
	const single = Object.entries(headers).flatMap(([name, value]): [string, string][] =>
		typeof value === 'string' ? [[name, value]] : []
	);
	try {
		// A whole address in the place of a path would bring a host of its own.
		if (!url.startsWith('/')) return null;
		return new Request(`${protocol}://${headers.host}${url}`, { method: 'POST', headers: single });
	} catch {
		return null;
	}
}

/** Answers in HTTP, on a socket that nothing else answers. */
function refuse(socket: Duplex, error: unknown): void {
	const known =
		error instanceof HeadwayError ? error : new HeadwayError('internal', 'Something went wrong inside Headway.');
	void send(socket, problem(known));
}

async function send(socket: Duplex, response: Response): Promise<void> {
	const body = await response.text();
	const headers = [...response.headers].map(([name, value]) => `${name}: ${value}\r\n`).join('');
	const { status } = response;
	const length = `content-length: ${Buffer.byteLength(body)}\r\nconnection: close\r\n`;
	socket.end(`HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\n${headers}${length}\r\n${body}`);
}
