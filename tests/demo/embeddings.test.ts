import { expect, test } from 'vitest';
import { clientFor, control, controlState, demoFor, request } from './support.ts';

const MODEL = 'demo-embedding-1';

function cosine(one: number[] = [], other: number[] = []): number {
	return one.reduce((sum, value, index) => sum + value * (other[index] ?? 0), 0);
}

test('BY-15 texts become vectors of 256 numbers and of length 1, in their order, and are counted', async () => {
	const client = clientFor(await demoFor());
	const input = ['The tide is high.', '潮汐', '!!!'];
	const { data, usage, model } = await client.embeddings.create({ model: MODEL, input, encoding_format: 'float' });
	expect(data.map(({ index, embedding }) => [index, embedding.length])).toEqual([0, 1, 2].map((index) => [index, 256]));
	for (const { embedding } of data) expect(cosine(embedding, embedding)).toBeCloseTo(1, 5);
	expect(model).toBe(MODEL);
	expect(usage.prompt_tokens).toBeGreaterThan(4);
	expect(usage.total_tokens).toBe(usage.prompt_tokens);
});

test('BY-15 base64 holds the same numbers, and equal texts have equal vectors', async () => {
	const client = clientFor(await demoFor());
	const floats = await client.embeddings.create({ model: MODEL, input: 'moon', encoding_format: 'float' });
	// The package asks for base64 by itself, and reads it.
	const packed = await client.embeddings.create({ model: MODEL, input: 'moon' });
	expect(packed.data[0]?.embedding.map((value) => Number(value))).toEqual(floats.data[0]?.embedding);
});

test('BY-15 forms of a word and misspellings are nearer than other words', async () => {
	const client = clientFor(await demoFor());
	const input = ['roasting coffee beans', 'roasted cofee bean', 'the orbit of the moon'];
	const { data } = await client.embeddings.create({ model: MODEL, input, encoding_format: 'float' });
	const [one, near, far] = data.map(({ embedding }) => embedding);
	expect(cosine(one, near)).toBeGreaterThan(0.4);
	expect(cosine(one, far)).toBeLessThan(0.2);
});

test.for([
	['no texts', { input: [] }, 400],
	['an empty text', { input: ['a', ''] }, 400],
	['tokens in place of texts', { input: [1, 2] }, 400],
	['another length', { input: 'a', dimensions: 512 }, 400],
	['another form', { input: 'a', encoding_format: 'int8' }, 400],
	['a model that writes', { input: 'a', model: 'demo-chat-1' }, 404]
] as const)('BY-15 %s gets an OpenAI error body', async ([, body, status]) => {
	const answer = await request(await demoFor(), 'POST', '/embeddings', { model: MODEL, ...body });
	expect(answer.status).toBe(status);
	expect(await answer.json()).toHaveProperty('error.message');
});

test('BY-15 faults for vectors strike them, and those for answers do not', async () => {
	const demo = await demoFor();
	await control(demo, { faults: [{ name: 'server_error' }, { name: 'rate_limit', on: 'embed', retryAfter: 2 }] });
	const limited = await request(demo, 'POST', '/embeddings', { model: MODEL, input: 'a' });
	expect([limited.status, limited.headers.get('retry-after')]).toEqual([429, '2']);
	expect((await request(demo, 'POST', '/embeddings', { model: MODEL, input: 'a' })).status).toBe(200);
	expect((await controlState(demo)).faults.map(({ name }) => name)).toEqual(['server_error']);
});
