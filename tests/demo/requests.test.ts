import { expect, test } from 'vitest';
import { clientFor, demoFor, eventsIn, request, researchRequest, transcript } from './support.ts';

test('BY-15 without a key there is a 401 in the shape of the original', async () => {
	const demo = await demoFor();
	const answer = await fetch(`${demo.url}/models`, { headers: { authorization: 'Bearer ' } });
	expect(answer.status).toBe(401);
	expect(await answer.json()).toEqual({
		error: {
			message: expect.stringContaining('API key'),
			type: 'invalid_request_error',
			param: null,
			code: 'invalid_api_key'
		}
	});
});

test.for([
	['no JSON', 'POST', '/responses', '{"model":', 400],
	['JSON that is no object', 'POST', '/responses', '[1]', 400],
	['no body', 'POST', '/responses', '', 400],
	['no model', 'POST', '/responses', { input: 'x' }, 400],
	['an unknown model', 'POST', '/responses', { model: 'gpt-6-astra', input: 'x' }, 404],
	['no input', 'POST', '/responses', { model: 'demo-chat-1' }, 400],
	['input of a wrong type', 'POST', '/responses', { model: 'demo-chat-1', input: [{ role: 'user', content: 7 }] }, 400],
	['input with a hole', 'POST', '/responses', { model: 'demo-chat-1', input: [null] }, 400],
	['tools of a wrong type', 'POST', '/responses', { model: 'demo-chat-1', input: 'x', tools: [null] }, 400],
	['a negative limit', 'POST', '/responses', { model: 'demo-chat-1', input: 'x', max_tool_calls: -1 }, 400],
	[
		'metadata of a wrong type',
		'POST',
		'/responses',
		{ model: 'demo-chat-1', input: 'x', metadata: { job_id: 7 } },
		400
	],
	[
		'background without store',
		'POST',
		'/responses',
		{ model: 'demo-chat-1', input: 'x', background: true, store: false },
		400
	],
	[
		'an unknown previous response',
		'POST',
		'/responses',
		{ model: 'demo-chat-1', input: 'x', previous_response_id: 'resp_0' },
		400
	],
	['chat without messages', 'POST', '/chat/completions', { model: 'demo-chat-1' }, 400],
	['an unknown response', 'GET', '/responses/resp_0', undefined, 404],
	['an id that is a path', 'GET', '/responses/..%2F..%2Fetc', undefined, 404],
	['an unknown model asked for', 'GET', '/models/gpt-6-astra', undefined, 404],
	['an unknown path', 'GET', '/vector_stores', undefined, 404],
	['a wrong method', 'PUT', '/responses', {}, 404],
	['a picture without a prompt', 'POST', '/images/generations', {}, 400],
	['a picture by a model that writes', 'POST', '/images/generations', { prompt: 'x', model: 'demo-chat-1' }, 404],
	['a text by a model that draws', 'POST', '/responses', { input: 'x', model: 'demo-image-1' }, 404],
	['a size of odd edges', 'POST', '/images/generations', { prompt: 'x', size: '1000x1000' }, 400],
	['a size too long', 'POST', '/images/generations', { prompt: 'x', size: '3840x1024' }, 400],
	['a size too large', 'POST', '/images/generations', { prompt: 'x', size: '3840x3840' }, 400],
	['too many previews', 'POST', '/images/generations', { prompt: 'x', stream: true, partial_images: 4 }, 400],
	['previews without a stream', 'POST', '/images/generations', { prompt: 'x', partial_images: 1 }, 400],
	['too many pictures', 'POST', '/images/generations', { prompt: 'x', n: 11 }, 400],
	['an unknown quality', 'POST', '/images/generations', { prompt: 'x', quality: 'hd' }, 400],
	[
		'a transparent jpeg',
		'POST',
		'/images/generations',
		{ prompt: 'x', background: 'transparent', output_format: 'jpeg' },
		400
	],
	['an edit that is no form', 'POST', '/images/edits', { prompt: 'x' }, 400],
	[
		'an image tool with a bad size',
		'POST',
		'/responses',
		{ model: 'demo-chat-1', input: 'x', tools: [{ type: 'image_generation', size: '9x9' }] },
		400
	]
] as const)('BY-15 %s gets an OpenAI error body, and the demo lives on', async ([, method, path, body, status]) => {
	const demo = await demoFor();
	const answer = await request(demo, method, path, body);
	expect(answer.status).toBe(status);
	const { error } = (await answer.json()) as { error: object };
	expect(Object.keys(error)).toEqual(['message', 'type', 'param', 'code']);
	expect((await request(demo, 'GET', '/models')).status).toBe(200);
});

test('BY-15 an unknown model is told in the code that clients look for', async () => {
	const demo = await demoFor();
	const wrong = clientFor(demo).responses.create({ ...researchRequest(), model: 'o3-deep-research' });
	await expect(wrong).rejects.toMatchObject({ status: 404, code: 'model_not_found' });
});

test('BY-15 a cursor that is no number gets a 400', async () => {
	const demo = await demoFor();
	const { id } = await clientFor(demo)
		.responses.create({ ...researchRequest(), stream: true })
		.then(async (stream) => {
			for await (const event of stream) if (event.type === 'response.created') return event.response;
			return { id: '' };
		});
	expect((await request(demo, 'GET', `/responses/${id}?stream=true&starting_after=soon`)).status).toBe(400);
});

test('BY-15 the models are listed through the SDK', async () => {
	const demo = await demoFor();
	const ids: string[] = [];
	for await (const { id } of clientFor(demo).models.list()) ids.push(id);
	expect(ids).toEqual(['demo-research-1', 'demo-chat-1', 'demo-image-1', 'demo-embedding-1']);
});

test('BY-15 max_output_tokens cuts the report short, and the response says why', async () => {
	const demo = await demoFor();
	const response = await clientFor(demo).responses.create({
		model: 'demo-research-1',
		input: 'How do Fresnel lenses work?',
		tools: [{ type: 'web_search' }],
		max_output_tokens: 40
	});
	expect(response).toMatchObject({ status: 'incomplete', incomplete_details: { reason: 'max_output_tokens' } });
	expect(response.usage?.output_tokens).toBeLessThanOrEqual(40);
	expect(response.output_text).toMatch(/^# How do Fresnel lenses/);
});

test('BY-15 a response that is not stored cannot be read again', async () => {
	const demo = await demoFor();
	const { id } = await clientFor(demo).responses.create({
		model: 'demo-chat-1',
		input: 'What is a kite?',
		store: false
	});
	expect((await request(demo, 'GET', `/responses/${id}`)).status).toBe(404);
});

test('BY-15 chat answers with sentences of the library, and says that it is the demo', async () => {
	const demo = await demoFor();
	const answer = await clientFor(demo).chat.completions.create({
		model: 'demo-chat-1',
		messages: [{ role: 'user', content: 'What were the first materials of kites?' }]
	});
	const text = answer.choices[0]?.message.content ?? '';
	expect(text).toContain('Silk and bamboo were the first materials of kites. ([Kites](/library/kites))');
	expect(text).toContain('no language model');
	expect(answer.usage?.total_tokens).toBe((answer.usage?.prompt_tokens ?? 0) + (answer.usage?.completion_tokens ?? 0));
});

test('BY-15 chat answers from the context in the prompt before the library, and admits when neither knows', async () => {
	const demo = await demoFor();
	const ask = async (content: string) => {
		const answer = await clientFor(demo).chat.completions.create({
			model: 'demo-chat-1',
			messages: [{ role: 'user', content }]
		});
		return answer.choices[0]?.message.content ?? '';
	};
	const context =
		'The Turnip Festival takes place in Ashwick every October. Its parade was founded by Ada Brown in 1911. ' +
		'Visitors carve lanterns out of turnips and carry them through the dark streets of the village. Entry is free.';
	expect(await ask(`${context}\n\nWho founded the parade of the Turnip Festival?`)).toContain(
		'The Turnip Festival takes place in Ashwick'
	);
	expect(await ask('Who founded the Turnip Festival?')).toContain('Not in the corpus');
});

test('BY-15 a streamed chat has the chunks of the recorded one, down to [DONE]', async () => {
	const demo = await demoFor();
	const body = {
		model: 'demo-chat-1',
		messages: [{ role: 'user', content: 'What is a kite?' }],
		stream: true,
		stream_options: { include_usage: true }
	};
	const text = await (await request(demo, 'POST', '/chat/completions', body)).text();
	const shapes = (stream: string) => {
		const chunks = eventsIn(stream) as unknown as { choices: { delta: object }[]; usage: object | null }[];
		const kinds = chunks.map((chunk) => [
			Object.keys(chunk),
			chunk.choices.map(({ delta, ...rest }) => [Object.keys(delta), Object.keys(rest)]),
			Object.keys(chunk.usage ?? {})
		]);
		return [...new Set(kinds.map((kind) => JSON.stringify(kind)))];
	};
	expect(shapes(text)).toEqual(shapes(transcript('chat_openai')));
	expect(text.endsWith('data: [DONE]\n\n')).toBe(true);
	expect(text).not.toContain('event:');
});

test('BY-15 without include_usage a streamed chat sends no usage', async () => {
	const demo = await demoFor();
	const body = { model: 'demo-chat-1', messages: [{ role: 'user', content: 'What is a kite?' }], stream: true };
	const text = await (await request(demo, 'POST', '/chat/completions', body)).text();
	expect(text).toContain('"finish_reason":"stop"');
	expect(text).not.toContain('"usage"');
});
