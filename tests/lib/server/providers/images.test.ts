import { createServer, type AddressInfo } from 'node:net';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { ImageEvent, ImageRequest } from '../../../../src/lib/operations/operation.ts';
import type { OpenAICompatibleOptions } from '../../../../src/lib/server/providers/openai-compatible.ts';
import { ProviderError } from '../../../../src/lib/server/providers/errors.ts';
import { vendors } from '../../../../src/lib/server/providers/vendors.ts';
import { json, ReplayServer, Transcript, type Reply } from '../../../support/replay-server.ts';
import { collect, never, picture, providerAt } from './wiring.ts';

let server: ReplayServer;
beforeEach(async () => void (server = await ReplayServer.start(() => ({}))));
afterEach(() => server.close());

/** What comes of one request for pictures that is answered so. */
async function asked(
	reply: Reply,
	request: Partial<ImageRequest> = {},
	options: Partial<OpenAICompatibleOptions> = {}
): Promise<{ events: ImageEvent[]; error: unknown }> {
	server.answer(() => reply);
	return collect(providerAt(server.baseURL, options).image({ ...picture, ...request }, never));
}

const png = 'iVBORw0KGgo=';
const pngBytes = Buffer.from(png, 'base64');
const jpeg = Buffer.from([0xff, 0xd8, 0xff, 0xe0, 0, 0]).toString('base64');
const webp = Buffer.from('RIFF\0\0\0\0WEBPVP8 ', 'latin1').toString('base64');

const usage = { inputTokens: 18, cachedTokens: null, outputTokens: 396, reasoningTokens: null, searches: 0 };
// 18 of text at $5 and 396 of pictures at $30 for a million each.
const ended = { type: 'ended', usage, cost: { usd: expect.closeTo(0.01197, 10), known: true } };
const shown = (index: number) => ({ type: 'preview', index, b64: png, mediaType: 'image/png' });
const image = { type: 'image', bytes: pngBytes, mediaType: 'image/png', revisedPrompt: null };
const whole = [{ type: 'accepted' }, shown(1), shown(2), image, ended];

const frame = (event: object, name?: string) => `${name ? `event: ${name}\n` : ''}data: ${JSON.stringify(event)}\n\n`;
const partial = (index: number, b64 = png) => ({
	...{ type: 'image_generation.partial_image', b64_json: b64, partial_image_index: index, output_format: 'png' }
});
const completed = { type: 'image_generation.completed', b64_json: png };

// ---- streams ------------------------------------------------------------------------------------------------------

const chunkings = [
	['byte by byte', 1],
	['in pieces of 7 bytes', 7],
	['whole', undefined]
] as const;

test.each(chunkings)(
	'IM-01 IM-03 IM-04 a picture that arrives %s comes as previews 1 and 2 and then as itself',
	async (_, chunk) => {
		const { bytes } = new Transcript('images_generate');
		expect(await asked({ body: bytes, chunk })).toEqual({ events: whole, error: null });
	}
);

test.each(chunkings)('IM-01 an edited picture that arrives %s comes in the same events', async (_, chunk) => {
	const { bytes } = new Transcript('images_edit');
	const images = [{ name: 'kite.png', mediaType: 'image/png', bytes: pngBytes }];
	expect(await asked({ body: bytes, chunk }, { images })).toEqual({ events: whole, error: null });
});

test('IM-02 with no previews asked for only the final picture comes, even from a server that sends some', async () => {
	const { bytes } = new Transcript('images_generate');
	const { events } = await asked({ body: bytes }, { partialImages: 0 });
	expect(events).toEqual([{ type: 'accepted' }, image, ended]);
	expect(server.requests[0]?.body).toMatchObject({ stream: true, partial_images: 0 });
});

test.each([0, 1, 2, 3])('IM-03 %i previews of three asked for are no error', async (count) => {
	const body = Array.from({ length: count }, (_, index) => frame(partial(index))).join('') + frame(completed);
	const { events, error } = await asked({ body }, { partialImages: 3 });
	expect(error).toBeNull();
	expect(events.flatMap((event) => (event.type === 'preview' ? event.index : []))).toEqual([1, 2, 3].slice(0, count));
	expect(events.at(-2)).toEqual(image);
});

test('IM-04 previews without an index are counted', async () => {
	const unnumbered = { type: 'image_generation.partial_image', b64_json: png };
	const { events } = await asked({ body: frame(unnumbered) + frame(unnumbered) + frame(completed) });
	expect(events.slice(1, 3)).toEqual([shown(1), shown(2)]);
});

test.each([-1, 0.5, 1e300])('IM-04 IR-12 previews with %d for an index are counted', async (index) => {
	const { events, error } = await asked({ body: frame(partial(index)) + frame(partial(index)) + frame(completed) });
	expect(error).toBeNull();
	expect(events.slice(1, 3)).toEqual([shown(1), shown(2)]);
});

test('IM-05 a final picture is an event of another kind than a preview, with bytes instead of base64', async () => {
	const { events } = await asked({ body: frame(partial(0)) + frame(completed) });
	expect(events[1]).not.toHaveProperty('bytes');
	expect(events[2]).not.toHaveProperty('b64');
});

test.each([
	['image/jpeg', jpeg],
	['image/webp', webp],
	['image/png', png]
])('IM-05 a picture is what its bytes say, %s, whatever its label says', async (mediaType, b64) => {
	const { events } = await asked({ body: frame(partial(0, b64)) + frame({ ...completed, b64_json: b64 }) });
	expect(events.slice(1, 3)).toMatchObject([{ mediaType }, { mediaType, bytes: Buffer.from(b64, 'base64') }]);
});

test('IR-12 a preview that is no picture is left out, and those after it are told', async () => {
	const body = [partial(0, 'aGVsbG8='), { type: 'keepalive' }, partial(1), completed].map((each) => frame(each));
	const { events, error } = await asked({ body: body.join('') });
	expect(error).toBeNull();
	expect(events.map((event) => event.type)).toEqual(['accepted', 'preview', 'image', 'ended']);
	expect(events[1]).toEqual(shown(2));
});

test('IM-01 one event of four megabytes is read, also in pieces as small as a packet', async () => {
	const bytes = Buffer.concat([pngBytes, Buffer.alloc(3_000_000, 7)]);
	const body = frame({ ...completed, b64_json: bytes.toString('base64') }, completed.type);
	for (const chunk of [undefined, 1_400]) {
		const { events } = await asked({ body, chunk });
		const last = events.find((event) => event.type === 'image');
		expect(last && Buffer.compare(last.bytes, bytes)).toBe(0);
	}
});

test('IM-01 nothing is read after the picture, even if the server keeps the connection', async () => {
	const { events } = await asked({ body: frame(completed), then: 'silence' });
	expect(events.at(-1)?.type).toBe('ended');
	await expect.poll(() => server.requests[0]?.hungUp).toBe(true);
});

test('IM-01 a stream that closes with [DONE] is like any other', async () => {
	const { events, error } = await asked({ body: `${frame(partial(0))}${frame(completed)}data: [DONE]\n\n` });
	expect(error).toBeNull();
	expect(events.map((event) => event.type)).toEqual(['accepted', 'preview', 'image', 'ended']);
});

// ---- breaks -------------------------------------------------------------------------------------------------------

test('IM-10 a stream that ends in order before its picture tells what came and does not say that it ended', async () => {
	const transcript = new Transcript('images_generate');
	for (const [count, upTo] of [0, ...transcript.ends.slice(0, 2)].entries()) {
		const { events, error } = await asked({ body: transcript.bytes, upTo });
		expect(error).toBeNull();
		expect(events).toEqual(whole.slice(0, count + 1));
	}
});

test('IM-10 wherever a stream is cut, the previews before it are told and the rest is a lost connection', async () => {
	const transcript = new Transcript('images_generate');
	const { bytes, ends } = transcript;
	for (let upTo = 0; upTo < bytes.length - 1; upTo += 13) {
		const { events, error } = await asked({ body: bytes, upTo, then: 'cut' });
		expect(error).toMatchObject({ code: 'provider_connection' });
		const previews = ends.slice(0, 2).filter((end) => end <= upTo).length;
		expect(events).toEqual(whole.slice(0, previews + 1));
	}
});

test('IM-10 a plain answer that is cut is a lost connection: it was taken', async () => {
	const body = JSON.stringify({ data: [{ b64_json: png }] });
	const headers = { 'content-type': 'application/json' };
	const { events, error } = await asked({ body, headers, upTo: 20, then: 'cut' }, { stream: false });
	expect(events).toEqual([{ type: 'accepted' }]);
	expect(error).toMatchObject({ code: 'provider_connection' });
});

const html = { body: '<h1>Bad Gateway</h1>', headers: { 'content-type': 'text/html' } };
const lost: [string, Reply][] = [
	['a connection that broke after sending', { dropped: true }],
	['a gateway that gave up', { status: 502, ...html }],
	['a gateway that timed out', json({ error: { message: 'raw', type: 'server_error' } }, 504)],
	['a page of HTML with 500', { status: 500, ...html }]
];

test.each(lost)(
	'BY-02 a request for a picture that met %s has an unknown outcome, and is sent once',
	async (_, reply) => {
		const { events, error } = await asked(reply);
		expect(events).toEqual([]);
		expect(error).toMatchObject({ code: 'unknown_outcome', retry: null });
		expect(server.count('POST')).toBe(1);
	}
);

test('BY-02 a request for a picture that is not answered in time has an unknown outcome, and is closed', async () => {
	const silent = createServer();
	const closed = new Promise<void>((resolve) =>
		silent.on('connection', (socket) => socket.on('close', () => resolve()).resume())
	);
	await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
	const provider = providerAt(`http://127.0.0.1:${(silent.address() as AddressInfo).port}/v1`, { imageTimeoutMs: 50 });
	const { error } = await collect(provider.image(picture, never));
	expect(error).toMatchObject({ code: 'unknown_outcome' });
	await closed;
	await new Promise((resolve) => silent.close(resolve));
});

test('CX-15 an abort closes the request, and the reason is what is thrown', async () => {
	server.answer(() => ({ body: frame(partial(0)), then: 'silence' }));
	const abort = new AbortController();
	const reason = new Error('the person left');
	const source = providerAt(server.baseURL).image(picture, abort.signal);
	const seen: string[] = [];
	const reading = (async () => {
		for await (const event of source) {
			seen.push(event.type);
			if (event.type === 'preview') abort.abort(reason);
		}
	})();
	await expect(reading).rejects.toBe(reason);
	expect(seen).toEqual(['accepted', 'preview']);
	await expect.poll(() => server.requests[0]?.hungUp).toBe(true);
});

test.each([
	['a stream', { body: frame(partial(0)), then: 'silence' }],
	['a plain answer', { headers: { 'content-type': 'application/json' }, body: '{"data"', then: 'silence' }]
] as const)('CX-15 %s that nobody reads any more is hung up', async (_, reply) => {
	server.answer(() => reply);
	for await (const event of providerAt(server.baseURL).image(picture, never)) {
		expect(event.type).toBe('accepted');
		break;
	}
	await expect.poll(() => server.requests[0]?.hungUp).toBe(true);
});

// ---- plain answers ------------------------------------------------------------------------------------------------

const answer = {
	created: 1_795_132_812,
	data: [{ b64_json: png, revised_prompt: 'A red kite.' }],
	usage: { input_tokens: 18, input_tokens_details: { image_tokens: 0, text_tokens: 18 }, output_tokens: 396 }
};
const plain = [{ type: 'accepted' }, { ...image, revisedPrompt: 'A red kite.' }, ended];

test('IM-01 a plain JSON answer to a streamed request still gives the picture', async () => {
	expect(await asked(json(answer))).toEqual({ events: plain, error: null });
});

test('IM-09 without streaming one plain request brings the picture, its revised prompt and its cost', async () => {
	expect(await asked(json(answer), { stream: false })).toEqual({ events: plain, error: null });
	expect(server.requests[0]?.body).not.toHaveProperty('stream');
	expect(server.requests[0]?.body).not.toHaveProperty('partial_images');
});

test('IM-01 a stream that answers a plain request is read as one', async () => {
	const { events } = await asked({ body: new Transcript('images_generate').bytes }, { stream: false });
	expect(events).toEqual(whole);
});

test('IM-01 several pictures come in one plain answer, each as an event of its own', async () => {
	const data = [{ b64_json: png }, { b64_json: jpeg }];
	const { events } = await asked(json({ ...answer, data }), { count: 2 });
	expect(events).toMatchObject([
		{ type: 'accepted' },
		{ mediaType: 'image/png' },
		{ mediaType: 'image/jpeg' },
		{ type: 'ended' }
	]);
	expect(server.requests[0]?.body).toMatchObject({ n: 2 });
	expect(server.requests[0]?.body).not.toHaveProperty('stream');
});

// ---- refusals -----------------------------------------------------------------------------------------------------

const refused = "The picture was refused by OpenAI's safety rules. Change the description.";
const blocked = { type: 'image_generation_user_error', code: 'moderation_blocked', message: 'raw words', param: null };
const policy = { ...blocked, type: 'x', code: 'image_content_policy_violation' };
const refusals: [string, Reply][] = [
	['by a 400', json({ error: blocked }, 400)],
	['by a 400 of the other code', json({ error: policy }, 400)],
	['nested in a stream', { body: frame({ type: 'error', error: blocked }, 'error') }],
	['flat in a stream', { body: frame({ ...blocked, type: 'error' }, 'error') }],
	['flat and without a name in a stream', { body: frame({ ...blocked, type: 'error' }) }],
	[
		'flat and told by its name alone in a stream',
		{ body: frame({ code: 'moderation_blocked', message: 'raw' }, 'error') }
	],
	['nested without a type in a stream', { body: frame({ error: blocked }) }],
	['in a plain answer of 200', json({ error: blocked })]
];

test.each(refusals)('TS-15 a picture refused %s is said in a sentence of its own', async (_, reply) => {
	const { error } = await asked(reply);
	expect(error).toMatchObject({ code: 'provider_moderation', message: refused, retry: null });
});

test('TS-15 a refusal after previews keeps them', async () => {
	const { events, error } = await asked({
		body: frame(partial(0)) + frame({ type: 'error', error: blocked }, 'error')
	});
	expect(events).toEqual([{ type: 'accepted' }, shown(1)]);
	expect(error).toMatchObject({ code: 'provider_moderation', message: refused });
});

test.each([
	['no entry', { data: [] }],
	['an entry without bytes', { data: [{ revised_prompt: '' }] }],
	['nothing', {}]
])("TS-15 xAI's 200 with %s is a refusal, and another's is a fault", async (_, body) => {
	const xai = { label: 'xAI', vendor: vendors.xai };
	expect((await asked(json(body), {}, xai)).error).toMatchObject({
		code: 'provider_moderation',
		message: "The picture was refused by xAI's safety rules. Change the description."
	});
	expect((await asked(json(body))).error).toMatchObject({
		code: 'provider_error',
		message: 'OpenAI ended without a picture. Try again.'
	});
});

const sentences: [string, Reply, string, RegExp][] = [
	[
		'an unverified organization',
		json({ error: { ...blocked, code: null, type: 'x' } }, 403),
		'provider_forbidden',
		/gpt-image-2.*have to be verified/
	],
	[
		'a model that is gone',
		json({ error: { ...blocked, code: 'model_not_found' } }, 404),
		'provider_model',
		/gpt-image-2.*Pick another/
	],
	[
		'a size that is wrong',
		json({ error: { ...blocked, code: 'invalid_value', param: 'size' } }, 400),
		'provider_bad_request',
		/"size"/
	],
	[
		'a link instead of bytes',
		json({ data: [{ url: 'https://example.org/a.png' }] }),
		'provider_error',
		/link.*not followed/
	],
	['bytes that are no picture', json({ data: [{ b64_json: 'aGVsbG8=' }] }), 'provider_error', /no PNG, JPEG or WebP/],
	[
		'a link at the end of a stream',
		{ body: frame({ ...completed, b64_json: undefined, url: 'https://x.example' }) },
		'provider_error',
		/link/
	],
	[
		'an error of its own in the stream',
		{ body: frame({ type: 'error', error: { code: 'server_error', message: 'raw' } }) },
		'provider_error',
		/error of its own/
	],
	["xAI's flat text in a 200", json({ code: 'x', error: 'raw words' }), 'provider_error', /error of its own/]
];

test.each(sentences)(
	'TS-15 for %s a person reads what to do, without the raw text',
	async (_, reply, code, sentence) => {
		const { error } = await asked(reply);
		expect(error).toBeInstanceOf(ProviderError);
		expect(error).toMatchObject({ code, message: expect.stringMatching(sentence) });
		expect((error as Error).message).not.toMatch(/raw|[{}<>]|example/);
	}
);

test('TS-13 a rate limit says when the same request may be sent again', async () => {
	const limit = json({ error: { type: 'images', code: 'rate_limit_exceeded', message: 'raw' } }, 429, {
		'retry-after': '61'
	});
	expect((await asked(limit)).error).toMatchObject({ code: 'provider_rate_limit', retry: { after: 61 } });
	expect(server.count('POST')).toBe(1);
});

// ---- cost ---------------------------------------------------------------------------------------------------------

async function costOf(use: object, options: Partial<OpenAICompatibleOptions> = {}, model = 'gpt-image-2') {
	const { events } = await asked(json({ data: [{ b64_json: png }], usage: use }), { model }, options);
	const last = events.at(-1);
	return last?.type === 'ended' ? last.cost : null;
}

test("CX-10 xAI's ticks and OpenRouter's cost are what a picture cost", async () => {
	expect(await costOf({ cost_in_usd_ticks: 700_000_000 }, { vendor: vendors.xai }, 'grok-imagine-image')).toEqual({
		usd: 0.07,
		known: true
	});
	const openrouter = { prompt_tokens: 9, completion_tokens: 300, total_tokens: 309, cost: 0.0421 };
	expect(await costOf(openrouter, { vendor: vendors.openrouter }, 'openai/gpt-image-2')).toEqual({
		usd: 0.0421,
		known: true
	});
});

test('CX-10 a picture of a model without a price has an unknown cost, and one of the demo costs nothing', async () => {
	expect(await costOf(answer.usage, {}, 'nobody-knows')).toEqual({ usd: null, known: false });
	expect(await costOf(answer.usage, { demo: true }, 'demo-image-1')).toEqual({ usd: 0, known: true });
});
