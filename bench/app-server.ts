/**
 * The app itself: its jobs, runner, log on SQLite, and the door for streams that stands before SvelteKit in production.
 * What it publishes comes from an operation, by `ctx.emit`. With BENCH_DOOR=stock, streams go through tRPC's own handler
 * and through SvelteKit's conversion of requests instead.
 */
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { RequestEvent } from '@sveltejs/kit';
import { getRequest, setResponse } from '@sveltejs/kit/node';
import { fetchRequestHandler } from '@trpc/server/adapters/fetch';
import { z } from 'zod';
import { defineOperation, defineRun } from '../src/lib/operations/operation.ts';
import type { Provider, RunContext } from '../src/lib/operations/operation.ts';
import { createApp } from '../src/lib/server/app.ts';
import { readConfig } from '../src/lib/server/config.ts';
import { enter } from '../src/lib/server/http/entrance.ts';
import { jobEvents } from '../src/lib/server/http/job-doors.ts';
import { StreamDoor } from '../src/lib/server/http/stream-door.ts';
import { appRouter } from '../src/lib/server/trpc/index.ts';
import { listen } from './listen.ts';
import { offer } from './server.ts';

const model = defineOperation({
	id: 'bench',
	title: 'Bench',
	description: 'Publishes what the benchmark tells it to.',
	icon: 'gauge',
	input: z.object({}),
	result: z.object({}),
	phases: [{ name: 'publishing', label: 'Publishing', weight: 1 }],
	events: { note: z.object({ n: z.number(), sentAt: z.number(), text: z.string() }) },
	// What its events add up to, and by that what a snapshot weighs: the text, up to that of a long report.
	state: () => ({ text: '' }),
	reduce: (state, event) =>
		event.type === 'note' && state.text.length < 100_000 ? { text: state.text + event.data.text } : state,
	titleOf: () => 'Bench',
	limits: { timeoutMs: 3_600_000, running: 1_000 },
	can: { finishNow: false, resumable: false, repeatable: true },
	typicalMs: 60_000
});

interface Run {
	ctx: RunContext<typeof model>;
	end(): void;
}
const runs = new Map<string, Run>();
const bell = new EventTarget();

const bench = defineRun(model, async (_input, ctx) => {
	ctx.phase('publishing');
	await new Promise<void>((resolve) => {
		ctx.signal.addEventListener('abort', () => resolve(), { once: true });
		runs.set(ctx.jobId, { ctx, end: resolve });
		bell.dispatchEvent(new Event(ctx.jobId));
	});
	runs.delete(ctx.jobId);
	return {};
});

const unused = () => {
	throw new Error('the benchmark asks no provider');
};
const provider: Provider = {
	id: 'none',
	label: 'None',
	demo: false,
	can: { background: false, webSearch: false, images: false, structured: false, embeddings: false },
	defaultModel: 'none',
	defaultImageModel: 'none',
	searchUrl: unused,
	create: unused,
	resume: unused,
	fetch: unused,
	cancel: unused,
	image: unused,
	embed: unused
};

const dataDir = mkdtempSync(join(tmpdir(), 'headway-bench-'));
process.on('exit', () => rmSync(dataDir, { recursive: true, force: true }));
process.on('SIGTERM', () => process.exit());
// What limits how many may come is off, as for one who expects so many; all else is as it is without settings.
const unlimited = ['MAX_STREAMS', 'MAX_STREAMS_PER_OWNER', 'REQUESTS_PER_MINUTE', 'STARTS_PER_MINUTE'];
const running = ['MAX_RUNNING', 'MAX_RUNNING_PER_OWNER', 'MAX_RUNNING_PER_PROVIDER', 'MAX_UNFINISHED'];
const config = readConfig({
	...{ HEADWAY_DATA: dataDir, LOG_LEVEL: 'silent' },
	...Object.fromEntries(unlimited.map((name) => [`HEADWAY_${name}`, '0'])),
	...Object.fromEntries(running.map((name) => [`HEADWAY_${name}`, '1000']))
});
const migrationsFolder = join(import.meta.dirname, '..', 'drizzle');
const app = await createApp({ config, provider, migrationsFolder, runs: { bench } });

/** A request as SvelteKit converts it for node:http, through the same entrance as in production. */
async function throughSvelteKit(req: IncomingMessage, res: ServerResponse): Promise<void> {
	const request = await getRequest({ base: origin, request: req });
	const url = new URL(request.url);
	const event = {
		...{ request, url, params: { id: url.pathname.split('/')[3] ?? '' }, platform: { req } },
		...{ locals: { app, owner: 'local' }, getClientAddress: () => req.socket.remoteAddress ?? '' }
	} as unknown as RequestEvent;
	await setResponse(res, await enter(event, respond));
}

function respond(event: RequestEvent): Promise<Response> {
	if (!event.url.pathname.startsWith('/api/trpc')) return jobEvents(event);
	const { request } = event;
	const createContext = () => ({ app, owner: 'local', signal: request.signal });
	return fetchRequestHandler({ endpoint: '/api/trpc', req: request, router: appRouter, createContext });
}

const door = process.env['BENCH_DOOR'] === 'stock' ? null : new StreamDoor(app);
const server = createServer((req, res) => {
	if (!door?.take(req, res)) void throughSvelteKit(req, res);
});
const origin: string = await listen(server);

offer({
	async open() {
		const { snapshot } = await app.jobs.start('local', { operation: 'bench', input: {} });
		if (!runs.has(snapshot.id)) await once(bell, snapshot.id);
		const input = JSON.stringify({ follow: [{ jobId: snapshot.id, after: 0 }] });
		return {
			channel: snapshot.id,
			url: `${origin}/api/jobs/${snapshot.id}/events`,
			watchUrl: `${origin}/api/trpc/live.watch?input=${encodeURIComponent(input)}`
		};
	},
	emitter(channel) {
		const ctx = runs.get(channel)?.ctx;
		return (data) => ctx?.emit('note', data);
	},
	async close(channel) {
		runs.get(channel)?.end();
	}
});
