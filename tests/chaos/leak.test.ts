import { get } from 'node:http';
import { expect, test } from 'vitest';
import { endOf, startOne } from './researches.ts';
import { choicesFor, length } from './seed.ts';
import { ServerProcess, type Held } from './server-process.ts';

/** How many connections come and go: 1,000 in `npm test`, 10,000 in the long form. */
const CONNECTIONS = length > 1 ? 10_000 : 1_000;
/** At once. */
const ABREAST = 50;
/** How much larger the heap may be after them: what the engine keeps of compiled code and caches. */
const GROWTH = 1.15;

/** Opens a stream, waits for its first bytes, and hangs up. */
function visit(url: string, headers: Record<string, string>): Promise<void> {
	return new Promise((resolve, reject) => {
		const request = get(url, { headers, agent: false }, (response) => {
			if (response.statusCode !== 200) reject(new Error(`${url} answered ${response.statusCode}`));
			response.once('data', () => {
				request.destroy();
				resolve();
			});
			response.on('error', () => undefined);
		});
		request.on('error', (error) => (request.destroyed ? resolve() : reject(error)));
	});
}

/** Comes and goes at both doors, in any order, so many times. */
async function comeAndGo(server: ServerProcess, jobId: string, times: number): Promise<void> {
	const choices = choicesFor('comes and goes');
	const input = encodeURIComponent(JSON.stringify({ follow: [{ jobId, after: 0 }], feed: true }));
	const doors = [`${server.url}/api/jobs/${jobId}/events`, `${server.url}/api/trpc/live.watch?input=${input}`];
	for (let done = 0; done < times; done += ABREAST)
		await Promise.all(
			Array.from({ length: Math.min(ABREAST, times - done) }, () =>
				visit(choices.pick(doors), { accept: 'text/event-stream' })
			)
		);
}

/** What is held once every hung-up connection has been noticed. */
async function settled(server: ServerProcess): Promise<Held> {
	await expect.poll(async () => (await server.held()).streams, { timeout: 10_000, interval: 100 }).toBe(0);
	return server.held();
}

test(
	`TS-18 CX-14 ${CONNECTIONS} connections that come and go leave no stream, no listener and no memory behind`,
	async () => {
		const env = {
			HEADWAY_DEMO_PACE: '0.02',
			HEADWAY_REQUESTS_PER_MINUTE: '0',
			HEADWAY_MAX_STREAMS: '1000',
			HEADWAY_MAX_STREAMS_PER_OWNER: '1000'
		};
		const server = await ServerProcess.headway(env, 'tests/chaos/serve.ts');
		// One that runs throughout: its readers are hung up in the middle of their wait.
		const id = await startOne(server.url, 'How does caffeine affect sleep?', 'leak');
		await comeAndGo(server, id, 400);
		const before = await settled(server);
		await comeAndGo(server, id, CONNECTIONS);
		const after = await settled(server);
		const megabytes = (bytes: number) => (bytes / 2 ** 20).toFixed(1);
		console.log(
			`leak: ${CONNECTIONS} connections: heap ${megabytes(before.heapUsed)} → ${megabytes(after.heapUsed)} MB, rss ${megabytes(before.rss)} → ${megabytes(after.rss)} MB, listeners ${before.listeners} → ${after.listeners}, handles ${before.resources} → ${after.resources}`
		);
		expect(after.listeners).toBeLessThanOrEqual(before.listeners);
		expect(after.resources).toBeLessThanOrEqual(before.resources + 5);
		expect(after.heapUsed / before.heapUsed).toBeLessThan(GROWTH);
		expect(server.output).not.toMatch(/MaxListenersExceeded|Unhandled rejection/);
		await fetch(`${server.url}/api/jobs/${id}/cancel`, { method: 'POST' });
		expect((await endOf(server.url, id)).status).toBe('cancelled');
	},
	60_000 * Math.max(1, length)
);
