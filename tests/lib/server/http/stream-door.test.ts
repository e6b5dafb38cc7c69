import { once } from 'node:events';
import { createServer, request as ask, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import type { App } from '$lib/server/app.ts';
import { StreamDoor } from '$lib/server/http/stream-door.ts';
import type { OwnerOf } from '$lib/server/owner.ts';
import { ERROR_LEVEL, keptLog } from '../../../http/asking.ts';
import { Stepwise } from '../../../http/stepwise.ts';
import { makeApp, runsOf, start } from '../../../support/app.ts';

const patience = { timeout: 5_000 };
/** What stands for SvelteKit's handler answers with this. */
const LEFT = 418;

async function serve(app: App, owner?: OwnerOf): Promise<{ port: number; server: Server }> {
	const door = new StreamDoor(app, {}, owner);
	const server = createServer((req, res) => void (door.take(req, res) || res.writeHead(LEFT).end()));
	await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
	onTestFinished(() => {
		server.closeAllConnections();
		server.close();
	});
	return { port: (server.address() as AddressInfo).port, server };
}

async function runningJob(options: Parameters<typeof makeApp>[0] = {}) {
	const stepwise = new Stepwise();
	const app = await makeApp({ ...options, runs: runsOf(stepwise.operation) });
	const { id } = await start(app, 'stepwise', { text: 'a job' });
	await stepwise.begun(id);
	const input = encodeURIComponent(JSON.stringify({ follow: [{ jobId: id, after: 0 }] }));
	return { app, id, events: `/api/jobs/${id}/events`, watch: `/api/trpc/live.watch?input=${input}` };
}

interface Sent {
	method?: string;
	headers?: Record<string, string>;
}

/** The head of an answer; a stream's body is left where it is. */
async function headOf(
	port: number,
	path: string,
	{ method = 'GET', headers = {} }: Sent = {}
): Promise<IncomingMessage> {
	const sent = ask({ port, host: '127.0.0.1', path, method, headers, agent: false }).end();
	onTestFinished(() => void sent.destroy());
	const [response] = (await once(sent, 'response')) as [IncomingMessage];
	return response;
}

test('RS-09 the three addresses of streams are answered, whatever else their query says', async () => {
	const { app, id, events, watch } = await runningJob();
	const { port } = await serve(app);
	for (const path of [events, `${events}?after=1&x=%zz`, watch, `/api/events?job_id=${id}`])
		expect((await headOf(port, path)).statusCode, path).toBe(200);
	expect(app.live.open).toBe(4);
});

test.each<[string, (path: string) => string, Sent]>([
	['a batch', (path) => `${path}&batch=1`, {}],
	['parameters of a connection', (path) => `${path}&connectionParams=%7B%7D`, {}],
	['lines of JSON', (path) => path, { headers: { accept: 'text/html, application/jsonl' } }],
	['an answer in a form of tRPC’s', (path) => path, { headers: { 'trpc-accept': 'application/jsonl' } }],
	['a body', (path) => path, { headers: { 'content-length': '0' } }],
	['a type of a body', (path) => path, { headers: { 'content-type': 'application/json' } }],
	['another method', (path) => path, { method: 'POST' }],
	['only the head', (path) => path, { method: 'HEAD' }],
	['two procedures', (path) => path.replace('live.watch', 'live.watch,live.watch'), {}],
	['an address below it', (path) => path.replace('live.watch', 'live.watch/x'), {}],
	['a host that no address can have', (path) => path, { headers: { host: 'a b' } }]
])('DC-01 a request for %s is left to SvelteKit, and no stream is opened', async (_what, address, sent) => {
	const { app, watch } = await runningJob();
	const { port } = await serve(app);
	expect((await headOf(port, address(watch), sent)).statusCode).toBe(LEFT);
	expect(app.live.open).toBe(0);
});

test('TS-18 a stream whose reader hung up before it was answered is not left open', async () => {
	const { app, events, watch } = await runningJob();
	const { port, server } = await serve(app);
	const connections = () => new Promise<number>((resolve) => server.getConnections((_error, count) => resolve(count)));
	const push = app.live.push.bind(app.live);
	for (const path of [events, watch]) {
		const sent = ask({ port, host: '127.0.0.1', path, agent: false }).on('error', () => undefined);
		const closed = new Promise<void>((resolve) => {
			app.live.push = async (watched) => {
				const stream = await push(watched);
				expect(app.live.open).toBe(1);
				sent.destroy();
				// The server must have seen it go.
				await expect.poll(connections, patience).toBe(0);
				resolve();
				return stream;
			};
		});
		sent.end();
		await closed;
		await expect.poll(() => app.live.open, patience).toBe(0);
	}
});

test('RS-01 a stream is the owner’s only, whoever the door says that is', async () => {
	const { app, events, watch } = await runningJob();
	const { port } = await serve(app, ({ headers }) => headers.get('x-owner') ?? 'nobody');
	const mine = { headers: { 'x-owner': 'local' } };
	expect((await headOf(port, events)).statusCode).toBe(404);
	expect((await headOf(port, events, mine)).statusCode).toBe(200);
	await headOf(port, watch);
	expect(app.live.open).toBe(1);
	await headOf(port, watch, mine);
	expect(app.live.open).toBe(2);
});

test('BY-06 a fault on the way in is answered with 500 and stands in the log', async () => {
	const { log, lines } = keptLog();
	const { app, events } = await runningJob({ log });
	app.rates.take = () => Promise.reject(new TypeError('the counter is broken'));
	const { statusCode, headers } = await headOf((await serve(app)).port, events);
	expect({ statusCode, type: headers['content-type'] }).toEqual({ statusCode: 500, type: 'application/problem+json' });
	expect(lines.filter(({ level }) => level === ERROR_LEVEL).map(({ msg }) => msg)).toEqual(['request failed']);
});

test.each(['', '?input=%7Bnonsense', '?input=%7B%22follow%22%3A1%7D'])(
	'BY-06 a watch that was asked for wrongly (%s) is refused, and is no fault in the log',
	async (query) => {
		const { log, lines } = keptLog();
		const { app } = await runningJob({ log });
		const answer = await headOf((await serve(app)).port, `/api/trpc/live.watch${query}`);
		const said = (await answer.toArray()).join('');
		expect(said).toContain('event: serialized-error\ndata: {"message":');
		expect(said).toContain('"code":"BAD_REQUEST"');
		expect(lines.filter(({ level }) => level === ERROR_LEVEL)).toEqual([]);
	}
);

test('BY-06 a stream that fails inside is told as that, and the fault stands in the log', async () => {
	const { log, lines } = keptLog();
	const { app, watch } = await runningJob({ log });
	app.live.push = () => Promise.reject(new TypeError('a table is missing'));
	const answer = await headOf((await serve(app)).port, watch);
	const said = (await answer.toArray()).join('');
	expect(said).toContain('"code":"INTERNAL_SERVER_ERROR"');
	expect(said).not.toContain('a table is missing');
	expect(lines.filter(({ level }) => level === ERROR_LEVEL).map(({ msg }) => msg)).toEqual(['stream failed']);
});
