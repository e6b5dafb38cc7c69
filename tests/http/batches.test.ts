import { expect, test } from 'vitest';
import { partsForecast } from '$lib/jobs/parts-forecast.ts';
import { jobSnapshot, jobSummary } from '$lib/jobs/snapshot.ts';
import batch from '$lib/operations/batch/run.server.ts';
import { ended, makeApp, runsOf, until } from '../support/app.ts';
import { serveRoutes } from '../support/route-server.ts';
import { ask, expectProblem, send } from './asking.ts';
import { readEvents, readSse, readUntil } from './read-sse.ts';
import { instant, Stepwise } from './stepwise.ts';
import { clientOf } from './watching.ts';

async function serve(env: Record<string, string> = {}) {
	const stepwise = new Stepwise();
	const app = await makeApp({ runs: runsOf(batch, stepwise.operation, instant('at-once')), env });
	return { app, stepwise, url: await serveRoutes(app, (request) => request.headers.get('x-owner') ?? 'local') };
}
const two = { operation: 'at-once', inputs: [{ text: 'a' }, { text: 'b' }] };
const slow = { operation: 'stepwise', inputs: [{ text: 'a' }, { text: 'b' }] };

test('OP-08 POST /api/batches answers 201 with Location and the snapshot, and GET tells of each part', async () => {
	const { app, url } = await serve();
	const started = await send(`${url}/api/batches`, two);
	expect(started.status).toBe(201);
	expect(started.headers.get('location')).toBe(`/api/jobs/${started.body.id}`);
	expect(jobSnapshot.strict().safeParse(started.body).error).toBeUndefined();
	await ended(app, started.body.id);
	const { status, body } = await ask(`${url}/api/batches/${started.body.id}`);
	const { children, ...snapshot } = body;
	expect(status).toBe(200);
	expect(jobSnapshot.strict().safeParse(snapshot).error).toBeUndefined();
	expect(jobSummary.strict().array().safeParse(children).error).toBeUndefined();
	expect(children).toMatchObject([
		{ title: 'a', status: 'succeeded', parentId: snapshot.id },
		{ title: 'b', status: 'succeeded', parentId: snapshot.id }
	]);
});

test('OP-08 CX-12 the same Idempotency-Key gives the same batch, and no part twice', async () => {
	const { app, url } = await serve();
	const key = { 'idempotency-key': 'once' };
	const first = await send(`${url}/api/batches`, two, key);
	const again = await send(`${url}/api/batches`, two, key);
	expect([first.status, again.status, again.body.id]).toEqual([201, 200, first.body.id]);
	await ended(app, first.body.id);
	expect((await ask(`${url}/api/jobs`)).body.jobs).toHaveLength(3);
	expectProblem(await send(`${url}/api/batches`, slow, key), { status: 409, code: 'idempotency_conflict' });
});

test.each([
	[
		{ operation: 'stepwise', inputs: [{ text: 'a' }, { text: '' }, { text: 'c', count: -1 }] },
		['inputs.1.text', 'inputs.2.count']
	],
	[{ operation: 'stepwise', input: { text: 'a' }, vary: { count: [1, 'two'] } }, ['vary.count']],
	[{ operation: 'stepwise', input: { text: '' }, vary: { count: [1, 2] } }, ['input.text']],
	[{ operation: 'stepwise', inputs: [{ text: 'a', provider: 'elsewhere' }] }, ['inputs.0.provider']],
	[{ operation: 'unheard-of', inputs: [{}, {}] }, ['operation']],
	[{ operation: 'batch', inputs: [{}] }, ['operation']],
	[{ operation: 'stepwise', inputs: [{ text: 'a' }], options: { timeLimit: 0 } }, ['options.timeLimit']]
])('OP-08 OP-01 %j is refused before anything starts, at its fields', async (body, fields) => {
	const { app, url } = await serve();
	expectProblem(await send(`${url}/api/batches`, body), { status: 400, code: 'invalid_input', fields });
	expect((await app.jobs.list('local', {})).jobs).toEqual([]);
});

test('CX-16 CX-15 hanging up a streamed batch cancels it and its parts when that was asked for', async () => {
	const { app, stepwise, url } = await serve();
	const hangUp = new AbortController();
	const response = await fetch(`${url}/api/batches`, {
		method: 'POST',
		headers: { 'content-type': 'application/json', accept: 'text/event-stream' },
		body: JSON.stringify({ ...slow, options: { onDisconnect: 'cancel' } }),
		signal: hangUp.signal
	});
	const message = await readUntil(readSse(response), ({ event }) => event === 'part');
	const { jobId } = JSON.parse(message.data ?? '') as { jobId: string };
	const [child] = await app.jobs.children('local', jobId);
	await stepwise.begun(child?.id ?? '');
	hangUp.abort();
	expect(await ended(app, jobId)).toMatchObject({ status: 'cancelled', receipt: { reason: 'disconnect' } });
	const children = await app.jobs.children('local', jobId);
	expect(children.length).toBeGreaterThan(0);
	expect(new Set(children.map(({ status }) => status))).toEqual(new Set(['cancelled']));
});

test('OP-08 a batch that is streamed ends with what became of each part', async () => {
	const { url } = await serve();
	const response = await fetch(`${url}/api/batches`, {
		method: 'POST',
		headers: { 'content-type': 'application/json', accept: 'text/event-stream' },
		body: JSON.stringify(two)
	});
	const events = await readEvents(response);
	expect(events.at(-1)).toMatchObject({ type: 'done', data: { result: { succeeded: 2, failed: 0, cancelled: 0 } } });
});

test('OP-08 CX-01 one part is cancelled at its own door, and the batch at its door', async () => {
	const { app, stepwise, url } = await serve();
	const { body } = await send(`${url}/api/batches`, slow);
	await until(app, body.id, ({ state }) => (state as { parts: unknown[] }).parts.length === 2);
	const [first, second] = (await ask(`${url}/api/batches/${body.id}`)).body.children;
	await Promise.all([stepwise.begun(first.id), stepwise.begun(second.id)]);
	expect((await send(`${url}/api/jobs/${first.id}/cancel`, {})).status).toBe(202);
	expect((await ended(app, first.id)).status).toBe('cancelled');
	expect((await app.jobs.snapshot('local', body.id)).status).toBe('running');
	expect((await send(`${url}/api/jobs/${body.id}/cancel`, {})).status).toBe(202);
	expect(await ended(app, body.id)).toMatchObject({
		status: 'cancelled',
		receipt: { cleanedUp: [{ what: '1 part cancelled', ok: true }] }
	});
	expect((await ended(app, second.id)).status).toBe('cancelled');
});

test('OP-08 the list tells the parts of one batch, and leaves parts out on request', async () => {
	const { app, url } = await serve();
	const { body } = await send(`${url}/api/batches`, two);
	await ended(app, body.id);
	const listed = async (query: string) => (await ask(`${url}/api/jobs?${query}`)).body.jobs;
	expect((await listed(`parent=${body.id}`)).map(({ parentId }: { parentId: string }) => parentId)).toEqual([
		body.id,
		body.id
	]);
	expect(await listed('parent=none')).toMatchObject([{ id: body.id, parentId: null }]);
	expect(await listed('')).toHaveLength(3);
});

test('OP-08 what is no batch, or another owner’s, is not found', async () => {
	const { app, url } = await serve();
	const { body } = await send(`${url}/api/batches`, two);
	await ended(app, body.id);
	const [child] = await app.jobs.children('local', body.id);
	const results = `${url}/api/jobs/${body.id}/artifacts/results.csv`;
	expect((await fetch(results)).status).toBe(200);
	for (const answer of [
		await ask(results, { headers: { 'x-owner': 'mallory' } }),
		await ask(`${url}/api/batches/${child?.id}`),
		await ask(`${url}/api/batches/job_00000000000000000000`),
		await ask(`${url}/api/batches/${body.id}`, { headers: { 'x-owner': 'mallory' } })
	])
		expectProblem(answer, { status: 404, code: 'not_found' });
	expect((await ask(`${url}/api/jobs?parent=${body.id}`, { headers: { 'x-owner': 'mallory' } })).body.jobs).toEqual([]);
});

test('OP-08 the same goes over tRPC, with the same fields', async () => {
	const { app, url } = await serve();
	const client = clientOf(url);
	const started = await client.batches.start.mutate({ input: two, key: 'k' });
	expect((await client.batches.start.mutate({ input: two, key: 'k' })).id).toBe(started.id);
	await ended(app, started.id);
	const { result, children } = await client.batches.get.query({ id: started.id });
	expect(result).toMatchObject({ succeeded: 2 });
	expect(children).toHaveLength(2);
	await expect(
		client.batches.start.mutate({ input: { operation: 'at-once', inputs: [{ text: '' }] } })
	).rejects.toMatchObject({ data: { reason: 'invalid_input', fields: [{ path: 'inputs.0.text' }] } });
});

test('TS-17 a batch over the limit of unfinished jobs is refused, saying how long to wait', async () => {
	const { stepwise, url } = await serve({ HEADWAY_MAX_UNFINISHED: '1' });
	const { body } = await send(`${url}/api/jobs`, { operation: 'stepwise', input: { text: 'a' } });
	await stepwise.begun(body.id);
	const refused = await send(`${url}/api/batches`, two);
	expectProblem(refused, { status: 429, code: 'limit_reached' });
	expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0);
});

test('BY-08 POST /api/batches/forecast tells what a batch will take and cost, and starts nothing', async () => {
	const { app, url } = await serve();
	for (let run = 0; run < 5; run += 1) {
		const { body } = await send(`${url}/api/jobs`, { operation: 'at-once', input: { text: `${run}` } });
		await ended(app, body.id);
	}
	const { status, body } = await send(`${url}/api/batches/forecast`, two);
	expect(status).toBe(200);
	expect(partsForecast.strict().safeParse(body).error).toBeUndefined();
	expect(body).toMatchObject({ parts: 2, ms: { low: expect.any(Number) }, kinds: [{ parts: 2, runs: 5 }] });
	expect(await clientOf(url).batches.forecast.mutate({ input: two })).toEqual(body);
	expect((await ask(`${url}/api/jobs`)).body.jobs).toHaveLength(5);
});

test.each([
	[{ ...two, budget: 0 }, ['budget']],
	[{ ...two, budget: '5' }, ['budget']],
	[{ ...two, budget: 1e9 }, ['budget']],
	[{ operation: 'at-once', inputs: [] }, ['inputs']],
	[{ operation: 'at-once', inputs: [{ text: '' }] }, ['inputs.0.text']],
	[{ operation: 'at-once', input: { text: 'a' }, vary: { text: [] } }, ['vary.text']],
	[{ operation: '__proto__', inputs: [{}] }, ['operation']]
])('BY-08 OP-01 %j is refused by the forecast as by the start, at its fields', async (body, fields) => {
	const { url } = await serve();
	for (const path of ['/api/batches/forecast', '/api/batches']) {
		const refused = await send(`${url}${path}`, body);
		expectProblem(refused, { status: 400, code: 'invalid_input' });
		expect(refused.body.fields.map((field: { path: string }) => field.path)).toEqual(fields);
	}
	expect((await ask(`${url}/api/jobs`)).body.jobs).toEqual([]);
});
