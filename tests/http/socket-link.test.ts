import { once } from 'node:events';
import { createServer, type AddressInfo, type Socket } from 'node:net';
import { expect, onTestFinished, test, vi } from 'vitest';
import { WebSocketServer } from 'ws';
import { LiveStream, type StreamEnd } from '$lib/client/live-stream.ts';
import { clientOf } from './watching.ts';

const patience = { timeout: 5_000 };

/** A stream of a page over a WebSocket, and what it told. */
function streamFrom(url: string) {
	const told = { heard: 0, broken: 0, opened: 0, frames: [] as string[], ends: [] as StreamEnd[] };
	const stream = new LiveStream(
		clientOf(url, 'websocket'),
		{ follow: [], feed: true },
		{
			heard: () => void (told.heard += 1),
			broken: () => void (told.broken += 1),
			opened: () => void (told.opened += 1),
			frame: ({ kind }, epoch) => told.frames.push(`${kind} of ${epoch}`),
			ended: (end) => told.ends.push(end)
		}
	);
	onTestFinished(() => stream.close());
	return { stream, told };
}

async function socketServer(): Promise<{ url: string; server: WebSocketServer }> {
	const server = new WebSocketServer({ port: 0, host: '127.0.0.1' });
	await once(server, 'listening');
	onTestFinished(() => {
		for (const client of server.clients) client.terminate();
		server.close();
	});
	return { server, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` };
}

const frame = { kind: 'live', snapshots: [], events: [], transients: [], feed: [] };
const message = (id: string) => JSON.stringify({ id: 1, result: { type: 'data', id, data: { id, data: frame } } });

test('TS-26 AG-07 over a WebSocket too a ping is heard, and a frame that cannot be read is passed over and told', async () => {
	const { url, server } = await socketServer();
	const warned = vi.spyOn(console, 'warn').mockImplementation(() => undefined);
	onTestFinished(() => warned.mockRestore());
	const { told } = streamFrom(url);
	const [socket] = (await once(server, 'connection')) as [import('ws').WebSocket];
	await vi.waitUntil(() => told.opened === 1, patience);
	socket.send('PING');
	await vi.waitUntil(() => told.heard === 1, patience);
	socket.send('{"id":1,"result":{"type":"da');
	await vi.waitUntil(() => told.broken === 1, patience);
	socket.send(message('epoch;'));
	await vi.waitUntil(() => told.frames.length === 1, patience);
	expect(told.frames).toEqual(['live of epoch']);
	expect(warned).toHaveBeenCalledTimes(1);
	expect(told.ends).toEqual([]);
});

test('TS-26 BY-07 a stream that ends takes its socket with it, also one that hangs while it opens', async () => {
	const sockets: Socket[] = [];
	const mute = createServer((socket) => sockets.push(socket.on('error', () => undefined)));
	mute.listen(0, '127.0.0.1');
	await once(mute, 'listening');
	onTestFinished(() => void mute.close());
	const hanging = streamFrom(`http://127.0.0.1:${(mute.address() as AddressInfo).port}`);
	await vi.waitUntil(() => sockets.length === 1, patience);
	sockets[0]?.resume();
	const hungUp = once(sockets[0]!, 'close');
	hanging.stream.close();
	await hungUp;
	const { url, server } = await socketServer();
	const open = streamFrom(url);
	await vi.waitUntil(() => open.told.opened === 1, patience);
	open.stream.close();
	await vi.waitUntil(() => server.clients.size === 0, patience);
	expect(open.told.ends).toEqual([]);
});

test('TS-26 BY-07 a socket that breaks ends the stream at once, so that the page makes the next one', async () => {
	const { url, server } = await socketServer();
	const { told } = streamFrom(url);
	await vi.waitUntil(() => told.opened === 1, patience);
	for (const client of server.clients) client.terminate();
	await vi.waitUntil(() => told.ends.length > 0, patience);
	expect(told.ends).toMatchObject([{ how: 'cut', brought: false }]);
});
