import { describe, expect, test } from 'vitest';
import { ended, makeApp, until } from '../support/app.ts';
import { serveRoutes } from '../support/route-server.ts';
import { ask, expectProblem, send } from './asking.ts';
import { RunningMcpServer } from '../lib/server/mcp/running-server.ts';
import { readEvents } from './read-sse.ts';
import { clientOf } from './watching.ts';

async function serve(env: Record<string, string> = {}) {
	const app = await makeApp({ env });
	return { app, url: await serveRoutes(app) };
}
const calls = [
	{ id: 'sum', tool: 'calculator', arguments: { expression: '2 + 2' } },
	{ id: 'bad', tool: 'calculater', arguments: {} },
	{ id: 'now', tool: 'current_time', arguments: {}, after: ['sum'] }
];

// The first calculation of a process loads its library.
describe('POST /api/jobs {"operation":"tools"}', { timeout: 20_000 }, () => {
	test('OP-04 DC-02 starts several tools at once, and GET tells how each ended', async () => {
		const { app, url } = await serve();
		const { status, body } = await send(`${url}/api/jobs`, { operation: 'tools', input: { calls } });
		expect(status).toBe(201);
		await ended(app, body.id);
		const { body: job } = await ask(`${url}/api/jobs/${body.id}`);
		expect(job).toMatchObject({
			status: 'succeeded',
			result: { completed: 2, failed: 1, skipped: 0, complete: false }
		});
		expect(job.result.tools).toMatchObject([
			{ id: 'sum', state: 'completed', text: '2 + 2 = 4' },
			{ id: 'bad', state: 'failed', problem: 'There is no tool “calculater”; is “calculator” meant?' },
			{ id: 'now', state: 'completed' }
		]);
	});

	test('OP-04 each change of a tool is an event of the stream', async () => {
		const { url } = await serve();
		const { body } = await send(`${url}/api/jobs`, { operation: 'tools', input: { calls } });
		const events = await readEvents(await fetch(`${url}/api/jobs/${body.id}/events`));
		const states = events
			.filter(({ type }) => type === 'tool')
			.map(({ data }) => data as { id: string; state: string });
		expect(states.filter(({ id }) => id === 'now').map(({ state }) => state)).toEqual([
			'waiting',
			'executing',
			'completed'
		]);
		expect(events.at(-1)?.type).toBe('done');
	});

	test.each([
		[{ calls: [] }, 'input.calls'],
		[{ calls: [{ id: 'a b', tool: 'calculator', arguments: {} }] }, 'input.calls.0.id'],
		[{ calls: [{ id: 'a', tool: 'calculator', arguments: 'x' }] }, 'input.calls.0.arguments'],
		[{ calls: [calls[0], calls[0]] }, 'input.calls'],
		[{ calls: Array.from({ length: 21 }, (_, n) => ({ ...calls[0], id: `c${n}` })) }, 'input.calls']
	])('OP-01 %j is refused at its field', async (input, path) => {
		const { url } = await serve();
		const answer = await send(`${url}/api/jobs`, { operation: 'tools', input });
		expectProblem(answer, { status: 400, code: 'invalid_input' });
		expect(answer.body.fields[0].path).toBe(path);
	});

	test('OP-01 a file that the owner does not have is refused before anything starts', async () => {
		const { url } = await serve();
		const input = { calls, files: ['file_0123456789abcdef0123'] };
		const answer = await send(`${url}/api/jobs`, { operation: 'tools', input });
		expect(answer.status).toBeGreaterThanOrEqual(400);
		expect((await ask(`${url}/api/jobs`)).body.jobs).toEqual([]);
	});
});

describe('tools of an MCP server', { timeout: 20_000 }, () => {
	test('OP-04 AG-03 one that only reads runs at once, one that may change something after a yes', async () => {
		const server = await RunningMcpServer.start({ token: 'top-secret' });
		const env = { HEADWAY_MCP_SERVERS: `notes=${server.url}`, HEADWAY_MCP_NOTES_TOKEN: 'top-secret' };
		const { app, url } = await serve(env);
		const asked = [
			{ id: 'read', tool: 'notes.echo', arguments: { text: 'hi' } },
			{ id: 'write', tool: 'notes.write', arguments: { note: 'buy milk' } }
		];
		const { body } = await send(`${url}/api/jobs`, { operation: 'tools', input: { calls: asked } });
		const { question } = await until(app, body.id, (job) => job.question !== null);
		expect(question?.prompt).toContain('{"note":"buy milk"}');
		expect(server.calls.map(({ tool }) => tool)).not.toContain('write');
		await send(`${url}/api/jobs/${body.id}/answer`, { questionId: question?.questionId, value: { allow: true } });
		const snapshot = await ended(app, body.id);
		expect(snapshot.result).toMatchObject({
			complete: true,
			tools: [{ text: 'You said: hi' }, { text: 'written', title: 'write (notes)' }]
		});
		const log = await (await fetch(`${url}/api/jobs/${body.id}/events`)).text();
		expect(log).not.toContain('top-secret');
	});
});

describe('GET /api/tools', () => {
	test('AG-03 lists the shipped tools with the schemas of their arguments, and the same over tRPC', async () => {
		const { url } = await serve();
		const { status, body } = await ask(`${url}/api/tools`);
		expect(status).toBe(200);
		expect(body.tools.map(({ id }: { id: string }) => id)).toEqual([
			...['search_knowledge', 'read_document', 'calculator', 'current_time', 'query_table', 'research', 'image']
		]);
		expect(body.tools[2]).toMatchObject({ title: 'Calculator', asks: false, server: null, schema: { type: 'object' } });
		expect(body.servers).toEqual([]);
		expect(await clientOf(url).tools.list.query()).toEqual(body);
	});

	test('AG-03 a server that cannot be reached is listed as failed, with a sentence and without its token', async () => {
		const { url } = await serve({
			HEADWAY_MCP_SERVERS: 'files=http://127.0.0.1:59/mcp',
			HEADWAY_MCP_FILES_TOKEN: 'top-secret'
		});
		const { body } = await ask(`${url}/api/tools`);
		expect(body.servers).toMatchObject([
			{ name: 'files', url: 'http://127.0.0.1:59/mcp', state: 'failed', problem: expect.any(String), tools: [] }
		]);
		expect(body.servers[0].problem).toContain('cannot be reached');
		expect(JSON.stringify(body)).not.toContain('top-secret');
	});

	test('DC-02 any other method is refused', async () => {
		const { url } = await serve();
		expectProblem(await send(`${url}/api/tools`, {}), { status: 405, code: 'method_not_allowed' });
	});
});
