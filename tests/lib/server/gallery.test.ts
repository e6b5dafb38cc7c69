import { describe, expect, test } from 'vitest';
import { HeadwayError } from '$lib/jobs/error.ts';
import imageRun from '$lib/operations/image/run.server.ts';
import type { App } from '$lib/server/app.ts';
import { makeApp, runsOf } from '../../support/app.ts';
import {
	accepted,
	PictureProvider,
	png,
	preview,
	whole,
	finished,
	billed
} from '../operations/image/picture-provider.ts';

async function paint(app: App, prompt: string, facts: object = {}, owner = 'local'): Promise<string> {
	const { snapshot } = await app.jobs.start(owner, { operation: 'image', input: { prompt, ...facts } });
	await app.jobs.wait(owner, snapshot.id, 20_000, AbortSignal.timeout(20_000));
	return snapshot.id;
}
const appFor = (provider: PictureProvider) => makeApp({ provider, runs: runsOf(imageRun) });

describe('the gallery', () => {
	test('IM-11 shows past pictures, newest first, with what was asked and how large they are', async () => {
		const app = await appFor(new PictureProvider([accepted, finished({ bytes: png(96, 64) }), billed]));
		const first = await paint(app, 'The sea');
		const second = await paint(app, 'A wood', { count: 2 });
		const { pictures, next } = await app.gallery.page('local');
		expect(pictures).toMatchObject([
			{ jobId: second, prompt: 'A wood', number: 1, width: 96, height: 64 },
			{ jobId: second, prompt: 'A wood', number: 2, url: `/api/jobs/${second}/artifacts/a-wood-2.png` },
			{ jobId: first, prompt: 'The sea', number: 1, at: expect.any(Number) }
		]);
		expect(next).toBeNull();
	});

	test('IM-10 IM-11 shows no previews, and of a failed job what was finished', async () => {
		const lost = new HeadwayError('provider_overloaded', 'Busy.');
		const app = await appFor(new PictureProvider(whole, [accepted, preview(1), lost]));
		const half = await paint(app, 'Half', { count: 2 });
		await paint(app, 'Nothing');
		expect((await app.gallery.page('local')).pictures).toMatchObject([{ jobId: half, number: 1 }]);
	});

	test('IM-11 is each owner’s own, and loses what is deleted', async () => {
		const app = await appFor(new PictureProvider(whole));
		const id = await paint(app, 'The sea', {}, 'anna');
		expect((await app.gallery.page('bert')).pictures).toEqual([]);
		expect((await app.gallery.page('anna')).pictures).toHaveLength(1);
		await app.jobs.remove('anna', id);
		expect((await app.gallery.page('anna')).pictures).toEqual([]);
	});

	test('IM-11 goes page by page, nothing twice and nothing left out', async () => {
		const app = await appFor(new PictureProvider(whole));
		const ids: string[] = [];
		for (let job = 0; job < 30; job++) ids.unshift(await paint(app, `Picture ${job}`));
		const first = await app.gallery.page('local');
		const second = await app.gallery.page('local', first.next ?? '');
		expect([...first.pictures, ...second.pictures].map(({ jobId }) => jobId)).toEqual(ids);
		expect([first.pictures.length, second.next]).toEqual([24, null]);
		await expect(app.gallery.page('local', 'nonsense')).rejects.toMatchObject({ code: 'bad_request' });
	});
});
