import type { Page } from 'playwright';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { expectNoAxeViolations, openBrowser, pageErrors } from './support/browser.ts';
import type { TestBrowser } from './support/browser.ts';
import { open, overflowOf, startHeadway, untilStatus } from './support/headway.ts';
import type { Headway } from './support/headway.ts';
import { freePort } from '../support/free-port.ts';

describe('tools', () => {
	let headway: Headway;
	let browser: TestBrowser;
	let page: Page;

	beforeAll(async () => {
		// A server of the operator's that is not there.
		const env = { HEADWAY_MCP_SERVERS: `files=http://127.0.0.1:${await freePort()}/mcp` };
		[headway, browser] = await Promise.all([startHeadway(40, { env }), openBrowser()]);
		page = await browser.page({ baseURL: headway.url });
	});
	afterAll(async () => {
		await browser?.close();
		await headway?.stop();
	});

	test('AG-03 the page lists the tools with their arguments, and a server that is not there with why', async () => {
		const errors = pageErrors(page);
		await open(page, '/tools');
		expect(await page.locator('[data-tool]').count()).toBe(7);
		await page.locator('[data-tool=calculator] summary').click();
		expect(await page.locator('[data-tool=calculator] dl').innerText()).toContain('expression');
		await page.locator('[data-server=files][data-state=failed] [data-problem]').waitFor({ timeout: 30_000 });
		expect(errors).toEqual([]);
	});

	test('OP-04 two tools and one that fails run in one job, and each says how it ended', async () => {
		await open(page, '/?operation=tools');
		await page.locator('[data-add=calculator]').click();
		await page.locator('[data-add=calculator]').click();
		await page.locator('[data-add=current_time]').click();
		const step = (number: number) => page.locator('[data-step]').nth(number);
		await step(0).getByLabel('expression').fill('12 * 12');
		await step(1).getByLabel('expression').fill('12 *');
		await step(2)
			.getByLabel(/timeZone/)
			.fill('UTC');
		await step(2).getByRole('checkbox', { name: '1. Calculator' }).check();
		await page.getByRole('button', { name: 'Start' }).click();
		await page.waitForURL(/\/jobs\//);
		await untilStatus(page, 'incomplete');
		const states = await page
			.locator('article [data-tool]')
			.evaluateAll((rows) => rows.map((row) => (row as HTMLElement).dataset['state']));
		expect(states).toEqual(['completed', 'failed', 'completed']);
		expect(await page.locator('article [data-tool]').first().innerText()).toContain('144');
	});

	test.for([
		{ width: 1280, dark: false },
		{ width: 390, dark: true }
	])('BY-11 the pages hold at $width px, dark: $dark', async ({ width, dark }) => {
		const shown = await browser.page({ baseURL: headway.url, width, dark });
		await open(shown, '/tools');
		await expectNoAxeViolations(shown);
		expect(await overflowOf(shown)).toBe(0);
		await open(shown, '/?operation=tools');
		await shown.locator('[data-add=query_table]').click();
		await shown.locator('[data-step]').waitFor();
		await expectNoAxeViolations(shown);
		expect(await overflowOf(shown)).toBe(0);
		await shown.close();
	});
});
