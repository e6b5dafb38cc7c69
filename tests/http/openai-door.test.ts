import OpenAI from 'openai';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { chat } from '$lib/operations/chat/model.ts';
import { defineRun, type OperationRun } from '$lib/operations/operation.ts';
import type { App } from '$lib/server/app.ts';
import { ended, makeApp, runsOf, until } from '../support/app.ts';
import { FakeClock } from '../support/fake-clock.ts';
import { serveRoutes } from '../support/route-server.ts';
import { ask, send } from './asking.ts';
import { aSource, echo, nothing, Talker } from './talker.ts';

/** OpenAI's own client, which asks again by itself when it is let. */
const clientOf = (url: string, maxRetries = 0) => new OpenAI({ baseURL: `${url}/v1`, apiKey: 'any', maxRetries });

async function serve(env: Record<string, string> = {}) {
	const talker = new Talker();
	const app = await makeApp({ runs: runsOf(talker.operation), env });
	const url = await serveRoutes(app);
	return { app, talker, url, client: clientOf(url) };
}
async function serveEcho() {
	const app = await makeApp({ runs: runsOf(echo) });
	const url = await serveRoutes(app);
	return { app, url, client: clientOf(url) };
}

/** The id of the one job that there is. */
async function theJob(app: App): Promise<string> {
	await expect.poll(async () => (await app.jobs.list('local', {})).jobs.length).toBe(1);
	return (await app.jobs.list('local', {})).jobs[0]?.id ?? '';
}
const hello: OpenAI.ChatCompletionMessageParam[] = [{ role: 'user', content: 'Hello' }];
/** A turn that only hands on what the demo answers. */
const relay = defineRun(chat, async ({ message }, ctx) => {
	for await (const event of ctx.provider.respond({ input: message }, 'answer')) {
		if (event.type === 'text') ctx.content('answer', event.text);
		if (event.type === 'ended') return { ...nothing, text: event.outcome.text };
	}
	throw new Error('the provider ended without an end');
}) as OperationRun;

/** What the client throws. */
const refusal = async (call: PromiseLike<unknown>): Promise<InstanceType<typeof OpenAI.APIError>> => {
	const error: unknown = await Promise.resolve(call).then(
		() => null,
		(reason: unknown) => reason
	);
	if (error instanceof OpenAI.APIError) return error;
	throw new Error(`no API error but ${String(error)}`);
};

describe('a completion', () => {
	test('CH-14 the openai client gets one answer from the agent, with its sources', async () => {
		const { app, talker, client } = await serve();
		const answer = client.chat.completions.create({ model: 'headway', messages: hello });
		const id = await theJob(app);
		const { finish } = await talker.begun(id);
		finish({ text: 'The Moon [1].', citations: [aSource] });
		const given = await answer;
		expect(given).toMatchObject({
			...{ id: `chatcmpl-${id.slice(4)}`, object: 'chat.completion', model: 'headway' },
			choices: [
				{ index: 0, finish_reason: 'stop', message: { role: 'assistant', content: 'The Moon [1].', refusal: null } }
			],
			headway: { jobId: id, citations: [aSource] }
		});
		// No provider was asked: nothing is known, and zeros would be a claim.
		expect(given).not.toHaveProperty('usage');
	});

	test('CH-14 CH-01 a streamed one comes piece by piece as it is written, and its thoughts do not', async () => {
		const { app, talker, client } = await serve();
		const stream = await client.chat.completions.create({ model: 'headway', messages: hello, stream: true });
		const pieces = stream[Symbol.asyncIterator]();
		const next = async () => (await pieces.next()).value as OpenAI.ChatCompletionChunk;
		const { ctx, say, finish } = await talker.begun(await theJob(app));
		expect((await next()).choices[0]?.delta).toEqual({ role: 'assistant', content: '' });
		ctx.content('reasoning', 'not for the answer');
		say('The Moon ');
		expect((await next()).choices[0]?.delta).toEqual({ content: 'The Moon ' });
		say('pulls.');
		expect((await next()).choices[0]?.delta).toEqual({ content: 'pulls.' });
		finish({ text: 'The Moon pulls.', complete: false });
		expect((await next()).choices[0]).toMatchObject({ delta: {}, finish_reason: 'length' });
		expect((await pieces.next()).done).toBe(true);
	});

	test('CH-14 what the provider counted is told, streamed and not', async () => {
		const app = await makeApp({ runs: runsOf(relay) });
		const client = clientOf(await serveRoutes(app));
		const { usage, choices } = await client.chat.completions.create({ model: 'headway', messages: hello });
		expect(choices[0]?.message.content).not.toBe('');
		expect(usage).toMatchObject({ total_tokens: (usage?.prompt_tokens ?? 0) + (usage?.completion_tokens ?? 0) });
		expect(usage?.prompt_tokens).toBeGreaterThan(0);
		expect(usage?.completion_tokens).toBeGreaterThan(0);
		const stream = client.chat.completions.stream({
			...{ model: 'headway', messages: hello, stream_options: { include_usage: true } }
		});
		expect(await stream.totalUsage()).toMatchObject({ prompt_tokens: usage?.prompt_tokens });
	});

	test('CH-14 the client’s own helper reads a whole stream', async () => {
		const { client } = await serveEcho();
		const stream = client.chat.completions.stream({ model: 'headway', messages: hello });
		const pieces: string[] = [];
		stream.on('content', (delta) => void pieces.push(delta));
		expect((await stream.finalMessage()).content).toBe('Echo: Hello');
		expect(pieces.join('')).toBe('Echo: Hello');
	});

	test('CH-14 what was said before goes along, also by the system and in parts, and belongs to no conversation here', async () => {
		const { app, client } = await serveEcho();
		await client.chat.completions.create({
			...{ model: 'headway', temperature: 0.5, max_tokens: 100, reasoning_effort: 'low' },
			messages: [
				{ role: 'system', content: 'Be brief.' },
				{ role: 'developer', content: [{ type: 'text', text: 'In English.' }] },
				{ role: 'user', content: 'My name is Ada.' },
				{ role: 'assistant', content: 'Hello Ada.' },
				{
					role: 'user',
					content: [
						{ type: 'text', text: 'Who ' },
						{ type: 'text', text: 'am I?' }
					]
				}
			]
		});
		const { input, options } = await app.jobs.snapshot('local', await theJob(app));
		expect(input).toMatchObject({
			message: 'Who am I?',
			history: [
				{ role: 'system', text: 'Be brief.' },
				{ role: 'system', text: 'In English.' },
				{ role: 'user', text: 'My name is Ada.' },
				{ role: 'assistant', text: 'Hello Ada.' }
			]
		});
		expect(options).toEqual({ temperature: 0.5, maxOutputTokens: 100, effort: 'low', onDisconnect: 'cancel' });
		expect((await app.conversations.list('local')).conversations).toEqual([]);
	});

	test('CH-14 of more messages than a turn takes the system’s and the newest go along', async () => {
		const { app, client } = await serveEcho();
		const many = Array.from({ length: 300 }, (_, n) => ({ role: 'user' as const, content: `${n}` }));
		await client.chat.completions.create({
			model: 'headway',
			messages: [{ role: 'system', content: 'Be brief.' }, ...many]
		});
		const { history, message } = (await app.jobs.snapshot('local', await theJob(app))).input as z.output<
			typeof chat.input
		>;
		expect(message).toBe('299');
		expect(history?.map(({ text }) => text)).toEqual([
			'Be brief.',
			...many.slice(100, 299).map(({ content }) => content)
		]);
	});

	test('CX-16 hanging up a streamed completion, or one that is waited for, cancels its turn', async () => {
		for (const stream of [true, false]) {
			const { app, talker, client } = await serve();
			const hangUp = new AbortController();
			const call = client.chat.completions.create(
				{ model: 'headway', messages: hello, stream },
				{ signal: hangUp.signal }
			);
			const gone = Promise.resolve(call).then(async (answer) => {
				if (Symbol.asyncIterator in answer)
					for await (const chunk of answer) expect(chunk.object).toBe('chat.completion.chunk');
			});
			const id = await theJob(app);
			(await talker.begun(id)).say('Half');
			await until(app, id, ({ content }) => content.answer === 'Half');
			hangUp.abort();
			await gone.catch(() => undefined);
			expect(await ended(app, id)).toMatchObject({ status: 'cancelled', receipt: { reason: 'disconnect' } });
		}
	});

	test('TS-20 CH-14 a stream that lasts longer than streams may goes on: its client could not come back', async () => {
		const clock = new FakeClock();
		const talker = new Talker();
		const app = await makeApp({ runs: runsOf(talker.operation), clock });
		const client = clientOf(await serveRoutes(app));
		const stream = await client.chat.completions.create({ model: 'headway', messages: hello, stream: true });
		const pieces: string[] = [];
		const read = (async () => {
			for await (const { choices } of stream) pieces.push(choices[0]?.delta.content ?? '');
		})();
		const { say, finish } = await talker.begun(await theJob(app));
		say('one ');
		await clock.advance(100);
		await expect.poll(() => pieces.join('')).toBe('one ');
		await clock.advance(330_000);
		const renewed = /headway_streams_closed_total\{door="sse",how="renewed"\} 1/;
		await expect.poll(() => app.metrics.registry.metrics()).toMatch(renewed);
		say('two');
		finish({ text: 'one two' });
		await clock.advance(1_000);
		await read;
		expect(pieces.join('')).toBe('one two');
	});

	test.each([true, false])(
		'CH-14 a tool that would ask a person is declined, nobody is there (stream: %s)',
		async (stream) => {
			const { app, talker, client } = await serve();
			const call = client.chat.completions.create({ model: 'headway', messages: hello, stream });
			const { ctx, finish } = await talker.begun(await theJob(app));
			expect(await ctx.ask('allow-a', 'Draw?', z.object({ allow: z.boolean() }))).toEqual({ allow: false });
			finish();
			const answer = await call;
			if (Symbol.asyncIterator in answer) for await (const chunk of answer) expect(chunk.choices).toHaveLength(1);
			else expect(answer.choices).toHaveLength(1);
		}
	);
});

describe('failures', () => {
	test('CH-14 CH-08 a failed turn is an error of OpenAI’s shape, and the client does not begin another by itself', async () => {
		const { app, talker, url } = await serve();
		const call = refusal(clientOf(url, 2).chat.completions.create({ model: 'headway', messages: hello }));
		(await talker.begun(await theJob(app))).fail('The provider is not there.');
		expect(await call).toMatchObject({
			...{ status: 502, code: 'provider_error', type: 'server_error', message: '502 The provider is not there.' }
		});
		expect((await app.jobs.list('local', {})).jobs).toHaveLength(1);
	});

	test('CH-14 a failure in the middle of a stream is raised by the client, after what was said', async () => {
		const { app, talker, client } = await serve();
		const stream = await client.chat.completions.create({ model: 'headway', messages: hello, stream: true });
		const pieces: string[] = [];
		const read = refusal(
			(async () => {
				for await (const { choices } of stream) pieces.push(choices[0]?.delta.content ?? '');
			})()
		);
		const id = await theJob(app);
		const { say, fail } = await talker.begun(id);
		say('Half');
		await until(app, id, ({ content }) => content.answer === 'Half');
		fail('The provider is not there.');
		expect(await read).toMatchObject({ code: 'provider_error', message: 'The provider is not there.' });
		expect(pieces.join('')).toBe('Half');
	});

	test.each([
		[{ messages: [] }, 'messages'],
		[{ messages: [{ role: 'assistant', content: 'Hi' }] }, 'messages.0.role'],
		[{ messages: [{ role: 'user', content: ' ' }] }, 'messages.0.content'],
		[{ messages: [{ role: 'user', content: 'x'.repeat(100_001) }] }, 'messages.0.content'],
		[{ messages: [{ role: 'user', content: 'x'.repeat(100_001) }, ...hello] }, 'messages.0.content'],
		[{ messages: [{ role: 'robot', content: 'Hi' }] }, 'messages.0.role'],
		[{ messages: ['Hi'] }, 'messages.0'],
		[{ messages: [null] }, 'messages.0'],
		[{ messages: [{ role: 'tool', tool_call_id: 'a', content: '2' }, ...hello] }, 'messages.0'],
		[{ messages: [{ role: 'user', content: [{ type: 'image_url', image_url: { url: 'x' } }] }] }, 'messages.0.content'],
		[{ model: undefined }, 'model'],
		[{ n: 2 }, 'n'],
		[{ tools: [{ type: 'function', function: { name: 'a' } }] }, 'tools'],
		[{ response_format: { type: 'json_object' } }, 'response_format'],
		[{ stop: ['\n'] }, 'stop'],
		[{ temperature: 7 }, 'temperature'],
		[{ max_tokens: 1 }, 'max_tokens'],
		[{ max_completion_tokens: 1, max_tokens: 100 }, 'max_completion_tokens'],
		[{ reasoning_effort: 'utter' }, 'reasoning_effort']
	])('OP-01 CH-14 %# is refused in words, at its parameter, before anything starts', async (wrong, param) => {
		const { app, client } = await serve();
		const body = { model: 'headway', messages: hello, ...wrong } as OpenAI.ChatCompletionCreateParamsNonStreaming;
		const error = await refusal(client.chat.completions.create(body));
		expect(error).toMatchObject({ status: 400, type: 'invalid_request_error', param });
		expect(error.message).toMatch(/^400 \S.{10,}/);
		expect((await app.jobs.list('local', {})).jobs).toEqual([]);
	});

	test('CH-14 what changes nothing is ignored', async () => {
		const { client } = await serveEcho();
		const { choices } = await client.chat.completions.create({
			...{ model: 'headway', messages: hello, n: 1, tools: [], stop: null, seed: 1, top_p: 1, user: 'ada' },
			...{ response_format: { type: 'text' }, logprobs: false, presence_penalty: 0 }
		});
		expect(choices[0]?.message.content).toBe('Echo: Hello');
	});

	test('TS-17 RS-01 limits, foreign pages, large and broken bodies are refused in OpenAI’s shape', async () => {
		const app = await makeApp({ runs: runsOf(echo), env: { HEADWAY_STARTS_PER_MINUTE: '1' } });
		const url = await serveRoutes(app);
		const client = clientOf(url);
		await client.chat.completions.create({ model: 'headway', messages: hello });
		const limited = await refusal(client.chat.completions.create({ model: 'headway', messages: hello }));
		expect(limited).toMatchObject({ status: 429, code: 'rate_limit_exceeded', type: 'rate_limit_error' });
		expect(Number(limited.headers?.get('retry-after'))).toBeGreaterThan(0);
		const at = `${url}/v1/chat/completions`;
		const foreign = await send(at, {}, { origin: 'https://evil.example' });
		expect([foreign.status, foreign.body.error.code]).toEqual([403, 'forbidden_origin']);
		const large = await send(at, { text: 'x'.repeat(1_100_000) });
		expect([large.status, large.body.error.code]).toEqual([413, 'too_large']);
		const broken = await ask(at, { method: 'POST', headers: { 'content-type': 'application/json' }, body: '{' });
		expect([broken.status, broken.body.error.code]).toEqual([429, 'rate_limit_exceeded']);
		const nowhere = await ask(`${url}/v1/embeddings`);
		expect([nowhere.status, nowhere.body.error.code]).toEqual([404, 'not_found']);
		const asked = await ask(at);
		expect([asked.status, asked.body.error.code]).toEqual([405, 'method_not_allowed']);
		expect(asked.headers.get('allow')).toBe('POST');
	});
});

test('CH-14 the models are the agent and what it can run on, and each can be named', async () => {
	const { app, client } = await serveEcho();
	const models: string[] = [];
	for await (const { id } of client.models.list()) models.push(id);
	const [{ id: provider, defaultModel } = { id: '', defaultModel: '' }] = app.providers.all();
	expect(models).toEqual(['headway', defaultModel]);
	const inputOf = async (model: string) => {
		const { id } = await client.chat.completions.create({ model, messages: hello });
		return (await app.jobs.snapshot('local', id.replace('chatcmpl-', 'job_'))).input;
	};
	expect(await inputOf('headway')).not.toHaveProperty('model');
	expect(await inputOf(defaultModel)).toMatchObject({ model: defaultModel, provider });
	expect(await inputOf(`${provider}/tiny`)).toMatchObject({ model: 'tiny', provider });
	expect(await inputOf('meta/llama')).toMatchObject({ model: 'meta/llama' });
});
