import { once } from 'node:events';
import { createServer } from 'node:http';
import { createServer as createTcpServer } from 'node:net';
import type { AddressInfo, Server } from 'node:net';
import { afterEach, expect, test } from 'vitest';
import { Server as SocketServer } from 'socket.io';
import { startLoad } from '../../bench/load-client.ts';
import type { Load } from '../../bench/load-client.ts';
import type { Figure } from '../../bench/measure.ts';
import { note, publish } from '../../bench/note.ts';
import { judge, number, summarize, table } from '../../bench/report.ts';
import { median, quantile } from '../../bench/statistics.ts';

const closers: (() => unknown)[] = [];
afterEach(() => {
	for (const close of closers.splice(0)) close();
});

async function load(): Promise<Load> {
	const client = await startLoad(() => undefined);
	closers.push(() => client.stop());
	return client;
}

async function listen(server: Server): Promise<string> {
	server.listen(0, '127.0.0.1');
	closers.push(() => server.close());
	await once(server, 'listening');
	return `127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** A server that says these bytes to each who asks, in pieces of one size, and then waits. */
async function speaker(text: string, pieceSize: number): Promise<string> {
	const server = createTcpServer((socket) => {
		socket.setNoDelay(true).on('error', () => undefined);
		socket.once('data', async () => {
			for (let at = 0; at < text.length; at += pieceSize) {
				socket.write(text.slice(at, at + pieceSize));
				await new Promise((resolve) => setImmediate(resolve));
			}
		});
		closers.push(() => socket.destroy());
	});
	return `http://${await listen(server)}/`;
}

const head = 'HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n';
const chunk = (text: string) => `${Buffer.byteLength(text).toString(16)}\r\n${text}\r\n`;
const event = (n: number, agoMs = 0) => {
	const { sentAt, ...rest } = note(n);
	return `id: ${n}\ndata: ${JSON.stringify({ n: rest.n, sentAt: sentAt - agoMs * 1_000, text: rest.text })}\n\n`;
};
const wait = (expected: number) => ({ expected, quietMs: 1_000, totalMs: 10_000 });

const figure = (facts: Partial<Figure>): Figure => ({
	...{
		what: 'latency p99',
		unit: 'ms',
		better: 'lower',
		ours: [8, 12, 10],
		peers: [{ name: 'bare', rounds: [20, 10] }]
	},
	...facts
});

test.each([1, 7, 64, 10_000])(
	'AG-04 the load reads each event once however the answer is cut: pieces of %i bytes',
	async (size) => {
		// One event a chunk, one over two chunks, and two in one.
		const cut = event(2);
		const body = [event(1), cut.slice(0, 30), cut.slice(30), event(3) + event(4)].map(chunk).join('');
		const client = await load();
		await client.subscribe(await speaker(head + body, size), 3);
		const { notes, complete, readers, disorder, closed } = await client.collect(wait(4));
		expect({ notes, complete, readers, disorder, closed }).toEqual({
			...{ notes: 12, complete: 3, readers: 3, disorder: 0, closed: 0 }
		});
	}
);

test('AG-04 latency counts from publishing to the parsed event', async () => {
	const client = await load();
	// Nine that left 200 ms ago, and one that left five seconds ago.
	const body = [1, 2, 3, 4, 5, 6, 7, 8, 9].map((n) => event(n, 200)).join('') + event(10, 5_000);
	await client.subscribe(await speaker(head + chunk(body), 10_000), 1);
	const { p50, p99 } = await client.collect(wait(10));
	expect(p50).toBeGreaterThanOrEqual(200);
	expect(p50).toBeLessThan(4_000);
	expect(p99).toBeGreaterThanOrEqual(5_000);
});

test('RS-09 an event that is missing, came twice, or was cut off is never counted as delivered in order', async () => {
	const client = await load();
	await client.subscribe(await speaker(head + chunk(event(1) + event(3)), 10_000), 1);
	expect(await client.collect({ ...wait(3), quietMs: 200 })).toMatchObject({ notes: 2, disorder: 1 });
	await client.close();
	await client.subscribe(await speaker(head + chunk(event(1) + event(1)), 10_000), 1);
	expect(await client.collect({ ...wait(2), quietMs: 200 })).toMatchObject({ notes: 2, disorder: 1, complete: 0 });
	await client.close();
	const half = event(2).slice(0, -1);
	await client.subscribe(await speaker(head + chunk(event(1) + half), 10_000), 1);
	expect(await client.collect({ ...wait(2), quietMs: 200 })).toMatchObject({ notes: 1, complete: 0 });
});

test('AG-04 a reader that is refused fails the measure', async () => {
	const server = createServer((_req, res) => void res.writeHead(429).end());
	const client = await load();
	await expect(client.subscribe(`http://${await listen(server)}/`, 2)).rejects.toThrow();
});

test('RS-09 a replay ends with the event that it waits for, and one that never comes is an error', async () => {
	const client = await load();
	const all = head + chunk([1, 2, 3].map((n) => event(n)).join(''));
	expect(await client.replay(await speaker(all, 10_000), 3)).toBeGreaterThan(0);
	const short = createServer((_req, res) => void res.writeHead(200).end(event(1)));
	await expect(client.replay(`http://${await listen(short)}/`, 3)).rejects.toThrow();
});

test('AG-04 the load reads the WebSocket of socket.io, small and large messages', async ({ skip }) => {
	const client = await load();
	skip(client.language === 'Node', 'only the load client in C reads it');
	const server = createServer();
	const io = new SocketServer(server, { transports: ['websocket'] });
	closers.push(() => io.close());
	io.on('connection', (socket) => {
		socket.emit('note', note(1));
		socket.emit('note', { ...note(2), text: 'x'.repeat(300) });
		socket.emit('note', { ...note(3), text: 'x'.repeat(70_000) });
	});
	await client.subscribe(`ws://${await listen(server)}/socket.io/?EIO=4&transport=websocket`, 2);
	expect(await client.collect(wait(3))).toMatchObject({ notes: 6, complete: 2, disorder: 0 });
});

test('AG-04 a publisher that is late goes on at once, and lets the server work in between', async () => {
	const sent: number[] = [];
	let turns = 0;
	const counting = setInterval(() => (turns += 1), 0);
	await publish({ from: 5, count: 40, everyMs: 0, size: 4 }, ({ n }) => {
		sent.push(n);
		const until = performance.now() + 1;
		while (performance.now() < until);
	});
	clearInterval(counting);
	expect(sent).toEqual(Array.from({ length: 40 }, (_, index) => 5 + index));
	expect(turns).toBeGreaterThan(0);
});

test('RS-09 a figure is the median of its rounds, and a quantile is a value that was measured', () => {
	expect(median([3, 1, 2])).toBe(2);
	expect(median([4, 1, 2, 3])).toBe(2.5);
	expect(median([])).toBeNaN();
	expect(quantile([5, 1, 4, 2, 3], 0.99)).toBe(5);
	expect(quantile([5, 1, 4, 2, 3], 0.5)).toBe(3);
});

test('RS-09 a target is met at its bound and missed beyond it, whichever way is better', () => {
	const met = (facts: Partial<Figure>) => judge(figure(facts)).map((verdict) => verdict.met);
	// The medians are 10 and 15.
	expect(met({ targets: [{ against: 'bare', times: 10 / 15 }] })).toEqual([true]);
	expect(met({ targets: [{ against: 'bare', times: 0.6 }] })).toEqual([false]);
	expect(met({ targets: [{ limit: 10 }, { limit: 9.9 }] })).toEqual([true, false]);
	expect(met({ better: 'higher', targets: [{ against: 'bare', times: 0.5 }, { limit: 11 }] })).toEqual([true, false]);
});

test('RS-09 a target against a peer that was left out is neither met nor missed', () => {
	const [verdict] = judge(figure({ targets: [{ against: 'socket.io', times: 1 }] }));
	expect(verdict).toMatchObject({ met: null });
	expect(table([figure({ targets: [{ against: 'bare', times: 0.1 }] })])).toContain('≤ 0.1 × bare: NOT MET');
});

test('RS-09 the results keep every round beside the median and the ratio', () => {
	const { median: own, ours, peers } = summarize(figure({}));
	expect({ own, ours }).toEqual({ own: 10, ours: [8, 12, 10] });
	expect(peers).toEqual([{ name: 'bare', rounds: [20, 10], median: 15, ratio: 10 / 15 }]);
});

test('RS-09 the table has a row for each side, with numbers that a person can read', () => {
	const lines = table([figure({ ours: [1_234_567], peers: [{ name: 'bare', rounds: [0.12345] }] })]).split('\n');
	expect(lines).toHaveLength(4);
	expect(lines[2]).toContain('1,234,567 ms');
	expect(lines[3]).toContain('0.12 ms');
	expect(number(Number.NaN)).toBe('–');
});
