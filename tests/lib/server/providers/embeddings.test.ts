import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { readConfig } from '$lib/server/config.ts';
import { openProviders } from '$lib/server/providers/open.ts';
import { vendors, type VendorId } from '$lib/server/providers/vendors.ts';
import { json, ReplayServer, type Recorded, type Reply } from '../../../support/replay-server.ts';
import { key, KeptLog, never, providerAt } from './wiring.ts';

let server: ReplayServer;
beforeEach(async () => void (server = await ReplayServer.start(() => ({}))));
afterEach(() => server.close());

const texts = ['tea', 'a kettle'];
const vectors = [
	[0.5, -1, 0.25],
	[0, 2, 1]
];
const usage = { prompt_tokens: 1_000_000, total_tokens: 1_000_000 };

/** An answer with these vectors, in base64 or as numbers. */
function answer(form: 'base64' | 'numbers', order = [0, 1]): Reply {
	const inBase64 = (vector: number[]) => Buffer.from(Float32Array.from(vector).buffer).toString('base64');
	const data = order.map((index) => ({
		...{ object: 'embedding', index },
		embedding: form === 'base64' ? inBase64(vectors[index] ?? []) : vectors[index]
	}));
	return json({ object: 'list', model: 'text-embedding-3-small-0125', data, usage });
}

const embed = (vendor: VendorId = 'openai', embeddingModel?: string) =>
	providerAt(server.baseURL, { vendor: vendors[vendor], ...(embeddingModel && { embeddingModel }) }).embed(
		texts,
		never
	);

const failure = (reply: Reply) => {
	server.answer(() => reply);
	return embed().catch((error: unknown) => error);
};

describe('texts as vectors', () => {
	test('CH-05 one request brings one vector for each text, in the order of the texts, with what it used and cost', async () => {
		server.answer(() => answer('base64', [1, 0]));
		const embedding = await embed();
		expect(embedding.vectors.map((vector) => [...vector])).toEqual(vectors);
		expect(embedding).toMatchObject({ model: 'text-embedding-3-small', cost: { usd: 0.02, known: true } });
		expect(embedding.usage).toEqual({
			...{ inputTokens: 1_000_000, cachedTokens: 0, outputTokens: 0, reasoningTokens: 0, searches: 0 }
		});
		expect(server.requests).toHaveLength(1);
		expect(server.requests[0]?.url.pathname).toBe('/v1/embeddings');
		expect(server.requests[0]?.headers.authorization).toBe(`Bearer ${key}`);
		expect(server.requests[0]?.body).toEqual({
			...{ model: 'text-embedding-3-small', input: texts, encoding_format: 'base64' }
		});
	});

	test('CH-05 a server that knows no base64 answers with numbers, whether it was asked for them or not', async () => {
		server.answer(() => answer('numbers'));
		expect((await embed()).vectors.map((vector) => [...vector])).toEqual(vectors);
	});

	test('CH-05 a server that refuses the format is asked again without, and never with it again', async () => {
		const refusal = { error: { message: 'Unknown field', param: 'encoding_format', type: 'invalid_request_error' } };
		server.answer(({ body }: Recorded) => ('encoding_format' in body ? json(refusal, 400) : answer('numbers')));
		const provider = providerAt(server.baseURL);
		await provider.embed(texts, never);
		expect((await provider.embed(texts, never)).vectors).toHaveLength(2);
		expect(server.requests.map(({ body }) => 'encoding_format' in body)).toEqual([true, false, false]);
	});

	test("TS-01 a vendor's own bill wins over the table, and a model without a price costs an unknown sum", async () => {
		const billed = JSON.parse(String(answer('numbers').body)) as object;
		server.answer(() => json({ ...billed, usage: { ...usage, cost: 0.5 } }));
		expect((await embed('openrouter')).cost).toEqual({ usd: 0.5, known: true });
		server.answer(() => answer('numbers'));
		expect((await embed('vllm', 'my-vectors')).cost).toEqual({ usd: null, known: false });
	});

	test.each([
		['too few', { data: [{ index: 0, embedding: [1] }] }],
		['too many', { data: [0, 1, 2].map((index) => ({ index, embedding: [1] })) }],
		['of different lengths', { data: [{ embedding: [1] }, { embedding: [1, 2] }] }],
		['that are no numbers', { data: [{ embedding: [1, 'x'] }, { embedding: [1, 2] }] }],
		['that are empty', { data: [{ embedding: [] }, { embedding: [] }] }],
		[
			'twice for one text',
			{
				data: [
					{ index: 1, embedding: [1] },
					{ index: 1, embedding: [1] }
				]
			}
		],
		['at all', { data: 'none' }]
	])('CH-05 vectors %s that do not fit the texts are an error in words', async (_, body) => {
		expect(await failure(json(body))).toMatchObject({
			...{ code: 'provider_error', message: expect.stringContaining('do not fit the texts') }
		});
	});

	test.each([
		['a refused key', json({ error: { message: 'bad', code: 'invalid_api_key', type: 'x' } }, 401), 'provider_auth'],
		['an unknown model', json({ error: { message: 'no such model', code: 'model_not_found' } }, 404), 'provider_model'],
		['a server without the path', { status: 404, body: '404 page not found' }, 'not_supported'],
		["LM Studio's 200", json({ error: 'Unexpected endpoint or method. (POST /v1/embeddings)' }), 'not_supported'],
		['a limit', json({ error: { message: 'slow', code: 'rate_limit_exceeded' } }, 429), 'provider_rate_limit'],
		['a gateway', { status: 502, body: '<html>' }, 'provider_error'],
		[
			'an answer that is no JSON',
			{ headers: { 'content-type': 'application/json' }, body: '{' },
			'provider_connection'
		],
		['a dropped connection', { dropped: true }, 'provider_connection']
	] as [string, Reply, string][])(
		'CH-05 %s is an error that says what to do, without the key',
		async (_, reply, code) => {
			const error = await failure(reply);
			expect(error).toMatchObject({ code });
			expect(JSON.stringify(error) + String((error as Error).message)).not.toContain(key);
		}
	);

	test('CX-15 an abort ends the request at once with its own reason', async () => {
		server.answer(() => ({ headers: { 'content-type': 'application/json' }, then: 'silence' }));
		const stop = new AbortController();
		const asked = providerAt(server.baseURL).embed(texts, stop.signal);
		await expect.poll(() => server.requests.length).toBe(1);
		stop.abort('user');
		await expect(asked).rejects.toBe('user');
		await expect.poll(() => server.requests[0]?.hungUp).toBe(true);
	});
});

describe('who turns texts into vectors', () => {
	test('TS-01 each vendor by its usual model, by the one that was configured, or not at all', async () => {
		server.answer(() => answer('base64'));
		const model = (vendor: VendorId, named?: string) =>
			embed(vendor, named).then(
				(embedding) => embedding.model,
				(error: unknown) => (error as { code: string }).code
			);
		const usual = await Promise.all(Object.keys(vendors).map((id) => model(id as VendorId)));
		expect(Object.fromEntries(Object.keys(vendors).map((id, place) => [id, usual[place]]))).toEqual({
			...{ openai: 'text-embedding-3-small', azure: 'not_supported', xai: 'not_supported' },
			...{ openrouter: 'openai/text-embedding-3-small', ollama: 'not_supported', vllm: 'not_supported' },
			...{ lmstudio: 'not_supported', custom: 'not_supported', demo: 'demo-embedding-1' }
		});
		expect(await model('ollama', 'nomic-embed-text')).toBe('nomic-embed-text');
		expect(await model('xai', 'nomic-embed-text')).toBe('not_supported');
	});

	test('TS-01 HEADWAY_EMBEDDING_MODEL names the model at the first provider that has any', () => {
		const at = { XAI_API_KEY: 'key', OLLAMA_BASE_URL: 'http://127.0.0.1:11434/v1', OLLAMA_MODEL: 'llama' };
		const can = (environment: Record<string, string>) =>
			openProviders(readConfig(environment), server.baseURL, new KeptLog()).map(({ id, can }) => [id, can.embeddings]);
		expect(can(at)).toEqual([
			['xai', false],
			['ollama', false]
		]);
		expect(can({ ...at, HEADWAY_EMBEDDING_MODEL: 'nomic-embed-text' })).toEqual([
			['xai', false],
			['ollama', true]
		]);
		expect(can({})).toEqual([['demo', true]]);
	});
});
