import { get } from 'node:http';
import type { Context, Figure, Measure } from './measure.ts';
import { Remote } from './process.ts';
import type { Opened } from './server.ts';

const bare = 'bare node:http';
/** Events of the long log. */
const long = 10_000;

/** Milliseconds from the request, on a connection of its own, to the first byte of the answer's body. */
function firstByte(url: string): Promise<number> {
	const began = performance.now();
	return new Promise((resolve, reject) => {
		const sent = get(url, { agent: false, headers: { accept: 'text/event-stream' } }, (response) => {
			if (response.statusCode !== 200) return reject(new Error(`${url} answered ${response.statusCode}`));
			response.once('data', () => {
				resolve(performance.now() - began);
				sent.destroy();
			});
		});
		sent.once('error', reject);
	});
}

/** The median is taken of these, so that one answer out of many does not stand for all. */
async function several(url: string, count: number): Promise<number> {
	const times: number[] = [];
	for (let n = 0; n < count; n += 1) times.push(await firstByte(url));
	return times.toSorted((a, b) => a - b)[Math.floor(count / 2)] ?? NaN;
}

async function channelOf(server: Remote, events: number): Promise<Opened> {
	const opened = await server.call<Opened>('open');
	const pace = { channel: opened.channel, from: 1, count: events, everyMs: 16, size: 100 };
	if (events > 0) await server.call('publish', pace);
	return opened;
}

async function compare(context: Context, servers: { app: Remote; base: Remote }, events: number): Promise<Figure[]> {
	const [ours, theirs] = [await channelOf(servers.app, events), await channelOf(servers.base, events)];
	const urls = [ours.url, ours.watchUrl ?? '', theirs.url];
	for (const url of urls) await several(url, 10);
	const tasks = urls.map((url) => () => several(url, context.quick ? 10 : 40));
	const [plain = [], watch = [], base = []] = await context.interleaved(tasks, context.quick ? 3 : 7);
	await servers.app.call('close', ours.channel);
	await servers.base.call('close', theirs.channel);
	const job = events === 0 ? 'an idle job' : `a job of ${events.toLocaleString('en')} events`;
	const figure = (door: string, rounds: number[]): Figure => ({
		...{ what: `first byte of ${job}, ${door}`, unit: 'ms', better: 'lower', ours: rounds },
		peers: [{ name: bare, rounds: base }]
	});
	return [figure('plain stream', plain), figure('live.watch', watch)];
}

const firstByteMeasure: Measure = {
	name: 'first-byte',
	about: 'From the request for a stream, connection included, to the first byte of its body, against bare node:http.',
	async run(context) {
		const app = await Remote.start('./app-server.ts');
		const base = await Remote.start('./bare-server.ts').catch((error: unknown) => {
			app.stop();
			throw error;
		});
		try {
			const idle = await compare(context, { app, base }, 0);
			return [...idle, ...(await compare(context, { app, base }, long))];
		} finally {
			app.stop();
			base.stop();
		}
	}
};
export default firstByteMeasure;
