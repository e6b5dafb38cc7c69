/** The load: many SSE readers in a process of their own, each noting when every event came. */
import { Agent, get } from 'node:http';
import type { IncomingMessage } from 'node:http';
import { microseconds } from './note.ts';
import { answerCalls } from './process.ts';
import { quantile } from './statistics.ts';

/** Milliseconds after which what has not come counts as lost. */
const patienceMs = 20_000;

interface Reader {
	/** Microseconds between `emit` and here, for each note in its order. */
	latencies: number[];
	close(): void;
	/** Resolves when that many notes have come, or the patience is over. */
	received(count: number): Promise<void>;
}

let readers: Reader[] = [];

/** Opens a stream; resolves with the answer's headers. */
function connect(url: string, agent: Agent): Promise<IncomingMessage> {
	return new Promise((resolve, reject) => {
		get(url, { agent, headers: { accept: 'text/event-stream' } }, resolve).on('error', reject);
	});
}

async function read(url: string, agent: Agent): Promise<Reader> {
	const latencies: number[] = [];
	let wanted = { count: Infinity, resolve: () => {} };
	const response = await connect(url, agent);
	if (response.statusCode !== 200) throw new Error(`${url} answered ${response.statusCode}`);
	let rest = '';
	response.setEncoding('utf8').on('data', (chunk: string) => {
		const now = microseconds();
		const blocks = (rest + chunk).split('\n\n');
		rest = blocks.pop() ?? '';
		for (const block of blocks) {
			const at = block.indexOf('"sentAt":');
			if (at < 0) continue;
			latencies.push(now - Number.parseInt(block.slice(at + 9, at + 29), 10));
			assertNext(block, latencies.length);
		}
		if (latencies.length >= wanted.count) wanted.resolve();
	});
	response.on('error', () => {});
	return {
		latencies,
		close: () => response.destroy(),
		received: (count) =>
			new Promise<void>((resolve) => {
				if (latencies.length >= count) return resolve();
				wanted = { count, resolve };
				setTimeout(resolve, patienceMs).unref();
			})
	};
}

/** A figure for a stream with gaps or repeats would be worth nothing. */
function assertNext(block: string, expected: number): void {
	const n = Number.parseInt(block.slice(block.indexOf('"n":') + 4), 10);
	if (n !== expected) throw new Error(`note ${n} came in the place of ${expected}`);
}

answerCalls({
	/** Opens `count` readers of one address. */
	async subscribe({ url, count }: { url: string; count: number }) {
		const agent = new Agent({ maxSockets: Infinity });
		readers = await Promise.all(Array.from({ length: count }, () => read(url, agent)));
	},
	/** Waits for `expected` notes at each reader and closes them; latencies in ms. */
	async collect({ expected }: { expected: number }) {
		await Promise.all(readers.map((reader) => reader.received(expected)));
		const latencies = readers.flatMap((reader) => reader.latencies).map((us) => us / 1_000);
		for (const reader of readers) reader.close();
		const delivered = latencies.length / (expected * readers.length);
		return { delivered, p50: quantile(latencies, 0.5), p99: quantile(latencies, 0.99) };
	},
	/** How many ms one reader needs from its request to note `expected` of a log that is already there. */
	async replay({ url, expected }: { url: string; expected: number }) {
		const began = performance.now();
		const reader = await read(url, new Agent());
		await reader.received(expected);
		const ms = performance.now() - began;
		reader.close();
		if (reader.latencies.length < expected) throw new Error(`only ${reader.latencies.length} of ${expected} came`);
		return ms;
	}
});
