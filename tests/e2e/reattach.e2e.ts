import { rmSync } from 'node:fs';
import type { Page } from 'playwright';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { closePages, openBrowser } from './support/browser.ts';
import type { TestBrowser } from './support/browser.ts';
import { eventually, open, percentageOf, startHeadway, startResearch, untilStatus } from './support/headway.ts';
import type { Headway } from './support/headway.ts';

const question = 'How do undersea cables get repaired?';

describe('leaving and coming back', () => {
	let headway: Headway;
	let browser: TestBrowser;

	beforeAll(async () => {
		[headway, browser] = await Promise.all([startHeadway(4), openBrowser()]);
	});
	afterEach(() => closePages(browser.browser));
	afterAll(async () => {
		await browser?.close();
		await headway?.stop();
		rmSync(headway.dataDir, { recursive: true, force: true });
	});

	async function expectWholeOnce(page: Page, id: string): Promise<void> {
		const { state, result } = await headway.job(id);
		expect(result?.complete).toBe(true);
		const calls = state.calls.map(({ callId }) => callId);
		expect(new Set(calls).size).toBe(calls.length);
		expect(await page.locator('[data-section=Searches] li').count()).toBe(calls.length);
		expect(await page.locator('[data-section=Reasoning] li').count()).toBe(state.reasoning.length);
		expect(await page.locator('[data-report] h1, [data-report] .depth-1').count()).toBe(1);
		expect(await page.locator('[data-report] .prose').innerText()).toContain('In short.');
		expect(await page.locator('[aria-label=Sources] > li').count()).toBe(result?.sources.length);
	}

	test('PG-12 RS-07 a tab that was closed in the middle opens again where the research is now, and sees its end', async () => {
		const context = await browser.context({ baseURL: headway.url });
		const page = await context.newPage();
		const id = await startResearch(page, question);
		await page.locator('[data-live] li').first().waitFor();
		const before = (await percentageOf(page)) ?? NaN;
		await page.close();
		const again = await context.newPage();
		await open(again, `/jobs/${id}`);
		expect(await percentageOf(again)).toBeGreaterThanOrEqual(before);
		await untilStatus(again, 'succeeded');
		await expectWholeOnce(again, id);
	});

	test('RS-11 two devices that watch the same research see the same, from the start to the end', async () => {
		const page = await browser.page({ baseURL: headway.url });
		const id = await startResearch(page, question);
		const device = await browser.page({ baseURL: headway.url, width: 390 });
		await open(device, `/jobs/${id}`);
		for (const each of [page, device]) await untilStatus(each, 'succeeded');
		for (const each of [page, device]) await expectWholeOnce(each, id);
		const texts = await Promise.all([page, device].map((each) => each.locator('[data-live] li, .prose').allTextContents()));
		expect(texts[0]?.length).toBeGreaterThan(5);
		expect(texts[0]).toEqual(texts[1]);
	});

	test('RS-07 without a network the page says so calmly, and catches up when it is back', async () => {
		const page = await browser.page({ baseURL: headway.url });
		const id = await startResearch(page, question);
		const line = page.locator('[data-connection]');
		await page.locator('[data-live] li').first().waitFor();
		await page.context().setOffline(true);
		await line.getByText('This device is offline. Jobs go on').waitFor();
		expect(await page.locator('article [data-status=running]').count()).toBe(1);
		await headway.job(id, true);
		await page.context().setOffline(false);
		await untilStatus(page, 'succeeded');
		await line.getByText('offline').waitFor({ state: 'hidden' });
		await expectWholeOnce(page, id);
	});

	test('RS-07 while the server is away the page says so, keeps what it has, and comes back by itself', async () => {
		const page = await browser.page({ baseURL: headway.url });
		const id = await startResearch(page, question);
		await untilStatus(page, 'succeeded');
		await headway.kill();
		const line = page.locator('[data-connection]');
		await line.getByText('The live connection was lost. Trying again').waitFor();
		expect(await page.locator('[data-report] .prose').innerText()).toContain('In short.');
		headway = await startHeadway(4, headway.options);
		await line.getByText('lost').waitFor({ state: 'hidden', timeout: 20_000 });
		await expectWholeOnce(page, id);
	});

	test('BY-01 RS-13 the server is killed in the middle and started again: the open page finishes by itself, nothing twice', async () => {
		await headway.pace(2);
		const page = await browser.page({ baseURL: headway.url });
		const id = await startResearch(page, question);
		await page.locator('[data-section=Searches] li').first().waitFor();
		const before = (await percentageOf(page)) ?? NaN;
		await headway.kill();
		headway = await startHeadway(2, headway.options);
		await page.locator('[data-notice=reconnected]').first().waitFor({ timeout: 20_000 });
		expect(await page.locator('[data-notice=reconnected]').first().innerText()).toMatch(
			/^Reconnected to the demo provider/
		);
		await eventually(() => percentageOf(page), (value) => (value ?? 0) >= before);
		await untilStatus(page, 'succeeded');
		await expectWholeOnce(page, id);
		expect((await headway.responses()).filter(({ jobId }) => jobId === id)).toHaveLength(1);
	});
});
