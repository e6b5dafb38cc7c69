import { createServer, type Server } from 'node:http';
import { connect, type AddressInfo, type Socket } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { StreamDoor } from '$lib/server/http/stream-door.ts';
import { makeApp, runsOf, start } from '../support/app.ts';
import { Stepwise, type Step } from '../http/stepwise.ts';
import { CrowdReader, Stopwatch } from './crowd.ts';
import { moment } from './seed.ts';

const KB = 1024;
const patience = { timeout: 30_000, interval: 50 };

/** A running job behind the fast path, with the sockets of the server's side. */
async function serve() {
	const stepwise = new Stepwise();
	const env = { HEADWAY_MAX_STREAMS: '5000', HEADWAY_MAX_STREAMS_PER_OWNER: '5000' };
	const app = await makeApp({ runs: runsOf(stepwise.operation), env });
	const door = new StreamDoor(app);
	const sockets = new Set<Socket>();
	const server: Server = createServer((req, res) => {
		if (!door.take(req, res)) res.writeHead(404).end();
	});
	server.on('connection', (socket) => {
		sockets.add(socket);
		socket.once('close', () => sockets.delete(socket));
	});
	await new Promise<void>((resolve) => server.listen({ port: 0, host: '127.0.0.1', backlog: 2_000 }, resolve));
	onTestFinished(() => {
		server.closeAllConnections();
		server.close();
	});
	const begin = async () => {
		const { id } = await start(app, 'stepwise', { text: 'a job' });
		return { id, step: await stepwise.begun(id) };
	};
	const { id, step } = await begin();
	const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
	const input = encodeURIComponent(JSON.stringify({ follow: [{ jobId: id, after: 0 }] }));
	return { app, id, step, begin, sockets, url, path: `/api/trpc/live.watch?input=${input}` };
}

/** So many readers, once all of them have come to the present. */
async function crowd(count: number, { url, path }: { url: string; path: string }, stopwatch: Stopwatch | null) {
	const readers: CrowdReader[] = [];
	for (let n = 0; n < count; n += 1) {
		readers.push(new CrowdReader(url, path, stopwatch));
		if (n % 100 === 99) await moment(20);
	}
	await expect.poll(() => readers.filter(({ live }) => live).length, patience).toBe(count);
	return readers;
}

/** Says the marks from `first` to `last`, eight in a second: the thousand readers are this process too. */
async function marks(step: Step, stopwatch: Stopwatch, first: number, last: number): Promise<void> {
	for (let n = first; n <= last; n += 1) {
		stopwatch.sends(n);
		step.ctx.emit('mark', { n });
		await moment(125);
	}
}

/** Readers of a large job and of the one that all read, who have never read; once the server finds no more room for them. */
async function deafReaders(count: number, served: Awaited<ReturnType<typeof serve>>): Promise<Socket[]> {
	const { app, id, sockets, url, begin } = served;
	const known = new Set(sockets);
	const large = await begin();
	const input = { follow: [large.id, id].map((jobId) => ({ jobId, after: 0 })) };
	const path = `/api/trpc/live.watch?input=${encodeURIComponent(JSON.stringify(input))}`;
	const open = app.live.open;
	for (let n = 0; n < count; n += 1) {
		const deaf = connect(Number(new URL(url).port), '127.0.0.1');
		onTestFinished(() => void deaf.destroy());
		deaf.pause();
		deaf.write(`GET ${path} HTTP/1.1\r\nhost: 127.0.0.1\r\n\r\n`);
	}
	await expect.poll(() => app.live.open, patience).toBe(open + count);
	const deaf = [...sockets].filter((socket) => !known.has(socket));
	// Beyond what the kernels of both sides hold for one: they are full from here on.
	for (let n = 0; n < 100 && deaf.some(({ writableNeedDrain }) => !writableNeedDrain); n += 1) {
		large.step.ctx.content('report', 'x'.repeat(300 * KB), true);
		await moment(50);
	}
	expect(deaf.filter(({ writableNeedDrain }) => writableNeedDrain)).toHaveLength(count);
	return deaf;
}

test('TS-18 with 1,000 readers, some that never read cost the server less than a megabyte each and slow nobody', async () => {
	const served = await serve();
	const readers = await crowd(1_000, served, null);
	/** Says twelve marks more, and how long they took. */
	const measured = async (first: number) => {
		const stopwatch = new Stopwatch();
		for (const reader of readers) reader.measure(stopwatch);
		await marks(served.step, stopwatch, first, first + 11);
		await expect.poll(() => readers.every(({ marks }) => marks.at(-1) === first + 11), patience).toBe(true);
		expect(stopwatch.latencies).toHaveLength(12_000);
		return stopwatch.quantile(0.95);
	};
	await measured(1);
	const before = await measured(13);
	const deaf = await deafReaders(5, served);
	const held = deaf.map(({ writableLength }) => writableLength);
	const beside = await measured(25);
	// Not a byte more is held for them than before these marks.
	expect(deaf.map(({ writableLength }) => writableLength)).toEqual(held);
	for (const socket of deaf) socket.destroy();
	const after = await measured(37);
	console.log(
		`fast path: 1,000 readers, p95 ${before.toFixed(1)} and ${after.toFixed(1)} ms alone, ${beside.toFixed(1)} ms beside five ` +
			`that never read, for whom ${held.map((bytes) => Math.round(bytes / KB)).join(', ')} KB are held`
	);
	expect(Math.max(...held)).toBeLessThan(1_024 * KB);
	const whole = Array.from({ length: 48 }, (_, index) => index + 1);
	for (const { marks } of readers) expect(marks).toEqual(whole);
	expect(beside).toBeLessThan(2 * Math.max(before, after) + 30);
}, 90_000);

test('TS-20 a shutdown ends 500 streams at once, in order and without `return`', async () => {
	const served = await serve();
	const readers = await crowd(500, served, null);
	const listeners = served.app.bell.size;
	expect(listeners).toBeGreaterThan(0);
	const began = performance.now();
	served.app.live.drain();
	expect(served.app.live.open).toBe(0);
	// The last chunk of an HTTP/1.1 body.
	await expect.poll(() => readers.filter(({ tail }) => tail.endsWith('0\r\n\r\n')).length, patience).toBe(500);
	console.log(`fast path: 500 streams ended in ${Math.round(performance.now() - began)} ms`);
	expect(performance.now() - began).toBeLessThan(2_000);
	expect(readers.filter(({ tail }) => tail.includes('event: return'))).toEqual([]);
});

test('TS-18 CX-14 readers who come and go while events storm: whoever stays has each once and in order, and nothing is left', async () => {
	const { step, app, url, path } = await serve();
	const before = app.bell.size;
	const staying = await crowd(20, { url, path }, null);
	let storming = true;
	const visits = (async () => {
		let count = 0;
		for (; storming; count += 1) {
			const visitor = new CrowdReader(url, path, null);
			await moment(count % 5);
			if (count % 2) visitor.socket.destroy();
			else visitor.socket.resetAndDestroy();
		}
		return count;
	})();
	for (let n = 1; n <= 1_500; n += 1) {
		step.ctx.emit('mark', { n });
		if (n % 5 === 0) await moment(1);
	}
	storming = false;
	expect(await visits).toBeGreaterThan(50);
	await expect.poll(() => staying.every(({ marks }) => marks.length >= 1_500), patience).toBe(true);
	const whole = Array.from({ length: 1_500 }, (_, index) => index + 1);
	for (const { marks } of staying) expect(marks).toEqual(whole);
	await expect.poll(() => app.live.open, patience).toBe(20);
	for (const { socket } of staying) socket.destroy();
	await expect.poll(() => app.live.open, patience).toBe(0);
	expect(app.bell.size).toBe(before);
}, 60_000);
