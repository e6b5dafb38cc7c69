import type { Page } from 'playwright';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { closePages, openBrowser, pageErrors } from './support/browser.ts';
import type { TestBrowser } from './support/browser.ts';
import { cancelJob, idOf, open, ready, startHeadway, startResearch, untilStatus } from './support/headway.ts';
import type { Headway } from './support/headway.ts';

const question = 'Why do earthquakes come in clusters?';

describe('cancelling a research', () => {
	let headway: Headway;
	let browser: TestBrowser;
	let page: Page;
	const cancel = () => page.locator('[data-action=cancel]');
	const receipt = (line: string) =>
		page.locator('[data-ending=receipt] dl > div').filter({ has: page.locator('dt', { hasText: line }) });

	beforeAll(async () => {
		[headway, browser] = await Promise.all([startHeadway(4), openBrowser()]);
	});
	afterEach(() => closePages(browser.browser));
	afterAll(async () => {
		await browser?.close();
		await headway?.stop();
	});

	async function started(): Promise<string> {
		page = await browser.page({ baseURL: headway.url });
		return startResearch(page, question, 'Deep');
	}

	test('CX-02 CX-05 CX-06 CX-09 CX-10 BY-05 a cancel ends with a receipt that the provider confirmed, and what was made stays', async () => {
		const id = await started();
		await page.locator('[data-section=Reasoning] li').first().waitFor();
		await page.locator('[data-section=Searches] li').first().waitFor();
		await cancelJob(page);
		await untilStatus(page, 'cancelled');
		expect(await page.locator('[data-ending=receipt] h2').innerText()).toBe('Cancelled. The receipt:');
		expect(await receipt('Asked').innerText()).toMatch(/by you\s+\d\d:\d\d:\d\d/);
		expect(await receipt('Provider').innerText()).toMatch(/confirmed the cancel\s+\+\d+\.\d s/);
		expect(await receipt('Stopped').innerText()).toMatch(/\+\d+\.\d s/);
		expect(await receipt('Cleaned up').count()).toBeGreaterThanOrEqual(1);
		expect(await receipt('Cost').innerText()).toMatch(/\$\d+\.\d\d.* tokens/s);
		expect(await receipt('Kept').innerText()).toMatch(/\d+ searches?, \d+ reasoning notes?/);
		expect((await headway.responses()).find(({ jobId }) => jobId === id)?.status).toBe('cancelled');
		const { state } = await headway.job(id);
		await page.locator('[data-section=Searches]').getByRole('button', { name: 'Searches' }).click();
		expect(await page.locator('[data-section=Searches] li').count()).toBe(state.calls.length);
		await page.locator('[data-section=Searches] li').first().waitFor({ state: 'visible' });
		expect(await cancel().count()).toBe(0);
	});

	test('CX-03 a click shows Cancelling… with a spinner within 200 ms, and a reload still shows it', async () => {
		await headway.arm({ name: 'slow_headers', on: 'cancel', ms: 3_000 });
		const id = await started();
		await page.locator('[data-phase][aria-current=step]').waitFor();
		await cancel().click();
		await page.getByText('Cancel this job?').waitFor();
		const took = await page.evaluate(async () => {
			const button = document.querySelector<HTMLElement>('[data-action=cancel]');
			const began = performance.now();
			button?.click();
			while (!button?.innerText.includes('Cancelling…')) {
				if (performance.now() - began > 2_000) break;
				await new Promise((resolve) => requestAnimationFrame(resolve));
			}
			return performance.now() - began;
		});
		expect(took).toBeLessThan(200);
		const turns = () =>
			cancel()
				.locator('svg')
				.evaluate((icon) => getComputedStyle(icon).animationName !== 'none');
		expect(await turns()).toBe(true);
		await page.reload();
		await ready(page);
		expect(await cancel().innerText()).toContain('Cancelling…');
		expect(await turns()).toBe(true);
		expect(await page.locator('article [data-status=cancelling]').count()).toBe(1);
		expect((await headway.job(id)).status).toBe('running');
		await untilStatus(page, 'cancelled');
	});

	test('CX-13 one click asks first, a double click cancels nothing, and clicks after the confirming one change nothing', async () => {
		await headway.arm({ name: 'slow_headers', on: 'cancel', ms: 1_500 });
		const id = await started();
		const orders: string[] = [];
		page.on('request', (request) => {
			if (/jobs\.cancel/.test(request.url())) orders.push(request.url());
		});
		await cancel().dblclick();
		await page.getByText('Cancel this job?').waitFor();
		expect((await headway.job(id)).cancelRequestedAt).toBeNull();
		await page.keyboard.press('Escape');
		await cancelJob(page);
		await page.getByText('Cancelling…').first().waitFor();
		// It is marked as disabled; a person may press it all the same.
		await cancel().click({ force: true });
		await cancel().click({ force: true });
		await untilStatus(page, 'cancelled');
		expect(orders).toHaveLength(1);
		expect((await headway.job(id)).receipt?.provider).toBe('confirmed');
	});

	test('CX-12 right after a cancel a new research starts, by Retry with the same question and from the home page', async () => {
		const first = await started();
		await cancelJob(page);
		await untilStatus(page, 'cancelled');
		await page.locator('[data-action=retry]').click();
		await page.waitForURL((url) => !url.pathname.endsWith(first));
		await untilStatus(page, 'running');
		expect((await headway.job(idOf(page))).input).toMatchObject({ query: question, depth: 'deep' });
		await headway.cancel(idOf(page));
		await startResearch(page, question);
		await untilStatus(page, 'running');
		await headway.cancel(idOf(page));
	});

	test('CX-14 after a cancel nothing reconnects, and nothing is an error', async () => {
		await started();
		const errors = pageErrors(page);
		await page.locator('[data-live] li').first().waitFor();
		await cancelJob(page);
		await untilStatus(page, 'cancelled');
		const asked: string[] = [];
		page.on('request', (request) => {
			if (/\/api\//.test(request.url())) asked.push(request.url());
		});
		await page.waitForTimeout(5_000);
		expect(asked).toEqual([]);
		expect(await page.locator('[data-connection]').getAttribute('data-connection')).toBe('live');
		expect(errors).toEqual([]);
	});

	test('BY-05 a provider that fails when asked to cancel is said to be unconfirmed, in words', async () => {
		await headway.arm({ name: 'cancel_error', times: -1 });
		// So slowly that the provider, which goes on, has no usage to tell before the page was looked at.
		await headway.pace(1);
		await started();
		await page.locator('[data-live] li').first().waitFor();
		await cancelJob(page);
		await untilStatus(page, 'cancelled', 15_000);
		expect(await receipt('Provider').innerText()).toContain(
			'did not confirm the cancel: it may still run there, and be billed'
		);
		expect(await receipt('Cost').innerText()).toMatch(/not confirmed/);
		expect(await receipt('Provider').locator('svg').getAttribute('class')).toContain('text-warn');
		await headway.pace(4);
		await headway.arm();
	});

	test('CX-01 CX-02 a queued job can be cancelled too, and then nothing was asked of the provider', async () => {
		const running = await Promise.all([1, 2, 3, 4].map(() => headway.research(question, 'deep')));
		const queued = await headway.research(question);
		page = await browser.page({ baseURL: headway.url });
		await open(page, `/jobs/${queued.id}`);
		await untilStatus(page, 'queued');
		expect(await page.locator('[data-readout=Status]').innerText()).toMatch(/place 1 in the queue/);
		await cancelJob(page);
		await untilStatus(page, 'cancelled');
		expect(await receipt('Provider').innerText()).toContain('had nothing running');
		for (const { id } of running) await headway.cancel(id);
	});
});
