import { afterEach, beforeEach, expect, test } from 'vitest';
import type { ImageEvent, ImageRequest } from '../../../../src/lib/operations/operation.ts';
import type { OpenAICompatibleOptions } from '../../../../src/lib/server/providers/openai-compatible.ts';
import { json, ReplayServer, Transcript, type Reply } from '../../../support/replay-server.ts';
import { collect, never, picture, providerAt } from './wiring.ts';

let server: ReplayServer;
beforeEach(async () => void (server = await ReplayServer.start(() => ({}))));
afterEach(() => server.close());

async function asked(
	reply: Reply,
	request: Partial<ImageRequest> = {},
	options: Partial<OpenAICompatibleOptions> = {}
): Promise<{ events: ImageEvent[]; error: unknown }> {
	server.answer(() => reply);
	const provider = providerAt(server.baseURL, { imageRoute: 'tool', ...options });
	return collect(provider.image({ ...picture, ...request }, never));
}

const png = 'iVBORw0KGgo=';
const shown = (index: number) => ({ type: 'preview', index, b64: png, mediaType: 'image/png' });
const revisedPrompt = 'A red kite over a beach.';
const image = { type: 'image', bytes: Buffer.from(png, 'base64'), mediaType: 'image/png', revisedPrompt };
const ended = {
	type: 'ended',
	usage: { inputTokens: 228, cachedTokens: 0, outputTokens: 436, reasoningTokens: 0, searches: 0 },
	// gpt-6-sol: 210 at $2, 40 at $10; gpt-image-2: 18 at $5, 396 at $30, for a million each.
	cost: { usd: expect.closeTo(0.00042 + 0.0004 + 0.00009 + 0.01188, 10), known: true }
};
const whole = [{ type: 'accepted' }, shown(1), shown(2), image, ended];

test.each([
	['byte by byte', 1],
	['in pieces of 7 bytes', 7],
	['whole', undefined]
])('IM-01 IM-04 a picture of the image tool that arrives %s comes in the same events', async (_, chunk) => {
	const { bytes } = new Transcript('image_tool');
	expect(await asked({ body: bytes, chunk })).toEqual({ events: whole, error: null });
});

test('IM-10 wherever the stream of the tool is cut, what came before is told and the rest is a lost connection', async () => {
	const { bytes, ends, events: frames } = new Transcript('image_tool');
	const places = frames.flatMap(({ type, item }, index) => {
		const drawn = type === 'response.output_item.done' && (item as { result?: string }).result;
		return drawn || String(type).endsWith('.partial_image') ? ends[index]! : [];
	});
	expect(places).toHaveLength(3);
	for (let upTo = 0; upTo < ends.at(-2)!; upTo += 61) {
		const { events, error } = await asked({ body: bytes, upTo, then: 'cut' });
		expect(error).toMatchObject({ code: 'provider_connection' });
		expect(events).toEqual(whole.slice(0, places.filter((end) => end <= upTo).length + 1));
	}
});

test('IM-10 a stream of the tool that ends in order before its last event does not say that it ended', async () => {
	const { bytes, ends } = new Transcript('image_tool');
	const { events, error } = await asked({ body: bytes, upTo: ends.at(-2)! });
	expect({ events, error }).toEqual({ events: whole.slice(0, -1), error: null });
});

test('IM-01 a plain answer of the tool gives the picture', async () => {
	const { response } = new Transcript('image_tool');
	const expected = [{ type: 'accepted' }, image, ended];
	expect((await asked(json(response))).events).toEqual(expected);
	expect((await asked(json(response), { stream: false })).events).toEqual(expected);
});

test('IM-01 a picture that only the last event holds is told once, from there', async () => {
	const transcript = new Transcript('image_tool');
	const last = transcript.events.at(-1)!;
	const { events } = await asked({ body: `data: ${JSON.stringify(last)}\n\n` });
	expect(events).toEqual([{ type: 'accepted' }, image, ended]);
});

const refused = "The picture was refused by OpenAI's safety rules. Change the description.";
const call = (facts: object) => ({ id: 'ig', type: 'image_generation_call', ...facts });
const response = (facts: object) => ({ id: 'r1', model: 'gpt-6-sol', status: 'completed', output: [], ...facts });
const blocked = { code: 'moderation_blocked', message: 'raw words', type: 'image_generation_user_error' };
const frame = (event: object) => `data: ${JSON.stringify(event)}\n\n`;
const refusal = { type: 'message', content: [{ type: 'refusal', refusal: 'raw words' }] };

const refusals: [string, Reply][] = [
	[
		'of a call that failed',
		{ body: frame({ type: 'response.output_item.done', item: call({ status: 'failed', error: blocked }) }) }
	],
	[
		'of a response that failed',
		{
			body: frame({
				type: 'response.failed',
				response: response({
					status: 'failed',
					error: { code: 'image_content_policy_violation', message: 'raw words' }
				})
			})
		}
	],
	['in a plain response that failed', json(response({ status: 'failed', error: blocked }))],
	['in an error event', { body: frame({ type: 'error', error: blocked }) }],
	['in words', json(response({ output: [refusal] }))],
	['by the content filter', json(response({ status: 'incomplete', incomplete_details: { reason: 'content_filter' } }))],
	['by a 400', json({ error: blocked }, 400)]
];

test.each(refusals)(
	'TS-15 a picture of the tool that was refused %s is said in a sentence of its own',
	async (_, reply) => {
		expect((await asked(reply)).error).toMatchObject({ code: 'provider_moderation', message: refused });
	}
);

test('TS-15 a model that only talked instead of drawing is a fault with a sentence', async () => {
	const talk = { type: 'message', content: [{ type: 'output_text', text: 'Here is your raw picture!' }] };
	expect((await asked(json(response({ output: [talk] })))).error).toMatchObject({
		code: 'provider_error',
		message: 'OpenAI ended without a picture. Try again.'
	});
});

test('BY-02 a request to the tool whose answer was lost has an unknown outcome, and is sent once', async () => {
	expect((await asked({ dropped: true })).error).toMatchObject({ code: 'unknown_outcome' });
	expect(server.count('POST')).toBe(1);
});

async function costOf(facts: object, options: Partial<OpenAICompatibleOptions> = {}) {
	const output = [call({ status: 'completed', result: png })];
	const { events } = await asked(json(response({ output, ...facts })), {}, options);
	const last = events.at(-1);
	return last?.type === 'ended' ? last.cost : null;
}

const usage = { input_tokens: 1_000_000, output_tokens: 0, input_tokens_details: { cached_tokens: 0 } };

test("CX-10 without the tool's own count the cost of the model is a lower bound", async () => {
	// 1,000,000 at $2, doubled for its length.
	expect(await costOf({ usage })).toEqual({ usd: 4, known: false });
	expect(await costOf({ usage: null })).toEqual({ usd: null, known: false });
});

test('CX-10 what the provider says it billed is all of it, and the demo costs nothing', async () => {
	expect(await costOf({ usage: { ...usage, cost: 0.3 } })).toEqual({ usd: 0.3, known: true });
	expect(await costOf({ usage }, { demo: true })).toEqual({ usd: 0, known: true });
});
