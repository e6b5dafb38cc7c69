import { createTRPCClient, httpLink } from '@trpc/client';
import { expect, test, vi } from 'vitest';
import ingest from '$lib/operations/ingest/run.server.ts';
import type { AppRouter } from '$lib/server/trpc/index.ts';
import { ended, makeApp, runsOf } from '../support/app.ts';
import { serveRoutes } from '../support/route-server.ts';
import { FakeProvider } from '../lib/server/fake-provider.ts';
import { pdfOf } from '../lib/operations/ingest/files.ts';
import { ask, expectProblem, send } from './asking.ts';
import { readEvents } from './read-sse.ts';

// A file is read in a process of its own, which takes seconds to start on a machine that is busy.
vi.setConfig({ testTimeout: 30_000 });

async function serve(env: Record<string, string> = {}) {
	const app = await makeApp({ provider: new FakeProvider(), runs: runsOf(ingest), env });
	const url = await serveRoutes(app, (request) => request.headers.get('x-owner') ?? 'local');
	const added = async () => {
		const { body } = await post(url, formOf('Wages are paid on the twelfth.', 'rules.txt', { title: 'Rules' }));
		return (await ended(app, body.id)).result as { documentId: string };
	};
	return { app, url, added };
}

function formOf(bytes: string | Buffer, name: string, fields: Record<string, string> = {}): FormData {
	const form = new FormData();
	form.append('file', new Blob([Buffer.from(bytes)]), name);
	for (const [key, value] of Object.entries(fields)) form.append(key, value);
	return form;
}

const post = (url: string, body: BodyInit, headers: Record<string, string> = {}) =>
	ask(`${url}/api/knowledge`, { method: 'POST', body, headers });

test('CH-05 a file that is sent in a form becomes a document, with the title beside it', async () => {
	const { app, url } = await serve();
	const { status, headers, body } = await post(
		url,
		formOf(pdfOf([['Wages are paid late.']]), 'a.pdf', { title: ' Pay ' })
	);
	expect([status, headers.get('location')]).toEqual([201, `/api/jobs/${body.id}`]);
	expect(body).toMatchObject({ operation: 'ingest', input: { title: 'Pay', fileId: expect.stringMatching(/^file_/) } });
	expect(await ended(app, body.id)).toMatchObject({ status: 'succeeded', result: { title: 'Pay', pages: 1 } });
	const { documents } = (await ask(`${url}/api/knowledge`)).body;
	expect(documents).toMatchObject([{ title: 'Pay', name: 'a.pdf', mediaType: 'application/pdf', passages: 1 }]);
	const read = (await ask(`${url}/api/knowledge/${documents[0].id}`)).body;
	expect(read).toMatchObject({
		document: documents[0],
		passages: [{ page: 1, text: 'Wages are paid late.' }],
		next: null
	});
});

test('CH-05 a file that was uploaded before becomes a document by its id, and so does one sent as the body', async () => {
	const { app, url } = await serve();
	const text = { 'content-type': 'text/plain' };
	const file = await ask(`${url}/api/files?name=a.txt`, { method: 'POST', body: 'A heron.', headers: text });
	const named = await send(`${url}/api/knowledge`, { fileId: file.body.fileId, title: 'Birds' });
	expect(named.status).toBe(201);
	const raw = await ask(`${url}/api/knowledge?name=b.txt`, { method: 'POST', body: 'An owl.', headers: text });
	for (const { body } of [named, raw]) expect((await ended(app, body.id)).error).toBeNull();
	expect((await app.knowledge.documents('local')).map(({ title }) => title).toSorted()).toEqual(['Birds', 'b']);
});

test('RS-03 a form that is sent again under its key is the same job, and leaves no second file', async () => {
	const { app, url } = await serve();
	const key = { 'idempotency-key': 'once' };
	const first = await post(url, formOf('A heron.', 'a.txt'), key);
	const second = await post(url, formOf('A heron.', 'a.txt'), key);
	expect([first.status, second.status, second.body.id]).toEqual([201, 200, first.body.id]);
	expectProblem(await post(url, formOf('An owl.', 'a.txt'), key), { status: 409, code: 'idempotency_conflict' });
	expect((await app.uploads.list('local')).rows).toHaveLength(1);
	await ended(app, first.body.id);
});

test('CH-05 what was asked to be streamed is told event by event', async () => {
	const { url } = await serve();
	const response = await fetch(`${url}/api/knowledge`, {
		...{ method: 'POST', body: formOf('A heron.', 'a.txt'), headers: { accept: 'text/event-stream' } }
	});
	const types = (await readEvents(response)).map(({ type }) => type);
	expect(types).toEqual(expect.arrayContaining(['parsed', 'split', 'done']));
});

test('DC-07 a request that cannot be a document is refused, and its file is not kept', async () => {
	const { app, url } = await serve({ HEADWAY_MAX_UPLOAD: '1M' });
	const of = (body: BodyInit, headers = {}) => post(url, body, headers);
	expectProblem(await of(formOf('x', 'a.txt', { title: 'x'.repeat(300) })), { status: 400, code: 'invalid_input' });
	expectProblem(await of(formOf('x', 'a.txt', { projectId: 'nobodys' })), { status: 404, code: 'not_found' });
	expectProblem(await of(formOf(Buffer.alloc(2_000_000), 'a.txt')), { status: 413, code: 'too_large' });
	const empty = new FormData();
	empty.append('title', 'no file');
	expectProblem(await of(empty), { status: 400, code: 'bad_request' });
	expectProblem(await send(`${url}/api/knowledge`, { fileId: 'file_none' }), { status: 400, code: 'invalid_input' });
	expectProblem(await send(`${url}/api/knowledge`, { fileId: 'x', evil: 1 }), { status: 400, code: 'invalid_input' });
	expectProblem(await ask(`${url}/api/knowledge`, { method: 'PUT' }), { status: 405, code: 'method_not_allowed' });
	expect((await app.uploads.list('local')).rows).toEqual([]);
	expect((await app.jobs.list('local', {})).jobs).toEqual([]);
});

test('RS-01 the doors of the knowledge base know no document of another owner', async () => {
	const { app, url, added } = await serve();
	const { documentId } = await added();
	const mallory = { 'x-owner': 'mallory' };
	expect((await ask(`${url}/api/knowledge`, { headers: mallory })).body).toEqual({ documents: [] });
	for (const method of ['GET', 'DELETE'])
		expectProblem(await ask(`${url}/api/knowledge/${documentId}`, { method, headers: mallory }), {
			...{ status: 404, code: 'not_found' }
		});
	expect(await app.knowledge.documents('local')).toHaveLength(1);
});

test('CH-05 a document that is deleted goes with its file', async () => {
	const { app, url, added } = await serve();
	const { documentId } = await added();
	const [{ fileId } = { fileId: '' }] = await app.knowledge.documents('local');
	expectProblem(await ask(`${url}/api/files/${fileId}`, { method: 'DELETE' }), { status: 409, code: 'conflict' });
	expect((await ask(`${url}/api/knowledge/${documentId}`, { method: 'DELETE' })).status).toBe(204);
	expectProblem(await ask(`${url}/api/knowledge/${documentId}`), { status: 404, code: 'not_found' });
	expectProblem(await ask(`${url}/api/files/${fileId}`), { status: 404, code: 'not_found' });
});

test('DC-01 the typed door lists, reads, searches, moves and removes documents', async () => {
	const { url, added } = await serve();
	const { documentId } = await added();
	const { knowledge } = createTRPCClient<AppRouter>({ links: [httpLink({ url: `${url}/api/trpc` })] });
	expect(await knowledge.documents.query()).toMatchObject([{ id: documentId, title: 'Rules' }]);
	expect(await knowledge.document.query({ id: documentId })).toMatchObject({ name: 'rules.txt' });
	expect(await knowledge.passages.query({ documentId })).toMatchObject({ passages: [{ ordinal: 0 }] });
	const { found } = await knowledge.search.query({ question: 'When are wages paid?' });
	expect(found).toMatchObject([{ documentId, text: 'Wages are paid on the twelfth.' }]);
	await expect(knowledge.move.mutate({ id: documentId, projectId: 'nobodys' })).rejects.toMatchObject({
		data: { reason: 'not_found' }
	});
	expect(await knowledge.move.mutate({ id: documentId, projectId: null })).toMatchObject({ projectId: null });
	await knowledge.remove.mutate({ id: documentId });
	expect(await knowledge.documents.query({ projectId: null })).toEqual([]);
});

test('CH-05 a document of more than 50 MB is refused, however large other files may be', async () => {
	const { app, url } = await serve();
	const answer = await post(url, formOf(Buffer.alloc(53_000_000, 'a'), 'a.txt'));
	expectProblem(answer, { status: 413, code: 'too_large' });
	expect(answer.body.title).toContain('50 MB');
	expect((await app.uploads.list('local')).rows).toEqual([]);
});
