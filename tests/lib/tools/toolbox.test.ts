import { describe, expect, test } from 'vitest';
import { toolRuns } from '$lib/tools/index.server.ts';
import { tools } from '$lib/tools/index.ts';
import { Toolbox } from '$lib/tools/toolbox.server.ts';
import { aCall, aTool, FakeRemote, FakeRun } from './fake-run.ts';

const shipped = ['search_knowledge', 'read_document', 'calculator', 'current_time', 'query_table', 'research', 'image'];
const schema = { type: 'object', properties: { day: { type: 'string', minLength: 10 } }, required: ['day'] };
const calendar = {
	id: 'calendar.events',
	server: 'calendar',
	title: 'Events',
	description: 'Lists events.',
	readOnly: true,
	schema
};

function boxWith({ files = [], remote }: { files?: string[]; remote?: FakeRemote } = {}) {
	const run = new FakeRun();
	if (remote) run.remote = remote;
	return new Toolbox(run.ctx, { projectId: null, files });
}
const server = () =>
	new FakeRemote({
		name: 'calendar',
		url: 'http://x/',
		state: 'connected',
		problem: null,
		tools: [calendar],
		checkedAt: 1
	});
const calls = (count: number, tool: string, args: Record<string, unknown>) =>
	Array.from({ length: count }, (_, index) => aCall(`c${index}`, tool, args));

describe('the list', () => {
	test('AG-03 a plan is shown all shipped tools and those of the servers, each with a JSON Schema of its arguments', async () => {
		const list = await boxWith({ remote: server() }).list();
		expect(list.map(({ id }) => id)).toEqual([...shipped, 'calendar.events']);
		expect(list.find(({ id }) => id === 'calculator')).toMatchObject({
			...{ server: null, asks: false, limits: { calls: 8 } },
			schema: {
				type: 'object',
				properties: { expression: { type: 'string' } },
				required: ['expression'],
				additionalProperties: false
			}
		});
		expect(list.filter(({ asks }) => asks).map(({ id }) => id)).toEqual(['research', 'image']);
		expect(list.at(-1)).toMatchObject({ server: 'calendar', schema });
		expect(JSON.parse(JSON.stringify(list))).toEqual(list);
	});

	test('AG-03 every listed tool has its work in a folder of its name', () => {
		expect(tools.map(({ id }) => id)).toEqual(shipped);
		expect(toolRuns().map(({ model }) => model)).toEqual(tools);
	});
});

describe('the check of a plan', () => {
	test('AG-03 a plan of known tools with fitting arguments has no problem', async () => {
		const plan = [
			aCall('s', 'search_knowledge', { question: 'What is a tide?' }),
			aCall('t', 'query_table', { fileId: 'file_1', sql: 'SELECT 1' }, ['s']),
			aCall('e', 'calendar.events', { day: '2026-11-21' })
		];
		expect(await boxWith({ files: ['file_1'], remote: server() }).check(plan)).toEqual([]);
	});

	test('AG-03 an unknown tool is named with the one that may be meant, or with all that there are', async () => {
		const box = boxWith();
		expect(await box.check([aCall('a', 'calculater', {})])).toEqual([
			'There is no tool “calculater”; is “calculator” meant?'
		]);
		const [problem] = await box.check([aCall('a', 'launch_the_rocket_to_the_moon_now', {})]);
		expect(problem).toBe(`There is no tool “launch_the_rocket_to_the_moon_now”. There are: ${shipped.join(', ')}.`);
	});

	test('AG-03 a tool of a server that is away is said to be away, with why', async () => {
		const remote = new FakeRemote({
			...{ name: 'files', url: 'http://x/', state: 'failed', problem: 'It cannot be reached.', tools: [], checkedAt: 1 }
		});
		expect(await boxWith({ remote }).check([aCall('a', 'files.read')])).toEqual([
			'The server “files” of “files.read” cannot be used now. It cannot be reached.'
		]);
	});

	test('AG-03 each wrong argument is named with its path, for shipped tools and for those of servers', async () => {
		const plan = [
			aCall('a', 'read_document', { documentId: '', limit: 900 }),
			aCall('b', 'calculator', { expression: '1', extra: true }),
			aCall('c', 'calendar.events', { day: 'today' })
		];
		const problems = await boxWith({ remote: server() }).check(plan);
		expect(problems).toEqual([
			'read_document in “a” does not take this: documentId: Say which document.',
			expect.stringMatching(/^read_document in “a” does not take this: limit: Too big/),
			'calculator in “b” does not take this: Unrecognized key: "extra"',
			expect.stringMatching(/^calendar\.events in “c” does not take this: day: Too small/)
		]);
	});

	test('AG-03 a file that did not come along is refused, by the plan and by the call', async () => {
		const box = boxWith({ files: ['file_1'] });
		const foreign = aCall('q', 'query_table', { fileId: 'file_2', sql: 'SELECT 1' });
		expect(await box.check([foreign])).toEqual([
			'The file “file_2” in “q” did not come along. Those that did: file_1.'
		]);
	});

	test('AG-03 too many calls, too many of one tool, two of one id, circles and unknown ids are each said', async () => {
		const box = boxWith();
		const many = await box.check(calls(13, 'calculator', { expression: '1' }));
		expect(many).toEqual([
			'There are 13 calls; at most 12 may run in one turn.',
			'calculator is called 13 times; at most 8 times are allowed.'
		]);
		const time = (id: string, after: string[]) => aCall(id, 'current_time', {}, after);
		expect(await box.check([time('a', ['b']), time('b', ['a']), time('c', ['x']), time('d', ['a'])])).toEqual([
			'The call “c” waits for “x”, which is none of the calls.',
			'The calls “a”, “b” wait for each other, so that none of them could begin.'
		]);
		expect(await box.check([time('a', []), time('a', [])])).toEqual([
			'Two calls have the id “a”; each needs one of its own.'
		]);
		expect(await box.check([time('a', ['a'])])).toHaveLength(1);
	});

	test('CH-01 a plan of shipped tools does not wait for a server that hangs', async () => {
		const run = new FakeRun();
		run.remote = { servers: () => new Promise(() => undefined), call: async () => '' };
		const box = new Toolbox(run.ctx, { projectId: null, files: [] }, [aTool('echo', async () => '')]);
		expect(await box.check([aCall('a', 'echo', {})])).toEqual([]);
	});
});
