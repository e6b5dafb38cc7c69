import { describe, expect, test } from 'vitest';
import { ended, makeApp, runsOf, until } from '../support/app.ts';
import { serveRoutes } from '../support/route-server.ts';
import { ask, expectProblem, send } from './asking.ts';
import { readSse, readUntil, type SseMessage } from './read-sse.ts';
import { aSource, echo, Talker } from './talker.ts';
import { instant } from './stepwise.ts';

async function serve(env: Record<string, string> = {}) {
	const talker = new Talker();
	const app = await makeApp({ runs: runsOf(talker.operation, instant('at-once')), env });
	return { app, talker, url: await serveRoutes(app) };
}

/** Sends a message as curl does, without saying what is wanted. */
function post(url: string, body: unknown, init: { headers?: Record<string, string>; signal?: AbortSignal } = {}) {
	const headers = { 'content-type': 'application/json', ...init.headers };
	return fetch(`${url}/api/chat`, { method: 'POST', body: JSON.stringify(body), ...init, headers });
}

const dataOf = ({ data = 'null' }: SseMessage) => JSON.parse(data) as Record<string, unknown>;
const jobIdOf = (response: Response) => (response.headers.get('location') ?? '').replace('/api/jobs/', '');

/** The events of a stream that is read to its end, without comments. */
async function eventsOf(response: Response): Promise<{ event: string; id: string | undefined; data: unknown }[]> {
	const read: SseMessage[] = [];
	for await (const message of readSse(response)) read.push(message);
	return read.flatMap((message) =>
		message.event ? { event: message.event, id: message.id, data: dataOf(message) } : []
	);
}

describe('a turn as a stream', () => {
	test('CH-14 AG-05 one POST streams the turn: stages, plan, tools, citations, tokens, and the whole result at the end', async () => {
		const { talker, url } = await serve();
		const response = await post(url, { message: 'How do tides work?' });
		expect(response.status).toBe(200);
		expect(response.headers.get('content-type')).toBe('text/event-stream; charset=utf-8');
		expect(response.headers.get('access-control-allow-origin')).toBeNull();
		const id = jobIdOf(response);
		const { ctx, say, finish } = await talker.begun(id);
		const plan = {
			goal: 'Explain tides',
			calls: [{ id: 'a', tool: 'calculator', arguments: { expression: '1+1' }, after: [], why: '' }]
		};
		const tool = {
			...{ id: 'a', tool: 'calculator', title: '1+1', state: 'completed' as const },
			arguments: { expression: '1+1' },
			...{ summary: '2', text: '2', problem: null, jobId: null, ms: 1 }
		};
		ctx.emit('stage', { stage: 'classifying', state: 'started', message: 'Looking', count: null, ms: null });
		ctx.emit('plan', { plan, attempt: 1, problems: [] });
		ctx.emit('tool', tool);
		ctx.content('reasoning', 'Hm.');
		say('The Moon ');
		ctx.emit('citation', aSource);
		say('pulls [1].');
		finish({ text: 'The Moon pulls [1].', citations: [aSource], plan, tools: [tool] });
		const events = await eventsOf(response);
		expect(events.map(({ event }) => event)).toEqual([
			...['turn', 'stage', 'plan', 'tool', 'reasoning', 'token', 'citation', 'token', 'done']
		]);
		const turn = { jobId: id, conversationId: id };
		const by = (name: string) => events.filter(({ event }) => event === name).map(({ data }) => data);
		expect(by('turn')).toEqual([turn]);
		expect(by('token')).toEqual([{ text: 'The Moon ' }, { text: 'pulls [1].' }]);
		expect(by('citation')).toEqual([aSource]);
		expect(by('plan')).toEqual([{ plan, attempt: 1, problems: [] }]);
		expect(by('tool')).toEqual([tool]);
		expect(by('done')).toMatchObject([
			{ ...turn, text: 'The Moon pulls [1].', citations: [aSource], plan, tools: [tool] }
		]);
		const ids = events.map(({ id: seq }) => Number(seq));
		expect(ids).toEqual(ids.toSorted((a, b) => a - b));
		expect(ids[0]).toBe(1);
	});

	test('CH-14 CH-03 the second message of a conversation goes on where the first ended', async () => {
		const { app, talker, url } = await serve();
		const first = await post(url, { message: 'One' });
		(await talker.begun(jobIdOf(first))).finish();
		await eventsOf(first);
		const conversationId = jobIdOf(first);
		const second = await post(url, { message: 'Two', conversationId });
		const [turn] = [await readUntil(readSse(second), ({ event }) => event === 'turn')];
		expect(dataOf(turn)).toEqual({ jobId: jobIdOf(second), conversationId });
		expect((await app.conversations.get('local', { id: conversationId })).turns.map(({ message }) => message)).toEqual([
			...['One', 'Two']
		]);
	});

	test('RS-07 CH-14 a stream that was cut goes on after the last event, none lost, none twice', async () => {
		const { talker, url } = await serve();
		const hangUp = new AbortController();
		const cut = await post(url, { message: 'Count' }, { signal: hangUp.signal });
		const id = jobIdOf(cut);
		const { say, finish } = await talker.begun(id);
		say('one ');
		const last = await readUntil(readSse(cut), ({ event }) => event === 'token');
		hangUp.abort();
		say('two ');
		say('three');
		finish({ text: 'one two three' });
		const again = await fetch(`${url}/api/chat?job_id=${id}`, { headers: { 'last-event-id': last.id ?? '' } });
		const events = await eventsOf(again);
		const text = events.map(({ event, data }) => (event === 'token' ? (data as { text: string }).text : '')).join('');
		expect(text).toBe('two three');
		expect(events.at(-1)).toMatchObject({ event: 'done', data: { text: 'one two three', jobId: id } });
		const over = await fetch(`${url}/api/chat?job_id=${id}`, { headers: { 'last-event-id': events.at(-1)?.id ?? '' } });
		expect(over.status).toBe(204);
	});

	test('CX-16 hanging up cancels the turn when that was asked for, and what was said is kept', async () => {
		const { app, talker, url } = await serve();
		const hangUp = new AbortController();
		const options = { onDisconnect: 'cancel' };
		const response = await post(url, { message: 'Count', options }, { signal: hangUp.signal });
		const id = jobIdOf(response);
		(await talker.begun(id)).say('one two');
		await readUntil(readSse(response), ({ event }) => event === 'token');
		hangUp.abort();
		expect(await ended(app, id)).toMatchObject({ status: 'cancelled', receipt: { reason: 'disconnect' } });
		expect((await app.conversations.get('local', { id })).turns[0]?.answer).toBe('one two');
	});

	test('CX-16 hanging up without that wish lets the turn go on', async () => {
		const { app, talker, url } = await serve();
		const hangUp = new AbortController();
		const response = await post(url, { message: 'Count' }, { signal: hangUp.signal });
		const id = jobIdOf(response);
		const { say, finish } = await talker.begun(id);
		say('one');
		await readUntil(readSse(response), ({ event }) => event === 'token');
		hangUp.abort();
		await expect.poll(() => app.live.open).toBe(0);
		expect((await app.jobs.snapshot('local', id)).cancelRequestedAt).toBeNull();
		finish({ text: 'one' });
		expect((await ended(app, id)).status).toBe('succeeded');
	});

	test('CH-09 CH-03 a failure and a stop end the stream with an event of their own, with what was said', async () => {
		const { app, talker, url } = await serve();
		const failing = await post(url, { message: 'A' });
		(await talker.begun(jobIdOf(failing))).fail('The provider is not there.');
		expect((await eventsOf(failing)).at(-1)).toMatchObject({
			...{ event: 'error', data: { code: 'provider_error', message: 'The provider is not there.', retryable: true } }
		});
		const stopping = await post(url, { message: 'B' });
		const id = jobIdOf(stopping);
		(await talker.begun(id)).say('Half an answer');
		await until(app, id, ({ content }) => content.answer !== undefined);
		await send(`${url}/api/trpc/conversations.stop`, { jobId: id, shown: 4 });
		expect((await eventsOf(stopping)).at(-1)).toMatchObject({
			...{ event: 'cancelled', data: { reason: 'user', text: 'Half', jobId: id, conversationId: id } }
		});
	});

	test('AG-05 a page of an allowed origin may read the stream, a page of any other is refused', async () => {
		const { talker, url } = await serve({ HEADWAY_CORS_ORIGINS: 'https://pages.example' });
		const response = await post(url, { message: 'Hi' }, { headers: { origin: 'https://pages.example' } });
		expect(response.headers.get('access-control-allow-origin')).toBe('https://pages.example');
		expect(response.headers.get('access-control-expose-headers')).toContain('location');
		(await talker.begun(jobIdOf(response))).finish();
		await eventsOf(response);
		const foreign = await post(url, { message: 'Hi' }, { headers: { origin: 'https://evil.example' } });
		expect(foreign.status).toBe(403);
	});
});

describe('a turn as one answer', () => {
	const json = { accept: 'application/json' };

	test.each<[string, { stream?: boolean }, Record<string, string>]>([
		['Accept: application/json', {}, json],
		['stream: false', { stream: false }, {}]
	])('CH-14 with %s the answer comes once, whole', async (_how, more, headers) => {
		const app = await makeApp({ runs: runsOf(echo) });
		const url = await serveRoutes(app);
		const { status, body } = await send(`${url}/api/chat`, { message: 'Hi', ...more }, headers);
		expect(status).toBe(200);
		expect(body).toMatchObject({
			...{ status: 'succeeded', text: 'Echo: Hi', citations: [], plan: null, tools: [], complete: true },
			...{ jobId: expect.stringMatching(/^job_/), conversationId: body.jobId }
		});
		const { options } = await app.jobs.snapshot('local', body.jobId);
		expect(options.stream).toBe(more.stream);
	});

	test('CH-14 a turn that failed is a problem with its sentence, and with what was said until then', async () => {
		const { app, talker, url } = await serve();
		const answer = send(`${url}/api/chat`, { message: 'Hi' }, json);
		await expect.poll(async () => (await app.jobs.list('local', {})).jobs.length).toBe(1);
		const [job] = (await app.jobs.list('local', {})).jobs;
		const { say, fail } = await talker.begun(job?.id ?? '');
		say('Half');
		fail('The provider is not there.');
		const failed = await answer;
		expectProblem(failed, { status: 502, code: 'provider_error' });
		expect(failed.body).toMatchObject({ title: 'The provider is not there.', text: 'Half', jobId: job?.id });
	});

	test('CX-16 hanging up cancels a turn that is waited for when that was asked for', async () => {
		const { app, talker, url } = await serve();
		const hangUp = new AbortController();
		const body = { message: 'Hi', options: { onDisconnect: 'cancel' } };
		const answer = post(url, body, { headers: json, signal: hangUp.signal }).catch((error: Error) => error.name);
		await expect.poll(async () => (await app.jobs.list('local', {})).jobs.length).toBe(1);
		const id = (await app.jobs.list('local', {})).jobs[0]?.id ?? '';
		await talker.begun(id);
		hangUp.abort();
		expect(await answer).toBe('AbortError');
		expect(await ended(app, id)).toMatchObject({ status: 'cancelled', receipt: { reason: 'disconnect' } });
	});

	test('CH-14 a turn that asks a person is answered with the question, and goes on once it is answered', async () => {
		const { app, talker, url } = await serve();
		const answer = send(`${url}/api/chat`, { message: 'Draw' }, json);
		await expect.poll(async () => (await app.jobs.list('local', {})).jobs.length).toBe(1);
		const id = (await app.jobs.list('local', {})).jobs[0]?.id ?? '';
		const { ctx, finish } = await talker.begun(id);
		const { z } = await import('zod');
		const allowed = ctx.ask('allow-a', 'Draw a picture?', z.object({ allow: z.boolean() }));
		const { status, body } = await answer;
		expect(status).toBe(202);
		expect(body).toMatchObject({
			status: 'running',
			jobId: id,
			question: { questionId: 'allow-a', prompt: 'Draw a picture?' }
		});
		await send(`${url}/api/jobs/${id}/answer`, { questionId: 'allow-a', value: { allow: true } });
		expect(await allowed).toEqual({ allow: true });
		finish();
		expect((await ended(app, id)).status).toBe('succeeded');
	});
});

describe('bad requests', () => {
	test.each([
		[{}, ['message']],
		[{ message: '   ' }, ['message']],
		[{ message: 'x'.repeat(100_001) }, ['message']],
		[{ message: 'Hi', colour: 'red' }, ['']],
		[{ message: 'Hi', stream: 'yes' }, ['body.stream']],
		[{ message: 'Hi', options: { temperature: 9 } }, ['options.temperature']],
		[{ message: 'Hi', files: ['file_of_someone'] }, ['files.0']],
		[{ message: 'Hi', provider: 'elsewhere' }, ['provider']],
		[{ message: 'Hi', after: 'job_1' }, ['after']]
	])('OP-01 %# is refused at its field before anything starts', async (body, fields) => {
		const { app, url } = await serve();
		const answer = await send(`${url}/api/chat`, body);
		expectProblem(answer, { status: 400, code: 'invalid_input' });
		const paths = answer.body.fields.map(({ path }: { path: string }) => path.replace(/^input$/, ''));
		expect(paths).toEqual(fields);
		expect((await app.jobs.list('local', {})).jobs).toEqual([]);
	});

	test('RS-01 CH-14 an unknown conversation, and a job that is no turn, are not found', async () => {
		const { app, url } = await serve();
		const unknown = { status: 404, code: 'not_found' };
		expectProblem(await send(`${url}/api/chat`, { message: 'Hi', conversationId: 'job_1' }), unknown);
		const { snapshot } = await app.jobs.start('local', { operation: 'at-once', input: { text: 'a' } });
		expectProblem(await ask(`${url}/api/chat?job_id=${snapshot.id}`), unknown);
	});

	test('CX-12 the same Idempotency-Key gives the same turn, and one too many starts is refused before anything', async () => {
		const app = await makeApp({ runs: runsOf(echo), env: { HEADWAY_STARTS_PER_MINUTE: '3' } });
		const url = await serveRoutes(app);
		const key = { 'idempotency-key': 'once', accept: 'application/json' };
		const one = await send(`${url}/api/chat`, { message: 'Hi' }, key);
		const two = await send(`${url}/api/chat`, { message: 'Hi' }, key);
		expect(two.body.jobId).toBe(one.body.jobId);
		expectProblem(await send(`${url}/api/chat`, { message: 'Ho' }, key), { status: 409, code: 'idempotency_conflict' });
		expectProblem(await send(`${url}/api/chat`, { message: 'Hi' }), { status: 429, code: 'limit_reached' });
		expect((await app.jobs.list('local', {})).jobs).toHaveLength(1);
	});
});

test('CH-15 turns are counted by outcome, streamed and not, and the time to the first token is measured', async () => {
	const { app, talker, url } = await serve();
	const turn = async (body: object, end: 'finish' | 'fail') => {
		const { snapshot } = await app.jobs.start('local', { operation: 'chat', input: { message: 'Hi' }, options: body });
		(await talker.begun(snapshot.id))[end]();
		await ended(app, snapshot.id);
	};
	await turn({}, 'finish');
	await turn({}, 'finish');
	await turn({}, 'fail');
	await turn({ stream: false }, 'finish');
	const text = await (await fetch(`${url}/metrics`)).text();
	expect(text).toContain('headway_turns_total{streamed="yes",outcome="succeeded"} 2');
	expect(text).toContain('headway_turns_total{streamed="yes",outcome="failed"} 1');
	expect(text).toContain('headway_turns_total{streamed="no",outcome="succeeded"} 1');
	expect(text).toContain('headway_turns_total{streamed="no",outcome="cancelled"} 0');
	expect(text).toContain('headway_turn_first_token_seconds_bucket{le="0.1",streamed="yes"} 0');
	expect(text).toContain('headway_turn_first_token_seconds_bucket{le="0.25",streamed="yes"} 2');
});
