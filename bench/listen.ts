import { once } from 'node:events';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';

/** Opens a server on a free port of this machine; resolves with its origin. */
export async function listen(server: Server): Promise<string> {
	server.listen(0, '127.0.0.1');
	await once(server, 'listening');
	return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** The channel that a request's path or query names. */
export function channelOf(url: string | undefined): string {
	const { pathname, searchParams } = new URL(url ?? '/', 'http://localhost');
	return searchParams.get('channel') ?? pathname.slice(1);
}
