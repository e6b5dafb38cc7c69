import { describe, expect, test } from 'vitest';
import type { JobSnapshot } from '$lib/jobs/snapshot.ts';
import { operationRuns } from '$lib/operations/index.server.ts';
import research from '$lib/operations/research/run.server.ts';
import type { ToolsResult, ToolsState } from '$lib/operations/tools/model.ts';
import tools from '$lib/operations/tools/run.server.ts';
import { defineRun, type OperationRun } from '$lib/operations/operation.ts';
import type { App } from '$lib/server/app.ts';
import { allEvents, ended, makeApp, runsOf, start, temporaryFolder, until } from '../../../support/app.ts';
import { untilStopped } from '../../../support/operations.ts';

const call = (id: string, tool: string, args: object = {}, after: string[] = []) => ({
	id,
	tool,
	arguments: args,
	after
});
const time = (id: string, after: string[] = []) => call(id, 'current_time', {}, after);
const stateOf = ({ state }: JobSnapshot) => (state as ToolsState).tools.map((tool) => `${tool.id} ${tool.state}`);
const run = async (app: App, calls: object[]) => ended(app, (await start(app, 'tools', { calls })).id);
const toolsRun = tools as unknown as OperationRun;

/** A research that runs until it is stopped. */
const endless = defineRun(research.model, async (_input, { signal }) => untilStopped(signal)) as OperationRun;
/** A research that ends as soon as it runs. */
const atOnce = defineRun(research.model, async ({ query }) => ({
	...{ report: `On ${query}`, sources: [], queries: [], complete: true }
})) as OperationRun;
const answer = (app: App, id: string, questionId: string, allow: boolean) =>
	app.jobs.answer('local', id, questionId, { allow });

// The first calculation of a process loads its library.
describe('a list of tool calls', { timeout: 20_000 }, () => {
	test('OP-04 several tools run in one job, each is executing and then completed, and the bar follows those that ended', async () => {
		const app = await makeApp();
		const { id } = await start(app, 'tools', {
			calls: [time('a'), call('b', 'calculator', { expression: '6 * 7' }, ['a'])]
		});
		const snapshot = await ended(app, id);
		expect(snapshot).toMatchObject({ status: 'succeeded', progress: { fraction: 1 } });
		const result = snapshot.result as ToolsResult;
		expect(result).toMatchObject({ completed: 2, failed: 0, skipped: 0, complete: true });
		expect(result.tools[1]).toMatchObject({ id: 'b', state: 'completed', text: '6 * 7 = 42' });
		const events = await allEvents(app, id);
		const changes = events
			.filter(({ type }) => type === 'tool')
			.map(({ data }) => data as { id: string; state: string });
		expect(changes.map(({ id: one, state }) => `${one} ${state}`)).toEqual([
			...['a waiting', 'b waiting', 'a executing', 'a completed', 'b executing', 'b completed']
		]);
	});

	test('OP-04 one tool that fails does not end the others: the job succeeds, says so, and names what failed', async () => {
		const app = await makeApp();
		const snapshot = await run(app, [
			time('a'),
			call('b', 'calculator', { expression: '1/0' }),
			time('c', ['b']),
			time('d')
		]);
		expect(stateOf(snapshot)).toEqual(['a completed', 'b failed', 'c skipped', 'd completed']);
		expect(snapshot).toMatchObject({
			status: 'succeeded',
			result: { completed: 2, failed: 1, skipped: 1, complete: false },
			notices: [{ code: 'tools_failed', message: '1 of 4 tools failed.' }]
		});
	});

	test('OP-04 the bar is measured, and empty, before the first tool has ended', async () => {
		const app = await makeApp({ runs: runsOf(toolsRun, endless) });
		const { id } = await start(app, 'tools', { calls: [call('r', 'research', { query: 'How?' })] });
		await until(app, id, (snapshot) => stateOf(snapshot).join() === 'r asking');
		await expect
			.poll(async () => (await app.jobs.snapshot('local', id)).progress, { timeout: 4_000 })
			.toEqual({ fraction: expect.closeTo(0, 2) as number, basis: 'measured' });
	});

	test('OP-04 half of the bar is filled when half of the tools have ended', async () => {
		const app = await makeApp({ runs: runsOf(toolsRun, endless) });
		const { id } = await start(app, 'tools', { calls: [time('a'), call('r', 'research', { query: 'How?' })] });
		await until(app, id, (snapshot) => stateOf(snapshot).join() === 'a completed,r asking');
		await expect
			.poll(async () => (await app.jobs.snapshot('local', id)).progress, { timeout: 4_000 })
			.toMatchObject({ fraction: 0.5, basis: 'measured' });
		await app.jobs.cancel('local', id);
		await ended(app, id);
	});
});

describe('stops', { timeout: 20_000 }, () => {
	test('CX-15 OP-04 a cancel stops the tool that runs and the job that it started, and keeps what was done', async () => {
		const app = await makeApp({ runs: runsOf(toolsRun, endless) });
		const { id } = await start(app, 'tools', { calls: [time('a'), call('r', 'research', { query: 'How?' }, ['a'])] });
		await until(app, id, ({ waitingFor }) => waitingFor === 'person');
		await answer(app, id, 'allow-r', true);
		await until(app, id, ({ waitingFor }) => waitingFor === 'child');
		await app.jobs.cancel('local', id);
		const snapshot = await ended(app, id);
		expect(snapshot).toMatchObject({ status: 'cancelled', receipt: { kept: ['1 result'] } });
		expect(await app.jobs.children('local', id)).toMatchObject([{ operation: 'research', status: 'cancelled' }]);
	});

	test('AG-03 a no skips the tool, and the job goes on', async () => {
		const app = await makeApp({ runs: runsOf(toolsRun, endless) });
		const { id } = await start(app, 'tools', { calls: [call('r', 'research', { query: 'How?' }), time('a')] });
		const asked = await until(app, id, ({ question }) => question !== null);
		expect(asked.question).toMatchObject({ questionId: 'allow-r', prompt: expect.stringContaining('may cost money') });
		await answer(app, id, 'allow-r', false);
		expect(stateOf(await ended(app, id))).toEqual(['r skipped', 'a completed']);
		expect(await app.jobs.children('local', id)).toEqual([]);
	});
});

describe('a restart in the middle', { timeout: 20_000 }, () => {
	test('RS-13 OP-04 what had ended is not run again, the question stands, and the answer goes on to the end', async () => {
		const dataDir = temporaryFolder();
		const calls = [time('a'), call('r', 'research', { query: 'the moon' }, ['a']), time('b', ['r'])];
		const first = await makeApp({ dataDir, runs: runsOf(toolsRun, atOnce) });
		const { id } = await start(first, 'tools', { calls });
		const before = await until(first, id, ({ waitingFor }) => waitingFor === 'person');
		const told = (before.state as ToolsState).tools[0]?.text;
		await first.close();

		const second = await makeApp({ dataDir, runs: runsOf(toolsRun, atOnce) });
		await until(second, id, ({ waitingFor }) => waitingFor === 'person');
		await answer(second, id, 'allow-r', true);
		const snapshot = await ended(second, id);
		expect(stateOf(snapshot)).toEqual(['a completed', 'r completed', 'b completed']);
		const { tools: ends } = snapshot.result as ToolsResult;
		expect(ends[0]?.text).toBe(told);
		expect(ends[1]?.text).toContain('On the moon');
		const events = await allEvents(second, id);
		const executed = events.filter(
			({ type, data }) => type === 'tool' && (data as { state: string }).state === 'executing'
		);
		expect(executed.filter(({ data }) => (data as { id: string }).id === 'a')).toHaveLength(1);
		expect(await second.jobs.children('local', id)).toHaveLength(1);
	});
});

test('OP-11 the operation is in the list with its work', () => {
	expect(operationRuns().tools?.model.id).toBe('tools');
});
