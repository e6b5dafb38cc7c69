import { describe, expect, test } from 'vitest';
import { HeadwayError } from '$lib/jobs/error.ts';
import type { ToolEvent } from '$lib/tools/call.ts';
import { execute } from '$lib/tools/execute.server.ts';
import type { ToolRun } from '$lib/tools/tool.ts';
import { Toolbox } from '$lib/tools/toolbox.server.ts';
import { toolRuns } from '$lib/tools/index.server.ts';
import { settle } from '../../support/fake-clock.ts';
import { Gate, untilStopped } from '../../support/operations.ts';
import { aCall, aPassage, aTool, FakeRemote, FakeRun, Told } from './fake-run.ts';

const echo = aTool('echo', async ({ text }) => `said ${text}`);
const fails = aTool('fails', async () => {
	throw new HeadwayError('not_found', 'There is nothing there.');
});
const breaks = aTool('breaks', async () => {
	throw new TypeError('secret is undefined at /srv/app.js:1');
});
const boxOf = (run: FakeRun, ...tools: ToolRun[]) => new Toolbox(run.ctx, { projectId: null, files: [] }, tools);
const statesOf = (events: readonly ToolEvent[]) => events.map(({ id, state }) => `${id} ${state}`);

describe('several calls', () => {
	test('OP-04 each tool goes from waiting over executing to completed, with its result and the share of those that ended', async () => {
		const [run, told] = [new FakeRun(), new Told()];
		const ends = await execute([aCall('a', 'echo', { text: 'x' }), aCall('b', 'echo')], boxOf(run, echo), told);
		expect(ends).toMatchObject([
			{ id: 'a', state: 'completed', summary: 'said x', text: 'said x', problem: null, ms: 0 },
			{ id: 'b', state: 'completed' }
		]);
		expect(told.statesOf('a')).toEqual(['waiting', 'executing', 'completed']);
		expect(told.counted).toEqual(['1/2', '2/2']);
	});

	test('OP-04 CH-08 the failure of one ends no other, and what it says is said; what broke inside is not', async () => {
		const [run, told] = [new FakeRun(), new Told()];
		const calls = [aCall('a', 'fails'), aCall('b', 'breaks'), aCall('c', 'nothing'), aCall('d', 'echo')];
		const ends = await execute(calls, boxOf(run, echo, fails, breaks), told);
		expect(statesOf(ends)).toEqual(['a failed', 'b failed', 'c failed', 'd completed']);
		expect(ends[0]?.problem).toBe('There is nothing there.');
		expect(ends[1]?.problem).toBe('The tool failed inside Headway. The log says more.');
		expect(ends[2]?.problem).toContain('There is no tool “nothing”');
		expect(JSON.stringify(run.logged)).toContain('secret is undefined');
	});

	test('AG-03 calls that wait for none run side by side, four at most, and the others after those that they name', async () => {
		const [run, told, gate] = [new FakeRun(), new Told(), new Gate()];
		let [now, most] = [0, 0];
		const slow = aTool('slow', async () => {
			most = Math.max(most, ++now);
			await gate.passed;
			now--;
			return 'done';
		});
		const six = ['1', '2', '3', '4', '5', '6'].map((id) => aCall(id, 'slow'));
		const ending = execute([aCall('last', 'echo', {}, ['1', '6']), ...six], boxOf(run, slow, echo), told);
		await settle();
		expect(now).toBe(4);
		expect(told.statesOf('last')).toEqual(['waiting']);
		gate.open();
		expect(statesOf(await ending)).toContain('last completed');
		expect(most).toBe(4);
		const began = told.events.findIndex(({ id, state }) => id === 'last' && state === 'executing');
		const before = told.events.slice(0, began).filter(({ state }) => state === 'completed');
		expect(before.map(({ id }) => id)).toEqual(expect.arrayContaining(['1', '6']));
	});

	test('AG-03 what needs a failed call is skipped, with a sentence, and so is what needs that', async () => {
		const calls = [
			aCall('c', 'echo', {}, ['b']),
			aCall('a', 'fails'),
			aCall('b', 'echo', {}, ['a']),
			aCall('d', 'echo')
		];
		const ends = await execute(calls, boxOf(new FakeRun(), echo, fails), new Told());
		expect(statesOf(ends)).toEqual(['c skipped', 'a failed', 'b skipped', 'd completed']);
		expect(ends.map(({ problem }) => problem)).toEqual([
			'It needs “b”, which was not run.',
			'There is nothing there.',
			'It needs “a”, which failed.',
			null
		]);
	});

	test('OP-04 calls that wait for each other, or for none that is there, fail instead of waiting for ever', async () => {
		const calls = [aCall('a', 'echo', {}, ['b']), aCall('b', 'echo', {}, ['a']), aCall('c', 'echo', {}, ['a', 'x'])];
		const ends = await execute([...calls, aCall('d', 'echo')], boxOf(new FakeRun(), echo), new Told());
		expect(statesOf(ends)).toEqual(['a failed', 'b failed', 'c failed', 'd completed']);
		expect(ends[0]?.problem).toBe('The calls “a”, “b” wait for each other, so that none of them could begin.');
		expect(ends[2]?.problem).toBe('The call “c” waits for “x”, which is none of the calls.');
	});

	test('OP-04 arguments that do not fit fail only their own call', async () => {
		const calls = [aCall('a', 'echo', { text: 5 }), aCall('b', 'echo', { txet: 'x' }), aCall('c', 'echo')];
		const ends = await execute(calls, boxOf(new FakeRun(), echo), new Told());
		expect(statesOf(ends)).toEqual(['a failed', 'b failed', 'c completed']);
		expect(ends[0]?.problem).toContain('text: Invalid input: expected string');
		expect(ends[1]?.problem).toContain('txet');
	});

	test('AG-03 a result of more than 20,000 characters is cut, and says so', async () => {
		const long = aTool('long', async () => 'x'.repeat(20_500));
		const [end] = await execute([aCall('a', 'long')], boxOf(new FakeRun(), long), new Told());
		expect(end?.text).toHaveLength(20_000 + '\n… (cut here: 500 more characters)'.length);
		expect(end?.text).toContain('500 more characters');
	});
});

describe('limits and stops', () => {
	test('OP-07 a call that takes longer than its limit fails alone, though it does not listen', async () => {
		const run = new FakeRun();
		const deaf = aTool('deaf', () => new Promise<string>(() => undefined), { timeoutMs: 5_000 });
		const ending = execute([aCall('a', 'deaf'), aCall('b', 'echo')], boxOf(run, deaf, echo), new Told());
		await run.clock.advance(4_999);
		await run.clock.advance(1);
		const ends = await ending;
		expect(statesOf(ends)).toEqual(['a failed', 'b completed']);
		expect(ends[0]).toMatchObject({ problem: 'It took longer than 5 s and was stopped.', ms: 5_000 });
		expect(run.clock.pending).toBe(0);
	});

	test('CX-15 a stop reaches every call that runs, and what waits does not begin', async () => {
		const [run, told] = [new FakeRun(), new Told()];
		const stops: string[] = [];
		const waits = aTool('waits', async ({ text }, { signal }) => {
			signal.addEventListener('abort', () => stops.push(text));
			return untilStopped(signal);
		});
		const calls = [
			aCall('a', 'waits', { text: 'a' }),
			aCall('b', 'waits', { text: 'b' }),
			aCall('c', 'echo', {}, ['a'])
		];
		const ending = execute(calls, boxOf(run, waits, echo), told);
		await settle();
		const reason = new Error('stopped by the person');
		run.stopped.abort(reason);
		await expect(ending).rejects.toBe(reason);
		expect(stops).toEqual(['a', 'b']);
		expect(told.statesOf('c')).toEqual(['waiting']);
	});

	test('CX-04 a stop does not wait for a server that hangs', async () => {
		const run = new FakeRun();
		run.remote = { servers: () => new Promise(() => undefined), call: async () => '' };
		const ending = execute([aCall('a', 'files.read')], boxOf(run), new Told());
		await settle();
		run.stopped.abort(new Error('stopped'));
		await expect(ending).rejects.toThrow('stopped');
	});

	test('CX-15 a stop ends the calls also of a tool that does not listen', async () => {
		const run = new FakeRun();
		const ending = execute(
			[aCall('a', 'deaf')],
			boxOf(
				run,
				aTool('deaf', () => new Promise<string>(() => undefined))
			),
			new Told()
		);
		await settle();
		run.stopped.abort(new Error('stopped'));
		await expect(ending).rejects.toThrow('stopped');
	});
});

describe('asking first', () => {
	const pays = (id: string) => aTool(id, async () => 'paid', { confirm: `May ${id} cost money?` });

	test('AG-03 a tool that asks runs after a yes and is skipped after a no, one question at a time', async () => {
		const [run, told] = [new FakeRun(), new Told()];
		const answers = { 'allow-a': new Gate<boolean>(), 'allow-b': new Gate<boolean>() };
		run.onAsk = (id) => answers[id as keyof typeof answers].passed;
		const ending = execute(
			[aCall('a', 'x'), aCall('b', 'y'), aCall('c', 'echo')],
			boxOf(run, pays('x'), pays('y'), echo),
			told
		);
		await settle();
		expect(run.asked).toEqual([{ questionId: 'allow-a', prompt: 'May x cost money?' }]);
		expect(told.statesOf('a')).toEqual(['waiting', 'asking']);
		expect(told.statesOf('b')).toEqual(['waiting']);
		expect(told.statesOf('c')).toEqual(['waiting', 'executing', 'completed']);
		answers['allow-a'].open(false);
		await settle();
		expect(run.asked.map(({ questionId }) => questionId)).toEqual(['allow-a', 'allow-b']);
		answers['allow-b'].open(true);
		const ends = await ending;
		expect(statesOf(ends)).toEqual(['a skipped', 'b completed', 'c completed']);
		expect(ends[0]?.problem).toBe('It was not allowed to run.');
	});

	test('AG-03 the time that the person takes does not count', async () => {
		const [run, answer] = [new FakeRun(), new Gate<boolean>()];
		run.onAsk = () => answer.passed;
		const ending = execute([aCall('a', 'x')], boxOf(run, pays('x')), new Told());
		await run.clock.advance(3_600_000);
		answer.open(true);
		expect(await ending).toMatchObject([{ state: 'completed', ms: 0 }]);
	});

	test.each([true, false])('AG-03 a tool of a server asks first unless it only reads (%s)', async (readOnly) => {
		const run = new FakeRun();
		const tool = {
			...{ id: 'files.delete', server: 'files', title: 'Delete', description: '', readOnly },
			schema: { type: 'object', properties: { path: { type: 'string' } }, required: ['path'] }
		};
		const remote = new FakeRemote({
			name: 'files',
			url: 'http://x/',
			state: 'connected',
			problem: null,
			tools: [tool],
			checkedAt: 1
		});
		run.remote = remote;
		run.onAsk = async () => false;
		const ends = await execute(
			[aCall('a', 'files.delete', { path: '/etc' }), aCall('b', 'files.delete', {})],
			boxOf(run),
			new Told()
		);
		expect(statesOf(ends)).toEqual([readOnly ? 'a completed' : 'a skipped', 'b failed']);
		expect(ends[1]?.problem).toContain('path: Invalid input');
		expect(remote.calls).toEqual(readOnly ? [{ id: 'files.delete', args: { path: '/etc' } }] : []);
		expect(run.asked.map(({ prompt }) => prompt.includes('{"path":"/etc"}'))).toEqual(readOnly ? [] : [true]);
	});
});

describe('a run that is taken up again', () => {
	const ended = (id: string, state: ToolEvent['state'], more: Partial<ToolEvent> = {}): ToolEvent => ({
		...{ id, tool: 'echo', title: id, state, arguments: {}, summary: 'before', text: 'before' },
		...{ problem: null, jobId: null, ms: 5, ...more }
	});

	test('OP-04 RS-13 what had ended is not run again, what was running is', async () => {
		let runs = 0;
		const counts = aTool('echo', async () => `run ${++runs}`);
		const told = new Told([ended('a', 'completed'), ended('b', 'executing'), ended('c', 'waiting')]);
		const ends = await execute(
			[aCall('a', 'echo'), aCall('b', 'echo'), aCall('c', 'echo', {}, ['a'])],
			boxOf(new FakeRun(), counts),
			told
		);
		expect(ends.map(({ text }) => text)).toEqual(['before', 'run 1', 'run 2']);
		expect(told.statesOf('a')).toEqual([]);
		expect(told.counted).toHaveLength(3);
	});

	test('CH-05 the passages of what had ended are made known again, without those of a document that is gone', async () => {
		const run = new FakeRun();
		const cites = [
			{ documentId: 'doc_1', ordinal: 1 },
			{ documentId: 'gone', ordinal: 0 }
		];
		const told = new Told([ended('a', 'completed', { cites })]);
		await execute([aCall('a', 'echo')], boxOf(run, echo), told);
		expect(told.cited).toEqual([{ callId: 'a', passages: [aPassage(1, 'The sun pulls less.')] }]);
	});

	test('BY-01 what may have changed something at a server is not done a second time', async () => {
		const run = new FakeRun();
		const tool = {
			id: 'files.add',
			server: 'files',
			title: 'Add',
			description: '',
			readOnly: false,
			schema: { type: 'object' }
		};
		const remote = new FakeRemote({
			name: 'files',
			url: 'http://x/',
			state: 'connected',
			problem: null,
			tools: [tool],
			checkedAt: 1
		});
		run.remote = remote;
		const told = new Told([ended('a', 'executing', { tool: 'files.add' })]);
		const [end] = await execute([aCall('a', 'files.add')], boxOf(run), told);
		expect(end).toMatchObject({
			state: 'failed',
			problem: expect.stringContaining('Whether it took effect is not known')
		});
		expect(remote.calls).toEqual([]);
	});

	test('OP-04 a job that a call started is found again by its key', async () => {
		const run = new FakeRun();
		run.onChild = () => [
			{ status: 'running', progress: { fraction: 0.5, basis: 'measured' }, activity: 'Reading' },
			{ status: 'succeeded', result: { report: 'R', sources: [] } }
		];
		const told = new Told([ended('r', 'executing', { tool: 'research', jobId: 'job_r' })]);
		const [end] = await execute([aCall('r', 'research', { query: 'How?' })], boxOf(run, ...toolRuns()), told);
		expect(run.started).toEqual([
			{ key: 'r', operation: 'research', input: { provider: 'fake', query: 'How?', depth: 'quick' } }
		]);
		expect(end).toMatchObject({ state: 'completed', jobId: 'job_r' });
		expect(told.progressed).toContainEqual({ id: 'r', fraction: 0.5, message: 'Reading' });
	});
});
