import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { HeadwayError } from '$lib/jobs/error.ts';
import type { JobEvent } from '$lib/jobs/event.ts';
import { inOrder } from '$lib/jobs/order.ts';
import type { JobSnapshot } from '$lib/jobs/snapshot.ts';
import type { ImageResult, ImageState } from '$lib/operations/image/model.ts';
import imageRun from '$lib/operations/image/run.server.ts';
import type { ImageEvent } from '$lib/operations/operation.ts';
import type { App } from '$lib/server/app.ts';
import { dataPaths } from '$lib/server/config.ts';
import { allEvents, ended, makeApp, runsOf, start, temporaryFolder, until } from '../../../support/app.ts';
import { drive, FakeClock } from '../../../support/fake-clock.ts';
import { Gate } from '../../../support/operations.ts';
import {
	accepted,
	billed,
	finished,
	PictureProvider,
	png,
	preview,
	whole,
	type PictureStep
} from './picture-provider.ts';

type ImageJob = JobSnapshot<ImageState, ImageResult>;

const appFor = (provider: PictureProvider, dataDir = temporaryFolder()) =>
	makeApp({ provider, dataDir, runs: runsOf(imageRun) });
const asked = (facts: object = {}) => ({ prompt: 'A lighthouse at sunset', ...facts });

/** Runs an image on these scripts, one for each request. */
async function painted(scripts: (readonly PictureStep[])[], input: object = {}, options: object = {}) {
	const provider = new PictureProvider(...scripts);
	const app = await appFor(provider);
	const { id } = await start(app, 'image', asked(input), options);
	const job = (await ended(app, id)) as ImageJob;
	return { app, provider, job, events: await allEvents(app, id) };
}

/** What goes by live, of one type, until the job has ended. */
async function transientsOf(app: App, id: string, type: string): Promise<JobEvent[]> {
	const seen: JobEvent[] = [];
	const watch = { owner: 'local', follow: [{ jobId: id, after: 0 }], feed: false, snapshots: false };
	for await (const frame of app.live.watch(watch, AbortSignal.timeout(20_000)))
		seen.push(...frame.transients.filter((event) => event.type === type));
	return seen;
}

const phasesOf = (events: readonly JobEvent[]) =>
	events.flatMap(({ type, data }) => (type === 'phase' ? [(data as { phase: string }).phase] : []));
const noticesOf = (job: JobSnapshot) => job.notices.map(({ code }) => code);
const filesOf = (app: App) => {
	const folder = dataPaths(app.config.dataDir).artifacts;
	const entries = readdirSync(folder, { recursive: true, withFileTypes: true });
	return entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
};

describe('a picture', () => {
	test('PG-02 goes through Processing prompt, Generating image and Finalizing', async () => {
		const { job, events } = await painted([whole]);
		expect(job.error).toBeNull();
		expect(phasesOf(events)).toEqual(['processing', 'generating', 'finalizing']);
		expect(job.phases.map(({ label }) => label)).toEqual(['Processing prompt', 'Generating image', 'Finalizing']);
	});

	test('IM-01 IM-03 is asked for as a stream with previews, with what was chosen and no more', async () => {
		const { provider } = await painted([whole], { partialImages: 2, size: '1536x1024', quality: 'high' });
		expect(provider.requests).toEqual([
			{
				...{ model: 'paint-1', prompt: 'A lighthouse at sunset', size: '1536x1024', quality: 'high', format: 'png' },
				...{ count: 1, partialImages: 2, stream: true, images: [] }
			}
		]);
	});

	test('IM-03 a preview that comes twice is counted once', async () => {
		const twice = [preview(1), preview(1), preview(2), preview(2)];
		const { job, events } = await painted([[accepted, ...twice, finished(), billed]]);
		expect(job.result?.images[0]?.previews).toBe(2);
		expect(phasesOf(events)).toEqual(['processing', 'generating', 'finalizing']);
	});

	test('IM-04 its previews carry base64 and count 1, 2, 3, live only and without a seq', async () => {
		const gates = [new Gate(), new Gate(), new Gate(), new Gate()];
		const provider = new PictureProvider([
			accepted,
			...gates.flatMap((gate, index): PictureStep[] => [
				() => gate.passed,
				index < 3 ? preview(index + 1) : finished()
			]),
			billed
		]);
		const app = await appFor(provider);
		const { id } = await start(app, 'image', asked());
		const seen = transientsOf(app, id, 'preview');
		for (const [index, gate] of gates.entries()) {
			gate.open();
			if (index < 3) await until(app, id, ({ state }) => (state as ImageState).preview?.index === index + 1);
		}
		const previews = await seen;
		const indexes = previews.map(({ data }) => (data as { index: number }).index);
		// A slow reader may miss some, and sees the others in order.
		expect(indexes.length).toBeGreaterThan(0);
		expect(indexes).toEqual([...new Set(indexes)].toSorted());
		expect(previews.every(({ seq }) => seq === null)).toBe(true);
		expect(previews.every(({ data }) => /^iVBOR/.test((data as { b64: string }).b64))).toBe(true);
	});

	test('IM-05 IM-11 ends with an image event of its own kind, with the file by URL and no base64', async () => {
		const bytes = png(96, 64);
		const { app, job, events } = await painted([[accepted, preview(1), finished({ bytes }), billed]]);
		const [image] = job.result?.images ?? [];
		expect(image).toMatchObject({
			...{ number: 1, name: 'a-lighthouse-at-sunset.png', mediaType: 'image/png', size: bytes.byteLength },
			...{ width: 96, height: 64, previews: 1, revisedPrompt: null },
			url: `/api/jobs/${job.id}/artifacts/a-lighthouse-at-sunset.png`
		});
		expect(events.map(({ type }) => type)).not.toContain('preview');
		expect(JSON.stringify(events)).not.toContain(bytes.toString('base64'));
		expect(job.state).toEqual({ images: [{ ...image, at: expect.any(Number) }], preview: null });
		expect(filesOf(app).map((file) => readFileSync(file))).toEqual([bytes]);
	});

	test('IM-02 comes alone when no previews are asked for, even if the provider sends some', async () => {
		const { provider, job, events } = await painted([[accepted, preview(1), finished(), billed]], { partialImages: 0 });
		expect(provider.requests[0]).toMatchObject({ partialImages: 0, stream: true });
		expect(job.result?.images[0]).toMatchObject({ previews: 0, previewToFinalMs: null });
		expect(phasesOf(events)).toEqual(['processing', 'generating', 'finalizing']);
	});

	test('IM-03 comes without an error and without a notice when fewer previews came than were asked for', async () => {
		const { job } = await painted([[accepted, preview(1), finished(), billed]]);
		expect(job).toMatchObject({ status: 'succeeded', notices: [] });
		expect(job.result?.images[0]?.previews).toBe(1);
	});

	test('IM-12 says how long it took from the first preview', async () => {
		const gate = new Gate();
		const clock = new FakeClock();
		const provider = new PictureProvider([accepted, preview(1), () => gate.passed, preview(2), finished(), billed]);
		const app = await makeApp({ provider, clock, runs: runsOf(imageRun) });
		const { id } = await start(app, 'image', asked());
		await until(app, id, ({ activity }) => activity === 'Preview 1 has come');
		await clock.advance(7_240);
		gate.open();
		const job = (await drive(clock, ended(app, id))) as ImageJob;
		expect(job.result?.images[0]?.previewToFinalMs).toBe(7_240);
	});

	test('CX-10 costs what the provider billed', async () => {
		const { job } = await painted([whole]);
		expect(job).toMatchObject({ cost: { usd: 0.04, known: true }, usage: { outputTokens: 396 } });
	});

	test('IM-01 keeps what the provider made of the description', async () => {
		const { job } = await painted([[accepted, finished({ revisedPrompt: 'A red lighthouse' }), billed]]);
		expect(job.result?.images[0]?.revisedPrompt).toBe('A red lighthouse');
	});

	test('IM-01 in another format or size than was asked for is kept, and the person is told', async () => {
		const { job } = await painted([whole], { format: 'webp', size: '1024x1024' });
		expect(job.result?.images[0]).toMatchObject({ name: 'a-lighthouse-at-sunset.png', mediaType: 'image/png' });
		expect(job.notices.map(({ message }) => message)).toEqual([
			'The painter answered with PNG instead of WEBP.',
			'The painter answered with 64 × 64 pixels instead of 1024 × 1024.'
		]);
	});

	test('IM-09 OP-06 without streaming is one plain request, with phases', async () => {
		for (const [input, options] of [
			[{}, { stream: false }],
			[{ stream: false }, {}],
			[{ stream: false }, { stream: true }]
		] as const) {
			const { provider, job, events } = await painted([[accepted, finished(), billed]], input, options);
			expect(provider.requests).toMatchObject([{ stream: false, partialImages: 0, count: 1 }]);
			expect(phasesOf(events)).toEqual(['processing', 'generating', 'finalizing']);
			expect(job.status).toBe('succeeded');
		}
	});

	test('PG-02 IM-09 without streaming is being generated from when the request is out: nothing else tells', async () => {
		const app = await appFor(new PictureProvider(['silence']));
		const { id } = await start(app, 'image', asked({ stream: false }));
		const job = await until(app, id, ({ phase }) => phase === 'generating');
		expect(job.status).toBe('running');
	});
});

describe('several pictures', () => {
	test('OP-08 IM-04 streamed are one request each, one after another, since previews do not say whose they are', async () => {
		const { provider, job, events } = await painted([whole], { count: 3 });
		expect(provider.requests.map(({ count, stream }) => ({ count, stream }))).toEqual(
			Array(3).fill({ count: 1, stream: true })
		);
		expect(job.result?.images.map(({ number, name }) => [number, name])).toEqual([
			[1, 'a-lighthouse-at-sunset-1.png'],
			[2, 'a-lighthouse-at-sunset-2.png'],
			[3, 'a-lighthouse-at-sunset-3.png']
		]);
		expect(phasesOf(events)).toEqual(['processing', 'generating', 'finalizing']);
		expect(job.cost.usd).toBeCloseTo(0.12);
	});

	test('OP-06 without streaming are one plain request', async () => {
		const answer = [accepted, finished(), finished(), finished(), billed];
		const { provider, job } = await painted([answer], { count: 3 }, { stream: false });
		expect(provider.requests).toMatchObject([{ count: 3, stream: false }]);
		expect(job.result?.images).toHaveLength(3);
	});

	test('OP-06 that are fewer than were asked for are kept, and the person is told', async () => {
		const { job } = await painted([[accepted, finished(), billed]], { count: 3 }, { stream: false });
		expect(job).toMatchObject({ status: 'succeeded', result: { images: [{ number: 1 }] } });
		expect(job.notices.map(({ message }) => message)).toEqual(['The painter made 1 of 3 pictures.']);
	});

	test('OP-09 PG-10 are measured by how many are finished', async () => {
		const provider = new PictureProvider(whole, [accepted, 'silence']);
		const app = await appFor(provider);
		const { id } = await start(app, 'image', asked({ count: 2 }));
		const { progress } = await until(app, id, (job) => {
			const { images } = (job as ImageJob).state;
			return images.length === 1 && (job.progress.fraction ?? 0) > 0.4;
		});
		// Half of Generating (60 of 100), after Processing (15).
		expect(progress.fraction).toBeCloseTo(0.45, 1);
		expect(progress.basis).toBe('measured');
	});

	test('CX-05 that were finished before a cancel stay, with their files', async () => {
		const app = await appFor(new PictureProvider(whole, [accepted, preview(1), 'silence']));
		const { id } = await start(app, 'image', asked({ count: 3 }));
		await until(app, id, ({ activity, state }) => {
			return (state as ImageState).images.length === 1 && activity === 'Preview 1 has come';
		});
		await app.jobs.cancel('local', id);
		const job = (await ended(app, id)) as ImageJob;
		expect(job).toMatchObject({ status: 'cancelled', state: { images: [{ number: 1 }] } });
		expect(job.receipt?.kept).toContain('1 picture');
		expect(filesOf(app)).toHaveLength(1);
	});

	test('CX-05 that were finished before a failure stay, with their files and what they cost', async () => {
		const lost = new HeadwayError('provider_overloaded', 'Busy.');
		const { app, job } = await painted([whole, [accepted, lost]], { count: 2 });
		expect(job).toMatchObject({ status: 'failed', state: { images: [{ number: 1 }] }, error: { code: lost.code } });
		expect(job.cost).toEqual({ usd: 0.04, known: false });
		expect(filesOf(app)).toHaveLength(1);
	});
});

describe('a picture from others', () => {
	async function* bodyOf(bytes: Uint8Array) {
		yield bytes;
	}
	const brought = async (app: App, name: string, bytes: Uint8Array) =>
		(await app.uploads.put('local', { name, body: bodyOf(bytes) })).id;

	test('IM-01 is an edit of the uploaded ones, in their order, byte for byte', async () => {
		const provider = new PictureProvider(whole);
		const app = await appFor(provider);
		const files = [png(8, 8, 10), png(8, 8, 20)];
		const images = [await brought(app, 'b.png', files[0]!), await brought(app, 'a.png', files[1]!)];
		const job = await ended(app, (await start(app, 'image', asked({ images }))).id);
		expect(job.error).toBeNull();
		const sent = provider.requests[0]?.images ?? [];
		expect(sent.map(({ name, mediaType }) => [name, mediaType])).toEqual([
			['b.png', 'image/png'],
			['a.png', 'image/png']
		]);
		expect(sent.map(({ bytes }) => Buffer.from(bytes))).toEqual(files);
	});

	test('IM-01 TS-15 one that is no picture is refused in a sentence, and nothing is asked of the provider', async () => {
		const provider = new PictureProvider(whole);
		const app = await appFor(provider);
		const images = [await brought(app, 'notes.txt', Buffer.from('Just some words.'))];
		const job = await ended(app, (await start(app, 'image', asked({ images }))).id);
		const message = '“notes.txt” is no PNG, JPEG or WebP picture: it cannot be started from.';
		expect(job.error).toEqual({ code: 'invalid_input', message, retryable: false });
		expect(provider.requests).toEqual([]);
	});

	test('IM-01 one that is not there is refused before the job starts, naming the field', async () => {
		const app = await appFor(new PictureProvider(whole));
		const images = [`file_${'0'.repeat(20)}`];
		await expect(start(app, 'image', asked({ images }))).rejects.toMatchObject({
			code: 'invalid_input',
			fields: [{ path: 'input.images.0' }]
		});
	});
});

describe('a picture that does not come', () => {
	test('IM-10 IM-11 leaves its newest preview to look at, in memory and nowhere else', async () => {
		const { app, job, events } = await painted([[accepted, preview(1), preview(2)]]);
		expect(job).toMatchObject({ status: 'failed', error: { code: 'provider_connection', retryable: true } });
		const again = (await app.jobs.snapshot('local', job.id)) as ImageJob;
		const { b64 } = preview(2) as Extract<ImageEvent, { type: 'preview' }>;
		expect(again.state.preview).toMatchObject({ index: 2, b64 });
		expect(JSON.stringify(events)).not.toContain(b64);
		expect(filesOf(app)).toEqual([]);
		const database = readFileSync(dataPaths(app.config.dataDir).database);
		expect(database.includes(b64)).toBe(false);
	});

	test('IM-10 CX-05 says in its receipt that its newest preview was kept', async () => {
		const { job } = await painted([[accepted, preview(1), preview(2)]]);
		expect(job.receipt?.kept).toEqual(['the newest preview, for 15 minutes']);
		const stopped = await appFor(new PictureProvider([accepted, preview(1), 'silence']));
		const { id } = await start(stopped, 'image', asked());
		await until(stopped, id, ({ state }) => (state as ImageState).preview !== null);
		await stopped.jobs.cancel('local', id);
		expect((await ended(stopped, id)).receipt?.kept).toEqual(['the newest preview, for 15 minutes']);
	});

	test('IM-10 leaves its newest preview to who was away when it failed: it comes before the end', async () => {
		const { app, job } = await painted([[accepted, preview(1), preview(2)]]);
		const watch = { owner: 'local', follow: [{ jobId: job.id, after: 2 }], feed: false, snapshots: false };
		const types: string[] = [];
		for await (const { events, transients } of app.live.watch(watch, AbortSignal.timeout(10_000)))
			types.push(...inOrder(events, transients).map(({ type }) => type));
		// In the same millisecond it may stand before what came just before it, but never after the end.
		expect(types.at(-1)).toBe('error');
		expect(types.filter((type) => type === 'preview')).toHaveLength(1);
		expect(types).not.toContain('progress');
	});

	test('IM-13 leaves nothing live behind once it succeeded', async () => {
		const { app, job } = await painted([whole]);
		const watch = { owner: 'local', follow: [{ jobId: job.id, after: 0 }], feed: false, snapshots: false };
		const live: JobEvent[] = [];
		for await (const { transients } of app.live.watch(watch, AbortSignal.timeout(10_000))) live.push(...transients);
		expect(live).toEqual([]);
	});

	test('TS-15 because it was refused says so in words, and is not offered again', async () => {
		const refused = new HeadwayError('provider_moderation', 'The picture was refused. Change the description.');
		const { job } = await painted([[refused]]);
		expect(job.error).toEqual({ code: 'provider_moderation', message: refused.message, retryable: false });
	});

	test('TS-15 from a provider that makes none is a clear error, before anything is asked', async () => {
		const provider = new PictureProvider(whole);
		provider.can = { ...provider.can, images: false };
		const app = await appFor(provider);
		const job = await ended(app, (await start(app, 'image', asked())).id);
		expect(job.error?.message).toMatch(/^The painter makes no pictures\./);
		expect(provider.requests).toEqual([]);
	});

	test.each([
		['an answer without a picture', [accepted, billed]],
		['a file that is no picture', [accepted, finished({ bytes: Buffer.from('<svg/>') }), billed]],
		['a picture of a kind that is not shown', [accepted, finished({ mediaType: 'image/svg+xml' }), billed]]
	])('TS-15 CX-10 because of %s fails with a sentence, and its cost is known', async (_, script) => {
		const { app, job } = await painted([script]);
		expect(job).toMatchObject({
			status: 'failed',
			error: { code: 'provider_error' },
			cost: { usd: 0.04, known: true }
		});
		expect(job.error?.message).toMatch(/^(the|The) painter .*\. Try again\.$/);
		expect(filesOf(app)).toEqual([]);
	});

	test('CX-04 CX-07 CX-15 because it was cancelled ends its request and leaves no file', async () => {
		const provider = new PictureProvider([accepted, preview(1), 'silence']);
		const app = await appFor(provider);
		const { id } = await start(app, 'image', asked());
		await until(app, id, ({ activity }) => activity === 'Preview 1 has come');
		await app.jobs.cancel('local', id);
		const job = await ended(app, id);
		expect(job).toMatchObject({ status: 'cancelled', receipt: { reason: 'user' } });
		expect(provider.signals.every(({ aborted }) => aborted)).toBe(true);
		expect(filesOf(app)).toEqual([]);
		expect(noticesOf(job)).toEqual([]);
	});

	test('CX-10 TS-15 because its file cannot be stored fails, and what it cost is known all the same', async () => {
		const gate = new Gate();
		const app = await appFor(new PictureProvider([accepted, () => gate.passed, finished(), billed]));
		const { id } = await start(app, 'image', asked());
		await until(app, id, ({ phase }) => phase === 'generating');
		const { artifacts } = dataPaths(app.config.dataDir);
		rmSync(artifacts, { recursive: true });
		writeFileSync(artifacts, 'no folder');
		gate.open();
		const job = await ended(app, id);
		expect(job).toMatchObject({ status: 'failed', cost: { usd: 0.04, known: true }, artifacts: [] });
		expect(job.error?.message).toMatch(/^The picture was made, but could not be stored/);
	});

	test('CX-07 cancelled while its file is being written leaves no part of it', async () => {
		const bytes = Buffer.concat([png(), Buffer.alloc(30_000_000)]);
		const app = await appFor(new PictureProvider([accepted, finished({ bytes }), billed]));
		const { id } = await start(app, 'image', asked());
		await until(app, id, ({ activity }) => activity === 'Storing the picture');
		await app.jobs.cancel('local', id);
		const job = await ended(app, id);
		expect(filesOf(app)).toHaveLength(job.artifacts.length);
		expect(filesOf(app).filter((file) => file.endsWith('.part'))).toEqual([]);
	});
});
