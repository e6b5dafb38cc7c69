import { createHash } from 'node:crypto';
import { expect, test } from 'vitest';
import { jobSnapshot, jobSummary } from '$lib/jobs/snapshot.ts';
import { operationRuns } from '$lib/operations/index.server.ts';
import { ended, makeApp, runsOf, start, until } from '../support/app.ts';
import { serveRoutes } from '../support/route-server.ts';
import { ask, expectProblem, send, type Answer } from './asking.ts';
import { LiveProvider } from './live-provider.ts';
import { readEvents } from './read-sse.ts';
import { instant, Stepwise } from './stepwise.ts';

async function serve(...operations: Parameters<typeof runsOf>) {
	const stepwise = new Stepwise();
	const app = await makeApp({ runs: runsOf(stepwise.operation, ...operations) });
	return { app, stepwise, url: await serveRoutes(app) };
}

/** The fields that the issue promises to other programs. */
const promised = {
	job: [
		'id',
		'operation',
		'status',
		'phase',
		'phases',
		'progress',
		'elapsedMs',
		'remaining',
		'cost',
		'usage',
		'provider',
		'model'
	],
	more: ['responseId', 'seq', 'artifacts', 'result', 'error', 'receipt']
};

function expectSnapshot(body: unknown): void {
	expect(jobSnapshot.strict().safeParse(body).error).toBeUndefined();
	expect(Object.keys(body as object)).toEqual(expect.arrayContaining([...promised.job, ...promised.more]));
}

test('OP-01 GET /api/operations lists id, title, phases and the JSON Schema of the input', async () => {
	const app = await makeApp({ runs: operationRuns(), provider: new LiveProvider() });
	const { status, body } = await ask(`${await serveRoutes(app)}/api/operations`);
	expect(status).toBe(200);
	const research = body.operations.find(({ id }: { id: string }) => id === 'research');
	expect(research).toMatchObject({ id: 'research', title: 'Research', can: { finishNow: true } });
	expect(research.phases.map(({ label }: { label: string }) => label)).toEqual([
		'Analyzing query',
		'Searching web',
		'Reading sources',
		'Synthesizing report'
	]);
	expect(research.input).toMatchObject({ type: 'object', required: ['query'], additionalProperties: false });
	expect(Object.keys(research.input.properties)).toEqual(['query', 'depth', 'model', 'provider']);
	expect(research.input.properties.depth).toMatchObject({ enum: ['quick', 'standard', 'deep'], default: 'standard' });
});

test('OP-06 POST /api/jobs answers 201 with Location and the snapshot; then the result can be asked for', async () => {
	const { url, stepwise } = await serve();
	const { status, headers, body } = await send(`${url}/api/jobs`, {
		operation: 'stepwise',
		input: { text: 'hello' },
		options: { timeLimit: 60 }
	});
	expect(status).toBe(201);
	expect(headers.get('location')).toBe(`/api/jobs/${body.id}`);
	expectSnapshot(body);
	expect(body).toMatchObject({
		operation: 'stepwise',
		title: 'hello',
		input: { text: 'hello', count: 0 },
		options: { timeLimit: 60 },
		result: null,
		error: null,
		receipt: null
	});
	(await stepwise.begun(body.id)).finish('bye');
	const held = await ask(`${url}${headers.get('location')}?wait=20`);
	expectSnapshot(held.body);
	expect(held.body).toMatchObject({
		status: 'succeeded',
		progress: { fraction: 1, basis: 'measured' },
		result: { text: 'bye' }
	});
});

test('OP-06 a research that was asked for without streaming ends with the same result fields', async () => {
	const url = await serveRoutes(await makeApp());
	const { body } = await send(`${url}/api/jobs`, {
		operation: 'research',
		input: { query: 'How is sourdough made?', depth: 'quick' },
		options: { stream: false }
	});
	const { body: snapshot } = await ask(`${url}/api/jobs/${body.id}?wait=25`);
	expectSnapshot(snapshot);
	expect(snapshot).toMatchObject({
		status: 'succeeded',
		options: { stream: false },
		result: { complete: true },
		cost: { known: true }
	});
	expect(snapshot.result.report.length).toBeGreaterThan(200);
	expect(snapshot.result.sources.length).toBeGreaterThan(0);
	expect(snapshot.result.queries.length).toBeGreaterThan(0);
	expect(snapshot.responseId).toMatch(/^resp_/);
	expect(snapshot.phases.map(({ status }: { status: string }) => status)).toEqual(['done', 'done', 'done', 'done']);
}, 30_000);

test('DC-01 POST /api/jobs that accepts text/event-stream is answered with the events of the job', async () => {
	const { url } = await serve(instant('instant'));
	const response = await fetch(`${url}/api/jobs`, {
		method: 'POST',
		headers: { 'content-type': 'application/json', accept: 'text/event-stream' },
		body: JSON.stringify({ operation: 'instant', input: { text: 'quick' } })
	});
	expect(response.status).toBe(200);
	expect(response.headers.get('location')).toMatch(/^\/api\/jobs\/job_[0-9a-f]{20}$/);
	const events = await readEvents(response);
	expect(events.map(({ type }) => type)).toEqual(['queued', 'started', 'done']);
	expect(events.at(-1)?.data).toMatchObject({ result: { text: 'quick' } });
});

test('BY-02 OP-06 the same Idempotency-Key with the same request finds the first job; with another it is a conflict', async () => {
	const { app, url } = await serve();
	const request = { operation: 'stepwise', input: { text: 'once' } };
	const key = { 'idempotency-key': 'a-key' };
	const first = await send(`${url}/api/jobs`, request, key);
	const again = await send(`${url}/api/jobs`, request, key);
	expect([first.status, again.status]).toEqual([201, 200]);
	expect(again.body.id).toBe(first.body.id);
	expect(again.headers.get('location')).toBe(first.headers.get('location'));
	for (const other of [
		{ ...request, input: { text: 'twice' } },
		{ ...request, options: { priority: 1 } }
	]) {
		expectProblem(await send(`${url}/api/jobs`, other, key), { status: 409, code: 'idempotency_conflict' });
	}
	expect((await app.jobs.list('local', {})).jobs).toHaveLength(1);
});

test('BY-02 OP-06 a repeated start finds its job even when no other may be started', async () => {
	const stepwise = new Stepwise();
	const app = await makeApp({ runs: runsOf(stepwise.operation), env: { HEADWAY_MAX_UNFINISHED: '1' } });
	const url = await serveRoutes(app);
	const request = { operation: 'stepwise', input: { text: 'the only one' } };
	const first = await send(`${url}/api/jobs`, request, { 'idempotency-key': 'k' });
	const again = await send(`${url}/api/jobs`, request, { 'idempotency-key': 'k' });
	expect(again).toMatchObject({ status: 200, body: { id: first.body.id } });
	const refused = await send(`${url}/api/jobs`, request, { 'idempotency-key': 'other' });
	expectProblem(refused, { status: 429, code: 'limit_reached' });
	expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0);
});

test('OP-08 GET /api/jobs lists 120 jobs newest first, page by page, filtered by status and operation', async () => {
	const { app, url, stepwise } = await serve(instant('instant'));
	const ids: string[] = [];
	for (let n = 0; n < 119; n += 1) ids.push((await start(app, 'instant', { text: `job ${n}` })).id);
	const { id } = await start(app, 'stepwise', { text: 'last' });
	await stepwise.begun(id);
	ids.push(id);
	await expect
		.poll(async () => (await ask(`${url}/api/jobs?status=succeeded&limit=200`)).body.jobs.length, { timeout: 5_000 })
		.toBe(119);
	const pages: Answer[] = [];
	for (let next: string | null = ''; next !== null; next = pages.at(-1)?.body.next)
		pages.push(await ask(`${url}/api/jobs?limit=50${next && `&before=${next}`}`));
	expect(pages.map(({ body }) => body.jobs.length)).toEqual([50, 50, 20]);
	const listed = pages.flatMap(({ body }) => body.jobs);
	expect(new Set(listed.map((job) => job.id))).toEqual(new Set(ids));
	expect(listed.map((job) => job.createdAt)).toEqual(listed.map((job) => job.createdAt).toSorted((a, b) => b - a));
	for (const job of listed) expect(jobSummary.strict().safeParse(job).error).toBeUndefined();
	const idsOf = async (query: string) =>
		(await ask(`${url}/api/jobs?${query}`)).body.jobs.map((job: { id: string }) => job.id);
	expect(await idsOf('status=running,queued')).toEqual([id]);
	expect(await idsOf('operation=stepwise')).toEqual([id]);
	expect(await idsOf('operation=instant&status=running')).toEqual([]);
	expect(await idsOf('operation=nothing-of-this-name')).toEqual([]);
	expect(await idsOf('limit=1')).toHaveLength(1);
});

test('OP-06 GET /api/jobs/:id?wait= holds until the job ends, or until the seconds have passed', async () => {
	const { url, app, stepwise } = await serve();
	const { id } = await start(app, 'stepwise', { text: 'slow' });
	const step = await stepwise.begun(id);
	const since = performance.now();
	expect((await ask(`${url}/api/jobs/${id}?wait=1`)).body.status).toBe('running');
	expect(performance.now() - since).toBeGreaterThanOrEqual(990);
	const held = ask(`${url}/api/jobs/${id}?wait=60`);
	step.finish('at last');
	expect((await held).body).toMatchObject({ status: 'succeeded', result: { text: 'at last' } });
	expect(performance.now() - since).toBeLessThan(10_000);
});

test('CX-13 BY-05 POST cancel answers 202, the receipt follows, and a second cancel changes nothing', async () => {
	const { url, app, stepwise } = await serve();
	const { id } = await start(app, 'stepwise', { text: 'stop me' });
	(await stepwise.begun(id)).ctx.emit('mark', { n: 1 });
	const cancelled = await ask(`${url}/api/jobs/${id}/cancel`, { method: 'POST' });
	expect(cancelled.status).toBe(202);
	expectSnapshot(cancelled.body);
	expect(cancelled.body).toMatchObject({ cancelReason: 'user', cancelRequestedAt: expect.any(Number) });
	const over = (await ask(`${url}/api/jobs/${id}?wait=20`)).body;
	expect(over).toMatchObject({
		status: 'cancelled',
		receipt: { reason: 'user', provider: 'not_needed', cost: { usd: 0, known: true }, kept: ['1 marks'] }
	});
	const again = await ask(`${url}/api/jobs/${id}/cancel`, { method: 'POST' });
	expect(again).toMatchObject({ status: 202, body: { status: 'cancelled', seq: over.seq } });
});

test('OP-01 BY-06 GET finish says the price, and POST answers 202 where the operation can, and 409 with a problem where it cannot', async () => {
	const finisher = new Stepwise('finisher', true);
	const { url, app, stepwise } = await serve(finisher.operation);
	const [cannot, can] = [await start(app, 'stepwise', { text: 'a' }), await start(app, 'finisher', { text: 'b' })];
	await stepwise.begun(cannot.id);
	const step = await finisher.begun(can.id);
	expectProblem(await ask(`${url}/api/jobs/${cannot.id}/finish`, { method: 'POST' }), {
		status: 409,
		code: 'not_supported'
	});
	expectProblem(await ask(`${url}/api/jobs/${cannot.id}/finish`), { status: 409, code: 'not_supported' });
	const quote = await ask(`${url}/api/jobs/${can.id}/finish`);
	expect(quote).toMatchObject({ status: 200, body: { inputTokens: 0, outputTokens: 0, sentence: expect.any(String) } });
	const finishing = await ask(`${url}/api/jobs/${can.id}/finish`, { method: 'POST' });
	expect(finishing).toMatchObject({ status: 202, body: { finishRequestedAt: expect.any(Number), status: 'running' } });
	expect(step.ctx.finishing.aborted).toBe(true);
});

test('OP-01 POST retry makes a new job with the same input once the first has ended, one for each key', async () => {
	const { url, app, stepwise } = await serve();
	const { id } = await start(app, 'stepwise', { text: 'again', count: 3 }, { priority: 2 });
	expectProblem(await ask(`${url}/api/jobs/${id}/retry`, { method: 'POST' }), { status: 409, code: 'conflict' });
	(await stepwise.begun(id)).fail('Not today.');
	await ended(app, id);
	const retry = () => ask(`${url}/api/jobs/${id}/retry`, { method: 'POST', headers: { 'idempotency-key': 'retry-1' } });
	const [second, repeated] = [await retry(), await retry()];
	expect([second.status, repeated.status]).toEqual([201, 200]);
	expect(second.body).toMatchObject({ retryOf: id, input: { text: 'again', count: 3 }, options: { priority: 2 } });
	expect(second.headers.get('location')).toBe(`/api/jobs/${second.body.id}`);
	expect(repeated.body.id).toBe(second.body.id);
	expect(second.body.id).not.toBe(id);
});

test('OP-01 POST answer reaches the run that asked, once, and only under the right question', async () => {
	const { z } = await import('zod');
	const { url, app, stepwise } = await serve();
	const { id } = await start(app, 'stepwise', { text: 'asks' });
	const step = await stepwise.begun(id);
	const answer = step.ctx.ask('colour', 'Which colour?', z.object({ colour: z.string() }));
	await until(app, id, ({ question }) => question !== null);
	const wrong = await send(`${url}/api/jobs/${id}/answer`, { questionId: 'size', value: { colour: 'red' } });
	expectProblem(wrong, { status: 409, code: 'conflict' });
	expectProblem(await send(`${url}/api/jobs/${id}/answer`, {}), {
		status: 400,
		code: 'invalid_input',
		fields: ['body.questionId', 'body.value']
	});
	const right = await send(`${url}/api/jobs/${id}/answer`, { questionId: 'colour', value: { colour: 'red' } });
	expect(right).toMatchObject({ status: 200, body: { question: null } });
	expect(await answer).toEqual({ colour: 'red' });
	const twice = await send(`${url}/api/jobs/${id}/answer`, { questionId: 'colour', value: { colour: 'blue' } });
	expectProblem(twice, { status: 409, code: 'conflict' });
});

test('OP-01 DELETE removes an ended job with its events and artifacts, and refuses a running one', async () => {
	const { url, app, stepwise } = await serve();
	const { id } = await start(app, 'stepwise', { text: 'goes' });
	const address = `${url}/api/jobs/${id}`;
	const step = await stepwise.begun(id);
	await step.ctx.artifact({ name: 'note.txt', mediaType: 'text/plain', bytes: 'kept' });
	expectProblem(await ask(address, { method: 'DELETE' }), { status: 409, code: 'conflict' });
	step.finish('ok');
	await ended(app, id);
	expect(await ask(address, { method: 'DELETE' })).toMatchObject({ status: 204, body: null });
	for (const gone of [address, `${address}/events`, `${address}/artifacts/note.txt`])
		expectProblem(await ask(gone), { status: 404, code: 'not_found' });
	expectProblem(await ask(address, { method: 'DELETE' }), { status: 404, code: 'not_found' });
});

test('OP-01 GET artifacts/:name gives the bytes as a download that no browser runs', async () => {
	const { url, app, stepwise } = await serve();
	const { id } = await start(app, 'stepwise', { text: 'files' });
	const step = await stepwise.begun(id);
	const bytes = Uint8Array.from({ length: 200_000 }, (_, index) => index % 251);
	await step.ctx.artifact({ name: 'Büro & co.bin', mediaType: 'application/octet-stream', bytes });
	await step.ctx.artifact({ name: 'page.html', mediaType: 'text/html', bytes: '<script>alert(1)</script>' });
	step.finish('ok');
	const { artifacts } = await ended(app, id);
	expect(artifacts.map(({ name, size }) => [name, size])).toEqual([
		['Büro & co.bin', 200_000],
		['page.html', 25]
	]);
	const [binary, page] = await Promise.all(artifacts.map((artifact) => fetch(`${url}${artifact.url}`)));
	const body = new Uint8Array(await (binary as Response).arrayBuffer());
	expect(createHash('sha256').update(body).digest('hex')).toBe(artifacts[0]?.sha256);
	expect(binary?.headers.get('content-length')).toBe('200000');
	expect(binary?.headers.get('content-disposition')).toContain("filename*=UTF-8''B%C3%BCro%20%26%20co.bin");
	expect(page?.headers.get('content-disposition')).toMatch(/^attachment/);
	expect(page?.headers.get('content-security-policy')).toContain('sandbox');
	expect(page?.headers.get('x-content-type-options')).toBe('nosniff');
	expectProblem(await ask(`${url}/api/jobs/${id}/artifacts/other.txt`), { status: 404, code: 'not_found' });
	expectProblem(await ask(`${url}/api/jobs/${id}/artifacts/..%2F..%2Fheadway.db`), { status: 404, code: 'not_found' });
});
