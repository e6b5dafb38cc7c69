import { createWSClient, wsLink, type TRPCLink } from '@trpc/client';
import { observable } from '@trpc/server/observable';
import type { AppRouter } from '../server/trpc/index.ts';
import type { Wire } from './attentive-event-source.ts';
import { backoff } from './backoff.ts';
import { warnOfBrokenFrame } from './broken-frame.ts';

/** Where the server is over HTTP, and the class to open a socket with. */
export interface SocketLinkOptions {
	url: string;
	/** The browser's own, or another for tests. */
	WebSocket?: typeof WebSocket | undefined;
}

/** A quiet server is asked whether it lives this often, and is given up when the answer takes longer than that. */
const PING_MS = 10_000;

/**
 * Subscriptions over a WebSocket, each on one of its own: who subscribes anew, because nothing came, has a new socket and
 * not the one that hangs. A socket that was lost comes back by itself and goes on after the last id.
 */
export function socketLink({ url, WebSocket: Socket }: SocketLinkOptions): TRPCLink<AppRouter> {
	return (runtime) =>
		({ op, next }) =>
			observable((observer) => {
				const opened = new Set<WebSocket>();
				const wire = op.context['wire'] as Wire | undefined;
				const client = createWSClient({
					url: () => socketUrl(url),
					retryDelayMs: (failures) => backoff(failures),
					keepAlive: { enabled: true, intervalMs: PING_MS, pongTimeoutMs: PING_MS },
					WebSocket: attentive(Socket ?? WebSocket, opened, wire),
					experimental_encoder: { encode: (message) => JSON.stringify(message), decode: (data) => decode(data, wire) }
				});
				const subscription = wsLink<AppRouter>({ client })(runtime)({ op, next }).subscribe(observer);
				return () => {
					subscription.unsubscribe();
					void client.close();
					// The client would wait for one that hangs while it opens.
					for (const socket of opened) socket.close();
				};
			});
}

/** The address of the socket beside that of HTTP, e.g. `wss://headway.example/api/trpc-ws`. */
export function socketUrl(url: string): string {
	const address = new URL(`${url}-ws`, globalThis.location?.href);
	address.protocol = address.protocol === 'https:' ? 'wss:' : 'ws:';
	return address.href;
}

/** The class, whose sockets are noted, and tell of everything they hear. */
function attentive(Socket: typeof WebSocket, opened: Set<WebSocket>, wire: Wire | undefined): typeof WebSocket {
	return class extends Socket {
		constructor(address: string | URL, protocols?: string | string[]) {
			super(address, protocols);
			opened.add(this);
			this.addEventListener('message', () => wire?.heard());
			this.addEventListener('close', () => opened.delete(this));
		}
	};
}

/** A message to nobody, in the place of one that cannot be read. */
const passedOver = { id: null, result: { type: 'data', data: null } };

function decode(data: string | ArrayBuffer | Uint8Array, wire: Wire | undefined): unknown {
	try {
		return JSON.parse(String(data));
	} catch {
		warnOfBrokenFrame('it is no JSON');
		wire?.broken();
		return passedOver;
	}
}
