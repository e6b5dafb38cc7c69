import type { BrowserContext, Page } from 'playwright';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { nonLoopbackAddress, openBrowser, type TestBrowser } from '../e2e/support/browser.ts';
import { eventually, percentageOf, startHeadway, untilStatus, type Headway } from '../e2e/support/headway.ts';

const TABS = 12;
const address = nonLoopbackAddress();

/** How many live streams the server counts as open. */
async function streamsOpen(headway: Headway): Promise<number> {
	const text = await (await fetch(`${headway.url}/metrics`)).text();
	const counts = [...text.matchAll(/^headway_streams_open(?:\{[^}]*\})? (\d+)$/gm)].map(([, count]) => Number(count));
	return counts.reduce((sum, count) => sum + count, 0);
}

const link = (page: Page) => page.locator('[data-layer="0"]');
const leads = async (page: Page) => !(await link(page).innerText()).includes('through another tab');
const searches = (page: Page) => page.locator('[data-section=Searches] li').count();

/** The tab that holds the connection of all. */
async function leaderOf(pages: readonly Page[]): Promise<Page> {
	const leading = await Promise.all(pages.map(leads));
	expect(leading.filter(Boolean)).toHaveLength(1);
	return pages[leading.indexOf(true)] as Page;
}

describe.for([
	['a loopback address, with Web Locks', '127.0.0.1'],
	['a LAN address over plain http, without Web Locks', address]
] as const)('twelve tabs of one browser over HTTP/1.1 at %s', ([, host]) => {
	let headway: Headway;
	let browser: TestBrowser;
	let context: BrowserContext;

	beforeAll(async () => {
		if (host === null) return;
		[headway, browser] = await Promise.all([startHeadway(0.5, { host: '0.0.0.0' }), openBrowser()]);
		context = await browser.context({ baseURL: `http://${host}:${headway.port}` });
	});
	afterAll(async () => {
		await browser?.close();
		await headway?.stop();
	});

	test.skipIf(host === null)(
		'BY-07 the server counts one stream, every tab is live, and closing the leader moves it within 3 s with nothing lost',
		async () => {
			const { id } = await headway.research('How do honeybees find their way?', 'standard');
			const pages: Page[] = [];
			for (let tab = 0; tab < TABS; tab += 1) {
				const page = await context.newPage();
				await page.goto(`/jobs/${id}`);
				pages.push(page);
			}
			for (const page of pages) await page.locator('[data-connection=live]').waitFor({ state: 'attached' });
			expect(await pages[0]?.evaluate(() => 'locks' in navigator)).toBe(host === '127.0.0.1');
			await eventually(
				() => streamsOpen(headway),
				(count) => count === 1
			);
			const before = await Promise.all(pages.map(percentageOf));
			await eventually(
				() => Promise.all(pages.map(percentageOf)),
				(now) => now.every((value, tab) => (value ?? 0) > (before[tab] ?? 0))
			);

			const leader = await leaderOf(pages);
			const heirs = pages.filter((page) => page !== leader);
			const left = performance.now();
			await leader.close();
			await eventually(
				async () => (await Promise.all(heirs.map(leads))).filter(Boolean).length,
				(count) => count === 1,
				10_000
			);
			await eventually(
				() => streamsOpen(headway),
				(count) => count === 1,
				10_000
			);
			expect(performance.now() - left).toBeLessThan(3_000);

			for (const page of heirs) await untilStatus(page, 'succeeded', 120_000);
			expect(await streamsOpen(headway)).toBe(1);
			const { state } = await headway.job(id);
			const counts = await Promise.all(heirs.map(searches));
			expect(counts).toEqual(heirs.map(() => state.calls.length));
			const texts = await Promise.all(heirs.map((page) => page.locator('[data-report] .prose').innerText()));
			expect(new Set(texts).size).toBe(1);
			expect(texts[0]).toContain('In short.');
		},
		240_000
	);
});
