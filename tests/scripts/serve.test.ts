import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { connect, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { text } from 'node:stream/consumers';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, onTestFinished, test } from 'vitest';

let root = '';
let started: ChildProcess[] = [];

// A build of the same shape as the real one: a handler, and an app that its import has put in its place.
const build = `
const { PORT, ORIGIN, REFUSE, DRAIN } = process.env;
if (REFUSE) throw Object.assign(new Error('The data folder cannot be written.'), { name: 'ConfigError', code: 'config' });
const streams = new Set();
globalThis[Symbol.for('headway.app')] = {
	config: { host: process.env.HOST ?? '127.0.0.1', port: Number(PORT), origin: ORIGIN ?? null },
	banner: (address) => ['ready at ' + address],
	async drain() {
		if (DRAIN === 'never') await new Promise(() => {});
		if (DRAIN !== 'deaf') for (const res of streams) res.end('drained');
	},
	async close() { console.log('closed'); }
};
if (process.env.SOCKETS) globalThis[Symbol.for('headway.websocket')] = {
	upgrade: (req, socket, head, from) => socket.end('HTTP/1.1 400 Bad Request\\r\\n\\r\\n' + JSON.stringify(from)),
	drain: async () => console.log('drained')
};
export function handler(req, res) {
	if (req.url === '/empty') return res.end(JSON.stringify(Object.keys(process.env).filter((name) => process.env[name] === '')));
	if (req.url === '/limit') return res.end(process.env.BODY_SIZE_LIMIT);
	if (req.url === '/refuse') return res.writeHead(413).end('refused');
	if (req.url !== '/stream') return res.end(req.headers['x-forwarded-proto']);
	streams.add(res);
	res.write('open ');
}`;

beforeEach(() => {
	root = mkdtempSync(join(tmpdir(), 'headway-serve-'));
	for (const folder of ['scripts', 'build']) mkdirSync(join(root, folder));
	writeFileSync(join(root, 'package.json'), '{ "type": "module" }');
	writeFileSync(join(root, 'build/handler.js'), build);
	copyFileSync(fileURLToPath(new URL('../../scripts/serve.js', import.meta.url)), join(root, 'scripts/serve.js'));
});
afterEach(() => {
	for (const child of started) child.kill('SIGKILL');
	started = [];
	rmSync(root, { recursive: true, force: true });
});

/** Runs the entry; `ended` resolves with its exit code and all that it printed. */
function serve(env: Record<string, string> = {}) {
	const child = spawn(process.execPath, ['scripts/serve.js'], { cwd: root, env: { PORT: '0', ...env } });
	started.push(child);
	let output = '';
	for (const stream of [child.stdout, child.stderr]) stream.on('data', (bytes: Buffer) => (output += bytes.toString()));
	const ended = once(child, 'close').then(([code]) => ({ code: code as number | null, output }));
	const address = async () => {
		await expect.poll(() => output, { timeout: 10_000 }).toContain('ready at ');
		return /ready at (\S+)/.exec(output)?.[1] ?? '';
	};
	return { child, ended, address };
}

test('TS-24 without a proxy that the operator names the scheme is the one of the socket', async () => {
	const url = await serve().address();
	expect(await (await fetch(url, { headers: { 'x-forwarded-proto': 'https' } })).text()).toBe('http');
});

test("TS-24 the header that the operator names is the proxy's to set", async () => {
	const url = await serve({ PROTOCOL_HEADER: 'x-forwarded-proto' }).address();
	expect(await (await fetch(url, { headers: { 'x-forwarded-proto': 'https' } })).text()).toBe('https');
});

test('DC-06 TS-24 an empty variable is an unset one also for what the proxy says', async () => {
	const settings = { PROTOCOL_HEADER: '', ADDRESS_HEADER: '', XFF_DEPTH: '', ORIGIN: '' };
	const url = await serve(settings).address();
	expect(await (await fetch(url, { headers: { 'x-forwarded-proto': 'https' } })).text()).toBe('http');
	expect(await (await fetch(`${url}/empty`)).text()).toBe('[]');
});

/** What comes back on a connection of its own, until it closes. */
async function exchange(url: string, lines: string[]): Promise<string> {
	const { port, hostname } = new URL(url);
	const socket = connect(Number(port), hostname);
	socket.write(['GET /x HTTP/1.1', 'Host: localhost', ...lines, '', ''].join('\r\n'));
	return text(socket);
}

const upgrade = ['Connection: Upgrade', 'Upgrade: websocket'];
const forwarded = ['X-Forwarded-Proto: https', 'X-Forwarded-For: 10.0.0.9, 192.0.2.7, 10.0.0.1'];

test('TS-26 TS-24 a socket is handed to its door, with the scheme and the address that it really has', async () => {
	const url = await serve({ SOCKETS: 'on' }).address();
	expect(await exchange(url, [...upgrade, ...forwarded])).toContain('{"protocol":"http","address":"127.0.0.1"}');
	const trusted = { PROTOCOL_HEADER: 'X-Forwarded-Proto', ADDRESS_HEADER: 'X-Forwarded-For', XFF_DEPTH: '2' };
	const proxied = await serve({ SOCKETS: 'on', ...trusted }).address();
	expect(await exchange(proxied, [...upgrade, ...forwarded])).toContain('{"protocol":"https","address":"192.0.2.7"}');
});

test('TS-26 other upgrades, and sockets where there is no door, are answered as if nothing else had been asked for', async () => {
	const offered = ['Connection: Upgrade, close', 'Upgrade: h2c'];
	expect(await exchange(await serve({ SOCKETS: 'on' }).address(), offered)).toMatch(/200 OK[^]+http$/);
	expect(await exchange(await serve().address(), ['Connection: Upgrade, close', 'Upgrade: websocket'])).toMatch(
		/200 OK[^]+http$/
	);
});

test('TS-26 on SIGTERM the sockets are closed with the streams', async () => {
	const server = serve({ SOCKETS: 'on' });
	await server.address();
	server.child.kill('SIGTERM');
	expect(await server.ended).toMatchObject({ code: 0, output: expect.stringContaining('drained') as string });
});

test('CX-07 the size of a body is for the app to judge, whatever the environment says', async () => {
	const url = await serve({ BODY_SIZE_LIMIT: '1K' }).address();
	expect(await (await fetch(`${url}/limit`)).text()).toBe('Infinity');
});

test('CX-07 a body that was refused unread is thrown away, and the next request on its connection is answered', async () => {
	const url = new URL(await serve().address());
	const socket = connect(Number(url.port), url.hostname);
	onTestFinished(() => void socket.destroy());
	let heard = '';
	socket.on('data', (bytes: Buffer) => (heard += bytes.toString()));
	const size = 3_000_000;
	socket.write(`POST /refuse HTTP/1.1\r\nHost: ${url.host}\r\nContent-Type: a/b\r\nContent-Length: ${size}\r\n\r\n`);
	await expect.poll(() => heard, { timeout: 5_000 }).toContain('refused');
	socket.write(Buffer.alloc(size));
	socket.write(`GET /next HTTP/1.1\r\nHost: ${url.host}\r\n\r\n`);
	await expect.poll(() => heard, { timeout: 5_000 }).toMatch(/413[^]+200 OK[^]+http/);
});

test('RS-07 on SIGTERM open streams end in order, the app closes, and the process exits with 0 within 2 s', async () => {
	const server = serve();
	const stream = await fetch(`${await server.address()}/stream`);
	const began = performance.now();
	server.child.kill('SIGTERM');
	expect(await stream.text()).toBe('open drained');
	expect(await server.ended).toMatchObject({ code: 0, output: expect.stringContaining('closed') as string });
	expect(performance.now() - began).toBeLessThan(2_000);
});

test('RS-07 a stream that does not end, as of a reader that never reads, is cut within the 2 s, and the app still closes', async () => {
	const server = serve({ DRAIN: 'deaf' });
	const stream = await fetch(`${await server.address()}/stream`);
	const began = performance.now();
	server.child.kill('SIGTERM');
	await expect(stream.text()).rejects.toThrow();
	expect(await server.ended).toMatchObject({ code: 0, output: expect.stringContaining('closed') as string });
	expect(performance.now() - began).toBeLessThan(2_000);
});

test('RS-07 an app that never drains is left after 5 s, with an exit code that says so', async () => {
	const server = serve({ DRAIN: 'never' });
	await server.address();
	server.child.kill('SIGTERM');
	expect((await server.ended).code).toBe(1);
}, 10_000);

test("DC-07 a terminal's doubled Ctrl-C is one signal", async () => {
	const server = serve({ DRAIN: 'deaf' });
	await fetch(`${await server.address()}/stream`);
	server.child.kill('SIGINT');
	server.child.kill('SIGINT');
	expect((await server.ended).code).toBe(0);
});

test('DC-07 a refusal of the configuration is one line and exit code 1', async () => {
	expect(await serve({ REFUSE: 'yes' }).ended).toEqual({ code: 1, output: 'The data folder cannot be written.\n' });
});

test('DC-07 a port in use is one line that says what to do', async () => {
	const other = createServer().listen(0, '127.0.0.1');
	await once(other, 'listening');
	const { port } = other.address() as AddressInfo;
	const { code, output } = await serve({ PORT: String(port) }).ended;
	other.close();
	expect(code).toBe(1);
	expect(output).toBe(
		`closed\nPort ${port} on 127.0.0.1 is in use by another program. Stop it, or take another port: PORT=${port + 1} npm start\n`
	);
});

test.each(['no-such-host.invalid', '192.0.2.1', 'fe80::1'])(
	'DC-06 HOST=%s, which is no address of this machine, ends the start with a line and an exit code',
	async (HOST) => {
		expect(await serve({ HOST }).ended).toEqual({
			code: 1,
			output: `closed\nHOST=${HOST} is not an address of this machine. Use 127.0.0.1, or 0.0.0.0 for all addresses.\n`
		});
	}
);

test('DC-07 a start without a build says how to get one', async () => {
	rmSync(join(root, 'build'), { recursive: true });
	expect(await serve().ended).toEqual({
		code: 1,
		output: 'There is no build yet. Run `npm start`, which makes one.\n'
	});
});
