import type { Page } from 'playwright';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { closePages, expectNoAxeViolations, openBrowser, type TestBrowser } from './support/browser.ts';
import { eventually, open, percentageOf, startHeadway, untilStatus, type Headway } from './support/headway.ts';
import { record } from './support/recorder.ts';
import { StreamProxy } from './support/stream-proxy.ts';

const question = 'How do glaciers move?';
const layer = (page: Page, place: number) => page.locator(`[data-layer="${place}"]`);

describe('a connection in trouble', () => {
	let headway: Headway;
	let browser: TestBrowser;
	let network: StreamProxy;

	beforeAll(async () => {
		[headway, browser] = await Promise.all([startHeadway(2, { env: { HEADWAY_QUIET_AFTER: '6' } }), openBrowser()]);
		network = await StreamProxy.start(headway.url);
	});
	afterEach(async () => {
		network.fate = 'pass';
		await closePages(browser.browser);
	});
	afterAll(async () => {
		network?.close();
		await browser?.close();
		await headway?.stop();
	});

	test('AG-06 TS-11 where streams are refused the page asks instead, says so, shows everything once, and leaves that when a stream works', async () => {
		const { id } = await headway.research(question);
		const page = await browser.page({ baseURL: network.url, width: 390 });
		const recorded = await record(page);
		network.fate = 'refuse';
		await page.goto(`/jobs/${id}`);
		const line = page.locator('[data-connection]');
		await line.getByText('Live updates do not get through. Asking every few seconds instead.').waitFor();
		expect(await layer(page, 0).innerText()).toMatch(/^Browser ⇄ Headway: asking every 3 s, heard \d+ s ago$/);
		await expectNoAxeViolations(page);
		const before = (await percentageOf(page)) ?? 0;
		await eventually(
			() => percentageOf(page),
			(value) => (value ?? 0) > before
		);
		expect(network.polls).toBeGreaterThan(1);
		network.fate = 'pass';
		await page.getByRole('button', { name: 'Try again' }).click();
		await page.locator('[data-connection=live]').waitFor({ state: 'attached' });
		await line.getByText('do not get through').waitFor({ state: 'hidden' });
		const asked = network.polls;
		await untilStatus(page, 'succeeded');
		expect(network.polls).toBe(asked);
		const { state } = await headway.job(id);
		expect(await page.locator('[data-section=Searches] li').count()).toBe(state.calls.length);
		expect(await page.locator('[data-section=Reasoning] li').count()).toBe(state.reasoning.length);
		const { said } = await recorded();
		expect(said.filter((words) => /s ago|heard \d/.test(words))).toEqual([]);
	});

	test('AG-06 TS-11 a middlebox that holds streams back without an answer ends in asking too', async () => {
		await headway.pace(1);
		const { id } = await headway.research(question, 'standard');
		const page = await browser.page({ baseURL: network.url });
		network.fate = 'hold';
		await page.goto(`/jobs/${id}`);
		await page.locator('[data-connection=polling]').waitFor({ state: 'attached', timeout: 15_000 });
		const before = await page.locator('[data-live]').innerText();
		await eventually(
			() => page.locator('[data-live]').innerText(),
			(text) => text !== before
		);
	});

	test('RS-08 TS-11 a stream that goes mute is noticed within 20 s or so and goes on in another, nothing lost', async () => {
		await headway.pace(0.5);
		const { id } = await headway.research(question);
		const page = await browser.page({ baseURL: network.url });
		await open(page, `/jobs/${id}`);
		await page.locator('[data-live] li').first().waitFor();
		network.fate = 'mute';
		const streams = network.streams;
		await page.locator('[data-connection=retrying]').waitFor({ state: 'attached', timeout: 23_000 });
		network.fate = 'pass';
		await page.locator('[data-connection=live]').waitFor({ state: 'attached' });
		expect(network.streams).toBeGreaterThan(streams);
		await untilStatus(page, 'succeeded');
		const { state } = await headway.job(id);
		expect(await page.locator('[data-section=Searches] li').count()).toBe(state.calls.length);
	});

	test('BY-12 one line says how each layer is: streaming with the time, the provider cut off, the provider silent', async () => {
		await headway.pace(1);
		await headway.arm({ name: 'stall', times: 1, on: 'stream', after: 8, ms: 60_000 });
		const { id } = await headway.research(question);
		const page = await browser.page({ baseURL: headway.url });
		await open(page, `/jobs/${id}`);
		await layer(page, 1)
			.getByText(/streaming, heard \d\d:\d\d:\d\d/)
			.waitFor();
		expect(await layer(page, 0).innerText()).toMatch(/^Browser ⇄ Headway: live, heard \d s ago$/);
		await layer(page, 2).getByText('in progress').waitFor();
		await layer(page, 1).getByText('streaming, but silent').waitFor({ timeout: 40_000 });
		expect(await layer(page, 1).getAttribute('data-stuck')).toBe('true');
		expect(await layer(page, 0).getAttribute('data-stuck')).toBeNull();
		await headway.cancel(id);
		await page.getByText('Headway: this job has ended').waitFor();
		await headway.arm();
	});
});
