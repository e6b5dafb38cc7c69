import type { Page } from 'playwright';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { expectNoAxeViolations, openBrowser, pageErrors } from './support/browser.ts';
import type { TestBrowser } from './support/browser.ts';
import { open, overflowOf, ready, startHeadway } from './support/headway.ts';
import type { Headway } from './support/headway.ts';

const question = 'How does a battery recycling plant work?';

describe('the page of the providers', () => {
	let headway: Headway;
	let browser: TestBrowser;
	let page: Page;
	const section = () => page.locator('[data-provider=demo]');
	const standing = (state: string) => section().locator(`[data-standing=${state}]`);

	beforeAll(async () => {
		const env = { HEADWAY_PROVIDER_PAUSE: '3' };
		[headway, browser] = await Promise.all([startHeadway(40, { env }), openBrowser()]);
		page = await browser.page({ baseURL: headway.url });
	});
	afterAll(async () => {
		await browser?.close();
		await headway?.stop();
	});

	test('TS-14 it is found from every page, and says of the demo what it is', async () => {
		const errors = pageErrors(page);
		await open(page, '/');
		await page.getByRole('link', { name: 'Providers' }).click();
		await page.getByRole('heading', { name: 'Providers', level: 1 }).waitFor();
		expect(await page.locator('[data-provider]').count()).toBe(1);
		expect(await section().innerText()).toContain('no language model');
		expect(await standing('closed').innerText()).toBe('Not asked yet');
		expect(errors).toEqual([]);
	});

	test('TS-14 Test asks the provider, and says what came of it', async () => {
		await open(page, '/providers');
		await section().locator('[data-action=test]').click();
		await section().locator('[data-test=true]').waitFor();
		expect(await section().locator('[data-test]').innerText()).toMatch(
			/^It answers, and has \d+ models, demo-research-1 among them\. Tested .+, in \d+ ms\.$/
		);
	});

	test('TS-14 RS-06 a refused key shows without a reload; what follows is told that nothing was sent; Test lets it go on', async () => {
		await headway.arm({ name: 'auth' });
		await open(page, '/providers');
		const refused = await headway.research(question);
		expect((await headway.job(refused.id, true)).error?.code).toBe('provider_auth');
		await standing('held').waitFor();
		expect(await section().locator('[data-last-error]').innerText()).toMatch(
			/was refused\. Check it in the settings\./
		);

		const stopped = await headway.research(question);
		expect((await headway.job(stopped.id, true)).status).toBe('failed');
		const other = await browser.page({ baseURL: headway.url });
		await other.goto(`/jobs/${stopped.id}`);
		await ready(other);
		const ending = await other.locator('[data-ending=failed]').innerText();
		expect(ending).toContain('The provider is given a pause');
		expect(ending).toContain('nothing was sent');
		await other.context().close();
		expect((await headway.responses()).map(({ jobId }) => jobId)).not.toContain(stopped.id);

		await section().locator('[data-action=test]').click();
		await standing('closed').waitFor();
		const next = await headway.research(question);
		expect((await headway.job(next.id, true)).status).toBe('succeeded');
	});

	test('TS-13 TS-14 one that fails again and again is paused; when the pause is over one request is let through, and it goes on', async () => {
		await headway.arm({ name: 'server_error', times: 5 });
		await open(page, '/providers');
		const begun = await Promise.all([1, 2, 3, 4, 5].map(() => headway.research(question)));
		await standing('open').waitFor();
		expect(await standing('open').innerText()).toMatch(/^Paused until \d\d:\d\d:\d\d$/);
		for (const { id } of begun) expect((await headway.job(id, true)).status).toBe('succeeded');
		await standing('closed').waitFor();
		await section().getByText('Fine', { exact: true }).waitFor();
	});

	test.each([1280, 390])('BY-11 at %i px it fits and is accessible, in light and dark', async (width) => {
		await page.setViewportSize({ width, height: 900 });
		await open(page, '/providers');
		await section().locator('[data-action=test]').click();
		await section().locator('[data-test=true]').waitFor();
		expect(await overflowOf(page)).toBe(0);
		for (const colorScheme of ['light', 'dark'] as const) {
			await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
			if (process.env.HEADWAY_SHOTS)
				await page.screenshot({
					path: `${process.env.HEADWAY_SHOTS}/providers-${width}-${colorScheme}.png`,
					fullPage: true
				});
			await expectNoAxeViolations(page);
		}
	});
});
