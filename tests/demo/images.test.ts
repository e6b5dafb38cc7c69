import { monitorEventLoopDelay } from 'node:perf_hooks';
import { PNG } from 'pngjs';
import { expect, test, vi } from 'vitest';
import type { Demo } from '../../src/demo/server.ts';
import { clientFor, control, controlState, demoFor, eventsIn, request, textUntilEnd, transcript } from './support.ts';
import type { Told } from './support.ts';

const PROMPT = 'A lighthouse at sunset';
const SMALL = { model: 'demo-image-1', prompt: PROMPT, size: '256x256', quality: 'low' };
const STREAMED = { ...SMALL, stream: true, partial_images: 3 };

// Drawing is work: on a machine that does other things too it takes its time.
vi.setConfig({ testTimeout: 30_000 });

test('IM-03 a stream has its previews from 0 on, then one completed event, with the fields of the recorded one', async () => {
	const demo = await demoFor();
	const { text } = await drawn(demo, { ...STREAMED, partial_images: 2 });
	expect(fieldsIn(text)).toEqual(fieldsIn(transcript('images_generate')));
	expect(eventsIn(text).map(({ partial_image_index }) => partial_image_index)).toEqual([0, 1, undefined]);
	expect(text.match(/^event: .*$/gm)).toEqual(transcript('images_generate').match(/^event: .*$/gm));
	expect(eventsIn(text).at(-1)).toMatchObject({ size: '256x256', quality: 'low', output_format: 'png' });
});

test('IM-02 with 0 previews only the picture comes', async () => {
	const demo = await demoFor();
	const { text } = await drawn(demo, { ...STREAMED, partial_images: 0 });
	expect(typesIn(text)).toEqual(['image_generation.completed']);
});

test.for([
	['1024x1024', 'opaque'],
	['1536x1024', 'opaque'],
	['1024x1536', 'transparent'],
	['64x192', 'transparent']
])('IM-01 a picture of %s is a PNG of that size, %s, and so are its previews', async ([size = '', background]) => {
	const demo = await demoFor();
	const { text } = await drawn(demo, { ...STREAMED, size, background });
	const pictures = picturesIn(text);
	expect(pictures.map(({ width, height }) => `${width}x${height}`)).toEqual([size, size, size, size]);
	for (const picture of pictures)
		expect([alphaOf(picture, 0.5, 0.5), alphaOf(picture, 0, 0)]).toEqual([255, background === 'opaque' ? 255 : 0]);
});

test('IM-06 each preview is coarser than the next, and the last than the picture', async () => {
	const demo = await demoFor();
	for (const prompt of [PROMPT, 'abstract silk', 'a planet', 'city at night', 'forest']) {
		const { text } = await drawn(demo, { ...STREAMED, prompt, size: '512x512', quality: 'high' });
		const sharpness = picturesIn(text).map((picture) => fineness(picture));
		expect([...sharpness].sort((a, b) => a - b)).toEqual(sharpness);
		// Within one pixel a preview is smooth everywhere, and the picture is not.
		const grain = picturesIn(text).map((picture) => fineness(picture, 1));
		expect(grain.at(-1)).toBeGreaterThan(2 * Math.max(...grain.slice(0, -1)));
	}
});

test('IM-06 a preview shows the same picture: it is nearer to it than to another', async () => {
	const demo = await demoFor();
	const pictures = picturesIn((await drawn(demo, STREAMED)).text);
	const [other] = picturesIn((await drawn(demo, { ...STREAMED, prompt: 'green hills' })).text).slice(-1);
	const final = pictures.at(-1);
	for (const preview of pictures.slice(0, -1))
		expect(difference(preview, final)).toBeLessThan(0.5 * difference(preview, other));
});

test('BY-15 equal prompts give equal bytes, other prompts and other copies clearly other pictures', async () => {
	const demo = await demoFor();
	const first = await clientFor(demo).images.generate({ ...SMALL, n: 2 } as never);
	const again = await clientFor(demo).images.generate({ ...SMALL, n: 2 } as never);
	const other = await clientFor(demo).images.generate({ ...SMALL, prompt: 'Green hills in summer' } as never);
	const [one, two] = pngs(first);
	expect(base64Of(again)).toEqual(base64Of(first));
	expect(difference(one, two)).toBeGreaterThan(8);
	expect(difference(one, pngs(other)[0])).toBeGreaterThan(8);
});

test('OP-08 the same stream asked for again at once gives another picture: several are asked for one after another', async () => {
	const demo = await demoFor();
	const draw = async () => picturesIn((await drawn(demo, { ...STREAMED, partial_images: 0 })).text)[0] as PNG;
	expect(difference(await draw(), await draw())).toBeGreaterThan(8);
});

test('BY-15 a plain request answers with JSON, and says that rules drew it', async () => {
	const demo = await demoFor();
	const answer = await request(demo, 'POST', '/images/generations', { ...SMALL, output_format: 'webp' });
	const body = (await answer.json()) as { data: { revised_prompt: string }[]; usage: Record<string, number> };
	expect(Object.keys(body).sort()).toEqual(
		['background', 'created', 'data', 'output_format', 'quality', 'size', 'usage'].sort()
	);
	expect(body).toMatchObject({ output_format: 'png', size: '256x256', background: 'opaque' });
	expect(body.data[0]?.revised_prompt).toContain('Drawn by rules, not by a model');
	expect(body.usage.total_tokens).toBe((body.usage.input_tokens ?? 0) + (body.usage.output_tokens ?? 0));
});

test('BY-15 each preview that is sent adds 100 output tokens', async () => {
	const demo = await demoFor();
	const tokens = async (partial_images: number) => {
		const last = eventsIn((await drawn(demo, { ...STREAMED, partial_images })).text).at(-1);
		return (last?.usage as { output_tokens: number }).output_tokens;
	};
	expect((await tokens(3)) - (await tokens(0))).toBe(300);
});

test('IM-01 an edit takes one picture or several, and is derived from the first', async () => {
	const demo = await demoFor();
	const given = halves();
	for (const image of [given, [given, new File(['not a picture'], 'b.webp', { type: 'image/webp' })]]) {
		const edited = await clientFor(demo).images.edit({ ...SMALL, image } as never);
		const [picture] = pngs(edited);
		// The given picture is dark on the left and light on the right, whatever colours the prompt asks for.
		expect(lightAt(picture, 0.85) - lightAt(picture, 0.15)).toBeGreaterThan(60);
	}
	expect((await controlState(demo)).ledger.map(({ path, status }) => [path, status])).toEqual([
		['/v1/images/edits', 200],
		['/v1/images/edits', 200]
	]);
});

test('IM-01 a streamed edit has the events of the recorded one', async () => {
	const demo = await demoFor();
	const types: string[] = [];
	const stream = await clientFor(demo).images.edit({ ...STREAMED, partial_images: 2, image: halves() } as never);
	for await (const event of stream as unknown as AsyncIterable<Told>) types.push(event.type);
	expect(types).toEqual(typesIn(transcript('images_edit')));
});

test.for([
	['more than 16 pictures', Array.from({ length: 17 }, () => halves()), PROMPT, 400],
	['no picture', [], PROMPT, 400],
	['no prompt', [halves()], '', 400]
] as const)('BY-15 an edit with %s is refused, and the demo lives on', async ([, images, prompt, status]) => {
	const demo = await demoFor();
	const form = new FormData();
	form.set('prompt', prompt);
	for (const image of images) form.append('image[]', image);
	const answer = await fetch(`${demo.url}/images/edits`, {
		method: 'POST',
		headers: { authorization: 'Bearer any' },
		body: form
	});
	expect([answer.status, Object.keys(((await answer.json()) as { error: object }).error).length]).toEqual([status, 4]);
	expect((await request(demo, 'GET', '/models')).status).toBe(200);
});

test('BY-15 a picture that cannot be read seeds the drawing instead', async () => {
	const demo = await demoFor();
	const edit = async (text: string) =>
		base64Of(await clientFor(demo).images.edit({ ...SMALL, image: new File([text], 'a.jpg') } as never));
	expect(await edit('one')).toEqual(await edit('one'));
	expect(await edit('one')).not.toEqual(await edit('two'));
});

test('CX-04 a client that hangs up stops the drawing', async () => {
	const demo = await demoFor({ pace: 1 });
	for (const stream of [true, false]) {
		const gone = new AbortController();
		const body = stream ? STREAMED : SMALL;
		const answer = fetch(`${demo.url}/images/generations`, {
			method: 'POST',
			headers: { authorization: 'Bearer any' },
			body: JSON.stringify(body),
			signal: gone.signal
		});
		answer.catch(() => undefined);
		await expect.poll(async () => (await controlState(demo)).drawing).toBe(1);
		gone.abort();
		await expect.poll(async () => (await controlState(demo)).drawing).toBe(0);
		await expect(answer.then((each) => each.text())).rejects.toThrow(/abort/i);
	}
});

test('BY-15 drawing leaves the event loop free: no pause comes near the time that a picture takes', async () => {
	const demo = await demoFor({ pace: 10_000 });
	const delays = monitorEventLoopDelay({ resolution: 1 });
	const started = performance.now();
	delays.enable();
	await drawn(demo, { ...STREAMED, size: '1024x1024', quality: 'high' });
	delays.disable();
	const took = performance.now() - started;
	expect(delays.percentile(95) / 1e6).toBeLessThan(took / 20);
	expect(delays.max / 1e6).toBeLessThan(took / 4);
});

test('BY-15 the pace sets how long a picture takes', async () => {
	const demo = await demoFor({ pace: 4 });
	const times: number[] = [];
	const started = performance.now();
	const stream = await clientFor(demo).images.generate({ ...STREAMED, size: '64x64' } as never);
	for await (const _ of stream as unknown as AsyncIterable<Told>) times.push((performance.now() - started) * 4);
	expect(times).toHaveLength(4);
	expect(times[0]).toBeGreaterThan(2_000);
	expect(times.at(-1)).toBeGreaterThan(5_000);
});

test('BY-15 the word “forbidden” and the fault moderation are refused in the shape of the original', async () => {
	const demo = await demoFor();
	const wanted = { status: 400, code: 'moderation_blocked', type: 'image_generation_user_error' };
	const client = clientFor(demo);
	await expect(client.images.generate({ ...SMALL, prompt: 'A forbidden castle' } as never)).rejects.toMatchObject(
		wanted
	);
	await control(demo, { faults: [{ name: 'moderation' }] });
	await expect(client.images.generate(STREAMED as never)).rejects.toMatchObject(wanted);
	expect(typesIn((await drawn(demo, STREAMED)).text)).toHaveLength(4);
});

test.for([
	['fewer_partials', ['partial_image', 'completed']],
	['fewer_partials;after=2', ['partial_image', 'partial_image', 'completed']],
	['final_only', ['completed']],
	['moderation_midstream', ['partial_image', 'error']],
	['moderation_midstream;after=0', ['error']],
	['nested_error;after=2', ['partial_image', 'partial_image', 'error']],
	['flat_error', ['partial_image', 'error']],
	['cut;after=2', ['partial_image', 'partial_image']],
	['eof', ['partial_image']],
	['duplicate;after=0', Array.from({ length: 6 }, () => 'partial_image').concat('completed', 'completed')]
] as const)('BY-15 under %s the events are %o', async ([fault, types]) => {
	const demo = await demoFor();
	const { text, cut } = await drawn(demo, STREAMED, fault);
	expect([typesIn(text).map((type) => type.replace('image_generation.', '')), cut]).toEqual([
		types,
		fault.startsWith('cut')
	]);
});

test('BY-15 a moderation in mid-stream is an APIError for the SDK', async () => {
	const demo = await demoFor();
	await control(demo, { faults: [{ name: 'moderation_midstream' }] });
	const seen: string[] = [];
	const drain = async () => {
		const stream = await clientFor(demo).images.generate(STREAMED as never);
		for await (const event of stream as unknown as AsyncIterable<Told>) seen.push(event.type);
	};
	await expect(drain()).rejects.toMatchObject({ code: 'moderation_blocked', status: undefined });
	expect(seen).toEqual(['image_generation.partial_image']);
});

test('BY-15 json_instead answers a streamed request with plain JSON', async () => {
	const demo = await demoFor();
	const answer = await request(demo, 'POST', '/images/generations', STREAMED, { 'x-demo-fault': 'json_instead' });
	expect(answer.headers.get('content-type')).toBe('application/json');
	expect(((await answer.json()) as { data: { b64_json: string }[] }).data[0]?.b64_json.length).toBeGreaterThan(1000);
});

test('BY-15 the image tool has the events and fields of the recorded one, and its picture is there again later', async () => {
	const demo = await demoFor();
	const body = { model: 'demo-chat-1', input: PROMPT, stream: true, tools: [tool({ partial_images: 2 })] };
	const text = await (await request(demo, 'POST', '/responses', body)).text();
	expect(typesIn(text).filter((type) => type !== 'keepalive')).toEqual(typesIn(transcript('image_tool')));
	const fields = new Set(fieldsIn(text));
	for (const each of fieldsIn(transcript('image_tool'))) expect([...fields]).toContain(each);
	const [item] = outputOf(eventsIn(text).at(-1)?.response);
	expect(PNG.sync.read(Buffer.from(String(item?.result), 'base64')).width).toBe(256);
	const { id } = eventsIn(text).at(-1)?.response as { id: string };
	const later = await (await request(demo, 'GET', `/responses/${id}`)).json();
	expect(outputOf(later)[0]?.result).toBe(item?.result);
});

test('BY-15 the image tool edits a picture in the input, counts its tokens, and refuses what is forbidden', async () => {
	const demo = await demoFor();
	const b64 = bytesOfHalves().toString('base64');
	const input = (text: string) => [
		{
			role: 'user',
			content: [
				{ type: 'input_text', text },
				{ type: 'input_image', image_url: `data:image/png;base64,${b64}` }
			]
		}
	];
	const ask = async (text: string) => {
		const body = { model: 'demo-chat-1', input: input(text), tools: [tool({})] };
		return (await (await request(demo, 'POST', '/responses', body)).json()) as Record<string, never>;
	};
	const done = await ask(PROMPT);
	const [item] = outputOf(done);
	const picture = PNG.sync.read(Buffer.from(String(item?.result), 'base64'));
	expect(lightAt(picture, 0.85) - lightAt(picture, 0.15)).toBeGreaterThan(60);
	expect(done).toMatchObject({ tool_usage: { image_gen: { output_tokens: expect.any(Number) } } });
	expect(item).toMatchObject({ action: 'edit', status: 'completed' });
	expect(await ask('Something forbidden')).toMatchObject({
		status: 'failed',
		error: { code: 'image_content_policy_violation' }
	});
});

async function drawn(demo: Demo, body: object, fault?: string) {
	const headers: Record<string, string> = fault ? { 'x-demo-fault': fault } : {};
	return textUntilEnd(await request(demo, 'POST', '/images/generations', body, headers));
}

function tool(more: object) {
	return { type: 'image_generation', model: 'demo-image-1', quality: 'low', size: '256x256', ...more };
}

function typesIn(text: string): string[] {
	return eventsIn(text).map(({ type }) => type);
}

/** Each event's type with the names of its fields, one level down for items, usage and parts. */
function fieldsIn(text: string): string[] {
	return eventsIn(text)
		.filter(({ type }) => type !== 'keepalive')
		.map((event) => {
			const deep = Object.entries(event)
				.filter(([key]) => ['item', 'usage', 'part'].includes(key))
				.map(([key, value]) => `${key}: ${Object.keys(value as object).sort()}`);
			return `${event.type} ${Object.keys(event).sort()} ${deep}`;
		});
}

function picturesIn(text: string): PNG[] {
	return eventsIn(text).map(({ b64_json }) => PNG.sync.read(Buffer.from(String(b64_json), 'base64')));
}

function base64Of(answer: unknown): string[] {
	return (answer as { data: { b64_json: string }[] }).data.map(({ b64_json }) => b64_json);
}

function pngs(answer: unknown): PNG[] {
	return base64Of(answer).map((each) => PNG.sync.read(Buffer.from(each, 'base64')));
}

function outputOf(response: unknown): { result?: unknown; type: string }[] {
	return (response as { output: { type: string }[] }).output;
}

function lightOf({ data }: PNG, at: number): number {
	return 0.2126 * data[at]! + 0.7152 * data[at + 1]! + 0.0722 * data[at + 2]!;
}

/** The energy of the fine detail: how much a pixel differs from the mean of two others, so many pixels away on both sides. */
function fineness(picture: PNG, pixels = picture.width / 64): number {
	const away = pixels * 4;
	let sum = 0;
	for (let at = away; at < picture.data.length - away; at += 4)
		sum += (lightOf(picture, at) - (lightOf(picture, at - away) + lightOf(picture, at + away)) / 2) ** 2;
	return sum / (picture.width * picture.height);
}

/** The mean difference of two pictures of one size, 0 to 255. */
function difference(one: PNG | undefined, other: PNG | undefined): number {
	if (!one || !other) return NaN;
	let sum = 0;
	for (let at = 0; at < one.data.length; at += 4) sum += Math.abs(lightOf(one, at) - lightOf(other, at));
	return sum / (one.width * one.height);
}

/** The mean lightness of a column of the picture. */
function lightAt(picture: PNG | undefined, share: number): number {
	if (!picture) return NaN;
	const column = Math.floor(share * picture.width);
	let sum = 0;
	for (let y = 0; y < picture.height; y++) sum += lightOf(picture, (y * picture.width + column) * 4);
	return sum / picture.height;
}

function alphaOf({ width, height, data }: PNG, x: number, y: number): number {
	return data[(Math.floor(y * (height - 1)) * width + Math.floor(x * (width - 1))) * 4 + 3]!;
}

/** A picture that is dark on the left and light on the right, from a library that is not the demo's. */
function halves(): File {
	return new File([new Uint8Array(bytesOfHalves())], 'given.png', { type: 'image/png' });
}

function bytesOfHalves(): Buffer {
	const picture = new PNG({ width: 120, height: 90 });
	for (let at = 0; at < picture.data.length; at += 4) {
		const light = (at / 4) % picture.width > picture.width / 2 ? 240 : 15;
		picture.data.set([light, light, light, 255], at);
	}
	return PNG.sync.write(picture);
}
