import { expect, test } from 'vitest';
import { appRouter } from '$lib/server/trpc/index.ts';
import { makeApp, runsOf } from '../support/app.ts';
import { serveRoutes } from '../support/route-server.ts';
import { ask, expectProblem, send } from './asking.ts';
import { readEvents } from './read-sse.ts';
import { Stepwise } from './stepwise.ts';

const alice = { 'x-owner': 'alice' };
const mallory = { 'x-owner': 'mallory' };

/** Alice's two jobs, one that runs and one that has ended with an artifact, on a server that tells owners apart by a header. */
async function twoOwners() {
	const stepwise = new Stepwise();
	const app = await makeApp({ runs: runsOf(stepwise.operation) });
	const url = await serveRoutes(app, (request) => request.headers.get('x-owner') ?? 'nobody');
	const begin = async () =>
		(await send(`${url}/api/jobs`, { operation: 'stepwise', input: { text: 'secret' } }, alice)).body.id as string;
	const [running, over] = [await begin(), await begin()];
	const [, step] = await Promise.all([stepwise.begun(running), stepwise.begun(over)]);
	await step.ctx.artifact({ name: 'note.txt', mediaType: 'text/plain', bytes: 'secret' });
	step.finish('ok');
	await expect.poll(async () => (await app.jobs.snapshot('alice', over)).status, { timeout: 4_000 }).toBe('succeeded');
	return { app, url, running, over };
}

test('RS-01 every plain door answers not_found for the job of another owner, and changes nothing', async () => {
	const { app, url, running, over } = await twoOwners();
	const doors = [running, over].flatMap((id) => [
		['GET', `/api/jobs/${id}`],
		['GET', `/api/jobs/${id}?wait=2`],
		['GET', `/api/jobs/${id}/events`],
		['GET', `/api/events?job_id=${id}`],
		['GET', `/api/jobs/${id}/artifacts/note.txt`],
		['DELETE', `/api/jobs/${id}`],
		...['cancel', 'finish', 'retry'].map((command) => ['POST', `/api/jobs/${id}/${command}`])
	]);
	for (const [method = '', path = ''] of doors)
		expectProblem(await ask(url + path, { method, headers: mallory }), { status: 404, code: 'not_found' });
	for (const id of [running, over]) {
		expectProblem(await send(`${url}/api/jobs/${id}/answer`, { questionId: 'q', value: 1 }, mallory), {
			status: 404,
			code: 'not_found'
		});
	}
	expect((await ask(`${url}/api/jobs`, { headers: mallory })).body).toEqual({ jobs: [], next: null });
	expect(await app.jobs.snapshot('alice', running)).toMatchObject({ status: 'running', cancelRequestedAt: null });
	expect((await ask(`${url}/api/jobs`, { headers: alice })).body.jobs).toHaveLength(2);
	expect((await fetch(`${url}/api/jobs/${over}/artifacts/note.txt`, { headers: alice })).status).toBe(200);
});

test('RS-01 a response_id of another owner is unknown, and so is an Idempotency-Key', async () => {
	const app = await makeApp();
	const url = await serveRoutes(app, (request) => request.headers.get('x-owner') ?? 'nobody');
	const request = { operation: 'research', input: { query: 'How do clouds form?', depth: 'quick' } };
	const key = { 'idempotency-key': 'shared' };
	const hers = (await send(`${url}/api/jobs`, request, { ...alice, ...key })).body.id;
	const { responseId } = await app.jobs.wait('alice', hers, 20_000, AbortSignal.timeout(20_000));
	const path = `${url}/api/events?response_id=${responseId}`;
	expect((await readEvents(await fetch(path, { headers: alice }))).at(-1)?.jobId).toBe(hers);
	expectProblem(await ask(path, { headers: mallory }), { status: 404, code: 'not_found' });
	const his = await send(`${url}/api/jobs`, request, { ...mallory, ...key });
	expect(his.status).toBe(201);
	expect(his.body.id).not.toBe(hers);
}, 30_000);

/** An input for each procedure that names a job. A new procedure must be added here or among those that name none. */
const naming: Record<string, (id: string) => { type: 'query' | 'mutation'; input: unknown }> = {
	'batches.get': (id) => ({ type: 'query', input: { id } }),
	'jobs.get': (id) => ({ type: 'query', input: { id } }),
	'jobs.snapshot': (id) => ({ type: 'query', input: { id } }),
	'jobs.cancel': (id) => ({ type: 'mutation', input: { id } }),
	'jobs.finishQuote': (id) => ({ type: 'query', input: { id } }),
	'knowledge.document': (id) => ({ type: 'query', input: { id } }),
	'knowledge.passages': (id) => ({ type: 'query', input: { documentId: id } }),
	'knowledge.remove': (id) => ({ type: 'mutation', input: { id } }),
	'knowledge.move': (id) => ({ type: 'mutation', input: { id, projectId: null } }),
	'conversations.get': (id) => ({ type: 'query', input: { id } }),
	'conversations.markdown': (id) => ({ type: 'query', input: { id } }),
	'conversations.rename': (id) => ({ type: 'mutation', input: { id, title: 'Mine' } }),
	'conversations.move': (id) => ({ type: 'mutation', input: { id, projectId: null } }),
	'conversations.choose': (id) => ({ type: 'mutation', input: { id, head: id } }),
	'conversations.remove': (id) => ({ type: 'mutation', input: { id } }),
	'conversations.stop': (id) => ({ type: 'mutation', input: { jobId: id, shown: 0 } }),
	'projects.rename': (id) => ({ type: 'mutation', input: { id, name: 'Mine' } }),
	'projects.remove': (id) => ({ type: 'mutation', input: { id } }),
	'memories.add': (id) => ({ type: 'mutation', input: { text: 'Mine', projectId: id } }),
	'memories.edit': (id) => ({ type: 'mutation', input: { id, text: 'Mine' } }),
	'memories.remove': (id) => ({ type: 'mutation', input: { id } }),
	'live.poll': (id) => ({ type: 'query', input: { follow: [{ jobId: id, after: 0 }], feed: true } }),
	'jobs.finish': (id) => ({ type: 'mutation', input: { id } }),
	'jobs.retry': (id) => ({ type: 'mutation', input: { id } }),
	'jobs.answer': (id) => ({ type: 'mutation', input: { id, questionId: 'q', value: 1 } }),
	'jobs.remove': (id) => ({ type: 'mutation', input: { id } })
};
const namingNone = [
	...['knowledge.documents', 'knowledge.search'],
	...['conversations.list', 'conversations.search', 'projects.list', 'projects.create', 'memories.list'],
	...['batches.start', 'batches.forecast', 'jobs.list', 'live.watch', 'preferences.get', 'preferences.set'],
	...['providers.list', 'providers.test', 'system.info', 'system.forecast', 'system.statistics', 'tools.list']
];

test('DC-01 every tRPC procedure answers NOT_FOUND for the job of another owner', async () => {
	const { app, url, running, over } = await twoOwners();
	const procedures = Object.keys(appRouter._def.procedures).filter((path) => !path.startsWith('operations.'));
	expect(procedures.toSorted()).toEqual([...Object.keys(naming), ...namingNone].toSorted());
	for (const [path, call] of Object.entries(naming)) {
		for (const id of [running, over]) {
			const { type, input } = call(id);
			const query = `${url}/api/trpc/${path}?input=${encodeURIComponent(JSON.stringify(input))}`;
			const { status, body } =
				type === 'query'
					? await ask(query, { headers: mallory })
					: await send(`${url}/api/trpc/${path}`, input, mallory);
			expect([path, status, body.error?.data.reason]).toEqual([path, 404, 'not_found']);
		}
	}
	expect(await app.jobs.snapshot('alice', running)).toMatchObject({ status: 'running', cancelRequestedAt: null });
	const list = await ask(`${url}/api/trpc/jobs.list`, { headers: mallory });
	expect(list.body.result.data).toEqual({ jobs: [], next: null });
	const statistics = await ask(`${url}/api/trpc/system.statistics`, { headers: mallory });
	expect(JSON.stringify(statistics.body)).not.toContain('secret');
});

test('DC-01 live.watch tells nothing of the job of another owner: an error with the reason, no list, no event', async () => {
	const { url, running } = await twoOwners();
	const input = encodeURIComponent(JSON.stringify({ follow: [{ jobId: running, after: 0 }], feed: true }));
	const response = await fetch(`${url}/api/trpc/live.watch?input=${input}`, {
		headers: { ...mallory, accept: 'text/event-stream' }
	});
	const text = await response.text();
	expect(text).toContain('event: serialized-error');
	expect(text).toContain('"code":"NOT_FOUND"');
	expect(text).toContain('"reason":"not_found"');
	expect(text).not.toContain('secret');
});
