import { Readable } from 'node:stream';
import { describe, expect, test } from 'vitest';
import type { ChatResult, TurnTiming } from '$lib/operations/chat/model.ts';
import { makeApp } from '../support/app.ts';
import { serveRoutes } from '../support/route-server.ts';
import { readEvents, readSse } from './read-sse.ts';

/** Starts a turn by the plain door and stays for its events. */
function say(address: string, message: string): Promise<Response> {
	return fetch(`${address}/api/jobs`, {
		method: 'POST',
		headers: { 'content-type': 'application/json', accept: 'text/event-stream' },
		body: JSON.stringify({ operation: 'chat', input: { message } })
	});
}

describe('a turn, over HTTP and with the demo provider', () => {
	test('CH-01 the first token is there within 1 s of sending, at the demo’s own pace', async () => {
		const app = await makeApp({ env: { HEADWAY_DEMO_PACE: '1' } });
		const address = await serveRoutes(app);
		// The first one loads what the others find loaded.
		await firstToken(address);
		const waits: number[] = [];
		for (let turn = 0; turn < 9; turn += 1) waits.push(await firstToken(address));
		expect(median(waits)).toBeLessThan(1_000);
	}, 60_000);

	test('CH-01 a turn that needs no tool is not slowed down: its first token comes within 150 ms of the answering call’s own', async () => {
		const app = await makeApp();
		const address = await serveRoutes(app);
		const added: number[] = [];
		for (let turn = 0; turn < 20; turn += 1) {
			const events = await readEvents(await say(address, 'Hello!'));
			const { timing } = (events.at(-1)?.data as { result: ChatResult }).result;
			added.push(afterAnswer(timing));
		}
		expect(median(added)).toBeLessThan(150);
	}, 30_000);

	test('AG-01 at least 16 events tell of its steps, each in the stream as it happens', async () => {
		const app = await makeApp();
		const events = await readEvents(await say(await serveRoutes(app), 'What is 17 times 23?'));
		const steps = events.filter(({ type }) => type === 'step');
		expect(steps.length).toBeGreaterThanOrEqual(16);
		expect(events.at(-1)?.type).toBe('done');
		const { result } = events.at(-1)?.data as { result: ChatResult };
		expect(result.tools).toMatchObject([{ tool: 'calculator', state: 'completed' }]);
		expect(result.text).toContain('391');
	}, 30_000);

	test('AG-03 the demo plans each request by its words: no two of these plans are alike', async () => {
		const app = await makeApp();
		const address = await serveRoutes(app);
		const plans = [];
		for (const message of [
			'What is 17 times 23?',
			'What time is it in Tokyo?',
			'What is 2 + 2, and what day is it in UTC?'
		]) {
			const events = await readEvents(await say(address, message));
			const { result } = events.at(-1)?.data as { result: ChatResult };
			plans.push(result.plan?.calls.map(({ tool }) => tool).toSorted());
		}
		expect(plans).toEqual([['calculator'], ['current_time'], ['calculator', 'current_time']]);
	}, 30_000);
});

describe('a turn over real documents', () => {
	const bees = 'Honeybees build combs of wax. A worker bee lives for about six weeks in summer.';
	const gears = 'A gear with twice the teeth turns at half the speed.';

	async function library() {
		const app = await makeApp();
		for (const [title, text] of [
			['Bees', bees],
			['Gears', gears]
		] as const) {
			const body = Readable.from([Buffer.from(text)]);
			const { id: fileId } = await app.uploads.put('local', { name: `${title}.txt`, body });
			const facts = {
				name: `${title}.txt`,
				title,
				mediaType: 'text/plain',
				language: 'en',
				pages: null,
				vectors: null
			};
			const passages = [{ page: null, heading: null, text }];
			await app.knowledge.of('local').add({ ...facts, fileId, jobId: `job-${title}`, projectId: null, passages });
		}
		return serveRoutes(app);
	}

	async function resultOf(response: Response): Promise<ChatResult> {
		return ((await readEvents(response)).at(-1)?.data as { result: ChatResult }).result;
	}

	test('CH-05 the answer cites the passage that holds it', async () => {
		const { text, citations, tools } = await resultOf(
			await say(await library(), 'How long does a worker bee live in summer?')
		);
		expect(tools).toMatchObject([{ tool: 'search_knowledge', state: 'completed' }]);
		expect(text).toContain('six weeks');
		expect(citations).toMatchObject([{ title: 'Bees', text: bees }]);
		expect(text).toContain(`[${citations[0]?.number}]`);
	}, 30_000);

	test('CH-05 an answer that the documents do not hold cites nothing', async () => {
		const { citations, text } = await resultOf(
			await say(await library(), 'What do the documents say about submarines?')
		);
		expect(citations).toEqual([]);
		expect(text).not.toMatch(/\[\d/);
	}, 30_000);
});

/** From sending to the first words of the answer, in ms. */
async function firstToken(address: string): Promise<number> {
	const sent = performance.now();
	for await (const { event } of readSse(await say(address, 'Hello!')))
		if (event === 'content') return performance.now() - sent;
	return Infinity;
}

/** A machine that does other work beside makes some of them slow, and says nothing by that. */
function median(values: readonly number[]): number {
	return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Infinity;
}

/** What came before the answering call. */
function afterAnswer({ firstTokenMs, answerFirstTokenMs }: TurnTiming): number {
	return (firstTokenMs ?? Infinity) - (answerFirstTokenMs ?? 0);
}
