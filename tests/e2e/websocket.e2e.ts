import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import type { Page } from 'playwright';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { expectNoAxeViolations, openBrowser, pageErrors } from './support/browser.ts';
import type { TestBrowser } from './support/browser.ts';
import { eventually, open, ready, startHeadway, untilStatus } from './support/headway.ts';
import type { Headway } from './support/headway.ts';

let headway: Headway;
let browser: TestBrowser;
const dataDir = mkdtempSync(join(tmpdir(), 'headway-sockets-'));

beforeAll(async () => {
	[headway, browser] = await Promise.all([
		startHeadway(8, { dataDir, env: { HEADWAY_WEBSOCKET: 'on' } }),
		openBrowser()
	]);
});
afterAll(async () => {
	await browser?.close();
	await headway?.stop();
	rmSync(dataDir, { recursive: true, force: true });
});

/** How many streams are open over each door, as the server counts them. */
async function streamsOpen(): Promise<Record<string, number>> {
	const metrics = await (await fetch(`${headway.url}/metrics`)).text();
	const lines = metrics.matchAll(/^headway_streams_open\{door="(\w+)"\} (\d+)$/gm);
	return Object.fromEntries([...lines].map(([, door, count]) => [door, Number(count)]));
}

async function chooseWebSocket(page: Page): Promise<void> {
	await open(page, '/preferences');
	await page.getByRole('radio', { name: 'WebSocket' }).click();
	await eventually(streamsOpen, ({ ws }) => ws === 1);
	await ready(page);
}

/** What a finished research shows. */
const shown = async (page: Page) => ({
	report: await page.locator('[data-report] .prose').innerText(),
	headings: await page.getByRole('heading').allInnerTexts()
});

test('TS-26 two tabs, one on each transport, show the same research live, and a restart in the middle costs neither of them anything', async () => {
	const [overSse, overSocket] = [
		await browser.page({ baseURL: headway.url }),
		await browser.page({ baseURL: headway.url })
	];
	const errors = [pageErrors(overSse), pageErrors(overSocket)];
	await chooseWebSocket(overSocket);
	await headway.pace(2);
	const { id } = await headway.research('How are tides made?', 'standard');
	for (const page of [overSse, overSocket]) {
		await open(page, `/jobs/${id}`);
		await page.locator('[data-live] li').first().waitFor();
	}
	expect(await eventually(streamsOpen, ({ ws, trpc }) => ws === 1 && trpc === 1)).toMatchObject({ ws: 1, trpc: 1 });
	expect((await headway.stop()).ms).toBeLessThan(5_000);
	headway = await startHeadway(8, headway.options);
	for (const page of [overSse, overSocket]) await untilStatus(page, 'succeeded');
	await ready(overSocket);
	expect(await eventually(streamsOpen, ({ ws, trpc }) => ws === 1 && trpc === 1)).toMatchObject({ ws: 1, trpc: 1 });
	// The last of a text may come into sight a moment after the status.
	const bothShow = async () => [await shown(overSse), await shown(overSocket)] as const;
	const [first] = await eventually(bothShow, ([first, second]) => isDeepStrictEqual(first, second));
	expect(first.report).toContain('In short.');
	const fresh = await browser.page({ baseURL: headway.url });
	await open(fresh, `/jobs/${id}`);
	expect((await shown(fresh)).report).toBe(first.report);
	// What a browser itself says of a server that is away.
	const own = errors.flat().filter((text) => !/ERR_|WebSocket connection|Failed to load resource/.test(text));
	expect(own).toEqual([]);
	for (const page of [overSse, overSocket, fresh]) await page.context().close();
	await eventually(streamsOpen, ({ ws, trpc }) => ws === 0 && trpc === 0);
}, 120_000);

test('TS-26 the choice counts at once in every tab of the browser, and holds over a reload', async () => {
	const context = await browser.context({ baseURL: headway.url });
	const [leader, other] = [await context.newPage(), await context.newPage()];
	await open(leader, '/');
	await open(other, '/preferences');
	await expectNoAxeViolations(other);
	await other.getByRole('radio', { name: 'WebSocket' }).click();
	await eventually(streamsOpen, ({ ws, trpc }) => ws === 1 && trpc === 0);
	await other.reload();
	await ready(other);
	expect(await other.getByRole('radio', { name: 'WebSocket' }).isChecked()).toBe(true);
	await other.getByRole('radio', { name: 'Server-sent events' }).click();
	await eventually(streamsOpen, ({ ws, trpc }) => ws === 0 && trpc === 1);
	await context.close();
});

test('TS-26 where the server offers no WebSocket, nobody is asked, and a choice made earlier does no harm', async () => {
	const plain = await startHeadway(8);
	const page = await browser.page({ baseURL: plain.url });
	await open(page, '/preferences');
	expect(await page.getByRole('radio', { name: 'WebSocket' }).count()).toBe(0);
	await page.evaluate(() => localStorage.setItem('headway-transport', 'websocket'));
	await page.reload();
	await ready(page);
	expect(await page.locator('[data-connection=live]').count()).toBe(1);
	await page.close();
	await plain.stop();
});
