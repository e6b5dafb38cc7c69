/** The load without a C compiler: many SSE readers in a Node process of their own, each noting when every event came. */
import { Agent, get } from 'node:http';
import type { IncomingMessage } from 'node:http';
import type { Wait } from './load-client.ts';
import { microseconds } from './note.ts';
import { answerCalls } from './process.ts';
import { quantile } from './statistics.ts';

interface Reader {
	/** Milliseconds between publishing and here, for each note in its order. */
	latencies: number[];
	disorder: number;
	live: boolean;
	closed: boolean;
	close(): void;
}

let readers: Reader[] = [];
let lastNote = 0;

/** Opens a stream; resolves with the answer. */
function connect(url: string, agent: Agent): Promise<IncomingMessage> {
	if (!url.startsWith('http:')) throw new Error('the Node load client reads SSE only');
	return new Promise((resolve, reject) => {
		get(url, { agent, headers: { accept: 'text/event-stream' } }, resolve).on('error', reject);
	});
}

async function read(url: string, agent: Agent): Promise<Reader> {
	const response = await connect(url, agent);
	if (response.statusCode !== 200) throw new Error(`${url} answered ${response.statusCode}`);
	const close = () => response.destroy();
	const reader: Reader = { latencies: [], disorder: 0, live: false, closed: false, close };
	let rest = '';
	response.setEncoding('utf8').on('data', (chunk: string) => {
		const now = microseconds();
		const text = rest + chunk;
		const end = text.lastIndexOf('\n\n') + 2;
		rest = end > 1 ? text.slice(end) : text;
		if (end > 1) note(reader, text.slice(0, end), now);
	});
	response.on('error', () => {}).on('close', () => (reader.closed = true));
	return reader;
}

/** The notes in whole events. A figure for a stream with gaps or repeats would be worth nothing: they are counted. */
function note(reader: Reader, text: string, now: number): void {
	reader.live ||= text.includes('"kind":"live"');
	for (const [, n, sentAt] of text.matchAll(/"n":(\d+),"sentAt":(\d+)/g)) {
		reader.latencies.push((now - Number(sentAt)) / 1_000);
		if (Number(n) !== reader.latencies.length) reader.disorder += 1;
		lastNote = performance.now();
	}
}

/** Resolves as soon as the fact holds, or with the time. */
async function until(holds: () => boolean, over: () => boolean): Promise<void> {
	while (!holds() && !over()) await new Promise((resolve) => setTimeout(resolve, 2));
}

answerCalls({
	async subscribe({ url, count }: { url: string; count: number }) {
		const agent = new Agent({ maxSockets: Infinity });
		readers.push(...(await Promise.all(Array.from({ length: count }, () => read(url, agent)))));
	},
	async collect({ expected, quietMs, totalMs }: Wait) {
		const began = performance.now();
		const complete = () => readers.filter(({ latencies }) => latencies.length >= expected).length;
		const quiet = () => performance.now() - Math.max(began, lastNote) > quietMs;
		await until(
			() => complete() === readers.length,
			() => quiet() || performance.now() - began > totalMs
		);
		const latencies = readers.flatMap((reader) => reader.latencies);
		return {
			...{ notes: latencies.length, complete: complete(), readers: readers.length, ms: lastNote - began },
			...{ p50: quantile(latencies, 0.5), p99: quantile(latencies, 0.99), max: quantile(latencies, 1) },
			closed: readers.filter((reader) => reader.closed).length,
			disorder: readers.reduce((sum, { disorder }) => sum + disorder, 0)
		};
	},
	async replay({ url, expected }: { url: string; expected: number }) {
		const began = performance.now();
		const reader = await read(url, new Agent());
		const done = () => (expected > 0 ? reader.latencies.length >= expected : reader.live);
		await until(done, () => reader.closed || performance.now() - began > 60_000);
		const ms = performance.now() - began;
		reader.close();
		if (!done()) throw new Error(`only ${reader.latencies.length} of ${expected} came`);
		return ms;
	},
	close() {
		for (const reader of readers) reader.close();
		readers = [];
	}
});
