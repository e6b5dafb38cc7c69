/**
 * The app itself: its jobs, runner, log on SQLite and plain door, through the same conversion of requests as in production
 * (SvelteKit's for node:http). What it publishes comes from an operation, by `ctx.emit`.
 */
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { RequestEvent } from '@sveltejs/kit';
import { getRequest, setResponse } from '@sveltejs/kit/node';
import { z } from 'zod';
import { defineOperation, defineRun } from '../src/lib/operations/operation.ts';
import type { Provider, RunContext } from '../src/lib/operations/operation.ts';
import { createApp } from '../src/lib/server/app.ts';
import { readConfig } from '../src/lib/server/config.ts';
import { jobEvents } from '../src/lib/server/http/job-doors.ts';
import { publish } from './note.ts';
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
	state: () => ({}),
	reduce: (state) => state,
	titleOf: () => 'Bench',
	limits: { timeoutMs: 3_600_000, running: 100 },
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
	can: { background: false, webSearch: false, images: false, structured: false },
	defaultModel: 'none',
	defaultImageModel: 'none',
	searchUrl: unused,
	create: unused,
	resume: unused,
	fetch: unused,
	cancel: unused,
	image: unused
};

const dataDir = mkdtempSync(join(tmpdir(), 'headway-bench-'));
process.on('exit', () => rmSync(dataDir, { recursive: true, force: true }));
process.on('SIGTERM', () => process.exit());
const config = readConfig({ HEADWAY_DATA: dataDir, LOG_LEVEL: 'silent', HEADWAY_MAX_RUNNING: '100' });
const migrationsFolder = join(import.meta.dirname, '..', 'drizzle');
const app = await createApp({ config, provider, migrationsFolder, runs: { bench } });

const server = createServer((req, res) => {
	void respond(req.url ?? '/').then((response) => setResponse(res, response));
	async function respond(path: string): Promise<Response> {
		const request = await getRequest({ base: origin, request: req });
		const id = path.split('/')[3] ?? '';
		const event = { request, url: new URL(request.url), params: { id }, locals: { app, owner: 'local' } };
		return jobEvents(event as unknown as RequestEvent);
	}
});
server.listen(0, '127.0.0.1');
await once(server, 'listening');
const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;

offer({
	async open() {
		const { snapshot } = await app.jobs.start('local', { operation: 'bench', input: {} });
		if (!runs.has(snapshot.id)) await once(bell, snapshot.id);
		return { channel: snapshot.id, url: `${origin}/api/jobs/${snapshot.id}/events` };
	},
	async publish({ channel, ...options }) {
		const ctx = runs.get(channel)?.ctx;
		await publish(options, (data) => ctx?.emit('note', data));
	},
	async close(channel) {
		runs.get(channel)?.end();
	}
});
