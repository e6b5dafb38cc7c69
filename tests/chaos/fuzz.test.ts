import { connect } from 'node:net';
import { once } from 'node:events';
import { globSync } from 'node:fs';
import fc from 'fast-check';
import { isHttpError, isRedirect } from '@sveltejs/kit';
import { beforeEach, expect, onTestFinished, test } from 'vitest';
import { operationRuns } from '$lib/operations/index.server.ts';
import type { App } from '$lib/server/app.ts';
import { appRouter } from '$lib/server/trpc/index.ts';
import { ended, makeApp, runsOf, start } from '../support/app.ts';
import { stepsThat, untilStopped } from '../support/operations.ts';
import { serveRoutes } from '../support/route-server.ts';
import { body, fields, headers, idOf, spoiled, text, value } from './hostile.ts';
import { rounds } from './properties.ts';
import { choicesFor, length, moment, type Choices } from './seed.ts';
import { ServerProcess } from './server-process.ts';

/** An answer must begin within this time. */
const PATIENCE_MS = 8_000;
const LONG = 60_000 * length;
const samples = import.meta.glob<{ default: unknown }>('../lib/operations/*/sample.ts', { eager: true });
const sampleOf = (operation: string) => samples[`../lib/operations/${operation}/sample.ts`]?.default ?? {};
const methods = ['GET', 'GET', 'GET', 'POST', 'POST', 'PUT', 'DELETE', 'HEAD', 'OPTIONS', 'PATCH'];

let app: App;
let url: string;
/** Jobs and a file that are there, one of the jobs still running. */
let known: string[];

beforeEach(async () => {
	const work = stepsThat(async (ctx) => untilStopped(ctx.signal));
	app = await makeApp({
		runs: { ...operationRuns(), ...runsOf(work) },
		env: {
			HEADWAY_DEMO_PACE: '200',
			HEADWAY_MAX_UNFINISHED: '1000',
			HEADWAY_STARTS_PER_MINUTE: '0',
			HEADWAY_MAX_UPLOAD: '100K'
		}
	});
	url = await serveRoutes(app);
	const over = await start(app, 'research', sampleOf('research'));
	await ended(app, over.id);
	const running = await start(app, 'steps', {});
	known = [over.id, running.id, ...over.artifacts.map(({ name }) => name)];
	onTestFinished(async () => void (await checkAfter()));
});

/** Nothing that was let in has broken anything: no job failed for a reason that nobody foresaw, and the app answers. */
async function checkAfter(): Promise<void> {
	expect((await fetch(`${url}/readyz`)).status).toBe(200);
	const { jobs } = await app.jobs.list('local', { limit: 200 });
	expect(jobs.filter(({ error }) => error?.code === 'internal')).toEqual([]);
}

/** The answer to one request: its status, and the beginning of what it says. */
async function ask(path: string, init: RequestInit): Promise<{ status: number; says: string }> {
	const gone = new AbortController();
	const late = setTimeout(() => gone.abort(new Error(`no answer to ${init.method} ${path}`)), PATIENCE_MS);
	try {
		const response = await fetch(`${url}${path}`, { ...init, redirect: 'manual', signal: gone.signal });
		return { status: response.status, says: await beginningOf(response) };
	} finally {
		clearTimeout(late);
		gone.abort();
	}
}

async function beginningOf(response: Response): Promise<string> {
	if (!response.headers.get('content-type')?.startsWith('text/event-stream')) return response.text();
	const first = response.body?.getReader().read();
	const read = await Promise.race([first, moment(150)]);
	return read?.value ? new TextDecoder().decode(read.value) : '';
}

function expectUnbroken(request: string, { status, says }: { status: number; says: string }): void {
	const broken = status >= 500 || /INTERNAL_SERVER_ERROR|"code":"internal"/.test(says);
	expect(broken ? `${request} → ${status} ${says.slice(0, 500)}` : '').toBe('');
}

/** The addresses of every endpoint but the typed door, e.g. `/api/jobs/[id]/events`. */
const addresses = globSync('**/+server.ts', { cwd: 'src/routes' })
	.map((file) => `/${file.replace(/\/?\+server\.ts$/, '')}`)
	.filter((path) => !path.includes('trpc'))
	.toSorted();

/** The address with something in its places. */
function filled(address: string): fc.Arbitrary<string> {
	const places = address.match(/\[[^\]]+\]/g) ?? [];
	return fc.tuple(...places.map(() => idOf(known))).map((values) => {
		const left = [...values];
		return address.replace(/\[[^\]]+\]/g, () => encoded(left.shift() ?? ''));
	});
}

/** As an address carries it; what cannot be encoded goes as it is, if it can. */
function encoded(any: string): string {
	try {
		return encodeURIComponent(any);
	} catch {
		return '%ED%A0%80';
	}
}

const asked = [
	'after',
	'limit',
	'before',
	'status',
	'operation',
	'parent',
	'response_id',
	'job_id',
	'seed',
	'download'
];
const query = () =>
	fc
		.array(fc.tuple(fc.oneof(fc.constantFrom(...asked), text), idOf(known)), { maxLength: 3 })
		.map((pairs) => pairs.map(([name, of]) => `${encoded(name)}=${encoded(of)}`).join('&'));
const startOf = () =>
	fc.constantFrom(...Object.keys(operationRuns())).chain((operation) =>
		fc.record(
			{
				operation: fc.constant(operation),
				input: spoiled(sampleOf(operation)),
				options: fields(['stream', 'priority', 'onDisconnect', 'timeLimit'])
			},
			{ requiredKeys: ['operation', 'input'] }
		)
	);
const anyBody = () =>
	fc.oneof(
		body,
		fc
			.oneof(
				startOf(),
				fields(['operation', 'input', 'options', 'questionId', 'value', 'idempotencyKey', 'jobs', 'key'], known)
			)
			.map((any) => ({
				type: 'application/json',
				bytes: new TextEncoder().encode(JSON.stringify(any)) as Uint8Array<ArrayBuffer>
			}))
	);

/** Any request to one address. */
async function askAnything(choices: Choices, address: string): Promise<void> {
	const request = fc.record({
		path: filled(address),
		query: query(),
		method: fc.constantFrom(...methods),
		headers,
		body: fc.option(anyBody())
	});
	await fc.assert(
		fc.asyncProperty(request, async (drawn) => {
			const takesBody = !['GET', 'HEAD'].includes(drawn.method) && drawn.body !== null;
			const given = { ...drawn.headers, ...(takesBody && { 'content-type': drawn.body?.type ?? '' }) };
			const path = `${drawn.path}?${drawn.query}`;
			const init = { method: drawn.method, headers: given, ...(takesBody && { body: drawn.body?.bytes ?? null }) };
			expectUnbroken(`${drawn.method} ${path}`, await ask(path, init));
		}),
		rounds(choices, 40)
	);
}

test(
	'TS-15 DC-06 every address answers whatever it is asked, and never with a fault of its own',
	async () => {
		expect(addresses.length).toBeGreaterThan(15);
		const choices = choicesFor('every address');
		for (const address of addresses) await askAnything(choices, address);
	},
	LONG
);

interface AnyProcedure {
	_def: { type: 'query' | 'mutation' | 'subscription' };
}
const procedures = Object.entries(appRouter._def.procedures as unknown as Record<string, AnyProcedure>).map(
	([path, { _def }]) => [path, _def.type] as const
);
const named = [
	'id',
	'key',
	'questionId',
	'value',
	'follow',
	'feed',
	'lastEventId',
	'operation',
	'variant',
	'status',
	'limit',
	'before',
	'parent',
	'input',
	'options',
	'streaming',
	'provider'
];

/** Inputs that look like those of the procedure, with something wrong in most of them. */
function inputOf(path: string): fc.Arbitrary<unknown> {
	const operation = /^operations\.(\w+)\.start$/.exec(path)?.[1];
	const likely = operation
		? fc.record(
				{ input: spoiled(sampleOf(operation)), options: fields(['stream', 'priority', 'timeLimit']) },
				{ requiredKeys: ['input'] }
			)
		: fc.record({ id: idOf(known), questionId: text, value }, { requiredKeys: ['id'] });
	const follow = fc.array(fc.record({ jobId: idOf(known), after: value }), { maxLength: 3 });
	const watching = fc.record({ follow, feed: fc.boolean(), lastEventId: text }, { requiredKeys: [] });
	return fc.oneof(likely, path === 'live.watch' ? watching : fields(named, known), fields(named, known), value);
}

/** One call as tRPC's client would make it, or nearly so. */
async function call(
	path: string,
	type: string,
	{ input, wrapped, id }: { input: unknown; wrapped: boolean; id: string }
) {
	const json = JSON.stringify(input) ?? '';
	const content = wrapped ? JSON.stringify({ 0: input }) : json;
	const of = `/api/trpc/${path}${wrapped ? '?batch=1' : ''}`;
	if (type === 'mutation')
		return ask(of, { method: 'POST', headers: { 'content-type': 'application/json' }, body: content });
	const given = {
		...(type === 'subscription' && { accept: 'text/event-stream', 'last-event-id': id.replace(/[^\x20-\x7e]/g, '?') })
	};
	return ask(`${of}${wrapped ? '&' : '?'}input=${encoded(content)}`, { method: 'GET', headers: given });
}

/** Any input to one procedure. */
async function callWithAnything(choices: Choices, path: string, type: string): Promise<void> {
	const made = fc.record({ input: inputOf(path), wrapped: fc.boolean(), id: text });
	await fc.assert(
		fc.asyncProperty(made, async (drawn) =>
			expectUnbroken(`${path} ${JSON.stringify(drawn)}`, await call(path, type, drawn))
		),
		rounds(choices, 40)
	);
}

test(
	'TS-15 DC-06 every procedure answers any input, and never with a fault of its own',
	async () => {
		expect(procedures.length).toBeGreaterThan(15);
		const choices = choicesFor('every procedure');
		for (const [path, type] of procedures) await callWithAnything(choices, path, type);
	},
	LONG
);

test(
	'TS-15 the typed door answers paths, batches and methods that are none',
	async () => {
		const drawn = fc.record({
			path: fc.array(fc.oneof(fc.constantFrom(...procedures.map(([name]) => name)), text), { maxLength: 3 }),
			query: text,
			method: fc.constantFrom(...methods),
			headers
		});
		await fc.assert(
			fc.asyncProperty(drawn, async ({ path, query: sent, method, headers: given }) => {
				const of = `/api/trpc/${path.map(encoded).join(',')}?batch=1&input=${encoded(sent)}`;
				expectUnbroken(`${method} ${of}`, await ask(of, { method, headers: given }));
			}),
			rounds(choicesFor('the typed door'), 60)
		);
	},
	LONG
);

interface Page {
	load?(event: unknown): unknown;
	actions?: Record<string, (event: unknown) => unknown>;
}
const pages = import.meta.glob<Page>('/src/routes/**/+{page,layout}.server.ts', { eager: true });

/** What SvelteKit does with what a page throws: an error of ours below 500, or a redirect, is an answer. */
async function statusOf(work: () => unknown): Promise<number> {
	try {
		await work();
		return 200;
	} catch (error) {
		if (isHttpError(error) || isRedirect(error)) return error.status;
		throw error;
	}
}

/** Any address to one page’s data, and any form to its actions. */
async function openWithAnything(choices: Choices, file: string): Promise<void> {
	const page = pages[file]!;
	const drawn = fc.record({
		id: idOf(known),
		query: query(),
		form: fields(['name', 'times', 'after', 'seconds', 'pace'])
	});
	await fc.assert(
		fc.asyncProperty(drawn, async ({ id, query: sent, form }) => {
			const address = new URL(`${url}/?${sent}`);
			const locals = { app, owner: 'local', allowances: [] };
			const event = {
				url: address,
				params: { id, slug: id },
				locals,
				request: new Request(address),
				depends: () => undefined,
				parent: async () => ({})
			};
			if (page.load) expect(await statusOf(() => page.load?.(event))).toBeLessThan(500);
			const sentForm = new FormData();
			for (const [name, of] of Object.entries(form))
				sentForm.append(name, typeof of === 'string' ? of : JSON.stringify(of));
			// A restart of the demo is its own test; here it would only make the others wait.
			for (const [name, act] of Object.entries(page.actions ?? {}).filter(([each]) => each !== 'restart')) {
				const request = new Request(address, { method: 'POST', body: sentForm });
				expect(await statusOf(() => act({ ...event, request })), name).toBeLessThan(500);
			}
		}),
		rounds(choices, 20)
	);
}

test(
	'TS-15 DC-06 the data of every page comes for any address',
	async () => {
		const choices = choicesFor('every page');
		for (const file of Object.keys(pages)) await openWithAnything(choices, file);
	},
	LONG
);

test(
	'DC-06 TS-22 bytes that are no HTTP at all leave the process alive, and the next request answered',
	async () => {
		const headway = await ServerProcess.headway({ HEADWAY_DEMO_PACE: '50' });
		const line = fc.constantFrom(
			'GET /api/jobs HTTP/1.1\r\n',
			'POST /api/jobs HTTP/1.1\r\nContent-Length: 999\r\n\r\n',
			'GET //[::1 HTTP/1.1\r\nHost: [\r\n\r\n',
			'GET http://x:99999/ HTTP/1.1\r\nHost: y\r\n\r\n',
			'POST /api/jobs HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n',
			''
		);
		await fc.assert(
			fc.asyncProperty(line, fc.uint8Array({ maxLength: 300 }), async (begun, bytes) => {
				const socket = connect(Number(new URL(headway.url).port), '127.0.0.1');
				socket.on('error', () => undefined);
				await once(socket, 'connect');
				socket.write(begun);
				socket.end(bytes);
				await Promise.race([once(socket, 'close'), moment(200)]);
				socket.destroy();
				expect(headway.alive).toBe(true);
			}),
			rounds(choicesFor('bytes'), 15)
		);
		expect((await fetch(`${headway.url}/readyz`)).status).toBe(200);
		expect(headway.output).not.toMatch(/Unhandled rejection/);
	},
	LONG
);
