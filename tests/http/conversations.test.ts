import { expect, test } from 'vitest';
import { makeApp, runsOf } from '../support/app.ts';
import { serveRoutes } from '../support/route-server.ts';
import { ask, expectProblem, send } from './asking.ts';
import { echo, say } from './talker.ts';

const as = (name: string) => ({ 'x-owner': name });

/** A server on which Alice has a conversation of two turns in a project, with a memory. */
async function serve() {
	const app = await makeApp({ runs: runsOf(echo) });
	const url = await serveRoutes(app, (request) => request.headers.get('x-owner') ?? 'local');
	const { projects, memories } = app.conversations;
	const project = await projects.create('alice', 'Thesis');
	const first = await say(app, { message: 'How do tides work?', projectId: project.id }, 'alice');
	const second = await say(app, { message: 'And why?', conversationId: first.id }, 'alice');
	const memory = await memories.add('alice', { text: 'Likes tea.', projectId: null });
	return { app, url, project, memory, id: first.id, second: second.id };
}

test('CH-14 conversations are listed, searched, read and exported over plain HTTP', async () => {
	const { url, id, second, project } = await serve();
	const get = (path: string) => ask(`${url}/api/conversations${path}`, { headers: as('alice') });
	expect((await get('')).body).toMatchObject({
		conversations: [{ id, title: 'How do tides work?', running: false }],
		next: null
	});
	expect((await get(`?project=${project.id}`)).body.conversations).toHaveLength(1);
	expect((await get('?project=none')).body.conversations).toEqual([]);
	expect((await get('?q=why')).body.conversations).toMatchObject([{ id, jobId: second, snippet: 'And why?' }]);
	expect((await get(`/${id}`)).body).toMatchObject({
		...{ id, project: { name: 'Thesis' }, head: second },
		turns: [{ jobId: id, answer: 'Echo: How do tides work?' }, { jobId: second }]
	});
	expect((await get(`/${id}?head=${id}`)).body.turns).toHaveLength(1);
	const file = await fetch(`${url}/api/conversations/${id}.md`, { headers: as('alice') });
	expect(file.headers.get('content-type')).toBe('text/markdown; charset=utf-8');
	expect(file.headers.get('content-disposition')).toContain('filename="How do tides work.md"');
	expect(await file.text()).toMatch(/^# How do tides work\?\n\n## You\n/);
	expectProblem(await get('?limit=0'), { status: 400, code: 'invalid_input', fields: ['query.limit'] });
	expectProblem(await get('?before=x'), { status: 400, code: 'bad_request' });
});

test('CX-05 a conversation is deleted over plain HTTP, with its jobs', async () => {
	const { app, url, id } = await serve();
	const init = { method: 'DELETE', headers: as('alice') };
	expect((await ask(`${url}/api/conversations/${id}`, init)).status).toBe(204);
	expect((await app.jobs.list('alice', {})).jobs).toEqual([]);
	expectProblem(await ask(`${url}/api/conversations/${id}`, init), { status: 404, code: 'not_found' });
});

test('RS-01 every door answers not_found for what belongs to another owner, and changes nothing', async () => {
	const { app, url, id, second, project, memory } = await serve();
	const notFound = { status: 404, code: 'not_found' };
	for (const path of [`/api/conversations/${id}`, `/api/conversations/${id}.md`, `/api/chat?job_id=${id}`])
		expectProblem(await ask(url + path, { headers: as('mallory') }), notFound);
	expectProblem(await ask(`${url}/api/conversations/${id}`, { method: 'DELETE', headers: as('mallory') }), notFound);
	expectProblem(await send(`${url}/api/chat`, { message: 'Hi', conversationId: id }, as('mallory')), notFound);
	expect((await ask(`${url}/api/conversations`, { headers: as('mallory') })).body.conversations).toEqual([]);
	expect((await ask(`${url}/api/conversations?q=tides`, { headers: as('mallory') })).body.conversations).toEqual([]);
	const queries = { 'conversations.get': { id }, 'conversations.markdown': { id } };
	const mutations = {
		'conversations.rename': { id, title: 'Mine' },
		'conversations.move': { id, projectId: null },
		'conversations.choose': { id, head: second },
		'conversations.remove': { id },
		'conversations.stop': { jobId: second, shown: 0 },
		'projects.rename': { id: project.id, name: 'Mine' },
		'projects.remove': { id: project.id },
		'memories.add': { text: 'Mine', projectId: project.id },
		'memories.edit': { id: memory.id, text: 'Mine' },
		'memories.remove': { id: memory.id }
	};
	const answers = [
		...Object.entries(queries).map(([path, input]) =>
			ask(`${url}/api/trpc/${path}?input=${encodeURIComponent(JSON.stringify(input))}`, { headers: as('mallory') })
		),
		...Object.entries(mutations).map(([path, input]) => send(`${url}/api/trpc/${path}`, input, as('mallory')))
	];
	for (const { status, body } of await Promise.all(answers))
		expect([status, body.error?.data.reason]).toEqual([404, 'not_found']);
	expect(await app.conversations.get('alice', { id })).toMatchObject({ title: 'How do tides work?', turns: [{}, {}] });
	expect(await app.conversations.projects.list('alice')).toMatchObject([{ name: 'Thesis', conversations: 1 }]);
	expect(await app.conversations.memories.list('alice')).toMatchObject([{ text: 'Likes tea.' }]);
});

test('AG-02 the typed door: rename, move, choose, memories and their switch', async () => {
	const { url, id, second, memory } = await serve();
	const call = async (path: string, input: unknown) =>
		(await send(`${url}/api/trpc/${path}`, input, as('alice'))).body.result.data;
	const query = async (path: string) =>
		(await ask(`${url}/api/trpc/${path}`, { headers: as('alice') })).body.result.data;
	expect(await call('conversations.rename', { id, title: '  High\n tides ' })).toMatchObject({
		id,
		title: 'High tides',
		named: true
	});
	expect(await call('conversations.move', { id, projectId: null })).toMatchObject({ projectId: null });
	expect(await call('conversations.choose', { id, head: id })).toMatchObject({ head: second });
	expect(await call('memories.edit', { id: memory.id, text: 'Likes coffee.' })).toMatchObject({
		text: 'Likes coffee.'
	});
	expect(await query('memories.list')).toMatchObject([{ id: memory.id, text: 'Likes coffee.' }]);
	expect(await call('preferences.set', { memory: false })).toMatchObject({ memory: false });
	const blank = await send(`${url}/api/trpc/conversations.rename`, { id, title: '  ' }, as('alice'));
	expect([blank.status, blank.body.error.message]).toEqual([400, 'title: Write a title.']);
});
