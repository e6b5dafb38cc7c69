import { afterEach, beforeEach, expect, test } from 'vitest';
import type { ImageRequest } from '../../../../src/lib/operations/operation.ts';
import type { OpenAICompatibleOptions } from '../../../../src/lib/server/providers/openai-compatible.ts';
import { vendors, type VendorId } from '../../../../src/lib/server/providers/vendors.ts';
import { formOf, json, ReplayServer, Transcript, type Recorded } from '../../../support/replay-server.ts';
import { collect, never, picture, providerAt } from './wiring.ts';

const png = 'iVBORw0KGgo=';
const kite = { name: 'kite.png', mediaType: 'application/octet-stream', bytes: Buffer.from(png, 'base64') };

let server: ReplayServer;
beforeEach(async () => void (server = await ReplayServer.start(() => json({ data: [{ b64_json: png }] }))));
afterEach(() => server.close());

async function sent(
	vendor: VendorId,
	request: Partial<ImageRequest> = {},
	options: Partial<OpenAICompatibleOptions> = {}
): Promise<Recorded> {
	const provider = providerAt(server.baseURL, { vendor: vendors[vendor], ...options });
	const { error } = await collect(provider.image({ ...picture, ...request }, never));
	expect(error).toBeNull();
	expect(server.requests).toHaveLength(1);
	return server.requests[0]!;
}

const shared = { model: 'gpt-image-2', prompt: 'A red kite over a beach' };
const every = { ...shared, size: '1024x1024', quality: 'low', background: 'opaque', output_format: 'png' };
const streamed = { ...every, stream: true, partial_images: 2 };

test.each([
	['openai', '/v1/images/generations', streamed],
	['azure', '/v1/images/generations', streamed],
	['demo', '/v1/images/generations', streamed],
	['custom', '/v1/images/generations', streamed],
	['openrouter', '/v1/images', streamed],
	['xai', '/v1/images/generations', { ...shared, response_format: 'b64_json' }],
	['ollama', '/v1/images/generations', { ...shared, size: '1024x1024' }]
] as const)(
	'IM-01 %s is asked for a picture at its own path, with nothing that it would refuse',
	async (vendor, path, body) => {
		const request = await sent(vendor);
		expect(request.url.pathname).toBe(path);
		expect(request.body).toEqual(body);
	}
);

test('IM-01 what was not chosen is not sent', async () => {
	const nothing = { size: undefined, quality: undefined, background: undefined, format: undefined, stream: false };
	expect((await sent('openai', nothing)).body).toEqual(shared);
});

test('IM-01 several pictures are never asked for in one stream: its events do not say which they are of', async () => {
	expect((await sent('openai', { count: 3 })).body).toEqual({ ...every, n: 3 });
});

test('IM-01 an edit of one picture is a form with one file', async () => {
	const request = await sent('openai', { images: [{ ...kite, mediaType: 'image/png' }] });
	expect(request.url.pathname).toBe('/v1/images/edits');
	const form = await formOf(request);
	const { image, ...fields } = Object.fromEntries(form);
	expect(fields).toEqual({ ...every, stream: 'true', partial_images: '2' });
	expect(image).toMatchObject({ name: 'kite.png', type: 'image/png' });
	expect(Buffer.from(await (image as File).arrayBuffer())).toEqual(kite.bytes);
});

test('IM-01 an edit of sixteen pictures is a form with sixteen files, in order', async () => {
	const images = Array.from({ length: 16 }, (_, index) => ({ ...kite, name: `${index}.png` }));
	const form = await formOf(await sent('openai', { images }));
	expect(form.getAll('image[]').map((file) => (file as File).name)).toEqual(images.map(({ name }) => name));
});

test('IM-01 OpenRouter is given the pictures to start from inside of its one request', async () => {
	const request = await sent('openrouter', { images: [kite] });
	expect(request.url.pathname).toBe('/v1/images');
	expect(request.body).toEqual({
		...streamed,
		input_references: [{ type: 'image_url', image_url: { url: `data:image/png;base64,${png}` } }]
	});
});

test("IM-01 OpenRouter's stream, with its own usage and [DONE], comes in the same events", async () => {
	const events = [
		{ type: 'image_generation.partial_image', partial_image_index: 0, b64_json: png },
		{
			...{ type: 'image_generation.completed', b64_json: png, media_type: 'image/webp', created: 1 },
			usage: { prompt_tokens: 9, completion_tokens: 300, total_tokens: 309, cost: 0.0421 }
		}
	].map((event) => `data: ${JSON.stringify(event)}\n\n`);
	server.answer(() => ({ body: `: OPENROUTER PROCESSING\n\n${events.join('')}data: [DONE]\n\n` }));
	const provider = providerAt(server.baseURL, { vendor: vendors.openrouter });
	const told = await collect(provider.image(picture, never));
	expect(told.events).toMatchObject([
		{ type: 'accepted' },
		{ type: 'preview', index: 1 },
		{ type: 'image', mediaType: 'image/png' },
		{ type: 'ended', usage: { inputTokens: 9, outputTokens: 300 }, cost: { usd: 0.0421, known: true } }
	]);
});

test("TS-15 OpenRouter's error in a stream, with a number for a code, is told by its meaning", async () => {
	const error = { code: 402, message: 'raw words', metadata: { error_type: 'payment_required' } };
	server.answer(() => ({ body: `data: ${JSON.stringify({ type: 'error', error })}\n\ndata: [DONE]\n\n` }));
	const told = await collect(providerAt(server.baseURL, { vendor: vendors.openrouter }).image(picture, never));
	expect(told.error).toMatchObject({ code: 'provider_quota', message: expect.stringMatching(/out of credit/) });
});

test.each([
	['vllm', {}, /makes no pictures/],
	['lmstudio', {}, /makes no pictures/],
	['xai', { images: [kite] }, /cannot start from a picture/],
	['ollama', { images: [kite] }, /cannot start from a picture/]
] as const)(
	'TS-15 what %s cannot do is refused in a sentence before anything is sent',
	async (vendor, request, sentence) => {
		const provider = providerAt(server.baseURL, { vendor: vendors[vendor] });
		const { events, error } = await collect(provider.image({ ...picture, ...request }, never));
		expect(events).toEqual([]);
		expect(error).toMatchObject({
			code: 'provider_bad_request',
			sent: 'no',
			retry: null,
			message: expect.stringMatching(sentence)
		});
		expect(server.requests).toHaveLength(0);
	}
);

// ---- the image tool -----------------------------------------------------------------------------------------------

const tool = {
	type: 'image_generation',
	size: '1024x1024',
	quality: 'low',
	background: 'opaque',
	output_format: 'png'
};

async function sentToTool(request: Partial<ImageRequest>, options: Partial<OpenAICompatibleOptions> = {}) {
	server.answer(() => json(new Transcript('image_tool').response));
	return sent('openai', request, options);
}

test('IM-01 where the image tool is configured, the ordinary model is asked for it and it draws with the named one', async () => {
	const request = await sentToTool({}, { imageRoute: 'tool' });
	expect(request.url.pathname).toBe('/v1/responses');
	expect(request.body).toEqual({
		model: 'gpt-6-astra',
		input: 'A red kite over a beach',
		tools: [{ ...tool, model: 'gpt-image-2', action: 'generate', partial_images: 2 }],
		tool_choice: { type: 'image_generation' },
		stream: true
	});
});

test.each(['gpt-6-sol', 'o3', 'gpt-5.4-mini', 'openai/gpt-6-luna'])(
	'IM-01 %s, which makes text, is asked to draw with its tool',
	async (model) => {
		const { url, body } = await sentToTool({ model });
		expect(url.pathname).toBe('/v1/responses');
		expect(body).toMatchObject({ model, tools: [{ model: 'gpt-image-2' }] });
	}
);

test.each(['gpt-image-2', 'gpt-image-2.6-flare', 'chatgpt-image-latest', 'openai/gpt-5-image', 'my-deployment'])(
	'IM-01 %s, which makes pictures, is asked at the image path',
	async (model) => {
		expect((await sent('openai', { model })).url.pathname).toBe('/v1/images/generations');
	}
);

test('IM-02 the tool, which refuses a stream without previews, is asked in a plain request when none are wanted', async () => {
	const { body } = await sentToTool({ partialImages: 0 }, { imageRoute: 'tool' });
	expect(body).toMatchObject({ stream: false });
	expect(JSON.stringify(body)).not.toContain('partial_images');
});

test('IM-01 the tool is given the pictures to start from in the message', async () => {
	const { body } = await sentToTool({ images: [kite, kite] }, { imageRoute: 'tool' });
	const held = { type: 'input_image', detail: 'auto', image_url: `data:image/png;base64,${png}` };
	expect(body).toMatchObject({
		input: [{ role: 'user', content: [{ type: 'input_text', text: picture.prompt }, held, held] }],
		tools: [{ action: 'edit' }]
	});
});
