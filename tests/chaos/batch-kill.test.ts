import { expect, test } from 'vitest';
import type { JobEvent } from '$lib/jobs/event.ts';
import { isTerminal } from '$lib/jobs/job.ts';
import type { JobSnapshot, JobSummary } from '$lib/jobs/snapshot.ts';
import type { BatchPart, BatchResult, BatchState } from '$lib/operations/batch/model.ts';
import { askedAt, control, createsOf, endOf, logOf } from './researches.ts';
import { choicesFor, moment } from './seed.ts';
import { ServerProcess } from './server-process.ts';

type Batch = JobSnapshot<BatchState, BatchResult> & { children: JobSummary[] };

const PARTS = 60;
const batchOf = async (url: string, id: string) => (await (await fetch(`${url}/api/batches/${id}`)).json()) as Batch;
const keysOf = (events: readonly JobEvent[]) => events.map(({ data }) => Number((data as BatchPart).key));

test('OP-08 BY-01 BY-02 killed in the middle of a batch of sixty, and again, the server goes on with it and starts nothing twice', async () => {
	const choices = choicesFor('a batch is killed');
	const demo = await ServerProcess.demo();
	await control(demo, { pace: 60 });
	const server = await ServerProcess.headway(askedAt(demo.url));
	const inputs = Array.from({ length: PARTS }, (_, index) => ({ query: `What causes tide ${index}?`, depth: 'quick' }));
	const started = await fetch(`${server.url}/api/batches`, {
		method: 'POST',
		headers: { 'content-type': 'application/json' },
		body: JSON.stringify({ operation: 'research', inputs })
	});
	const { id } = (await started.json()) as { id: string };
	const startedBefore = new Map<string, string>();
	for (const share of [0.25, 0.6]) {
		const done = async () => (await batchOf(server.url, id)).children.filter(({ endedAt }) => endedAt !== null).length;
		await expect.poll(done, { timeout: 60_000 }).toBeGreaterThanOrEqual(PARTS * share);
		await moment(choices.between(0, 200));
		const { children, status } = await batchOf(server.url, id);
		expect(status).toBe('running');
		expect(children.filter((child) => child.status === 'running').length).toBeGreaterThan(0);
		for (const { title, id: part } of children) startedBefore.set(title, part);
		await server.kill();
		await server.start();
	}
	await endOf(server.url, id, 90);
	const { children, state, result, status } = await batchOf(server.url, id);
	expect(status).toBe('succeeded');
	// Each query is one job, and those that were started before the kills are the same jobs still.
	expect(children.map(({ title }) => title).sort()).toEqual(inputs.map(({ query }) => query).sort());
	expect(children.filter(({ title, id: part }) => (startedBefore.get(title) ?? part) !== part)).toEqual([]);
	expect(state.parts.map(({ key }) => Number(key))).toEqual(inputs.map((_, index) => index + 1));
	expect(result?.parts.map(({ jobId }) => jobId)).toEqual(state.parts.map(({ jobId }) => jobId));
	const creates = await Promise.all(children.map(async (child) => ({ child, count: await createsOf(demo, child.id) })));
	for (const { child, count } of creates) {
		// A kill may come between a create and its answer: that one is said to be unknown, and never sent again.
		if (child.error?.code === 'unknown_outcome') expect(count).toBeLessThanOrEqual(1);
		else expect([child.status, count]).toEqual(['succeeded', 1]);
	}
	expect(creates.filter(({ child }) => child.status === 'succeeded').length).toBeGreaterThanOrEqual(PARTS - 16);
	const log = await logOf(server.url, id);
	expect(log.map(({ seq }) => seq)).toEqual(log.map((_, index) => index + 1));
	const parts = log.filter(({ type }) => type === 'part');
	const ends = parts.filter(({ data }) => isTerminal((data as BatchPart).status));
	expect(keysOf(ends).sort((a, b) => a - b)).toEqual(inputs.map((_, index) => index + 1));
	expect(server.output).not.toMatch(/unhandled|request failed/i);
}, 240_000);
