import type { Page } from 'playwright';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { closePages, openBrowser, pageErrors } from './support/browser.ts';
import type { TestBrowser } from './support/browser.ts';
import { startHeadway, startResearch, untilStatus } from './support/headway.ts';
import type { Headway } from './support/headway.ts';

describe('finishing a research early', () => {
	let headway: Headway;
	let browser: TestBrowser;
	const finish = (page: Page) => page.locator('[data-action=finish]');
	const dialog = (page: Page) => page.locator('[data-dialog=finish]');

	beforeAll(async () => {
		[headway, browser] = await Promise.all([startHeadway(2), openBrowser()]);
	});
	afterEach(() => closePages(browser.browser));
	afterAll(async () => {
		await browser?.close();
		await headway?.stop();
	});

	test('BY-06 BY-11 the price is said first; by keyboard alone the report is written from what there is, in every tab', async () => {
		const page = await browser.page({ baseURL: headway.url });
		const errors = pageErrors(page);
		const id = await startResearch(page, 'Why do earthquakes come in clusters?', 'Deep');
		expect(await finish(page).getAttribute('aria-disabled')).toBe('true');
		await page.locator('[data-section="Sources found"] li').first().waitFor();
		const other = await page.context().newPage();
		await other.goto(`/jobs/${id}`);
		await finish(page).focus();
		await page.keyboard.press('Enter');
		await dialog(page).getByText('It costs nothing more: the demo is free.').waitFor();
		expect((await headway.responses()).filter(({ jobId }) => jobId === id)).toHaveLength(1);
		await page.keyboard.press('Escape');
		await dialog(page).waitFor({ state: 'detached' });
		await page.keyboard.press('Enter');
		await dialog(page).getByText('the demo is free').waitFor();
		const confirm = dialog(page).getByRole('button', { name: 'Finish now' });
		await confirm.focus();
		await page.keyboard.press('Enter');
		await Promise.all([page, other].map((tab) => finish(tab).getByText('Finishing…').waitFor()));
		await untilStatus(page, 'incomplete');
		expect(await page.locator('[data-notice=incomplete]').innerText()).toMatch(
			/^Finished early, as asked: written from \d+ search(es)? and \d+ sources?, before the research was over\.$/
		);
		expect(await page.locator('[data-report]').innerText()).toContain('The search was ended early');
		const made = (await headway.responses()).filter(({ jobId }) => jobId === id);
		expect(made.map(({ status }) => status).sort()).toEqual(['cancelled', 'completed']);
		expect(errors).toEqual([]);
	});
});
