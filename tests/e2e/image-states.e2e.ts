import type { Page } from 'playwright';
import { PNG } from 'pngjs';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { closePages, expectNoAxeViolations, openBrowser } from './support/browser.ts';
import type { TestBrowser } from './support/browser.ts';
import { cancelJob, open, overflowOf, ready, startHeadway, untilStatus } from './support/headway.ts';
import type { Headway } from './support/headway.ts';
import { askForImage, badgeIn, endedImage, startImage } from './support/images.ts';

const prompt = 'A forest in the morning mist';
const small = { prompt, size: '512x512', quality: 'low' };

/** Pictures that do not come, the gallery, the preference, and how all of it looks. */
describe('the states of pictures', () => {
	let headway: Headway;
	let browser: TestBrowser;

	beforeAll(async () => {
		[headway, browser] = await Promise.all([startHeadway(12), openBrowser()]);
	});
	afterEach(() => closePages(browser.browser));
	afterAll(async () => {
		await browser?.close();
		await headway?.stop();
	});

	const badgeOn = async (page: Page) => badgeIn(await page.locator('[data-badge]').innerText());

	/** One page, on a desk in the light and on a phone in the dark, and at every width. */
	async function expectSound(page: Page): Promise<void> {
		await expectNoAxeViolations(page);
		for (const width of [360, 390, 1280, 1920]) {
			await page.setViewportSize({ width, height: 800 });
			expect(await overflowOf(page), `${page.url()} at ${width} px`).toBeLessThanOrEqual(0);
		}
		await page.setViewportSize({ width: 390, height: 800 });
		await page.emulateMedia({ colorScheme: 'dark', reducedMotion: 'reduce' });
		await expectNoAxeViolations(page);
	}

	test('BY-11 the gallery before the first picture says what will be there', async () => {
		const page = await browser.page({ baseURL: headway.url, reducedMotion: true });
		await open(page, '/gallery');
		expect(await page.getByRole('heading', { name: 'No pictures yet' }).isVisible()).toBe(true);
		await expectSound(page);
		await page.getByRole('link', { name: 'Make one.' }).click();
		await page.getByLabel('Description').waitFor();
	});

	test('BY-11 the form for an image, with everything open', async () => {
		const page = await browser.page({ baseURL: headway.url, reducedMotion: true });
		await open(page, '/?operation=image');
		await page.getByRole('button', { name: 'Advanced' }).click();
		await page.getByLabel('Background', { exact: true }).selectOption('transparent');
		await page.getByLabel('Format', { exact: true }).selectOption('jpeg');
		await page.getByLabel('Description').fill(prompt);
		await page.getByRole('button', { name: 'Start' }).click();
		await page.locator('#background-error').getByText('needs PNG or WebP').waitFor();
		await expectSound(page);
		expect(new URL(page.url()).pathname).toBe('/');
	});

	test('IM-10 a stream that breaks leaves its newest preview on the page, over a reload, with Retry', async () => {
		await headway.arm({ name: 'cut', on: 'stream', after: 2 });
		const page = await browser.page({ baseURL: headway.url, reducedMotion: true });
		const { id } = await startImage(headway.url, small);
		await open(page, `/jobs/${id}`);
		await untilStatus(page, 'failed');
		expect(await badgeOn(page)).toBe('Preview – the picture was not finished');
		await page.reload();
		await ready(page);
		expect(await badgeOn(page)).toBe('Preview – the picture was not finished');
		const preview = page.locator('img[data-preview]');
		await expect.poll(() => preview.evaluate((each) => (each as HTMLImageElement).naturalWidth)).toBe(512);
		expect((await endedImage(headway.url, id)).artifacts).toEqual([]);
		await expectSound(page);
		await page.locator('[data-action=retry]').click();
		await page.waitForURL((url) => !url.pathname.endsWith(id));
		await untilStatus(page, 'succeeded');
		// The picture itself is loaded after that.
		await expect.poll(() => page.locator('img[data-final=shown]').count()).toBe(1);
	});

	test('CX-05 CX-07 a cancelled picture keeps what was seen of it, and no file', async () => {
		await headway.pace(1);
		const page = await browser.page({ baseURL: headway.url });
		const { id } = await startImage(headway.url, small);
		await open(page, `/jobs/${id}`);
		await page.locator('[data-badge]').waitFor();
		await headway.pace(12);
		await cancelJob(page);
		await untilStatus(page, 'cancelled');
		expect(await badgeOn(page)).toBe('Preview – the picture was not finished');
		expect(await page.locator('[data-ending=receipt]').isVisible()).toBe(true);
		expect((await endedImage(headway.url, id)).artifacts).toEqual([]);
	});

	test('TS-15 a refused picture says so in a sentence of its own', async () => {
		const { id } = await startImage(headway.url, { ...small, prompt: 'Something forbidden' });
		const page = await browser.page({ baseURL: headway.url });
		await open(page, `/jobs/${id}`);
		await untilStatus(page, 'failed');
		expect(await page.locator('[data-ending=failed]').innerText()).toMatch(/refused.*Change the description/s);
		expect(await page.locator('[data-picture]').count()).toBe(0);
	});

	test('OP-08 BY-11 several pictures show side by side, each with its own facts', async () => {
		const { id } = await startImage(headway.url, { ...small, count: 3 });
		const page = await browser.page({ baseURL: headway.url, reducedMotion: true });
		await open(page, `/jobs/${id}`);
		await untilStatus(page, 'succeeded');
		await expect.poll(() => page.locator('img[data-final=shown]').count()).toBe(3);
		expect(await page.locator('[data-facts]').count()).toBe(3);
		await expectSound(page);
	});

	test('IM-11 the gallery shows past pictures, newest first, and each leads to its job', async () => {
		const { id } = await startImage(headway.url, { ...small, prompt: 'The newest of all', size: '512x256' });
		await endedImage(headway.url, id);
		const page = await browser.page({ baseURL: headway.url, reducedMotion: true });
		await open(page, '/');
		await page.getByRole('link', { name: 'Gallery' }).click();
		await page.waitForURL(/\/gallery$/);
		const pictures = page.locator('[data-gallery-picture] img');
		expect(await pictures.first().getAttribute('alt')).toBe('The newest of all');
		expect([await pictures.first().getAttribute('width'), await pictures.first().getAttribute('height')]).toEqual([
			'512',
			'256'
		]);
		await expect.poll(() => pictures.first().evaluate((each) => (each as HTMLImageElement).naturalWidth)).toBe(512);
		await expectSound(page);
		await pictures.first().click();
		await page.waitForURL(new RegExp(`/jobs/${id}$`));
	});

	test('IM-09 a person turns streaming off, and it stays off: over a reload, in another tab, on another device', async () => {
		const page = await browser.page({ baseURL: headway.url, reducedMotion: true });
		const toggle = (on: Page) => on.getByRole('switch', { name: 'Live results' });
		await open(page, '/preferences');
		await expectSound(page);
		await toggle(page).click();
		await page.getByText('Saved.').waitFor();
		await page.reload();
		await ready(page);
		expect(await toggle(page).getAttribute('aria-checked')).toBe('false');
		const other = await browser.page({ baseURL: headway.url });
		for (const path of ['/preferences', '/', '/?operation=image']) {
			await open(other, path);
			expect(await toggle(other).getAttribute('aria-checked'), path).toBe('false');
		}
		const id = await askForImage(other, prompt, { Quality: 'low' });
		const job = await endedImage(headway.url, id);
		expect(job).toMatchObject({ status: 'succeeded', options: { stream: false } });
		expect(job.result?.images[0]).toMatchObject({ previews: 0, previewToFinalMs: null });
		await toggle(page).click();
		await page.getByText('Saved.').waitFor();
		await open(other, '/');
		expect(await toggle(other).getAttribute('aria-checked')).toBe('true');
	});

	test('IM-09 PG-02 without streaming the page shows phases and time, and no preview', async () => {
		await headway.pace(1);
		const { id } = await startImage(headway.url, small, { stream: false });
		const page = await browser.page({ baseURL: headway.url });
		await open(page, `/jobs/${id}`);
		await page.locator('[data-phase=generating][data-state=current]').waitFor();
		await headway.pace(12);
		expect(await page.getByText('in one piece, without previews').isVisible()).toBe(true);
		expect(await page.locator('[data-elapsed]').innerText()).toMatch(/^\d\d:\d\d$/);
		await untilStatus(page, 'succeeded');
		await page.locator('img[data-final=shown]').waitFor();
		expect(await page.locator('[data-preview], [data-badge]').count()).toBe(0);
	});

	test('IM-01 a picture to start from is chosen, shown, sent and changed', async () => {
		const page = await browser.page({ baseURL: headway.url, reducedMotion: true });
		await open(page, '/?operation=image');
		const picture = new PNG({ width: 256, height: 256 });
		picture.data.fill(200);
		const file = { name: 'beach.png', mimeType: 'image/png', buffer: PNG.sync.write(picture) };
		await page.getByLabel('Add pictures').setInputFiles(file);
		await page.locator('[data-picture=ready]').waitFor();
		await expectNoAxeViolations(page);
		await page.getByLabel('Description').fill('The same beach at night');
		await page.keyboard.press('Control+Enter');
		await page.waitForURL(/\/jobs\//);
		await untilStatus(page, 'succeeded');
		await page.locator('[data-action=again]').click();
		await page.locator('[data-picture=ready]').waitFor();
		expect(await page.getByLabel('Description').inputValue()).toBe('The same beach at night');
	});

	test('PG-04 the theme of the preferences is that of the rail, and holds over a reload', async () => {
		const page = await browser.page({ baseURL: headway.url });
		await open(page, '/preferences');
		await page.locator('main').getByRole('radio', { name: 'Dark theme' }).click();
		const chosen = () => page.locator('aside').getByRole('radio', { name: 'Dark theme' }).getAttribute('aria-checked');
		await expect.poll(chosen).toBe('true');
		await page.reload();
		await ready(page);
		expect(await page.evaluate(() => document.documentElement.dataset.theme)).toBe('dark');
	});
});
