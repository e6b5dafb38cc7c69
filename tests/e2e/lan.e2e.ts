import type { Page } from 'playwright';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { nonLoopbackAddress, openBrowser, pageErrors } from './support/browser.ts';
import type { TestBrowser } from './support/browser.ts';
import { open, startHeadway, startResearch, untilStatus } from './support/headway.ts';
import type { Headway } from './support/headway.ts';

const address = nonLoopbackAddress();

/** Plain http at an address that is not loopback: no secure context, so no clipboard, no randomUUID, and an origin to be told right. */
describe.skipIf(address === null)('Headway on a LAN, over plain http', () => {
	let headway: Headway;
	let browser: TestBrowser;
	let page: Page;
	let errors: string[];

	beforeAll(async () => {
		[headway, browser] = await Promise.all([startHeadway(8, { host: '0.0.0.0' }), openBrowser()]);
		page = await browser.page({ baseURL: `http://${address}:${headway.port}` });
		errors = pageErrors(page);
	});
	afterAll(async () => {
		await browser?.close();
		await headway?.stop();
	});

	test('DC-06 a research goes from the question to the report, live, without a secure context', async () => {
		const id = await startResearch(page, 'How are tides made?');
		expect(await page.evaluate(() => window.isSecureContext)).toBe(false);
		await untilStatus(page, 'running');
		await page.locator('[data-live] li').first().waitFor();
		await untilStatus(page, 'succeeded');
		expect((await headway.job(id)).result?.complete).toBe(true);
		expect(await page.locator('[data-report] .prose').innerText()).toContain('In short.');
		expect(errors).toEqual([]);
	});

	test('IR-10 the report is copied although the browser offers no clipboard', async () => {
		expect(await page.evaluate(() => 'clipboard' in navigator && navigator.clipboard !== undefined)).toBe(false);
		const copy = page.locator('[data-action=copy]');
		await copy.click();
		await copy.getByText('Copied').waitFor();
		expect(await copy.evaluate((button) => button === document.activeElement)).toBe(true);
		await open(page, '/');
		await page.getByLabel('Question').focus();
		await page.keyboard.press('Control+V');
		expect(await page.getByLabel('Question').inputValue()).toMatch(
			/^# How are tides made\?[^]*In short\.[^]*## Sources/
		);
	});

	test('BY-15 the forms of the fault panel work: a fault is armed, strikes, and is cleared', async () => {
		await open(page, '/demo');
		await page.getByRole('button', { name: 'Arm quota', exact: true }).click();
		await page.getByText('Armed: quota.').waitFor();
		expect(await page.locator('[data-armed=quota]').count()).toBe(1);
		await startResearch(page, 'How are tides made?');
		await page.locator('[data-ending=failed]').getByText('quota is used up').waitFor();
		await open(page, '/demo');
		expect(await page.locator('[data-armed]').count()).toBe(0);
		await page.getByRole('button', { name: 'Arm auth', exact: true }).click();
		await page.locator('[data-armed=auth]').waitFor();
		await page.getByRole('button', { name: 'Clear all' }).click();
		await page.getByText('Nothing is armed.').waitFor();
		expect(await page.locator('[data-armed]').count()).toBe(0);
	});

	test('BY-15 the fault panel works without scripts too', async () => {
		const plain = await browser.page({ baseURL: `http://${address}:${headway.port}`, javaScript: false });
		await plain.goto('/demo');
		await plain.getByRole('button', { name: 'Arm cut', exact: true }).click();
		await plain.getByText('Armed: cut.').waitFor();
		expect(await plain.locator('[data-armed=cut]').count()).toBe(1);
		await plain.close();
	});

	test('DC-06 a form from another origin is refused', async () => {
		const body = new URLSearchParams({ name: 'quota', times: '1', after: '' });
		const headers = { origin: 'http://elsewhere.example', 'content-type': 'application/x-www-form-urlencoded' };
		const answer = await fetch(`http://${address}:${headway.port}/demo?/arm`, { method: 'POST', headers, body });
		expect(answer.status).toBe(403);
	});
});
