import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { connect, type AddressInfo, type Socket } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import type { Outlet, PushedStream } from '$lib/server/live/outlet.ts';
import { plainWire, trpcWire } from '$lib/server/live/wires.ts';
import { isOld, SocketStream } from '$lib/server/http/socket-stream.ts';

const patience = { timeout: 5_000 };
const head = { status: 200, headers: { 'content-type': 'text/event-stream' } };

/** A stream that sends what the test says, and notes what it is told. */
class Told implements PushedStream {
	outlet: Outlet | null = null;
	resumed = 0;
	left = 0;

	start(outlet: Outlet): void {
		this.outlet = outlet;
	}

	resume(): void {
		this.resumed += 1;
	}

	leave(): void {
		this.left += 1;
	}

	/** Text as a chunk. */
	send(text: string): boolean | undefined {
		return this.outlet?.send(Buffer.from(`${text.length.toString(16)}\r\n${text}\r\n`));
	}
}

/** A server whose every answer is a stream; `/plain` by the plain wire. */
async function serve(stallMs = 60_000) {
	const streams: Told[] = [];
	const sockets: Socket[] = [];
	const server = createServer((req: IncomingMessage, res: ServerResponse) => {
		const framing = isOld(req) ? 'identity' : 'chunked';
		const wire = req.url === '/plain' ? plainWire(framing) : trpcWire('e', framing);
		const form = { wire, terms: { config: { stallMs }, shapeOf: (error: unknown) => ({ message: String(error) }) } };
		if (req.url === '/refused') return SocketStream.refuse(res, head, 'full', form);
		streams.push(new Told());
		SocketStream.begin(res, head, streams.at(-1)!, form);
	});
	server.on('connection', (socket) => sockets.push(socket));
	await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
	onTestFinished(() => {
		server.closeAllConnections();
		server.close();
	});
	return { port: (server.address() as AddressInfo).port, streams, sockets };
}

/** A connection that says what it is told to say, and keeps what it hears. */
function dial(port: number): { socket: Socket; heard(): string } {
	const socket = connect(port, '127.0.0.1');
	let heard = '';
	socket.on('data', (bytes) => (heard += String(bytes))).on('error', () => socket.destroy());
	onTestFinished(() => void socket.destroy());
	return { socket, heard: () => heard };
}

const get = (path: string, version = '1.1') => `GET ${path} HTTP/${version}\r\nHost: localhost\r\n\r\n`;
const terminator = '\r\n0\r\n\r\n';

test('RS-09 head, opening and what is sent at once come in order, and a later frame by itself', async () => {
	const { port, streams } = await serve();
	const { socket, heard } = dial(port);
	socket.write(get('/plain'));
	await expect.poll(heard, patience).toContain('retry: 3000\n\n\r\n');
	expect(heard()).toMatch(
		/^HTTP\/1\.1 200 OK\r\ncontent-type: text\/event-stream\r\n[^]*Transfer-Encoding: chunked\r\n/
	);
	expect(streams[0]!.send('hello')).toBe(true);
	await expect.poll(heard, patience).toMatch(/5\r\nhello\r\n$/);
});

test.each([
	['/trpc', 'ended', `event: return\ndata: \n\n\n${terminator}`],
	['/plain', 'ended', `last${terminator}`],
	['/trpc', 'renewed', `last${terminator}`],
	['/plain', 'drained', `last${terminator}`],
	['/trpc', 'failed', `data: {"message":"broken"}\n\n\n${terminator}`]
] as const)(
	'RS-10 over %s a stream that %s ends in its framing, and the connection serves the next request',
	async (path, how, end) => {
		const { port, streams } = await serve();
		const { socket, heard } = dial(port);
		socket.write(get(path));
		await expect.poll(() => streams[0]?.outlet, patience).toBeTruthy();
		streams[0]!.send('last');
		streams[0]!.outlet!.over(how, 'broken');
		streams[0]!.outlet!.over(how, 'broken');
		await expect.poll(heard, patience).toContain(terminator);
		expect(heard().endsWith(end)).toBe(true);
		expect(streams[0]!.send('too late')).toBe(false);
		socket.write(get('/plain'));
		await expect.poll(() => streams.length, patience).toBe(2);
		await expect.poll(heard, patience).toContain('retry: 3000');
		expect(heard()).not.toContain('too late');
	}
);

test('RS-10 a plain stream that failed is broken off, so that its reader comes back', async () => {
	const { port, streams } = await serve();
	const { socket, heard } = dial(port);
	socket.write(get('/plain'));
	await expect.poll(() => streams[0]?.outlet, patience).toBeTruthy();
	streams[0]!.outlet!.over('failed', 'broken');
	await once(socket, 'close');
	expect(heard()).not.toContain(terminator);
	await expect.poll(() => streams[0]!.left, patience).toBe(1);
});

test('TS-24 a proxy that speaks HTTP/1.0 gets the body bare, and its end by the end of the connection', async () => {
	const { port, streams } = await serve();
	const { socket, heard } = dial(port);
	socket.write(get('/trpc', '1.0'));
	await expect.poll(() => streams[0]?.outlet, patience).toBeTruthy();
	streams[0]!.outlet!.over('ended');
	await once(socket, 'close');
	expect(heard()).toMatch(/connection: close\r\n/i);
	expect(heard()).not.toMatch(/transfer-encoding/i);
	expect(heard()).toMatch(/\r\n\r\nretry: \d+\n\nevent: connected\n[^]*event: return\ndata: \n\n\n$/);
});

test('TS-18 a full socket says so, and once it has drained the stream goes on', async () => {
	const { port, streams } = await serve();
	const { socket, heard } = dial(port);
	socket.write(get('/trpc'));
	await expect.poll(() => streams[0]?.outlet, patience).toBeTruthy();
	socket.pause();
	const [stream] = streams;
	let sent = 0;
	while (stream!.send('x'.repeat(60_000))) sent += 1;
	expect(sent).toBeGreaterThan(0);
	expect(stream!.resumed).toBe(0);
	socket.resume();
	await expect.poll(() => stream!.resumed, patience).toBe(1);
	expect(stream!.send('after')).toBe(true);
	await expect.poll(heard, patience).toMatch(/5\r\nafter\r\n$/);
	expect(stream!.resumed).toBe(1);
});

test('TS-18 a reader that takes nothing is cut; one that is only quiet is not', async () => {
	const { port, streams } = await serve(300);
	const [deaf, quiet] = [dial(port), dial(port)];
	deaf.socket.write(get('/trpc'));
	await expect.poll(() => streams[0]?.outlet, patience).toBeTruthy();
	quiet.socket.write(get('/trpc'));
	await expect.poll(() => streams[1]?.outlet, patience).toBeTruthy();
	deaf.socket.pause();
	while (streams[0]!.send('x'.repeat(60_000)));
	await expect.poll(() => streams[0]!.left, patience).toBe(1);
	expect(streams[1]!.left).toBe(0);
	expect(streams[1]!.send('still here')).toBe(true);
	await expect.poll(quiet.heard, patience).toContain('still here');
});

test('TS-18 a reader that was behind for a moment, and never full, is not watched any longer', async () => {
	const { port, streams, sockets } = await serve();
	const { socket } = dial(port);
	socket.write(get('/trpc'));
	await expect.poll(() => streams[0]?.outlet, patience).toBeTruthy();
	const [stream, served] = [streams[0]!, sockets[0]!];
	socket.pause();
	let room: boolean | undefined = true;
	while (served.writableLength === 0) room = stream.send('x'.repeat(30_000));
	expect({ room, timeout: served.timeout }).toEqual({ room: true, timeout: 60_000 });
	socket.resume();
	await expect.poll(() => served.writableLength, patience).toBe(0);
	stream.send('a ping');
	expect(served.timeout).toBe(0);
});

test('RS-09 a stream whose reader hangs up is left, and sends nothing more', async () => {
	const { port, streams } = await serve();
	const { socket } = dial(port);
	socket.write(get('/trpc'));
	await expect.poll(() => streams[0]?.outlet, patience).toBeTruthy();
	socket.destroy();
	await expect.poll(() => streams[0]!.left, patience).toBe(1);
	expect(streams[0]!.send('nobody')).toBe(false);
});

test('AG-04 a refusal in the place of a stream is told in its own words, and the connection goes on', async () => {
	const { port } = await serve();
	const { socket, heard } = dial(port);
	socket.write(get('/refused'));
	await expect.poll(heard, patience).toContain(terminator);
	expect(heard()).toMatch(/event: connected\n[^]*event: serialized-error\ndata: \{"message":"full"\}\n\n\n/);
	expect(heard()).not.toContain('event: return');
	expect(socket.destroyed).toBe(false);
});
