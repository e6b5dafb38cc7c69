import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Page } from 'playwright';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { CuttingProxy } from '../http/cutting-proxy.ts';
import { closePages, openBrowser } from './support/browser.ts';
import type { TestBrowser } from './support/browser.ts';
import { eventually, open, percentageOf, startHeadway, startResearch, untilStatus } from './support/headway.ts';
import type { Headway } from './support/headway.ts';

const question = 'How do undersea cables get repaired?';

describe('leaving and coming back', () => {
	let headway: Headway;
	let browser: TestBrowser;

	beforeAll(async () => {
		const dataDir = mkdtempSync(join(tmpdir(), 'headway-reattach-'));
		[headway, browser] = await Promise.all([startHeadway(6, { dataDir }), openBrowser()]);
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

	test('RS-11 RS-07 two devices see the same research to its end, though the connection of one is cut again and again', async () => {
		const network = await CuttingProxy.start(headway.url);
		const page = await browser.page({ baseURL: network.url });
		const errors: string[] = [];
		page.on('pageerror', ({ message }) => errors.push(message));
		const id = await startResearch(page, question);
		const device = await browser.page({ baseURL: headway.url, width: 390 });
		await open(device, `/jobs/${id}`);
		for (const kind of ['Reasoning', 'Searches', 'Sources found']) {
			await page.locator(`[data-section="${kind}"] li`).first().waitFor();
			network.cutAll();
		}
		for (const each of [page, device]) await untilStatus(each, 'succeeded');
		for (const each of [page, device]) await expectWholeOnce(each, id);
		const texts = [page, device].map((each) => each.locator('[data-live] li, .prose').allTextContents());
		const [first, second] = await Promise.all(texts);
		expect(first?.length).toBeGreaterThan(5);
		expect(first).toEqual(second);
		expect(errors).toEqual([]);
	});

	test('RS-07 without a network the page says so calmly, and catches up when it is back', async () => {
		// The browser's own switch refuses new connections but leaves open ones alone.
		const network = await CuttingProxy.start(headway.url);
		const page = await browser.page({ baseURL: network.url });
		const id = await startResearch(page, question);
		const line = page.locator('[data-connection]');
		await page.locator('[data-live] li').first().waitFor();
		await page.context().setOffline(true);
		network.cutAll();
		await line.getByText('You are offline.').waitFor();
		expect(await page.locator('article [data-status=running]').count()).toBe(1);
		await headway.job(id, true);
		expect(await page.locator('article [data-status=running]').count()).toBe(1);
		await page.context().setOffline(false);
		await untilStatus(page, 'succeeded');
		await line.getByText('offline').waitFor({ state: 'hidden' });
		await expectWholeOnce(page, id);
	});

	test('BY-01 RS-07 RS-13 the server is killed in the middle and started again: the open page finishes by itself, nothing twice', async () => {
		await headway.pace(2);
		const page = await browser.page({ baseURL: headway.url });
		const line = page.locator('[data-connection]');
		const id = await startResearch(page, question);
		await page.locator('[data-section=Searches] li').first().waitFor();
		const before = (await percentageOf(page)) ?? NaN;
		await headway.kill();
		await line.getByText('Headway does not answer; trying again').waitFor();
		expect(await page.locator('[data-section=Searches] li').first().isVisible()).toBe(true);
		headway = await startHeadway(2, headway.options);
		await line.getByText('does not answer').waitFor({ state: 'hidden' });
		await page.locator('[data-notice=reconnected]').first().waitFor();
		expect(await page.locator('[data-notice=reconnected]').first().innerText()).toMatch(
			/^Reconnected to the demo provider/
		);
		await eventually(
			() => percentageOf(page),
			(value) => (value ?? 0) >= before
		);
		await untilStatus(page, 'succeeded');
		await expectWholeOnce(page, id);
		expect((await headway.responses()).filter(({ jobId }) => jobId === id)).toHaveLength(1);
	});
});
