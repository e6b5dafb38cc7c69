import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import type { JobEvent } from '$lib/jobs/event.ts';
import { makeApp, runsOf, start, until } from '../support/app.ts';
import { servePipelines } from '../http/pipelines.ts';
import { readSse } from '../http/read-sse.ts';
import { Stepwise, type Step } from '../http/stepwise.ts';
import { watch } from '../http/watching.ts';
import { providerAt } from '../lib/server/providers/wiring.ts';
import { moment } from './seed.ts';

const sorted = (samples: readonly number[]) => samples.toSorted((a, b) => a - b);
/** Milliseconds that 95 of 100 samples stay under. */
const p95 = (samples: readonly number[]) => sorted(samples)[Math.ceil(samples.length * 0.95) - 1] ?? Infinity;
const median = (samples: readonly number[]) => sorted(samples)[Math.floor(samples.length / 2)] ?? Infinity;
const told = (samples: readonly number[]) =>
	`median ${median(samples).toFixed(1)} ms, p95 ${p95(samples).toFixed(1)} ms`;

/** When the clients of both doors had each event, by what it says of itself. */
class Arrivals {
	readonly plain = new Map<string, number>();
	readonly typed = new Map<string, number>();

	/** Reads the job through both doors of the fast path; resolves once each has had an event. */
	static async of(url: string, id: string, name: (event: JobEvent) => string | null): Promise<Arrivals> {
		const arrivals = new Arrivals();
		const note = (into: Map<string, number>, event: JobEvent) => {
			const said = name(event);
			if (said !== null) into.set(said, performance.now());
		};
		const first = { plain: false, typed: false };
		const gone = new AbortController();
		onTestFinished(() => gone.abort());
		void (async () => {
			const response = await fetch(`${url}/api/jobs/${id}/events`, { signal: gone.signal });
			for await (const { data } of readSse(response)) {
				first.plain = true;
				if (data) note(arrivals.plain, JSON.parse(data) as JobEvent);
			}
		})().catch(() => undefined);
		void watch(url, {
			follow: [{ jobId: id, after: 0 }],
			frame: ({ events, transients }) => {
				first.typed = true;
				for (const event of [...events, ...transients]) note(arrivals.typed, event);
			}
		}).catch(() => undefined);
		await expect.poll(() => first, { timeout: 10_000 }).toEqual({ plain: true, typed: true });
		return arrivals;
	}

	/** How long each took to each door, once all have come; in ms. */
	async since(sent: ReadonlyMap<string, number>): Promise<{ plain: number[]; typed: number[] }> {
		const all = () => [...sent.keys()].every((name) => this.plain.has(name) && this.typed.has(name));
		await expect.poll(all, { timeout: 10_000 }).toBe(true);
		const of = (came: Map<string, number>) => [...sent].map(([name, at]) => (came.get(name) ?? Infinity) - at);
		return { plain: of(this.plain), typed: of(this.typed) };
	}
}

/** What a step says of itself: its number, its sentence, its phase. */
function nameOf({ type, data }: JobEvent): string | null {
	const { n, message, phase, text } = data as { n?: number; message?: string; phase?: string; text?: string };
	if (type === 'mark') return `mark ${n}`;
	return type === 'activity' || type === 'content' || type === 'phase' ? `${type} ${message ?? text ?? phase}` : null;
}

async function stepwiseApp() {
	const stepwise = new Stepwise();
	const env = { HEADWAY_MAX_RUNNING: '50', HEADWAY_MAX_RUNNING_PER_OWNER: '50', HEADWAY_MAX_STREAMS_PER_OWNER: '100' };
	const app = await makeApp({ runs: runsOf(stepwise.operation), env });
	const { fast, taken } = await servePipelines(app);
	const begin = async (text: string) => {
		const { id } = await start(app, 'stepwise', { text });
		return { id, step: await stepwise.begun(id) };
	};
	return { app, fast, taken, begin };
}

test('AG-04 each update leaves when it happens: 95 of 100 steps are with the client of either door within 100 ms', async () => {
	const { fast, taken, begin } = await stepwiseApp();
	const { id, step } = await begin('a job');
	const arrivals = await Arrivals.of(fast, id, nameOf);
	const sent = new Map<string, number>();
	const say = (name: string, act: () => void) => {
		sent.set(name, performance.now());
		act();
	};
	for (let n = 1; n <= 40; n += 1) {
		say(`mark ${n}`, () => step.ctx.emit('mark', { n }));
		// By itself, and again before the grouping of writes is over: both are measured.
		await moment(n % 4 === 0 ? 3 : 40);
		say(`activity step ${n}`, () => step.ctx.activity(`step ${n}`));
		await moment(20);
	}
	say('phase second', () => step.ctx.phase('second'));
	const latencies = await arrivals.since(sent);
	console.log(`latency: a step, plain: ${told(latencies.plain)}; typed: ${told(latencies.typed)}`);
	for (const samples of [latencies.plain, latencies.typed]) {
		expect(samples).toHaveLength(81);
		expect(p95(samples)).toBeLessThan(100);
	}
	expect(taken()).toBe(2);
}, 30_000);

/** A provider that says what a test writes, byte for byte, when it writes it. */
async function spokenProvider(): Promise<{ baseURL: string; say(event: object): number; asked(): boolean }> {
	let response: ServerResponse | null = null;
	const server = createServer((request, answer) => {
		request.resume();
		if (request.method !== 'POST') return void answer.writeHead(404).end();
		answer.writeHead(200, { 'content-type': 'text/event-stream' });
		response = answer;
	});
	await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
	onTestFinished(() => {
		server.closeAllConnections();
		server.close();
	});
	let sequence = 0;
	const say = (event: object) => {
		response?.write(`data: ${JSON.stringify({ ...event, sequence_number: sequence++ })}\n\n`);
		return performance.now();
	};
	const { port } = server.address() as AddressInfo;
	return { baseURL: `http://127.0.0.1:${port}/v1`, say, asked: () => response !== null };
}

const summaryOf = ({ type, data }: JobEvent) => (type === 'reasoning' ? (data as { summary: string }).summary : null);

test('RS-09 from the provider’s byte to the client of either door it is less than 500 ms, in 95 of 100 updates', async () => {
	const provider = await spokenProvider();
	const app = await makeApp({ provider: providerAt(provider.baseURL) });
	const { fast, taken } = await servePipelines(app);
	const { id } = await start(app, 'research', { query: 'Which sea is the saltiest?' });
	await expect.poll(provider.asked, { timeout: 10_000 }).toBe(true);
	const response = { id: 'resp_1', object: 'response', status: 'in_progress', model: 'm', output: [] };
	provider.say({ type: 'response.created', response });
	await until(app, id, ({ responseId }) => responseId === 'resp_1');
	const arrivals = await Arrivals.of(fast, id, summaryOf);
	const sent = new Map<string, number>();
	for (let n = 1; n <= 40; n += 1) {
		const text = `Step ${n}.`;
		const type = 'response.reasoning_summary_text.done';
		sent.set(text, provider.say({ type, item_id: `rs${n}`, output_index: n, summary_index: 0, text }));
		await moment(n % 10 === 0 ? 120 : 5 + (n % 3));
	}
	const latencies = await arrivals.since(sent);
	console.log(`latency: a provider's byte, plain: ${told(latencies.plain)}; typed: ${told(latencies.typed)}`);
	for (const samples of [latencies.plain, latencies.typed]) {
		expect(samples).toHaveLength(40);
		expect(p95(samples)).toBeLessThan(500);
	}
	expect(taken()).toBe(2);
	await app.jobs.cancel('local', id);
}, 30_000);

/** Lets each step say so many words at its own moments, and says how long each took to a reader of its own; in ms. */
async function streamed(
	{ fast, words }: { fast: string; words: number },
	jobs: { id: string; step: Step }[],
	round: number
): Promise<number[]> {
	const each = jobs.map(async ({ id, step }, place) => {
		const arrivals = await Arrivals.of(fast, id, nameOf);
		const sent = new Map<string, number>();
		await moment(place * 2);
		for (let n = 0; n < words; n += 1) {
			const number = round * 1_000 + n;
			sent.set(`mark ${number}`, performance.now());
			step.ctx.emit('mark', { n: number });
			await moment(25);
		}
		const { plain, typed } = await arrivals.since(sent);
		step.finish('ok');
		return [...plain, ...typed];
	});
	return (await Promise.all(each)).flat();
}

// The foundation's streams; conversations, when they come, are such streams.
test('CH-11 ten jobs that stream at once, each to its own readers, do not slow each other', async () => {
	const { fast, begin } = await stepwiseApp();
	const facts = { fast, words: 30 };
	const [alone, together]: number[][] = [[], []];
	// In turns, so that what else the machine does weighs on both.
	for (let round = 0; round < 3; round += 1) {
		alone!.push(...(await streamed(facts, [await begin(`alone ${round}`)], round)));
		const ten = await Promise.all(Array.from({ length: 10 }, (_, n) => begin(`${round} ${n}`)));
		together!.push(...(await streamed(facts, ten, round)));
	}
	const ratio = median(together!) / median(alone!);
	console.log(`latency: one job: ${told(alone!)}; ten: ${told(together!)}; ratio of medians ${ratio.toFixed(2)}`);
	expect(alone).toHaveLength(3 * 30 * 2);
	expect(together).toHaveLength(10 * 3 * 30 * 2);
	expect(p95(together!)).toBeLessThan(100);
	expect(ratio).toBeLessThan(5);
}, 60_000);
