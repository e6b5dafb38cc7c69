/** `npm run bench -- streams`: the app against bare baselines in the same run, interleaved; each figure is the median of its rounds. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { join } from 'node:path';
import { Remote } from './process.ts';
import { openSqliteLog } from './sqlite-loop.ts';
import { median, table } from './statistics.ts';
import type { Comparison } from './statistics.ts';

const rounds = 3;
/** One reader, an event each 25 ms: each is the first after a pause. */
const quiet = { readers: 1, count: 200, everyMs: 25 };
/** 500 readers of one job at 50 events a second. */
const fanOut = { readers: 500, count: 300, everyMs: 20 };
const logLength = 10_000;

interface Delivery {
	delivered: number;
	p50: number;
	p99: number;
	/** Share of one core that the server used, in percent. */
	cpu: number;
}

const load = await Remote.start('./load.ts');
const app = await Remote.start('./app-server.ts');
const bare = await Remote.start('./bare-server.ts');
const bareHttp = 'bare node:http SSE from an array';

/** Publishes at a rate to some readers and measures what arrives, and the server's CPU meanwhile. */
async function deliver(server: Remote, { readers, count, everyMs }: typeof fanOut): Promise<Delivery> {
	const { channel, url } = await server.call<{ channel: string; url: string }>('open');
	await load.call('subscribe', { url, count: readers });
	const [began, usedBefore] = [performance.now(), await server.call<number>('cpu')];
	const collected = load.call<Omit<Delivery, 'cpu'>>('collect', { expected: count });
	await server.call('publish', { channel, from: 1, count, everyMs });
	const result = await collected;
	const used = (await server.call<number>('cpu')) - usedBefore;
	await server.call('close', channel);
	return { ...result, cpu: (100 * used) / (performance.now() - began) };
}

/** Fills a log once, then reads it from the start as a returning reader does. */
async function replays(server: Remote) {
	const { channel, url } = await server.call<{ channel: string; url: string }>('open');
	await server.call('publish', { channel, from: 1, count: logLength, everyMs: 16, size: 100 });
	const replay = () => load.call<number>('replay', { url, expected: logLength });
	await replay();
	return { replay, close: () => server.call('close', channel) };
}

/** Runs each task once a round, in turn, so that whatever else the machine does meets them alike. */
async function interleaved<T>(tasks: (() => Promise<T>)[]): Promise<T[][]> {
	const results: T[][] = tasks.map(() => []);
	for (let round = 0; round < rounds; round++) {
		for (const [index, task] of tasks.entries()) results[index]?.push(await task());
	}
	return results;
}

function compare(measure: string, unit: string, [ours, theirs]: number[][], baseline = bareHttp): Comparison {
	const [own, base] = [median(ours ?? []), median(theirs ?? [])];
	return { measure, unit, app: own, baseline, base, ratio: unit === '%' && base === 100 ? null : own / base };
}

async function measureLatency(): Promise<Comparison[]> {
	const runs = await interleaved([() => deliver(app, quiet), () => deliver(bare, quiet)]);
	const of = (key: 'p50' | 'p99') => runs.map((side) => side.map((run) => run[key]));
	return [
		compare('event latency, emit to subscriber, median', 'ms', of('p50')),
		compare('event latency, emit to subscriber, p99', 'ms', of('p99'))
	];
}

async function measureFanOut(): Promise<Comparison[]> {
	const runs = await interleaved([() => deliver(app, fanOut), () => deliver(bare, fanOut)]);
	const of = (key: keyof Delivery, factor = 1) => runs.map((side) => side.map((run) => run[key] * factor));
	const name = `fan-out to ${fanOut.readers} at ${1_000 / fanOut.everyMs}/s`;
	return [
		compare(`${name}, delivered`, '%', of('delivered', 100)),
		compare(`${name}, latency median`, 'ms', of('p50')),
		compare(`${name}, latency p99`, 'ms', of('p99')),
		compare(`${name}, server CPU`, '% of a core', of('cpu'))
	];
}

async function measureReattach(): Promise<Comparison[]> {
	const [ours, theirs, sqlite] = [await replays(app), await replays(bare), openSqliteLog(logLength)];
	const [own = [], http = [], loop = []] = await interleaved([
		ours.replay,
		theirs.replay,
		async () => sqlite.readAll()
	]);
	await ours.close();
	await theirs.close();
	sqlite.close();
	const name = `reattach to a log of ${logLength} events`;
	return [compare(name, 'ms', [own, http]), compare(name, 'ms', [own, loop], 'bare better-sqlite3 read, no HTTP')];
}

const comparisons: Comparison[] = [];
for (const measure of [measureLatency, measureFanOut, measureReattach]) comparisons.push(...(await measure()));
for (const remote of [load, app, bare]) remote.stop();

const about = {
	at: new Date().toISOString(),
	node: process.version,
	cpu: cpus()[0]?.model,
	cores: cpus().length,
	rounds
};
const folder = join(import.meta.dirname, 'results');
mkdirSync(folder, { recursive: true });
writeFileSync(join(folder, 'streams.json'), `${JSON.stringify({ ...about, comparisons }, null, '\t')}\n`);
console.log(table(comparisons));
console.log(
	`\n${about.node}, ${about.cores} × ${about.cpu}, median of ${rounds} rounds; also in bench/results/streams.json`
);
