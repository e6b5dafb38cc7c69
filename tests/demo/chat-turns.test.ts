import { expect, test, vi } from 'vitest';
import type { App } from '$lib/server/app.ts';
import type { ChatResult, ChatState } from '$lib/operations/chat/model.ts';
import { allEvents, ended, makeApp, start, until } from '../support/app.ts';
import { serveRoutes } from '../support/route-server.ts';

// Processes and threads of tables, documents and the calculator start here for the first time.
vi.setConfig({ testTimeout: 60_000 });

async function upload(app: App, name: string, text: string): Promise<string> {
	const url = await serveRoutes(app);
	const form = new FormData();
	form.append('file', new Blob([text]), name);
	const { fileId } = (await (await fetch(`${url}/api/files`, { method: 'POST', body: form })).json()) as {
		fileId: string;
	};
	return fileId;
}

/** A turn to its end. */
async function turn(app: App, input: object) {
	const { id } = await start(app, 'chat', input);
	const job = await ended(app, id);
	expect(job.error).toBeNull();
	return { id, result: job.result as ChatResult, state: job.state as ChatState };
}

async function learn(app: App, name: string, text: string): Promise<void> {
	const { id } = await start(app, 'ingest', { fileId: await upload(app, name, text) });
	expect((await ended(app, id)).error).toBeNull();
}

test('CH-01 with the demo at full clock a turn’s first word is there within a second of sending', async () => {
	const app = await makeApp({ env: { HEADWAY_DEMO_PACE: '1' } });
	await turn(app, { message: 'hello' });
	const began = performance.now();
	const { id } = await start(app, 'chat', { message: 'good morning' });
	await until(app, id, ({ content }) => (content.answer ?? '') !== '');
	expect(performance.now() - began).toBeLessThan(1_000);
});

test('AG-03 CH-05 plans differ with the request, and what they bring is in the answer', async () => {
	const app = await makeApp();
	const fileId = await upload(app, 'sales.csv', 'region,revenue\nNorth,100\nSouth,250\nNorth,50\n');
	await learn(app, 'warranty.md', '# Warranty\n\nThe warranty lasts two years from the day of purchase.\n');
	const table = await turn(app, { message: 'What is the total revenue by region?', files: [fileId] });
	expect(table.result.plan?.calls.map(({ tool }) => tool)).toEqual(['query_table']);
	expect(table.result.text).toMatch(/South[^\n]*250[\s\S]*North[^\n]*150/);
	const document = await turn(app, { message: 'How long does the warranty last?' });
	expect(document.result.plan?.calls.map(({ tool }) => tool)).toEqual(['search_knowledge']);
	expect(document.result.text).toContain('two years from the day of purchase. [1]');
	expect(document.result.citations.map(({ title }) => title)).toEqual(['Warranty']);
	const both = await turn(app, { message: 'What is 6 * 7, and what time is it in Tokyo?' });
	expect(both.result.plan?.calls.map(({ tool }) => tool)).toEqual(['calculator', 'current_time']);
	expect(both.result.text).toMatch(/6 \* 7 = 42[\s\S]*Asia\/Tokyo/);
	expect((await turn(app, { message: 'thank you' })).result.plan).toBeNull();
});

test('AG-01 AG-03 a plan that is broken once is repaired, and both are shown', async () => {
	const app = await makeApp();
	expect(app.demo).not.toBeNull();
	await fetch(String(app.demo?.controlUrl), {
		method: 'POST',
		body: JSON.stringify({ faults: [{ name: 'bad_plan' }] })
	});
	const { id, result, state } = await turn(app, { message: 'What is 6 * 7?' });
	expect(state.plans.map(({ problems }) => problems.length > 0)).toEqual([true, false]);
	expect(state.plans[0]?.problems.join(' ')).toContain('no_such_tool');
	expect(result.text).toContain('6 * 7 = 42');
	const steps = (await allEvents(app, id)).filter(({ type }) => type === 'step');
	expect(steps.length).toBeGreaterThanOrEqual(16);
});

test('AG-02 what a person says of themselves is kept by one turn and known to the next', async () => {
	const app = await makeApp();
	const told = await turn(app, { message: 'My name is Ada and I live in Cologne.' });
	expect(told.result.memories.map(({ text }) => text)).toEqual([
		"The person's name is Ada.",
		'The person lives in Cologne.'
	]);
	const asked = await turn(app, { message: 'What is my name?' });
	expect(asked.result.text).toContain("The person's name is Ada.");
});

test('CH-05 a question in another language is answered from a document in it', async () => {
	const app = await makeApp();
	await learn(app, 'garantie.md', '# Garantie\n\nDie Garantie gilt zwei Jahre ab dem Tag des Kaufs.\n');
	const { result } = await turn(app, { message: 'Wie lange gilt die Garantie?' });
	expect(result.text).toContain('Die Garantie gilt zwei Jahre ab dem Tag des Kaufs. [1]');
	expect(result.text).toContain('kein Sprachmodell');
});

test('CX-15 CH-03 a stop reaches the research that a turn has started, and the next message works', async () => {
	const app = await makeApp({ env: { HEADWAY_DEMO_PACE: '1' } });
	const { id } = await start(app, 'chat', { message: 'Research how tides work thoroughly' });
	await until(app, id, ({ waitingFor }) => waitingFor === 'person');
	await app.jobs.answer('local', id, 'allow-research', { allow: true });
	await until(app, id, ({ waitingFor }) => waitingFor === 'child');
	const [child] = await app.jobs.children('local', id);
	await until(app, child?.id ?? '', ({ responseId }) => responseId !== null);
	await app.jobs.cancel('local', id);
	expect((await ended(app, id)).status).toBe('cancelled');
	const [stopped] = await app.jobs.children('local', id);
	expect(stopped).toMatchObject({ operation: 'research', status: 'cancelled' });
	expect((await app.jobs.snapshot('local', child?.id ?? '')).receipt?.provider).toBe('confirmed');
	expect((await turn(app, { message: 'Thanks!', conversationId: id })).result.text).toContain('welcome');
});
