import { fireEvent, render, screen, waitFor } from '@testing-library/svelte';
import { beforeAll, describe, expect, test } from 'vitest';
import Live from '../../../src/lib/operations/image/Live.svelte';
import {
	begunImage,
	doneImage,
	failedImage,
	finished,
	imageJob,
	preview,
	tellImage,
	type ImageJob
} from '../../support/image-snapshot.ts';
import { installObjectUrls } from '../../support/object-urls.ts';
import { installResizeObserver } from '../../support/resize-observer.ts';

const stage = (number = 1) => document.querySelector<HTMLElement>(`[data-stage="${number}"]`);
const previewImage = () => document.querySelector<HTMLImageElement>('img[data-preview]');
const final = (number = 1) => stage(number)?.querySelector<HTMLImageElement>('img[data-final]') ?? null;
const badge = () => document.querySelector('[data-badge]')?.textContent?.replace(/\s+/g, ' ').trim() ?? null;
const skeletons = () => document.querySelectorAll('[data-skeleton]').length;
const load = async (image: HTMLImageElement | null) => {
	await fireEvent.load(image!);
	await Promise.resolve();
};

/** A preview is decoded before it takes its place; here that is a promise that has nothing to wait for. */
const decoded = () => new Promise((resolve) => setTimeout(resolve));

/** A job on the page, and what tells it more. */
async function onPage(job: ImageJob) {
	const { rerender, unmount } = render(Live, { job, live: job.endedAt === null });
	let shown = job;
	const tell = async (...told: Parameters<typeof tellImage>[1][]) => {
		shown = told.reduce(tellImage, shown);
		await rerender({ job: shown, live: shown.endedAt === null });
		await decoded();
	};
	await decoded();
	return { tell, unmount };
}

beforeAll(installResizeObserver);

describe('an image, live', () => {
	test('IR-11 a skeleton of the right shape stands until something comes', async () => {
		installObjectUrls();
		const { tell } = await onPage(imageJob(begunImage, { size: '1536x1024' }));
		expect(skeletons()).toBe(1);
		expect(stage()?.style.aspectRatio).toMatch(/^1\.5( \/ 1)?$/);
		await tell(preview(1));
		expect(skeletons()).toBe(0);
		expect(stage()?.style.aspectRatio).toMatch(/^1\.5( \/ 1)?$/);
	});

	test('IM-07 IR-04 IR-06 each preview shows in place of the one before, with a badge and when it came', async () => {
		const urls = installObjectUrls();
		const { tell } = await onPage(imageJob([...begunImage, preview(1)]));
		expect([previewImage()?.src, badge()]).toEqual(['blob:headway/1', 'Preview 1 +0:02']);
		await tell(preview(2));
		expect([previewImage()?.src, badge()]).toEqual(['blob:headway/2', 'Preview 2 +0:04']);
		expect(document.querySelectorAll('img')).toHaveLength(1);
		expect(urls.held).toEqual(['blob:headway/2']);
	});

	test('IR-07 the first preview fades in gently', async () => {
		installObjectUrls();
		await onPage(imageJob([...begunImage, preview(1)]));
		expect(previewImage()).toHaveClass('arrives');
	});

	test('IM-08 the last preview stays until the final picture is ready to be painted, and then goes', async () => {
		const urls = installObjectUrls();
		const { tell } = await onPage(imageJob([...begunImage, preview(3)]));
		await tell(finished());
		// In one place, the final one above, not yet seen.
		expect([previewImage()?.src, final()?.dataset.final, badge()]).toEqual([
			'blob:headway/1',
			'loading',
			'Preview 3 +0:06'
		]);
		expect(final()).toHaveClass('opacity-0');
		let faded: () => void = () => undefined;
		const fade = { finished: new Promise<void>((resolve) => (faded = resolve)) };
		Object.assign(final()!, { getAnimations: () => [fade] });
		await load(final());
		await waitFor(() => expect(final()).toHaveClass('opacity-100'));
		expect([previewImage()?.src, badge()]).toEqual(['blob:headway/1', null]);
		faded();
		await waitFor(() => expect(previewImage()).toBeNull());
		expect(urls.held).toEqual([]);
	});

	test('IM-08 the final picture waits for its decoding, not only for its bytes', async () => {
		installObjectUrls();
		const { tell } = await onPage(imageJob([...begunImage, preview(3)]));
		await tell(finished());
		let decoded: () => void = () => undefined;
		Object.assign(final()!, { decode: () => new Promise<void>((resolve) => (decoded = resolve)) });
		await load(final());
		expect(final()).toHaveClass('opacity-0');
		decoded();
		await waitFor(() => expect(final()).toHaveClass('opacity-100'));
	});

	test('IM-05 a late preview does not cover the final picture', async () => {
		installObjectUrls();
		const { tell } = await onPage(imageJob([...begunImage, finished()]));
		await tell(preview(3, 9));
		expect(previewImage()).toBeNull();
		expect(badge()).toBeNull();
	});

	test('IM-13 a page that is left in the middle of the fade holds nothing', async () => {
		const urls = installObjectUrls();
		const { tell, unmount } = await onPage(imageJob([...begunImage, preview(3)]));
		await tell(finished());
		await load(final());
		unmount();
		expect(urls.held).toEqual([]);
	});

	test('IM-02 IM-09 without previews the page says that the picture comes in one piece', async () => {
		for (const input of [{ partialImages: 0 }, { stream: false }]) {
			const { unmount } = await onPage(imageJob(begunImage, input));
			expect(screen.getByText(/in one piece, without previews/)).toBeInTheDocument();
			unmount();
		}
	});

	test('TS-11 a final picture that cannot be loaded leaves the preview, says so, and can be loaded again', async () => {
		installObjectUrls();
		const { tell } = await onPage(imageJob([...begunImage, preview(3)]));
		await tell(finished(), doneImage);
		await fireEvent.error(final()!);
		expect(screen.getByRole('alert')).toHaveTextContent('could not be loaded');
		expect(previewImage()).not.toBeNull();
		await fireEvent.click(screen.getByRole('button', { name: 'Load it again' }));
		expect(final()?.src).toMatch(/the-sea-1\.png\?attempt=1$/);
		await load(final());
		await waitFor(() => expect(screen.queryByRole('alert')).toBeNull());
	});
});

describe('a finished image', () => {
	const done = (facts: Parameters<typeof finished>[0] = {}) => imageJob([...begunImage, finished(facts), doneImage]);

	test('IM-11 PG-12 is there at once for who comes later, by its address and in its size', async () => {
		await onPage(done());
		expect(final()).toHaveClass('opacity-100');
		expect(final()).toHaveAttribute('src', '/api/jobs/j/artifacts/the-sea-1.png');
		expect([final()?.width, final()?.height, final()?.alt]).toEqual([1536, 1024, 'The sea']);
		expect(stage()?.style.aspectRatio).toMatch(/^1\.5( \/ 1)?$/);
	});

	test('IM-12 says how long it took from the first preview to the final picture, and what it is', async () => {
		await onPage(done());
		const facts = document.querySelector('[data-facts]');
		expect(facts).toHaveTextContent('1536 × 1024 pixels, PNG, 1.2 MB');
		expect(facts).toHaveTextContent('7.2 s from the first of 3 previews to the final picture');
	});

	test('IM-12 without previews says nothing of them', async () => {
		await onPage(done({ previews: 0, previewToFinalMs: null }));
		expect(document.querySelector('[data-preview-to-final]')).toBeNull();
	});

	test('IR-09 can be downloaded, copied and opened', async () => {
		await onPage(done());
		expect(screen.getByRole('link', { name: 'Download' })).toHaveAttribute('download', 'the-sea-1.png');
		expect(screen.getByRole('link', { name: 'Download' })).toHaveAttribute(
			'href',
			expect.stringMatching(/\?download$/)
		);
		expect(screen.getByRole('link', { name: 'Full size' })).toHaveAttribute('target', '_blank');
		expect(screen.getByRole('button', { name: 'Copy' })).toBeInTheDocument();
	});

	test('IM-01 shows what was asked for, and what the provider made of it', async () => {
		await onPage(done({ revisedPrompt: 'A calm sea at dusk' }));
		expect(document.querySelector('[data-prompt]')).toHaveTextContent('The sea');
		expect(document.querySelector('[data-revised-prompt]')).toHaveTextContent('A calm sea at dusk');
	});
});

describe('an edit on the page', () => {
	test('IM-01 shows what it started from, and says so of what was deleted since', async () => {
		installObjectUrls();
		const [one, two] = [`file_${'1'.repeat(20)}`, `file_${'2'.repeat(20)}`];
		await onPage(imageJob([...begunImage, finished(), doneImage], { images: [one, two] }));
		const small = () => [...document.querySelectorAll<HTMLImageElement>('img[data-started-from]')];
		expect(small().map((image) => image.getAttribute('src'))).toEqual([`/api/files/${one}`, `/api/files/${two}`]);
		await fireEvent.error(small()[0]!);
		expect(small()).toHaveLength(1);
		expect(screen.getByText('deleted')).toBeVisible();
	});
});

describe('several pictures on the page', () => {
	test('OP-08 have room from the start, sharpen one after another, and say how many are finished', async () => {
		installObjectUrls();
		const { tell } = await onPage(imageJob([...begunImage, preview(1)], { count: 3 }));
		expect(document.querySelectorAll('[data-stage]')).toHaveLength(3);
		expect(stage(1)?.contains(previewImage())).toBe(true);
		await tell(finished({ number: 1 }), preview(1, 12));
		expect(screen.getByText('1 of 3 finished')).toBeInTheDocument();
		const [first, second] = document.querySelectorAll('img[data-preview]');
		// The first still stands under its final picture.
		expect([stage(1)?.contains(first!), stage(2)?.contains(second!)]).toEqual([true, true]);
	});

	test('CX-05 of a cancelled job stay, and the page says how many', async () => {
		installObjectUrls();
		const told = [...begunImage, finished({ number: 1 }), finished({ number: 2 }, 20)];
		await onPage(imageJob(told, { count: 4 }, { status: 'cancelled', endedAt: 1 }));
		expect(document.querySelectorAll('[data-stage]')).toHaveLength(2);
		expect(screen.getByText('2 pictures were finished of 4, and stay.')).toBeInTheDocument();
	});
});

describe('an image that did not come', () => {
	test('IM-10 shows its newest preview, marked as what it is', async () => {
		installObjectUrls();
		const { tell } = await onPage(imageJob([...begunImage, preview(2)]));
		await tell(failedImage);
		expect(previewImage()).not.toBeNull();
		expect(badge()).toMatch(/^Preview – the picture was not finished/);
		expect(screen.getByText(/held in memory for 15 minutes, and stored nowhere/)).toBeInTheDocument();
	});

	test('CX-05 without anything to show, nothing stands in its place', async () => {
		const { tell } = await onPage(imageJob(begunImage));
		await tell(failedImage);
		expect(document.querySelector('[data-picture]')).toBeNull();
		expect(skeletons()).toBe(0);
	});

	test('IR-12 a preview that was broken is counted, and the next one shows', async () => {
		installObjectUrls();
		const broken: Parameters<typeof tellImage>[1] = ['preview', { index: 'one' }, 2];
		await onPage(imageJob([...begunImage, broken, preview(2)]));
		expect(previewImage()).not.toBeNull();
		expect(screen.getByText(/One update could not be read/)).toBeInTheDocument();
	});
});
