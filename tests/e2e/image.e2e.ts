import type { Page } from 'playwright';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openBrowser, pageErrors } from './support/browser.ts';
import type { TestBrowser } from './support/browser.ts';
import { idOf, ready, startHeadway, untilStatus } from './support/headway.ts';
import type { Headway } from './support/headway.ts';
import {
	askForImage,
	badgeIn,
	contrastOf,
	detailOf,
	differing,
	distance,
	endedImage,
	film,
	frameOf
} from './support/images.ts';
import type { Frame, ImageJob } from './support/images.ts';
import { record } from './support/recorder.ts';
import type { Recording } from './support/recorder.ts';

const prompt = 'A lighthouse on a cliff at sunset, over a quiet sea';

/** What happened to pictures in memory, and to the stage, since the page began. */
interface Watched {
	made: number;
	held: number;
	mostHeld: number;
	badges: string[];
	mostPreviews: number;
	sizes: string[];
	/** Where it stood on the page, from the first preview on. */
	places: string[];
}

/** Runs in the page. */
function watchPictures(): void {
	const watched: Watched = { made: 0, held: 0, mostHeld: 0, badges: [], mostPreviews: 0, sizes: [], places: [] };
	Object.assign(globalThis, { watched });
	const { createObjectURL, revokeObjectURL } = URL;
	URL.createObjectURL = (source) => {
		watched.made += 1;
		watched.held += 1;
		watched.mostHeld = Math.max(watched.mostHeld, watched.held);
		return createObjectURL.call(URL, source);
	};
	URL.revokeObjectURL = (url) => {
		watched.held -= 1;
		revokeObjectURL.call(URL, url);
	};
	const look = () => {
		const badge = document.querySelector('[data-badge]')?.firstChild?.textContent?.trim();
		if (badge && badge !== watched.badges.at(-1)) watched.badges.push(badge);
		watched.mostPreviews = Math.max(watched.mostPreviews, document.querySelectorAll('img[data-preview]').length);
		const box = document.querySelector('[data-stage]')?.getBoundingClientRect();
		const size = box ? `${Math.round(box.width)}x${Math.round(box.height)}` : null;
		if (size && size !== watched.sizes.at(-1)) watched.sizes.push(size);
		const place = box ? `${Math.round(box.x)},${Math.round(box.y + scrollY)}` : null;
		if (place && watched.badges.length > 0 && place !== watched.places.at(-1)) watched.places.push(place);
		requestAnimationFrame(look);
	};
	requestAnimationFrame(look);
}

/** One picture at a person's pace, filmed from the first preview to after the last fade; every test here asks what was seen. */
describe('a picture, from the description to the final image', () => {
	let headway: Headway;
	let browser: TestBrowser;
	let page: Page;
	let frames: Frame[];
	let last: Frame;
	let late: { badge: string | null; ms: number };
	let seen: Recording;
	let watched: Watched;
	let job: ImageJob;
	let errors: string[];

	beforeAll(async () => {
		[headway, browser] = await Promise.all([startHeadway(1), openBrowser()]);
		page = await browser.page({ baseURL: headway.url, clipboard: true });
		errors = pageErrors(page);
		const recording = await record(page);
		await page.addInitScript(watchPictures);
		const id = await askForImage(page, prompt, { Quality: 'medium' });
		const stage = page.locator('[data-stage="1"]');
		await stage.locator('[data-badge]').waitFor();
		const slow = slowLastFade(page);
		const isOver = async () =>
			(await stage.locator('[data-final=shown]').count()) > 0 && (await stage.locator('[data-preview]').count()) === 0;
		[frames, late] = await Promise.all([film(stage, isOver), arriveLate(browser, `${headway.url}/jobs/${id}`)]);
		await slow;
		await untilStatus(page, 'succeeded');
		last = await frameOf(stage);
		await page.waitForFunction(() => !document.title.startsWith('('));
		seen = await recording();
		watched = await page.evaluate(() => (globalThis as unknown as { watched: Watched }).watched);
		job = await endedImage(headway.url, id);
	});
	afterAll(async () => {
		await browser?.close();
		await headway?.stop();
	});

	/** Frames with a badge, by what it said. */
	const showing = (badge: string) => frames.filter((frame) => frame.badge === badge).map(({ picture }) => picture);

	test('PG-02 the phases are Processing prompt, Generating image and Finalizing, in order', () => {
		const current = seen.samples.flatMap(({ phases }) => phases.filter((phase) => phase.endsWith(':current')));
		const order = current.filter((name, index, all) => name !== all[index - 1]);
		expect(order).toEqual(['processing:current', 'generating:current', 'finalizing:current']);
		expect(job.phases.map(({ label }) => label)).toEqual(['Processing prompt', 'Generating image', 'Finalizing']);
	});

	test('IM-03 IM-04 IR-04 three previews come, 1, 2 and 3, each with its badge', () => {
		expect(watched.badges).toEqual(['Preview 1', 'Preview 2', 'Preview 3']);
		expect(job.result?.images[0]?.previews).toBe(3);
	});

	test('IM-06 each preview is coarser than the next, and the last than the final image', () => {
		const shown = ['Preview 1', 'Preview 2', 'Preview 3'].map((badge) => detailOf(showing(badge).at(-1)!));
		const details = [...shown, detailOf(last.picture)];
		expect(details).toEqual(details.toSorted((a, b) => a - b));
		expect(details[3]! / details[0]!).toBeGreaterThan(1.5);
		expect(differing(showing('Preview 1').at(-1)!, last.picture)).toBeGreaterThan(0.05);
	});

	test('IM-07 each preview takes the place of the one before', () => {
		expect(watched.mostPreviews).toBe(1);
		const [first, second] = [showing('Preview 1').at(-1)!, showing('Preview 3').at(-1)!];
		expect(differing(first, second)).toBeGreaterThan(0.01);
	});

	test('IM-08 no frame between the first preview and the final image is blank', () => {
		const first = frames.findIndex(({ badge }) => badge === 'Preview 1');
		// The first one fades in, from the second frame on it stands.
		const after = frames.slice(first).filter(({ badge }) => badge !== 'Preview 1');
		const least = Math.min(...[showing('Preview 1').at(-1)!, last.picture].map(contrastOf));
		expect(after.length).toBeGreaterThan(10);
		expect(Math.min(...after.map(({ picture }) => contrastOf(picture)))).toBeGreaterThan(least * 0.8);
	});

	test('IM-08 the final image replaces the last preview smoothly: every frame lies between the two', () => {
		const preview = showing('Preview 3').at(-1)!;
		const apart = distance(preview, last.picture);
		const start = frames.findLastIndex(({ badge }) => badge === 'Preview 3');
		const fade = frames.slice(start);
		expect(fade.length).toBeGreaterThan(2);
		for (const { picture } of fade) {
			const detour = distance(preview, picture) + distance(picture, last.picture);
			expect(detour).toBeLessThan(apart * 1.2 + 1);
		}
		expect(distance(fade.at(-1)!.picture, last.picture)).toBeLessThan(apart / 4 + 0.5);
	});

	test('IM-08 the stage has its shape from the start: nothing on it moves', () => {
		expect(watched.sizes).toHaveLength(1);
	});

	test('IM-08 it stands where it stood, also when the job is done: nothing above it comes or goes', () => {
		expect(watched.places).toHaveLength(1);
	});

	test('IM-13 no more than one preview is held in the page, and none at the end', () => {
		expect(watched.made).toBe(3);
		expect(watched.mostHeld).toBe(1);
		expect(watched.held).toBe(0);
	});

	test('PG-12 IM-07 who arrives late gets the newest preview at once, in another tab or on another device', () => {
		expect(late.badge).toMatch(/^Preview [123]$/);
		expect(late.ms).toBeLessThan(2_000);
	});

	test('IM-12 the time from the first preview to the final image is shown', async () => {
		const [image] = job.result!.images;
		const words = `${(image!.previewToFinalMs! / 1_000).toFixed(1)} s from the first of 3 previews to the final picture`;
		expect(await page.locator('[data-preview-to-final]').innerText()).toBe(words);
		expect(image!.previewToFinalMs).toBeGreaterThan(1_000);
	});

	test('IM-05 IM-11 the final image comes by its address, at its full size', async () => {
		const final = page.locator('img[data-final]');
		expect(await final.getAttribute('src')).toBe(job.result?.images[0]?.url);
		expect(await final.evaluate((each) => (each as HTMLImageElement).naturalWidth)).toBe(1_024);
		expect(await page.locator('[data-facts]').innerText()).toContain('1024 × 1024 pixels, PNG');
	});

	test('PG-07 the percentage never falls and never rests for 5 s; BY-04 it says that it is estimated', () => {
		const running = seen.samples.filter(({ status, percentage }) => status === 'running' && percentage !== null);
		const moves = running.filter(({ percentage }, index) => percentage !== running[index - 1]?.percentage);
		expect(moves.length).toBeGreaterThan(5);
		for (const [index, { at, percentage }] of moves.slice(1).entries()) {
			expect(percentage).toBeGreaterThan(moves[index]?.percentage ?? Infinity);
			expect(at - (moves[index]?.at ?? 0)).toBeLessThan(5_000);
		}
		expect(new Set(running.map(({ basis }) => basis))).toEqual(new Set(['estimated']));
	});

	test('PG-13 each phase is announced once, and no preview is', () => {
		const said = seen.said.filter((text) => text !== '').slice(1);
		expect(said.filter((text) => /preview/i.test(text))).toEqual([]);
		expect(said).toContain('Finalizing, phase 3 of 3.');
	});

	test('IR-09 the image is copied as a picture', async () => {
		await page.locator('[data-action=copy]').click();
		await page.locator('[data-action=copy]').getByText('Copied').waitFor();
		const types = await page.evaluate(async () => (await navigator.clipboard.read()).flatMap(({ types }) => types));
		expect(types).toContain('image/png');
	});

	test('IR-09 the image downloads under the name of its description', async () => {
		const [download] = await Promise.all([
			page.waitForEvent('download'),
			page.locator('[data-action=download]').click()
		]);
		expect(download.suggestedFilename()).toBe(job.result?.images[0]?.name);
		expect(download.suggestedFilename()).toMatch(/^a-lighthouse-on-a-cliff-at-sunset.*\.png$/);
	});

	test('PG-11 the image has its icon, a palette', async () => {
		expect(await page.locator('article header [data-icon=palette]').count()).toBe(1);
	});

	test('IM-11 PG-12 after a reload the final image is there, and no preview', async () => {
		await page.reload();
		await ready(page);
		expect(await page.locator('img[data-final=shown]').count()).toBe(1);
		expect(await page.locator('[data-badge], img[data-preview], [data-stage] [role=alert]').count()).toBe(0);
		expect(idOf(page)).toBe(job.id);
	});

	test('PG-12 without scripts the final image is there to see', async () => {
		const plain = await browser.page({ baseURL: headway.url, javaScript: false });
		await plain.goto(`/jobs/${job.id}`);
		const final = plain.locator('img[data-final]');
		await expect.poll(() => final.evaluate((each) => getComputedStyle(each).opacity)).toBe('1');
		await plain.context().close();
	});

	test('IM-07 nothing broke the content policy, and nothing failed', () => {
		expect(seen.violations).toEqual([]);
		expect(errors).toEqual([]);
	});
});

/** Makes the fade at the end take four times as long, so that several frames of it are seen on a busy machine. */
async function slowLastFade(page: Page): Promise<void> {
	await page.locator('[data-badge]').getByText('Preview 3').waitFor();
	const devtools = await page.context().newCDPSession(page);
	await devtools.send('Animation.enable');
	await devtools.send('Animation.setPlaybackRate', { playbackRate: 0.25 });
}

/** Opens a running job on another device; tells what badge it shows, and how soon. */
async function arriveLate(browser: TestBrowser, url: string): Promise<{ badge: string | null; ms: number }> {
	const other = await browser.page();
	await other.goto(url, { waitUntil: 'commit' });
	const began = performance.now();
	const badge = other.locator('[data-badge]');
	await badge.waitFor();
	const ms = performance.now() - began;
	const text = badgeIn(await badge.innerText());
	await other.context().close();
	return { badge: text, ms };
}
