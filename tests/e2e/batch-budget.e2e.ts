import type { Page } from 'playwright';
import { parse } from 'csv-parse/sync';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import type { JobSnapshot } from '../../src/lib/jobs/snapshot.ts';
import type { BatchResult, BatchState } from '../../src/lib/operations/batch/model.ts';
import { AnsweringServer } from './support/answering-server.ts';
import { closePages, expectNoAxeViolations, openBrowser, pageErrors } from './support/browser.ts';
import type { TestBrowser } from './support/browser.ts';
import { eventually, idOf, open, overflowOf } from './support/headway.ts';
import { startServer, type RunningServer } from './support/server.ts';

const answer = JSON.stringify({
	...{ pattern: 'One cell is left.', strategy: 'Take one cell.', hints: ['One cell.'] },
	...{ predictions: [[[0]]], confidence: 10 }
});

/** The demo costs nothing: what is paid here is what a server says that each of its answers cost. */
describe('a batch whose parts are paid for', () => {
	let provider: AnsweringServer;
	let server: RunningServer;
	let browser: TestBrowser;

	beforeAll(async () => {
		provider = await AnsweringServer.start();
		provider.price = 0.02;
		const env = { ...provider.env, HEADWAY_MAX_RUNNING_BY_OPERATION: 'analysis=1' };
		[server, browser] = await Promise.all([startServer({ env }), openBrowser()]);
	});
	afterEach(() => closePages(browser.browser));
	afterAll(async () => {
		await browser?.close();
		await server?.stop();
		provider?.close();
	});

	const ask = async (path: string, body?: object) =>
		(
			await fetch(
				`${server.url}${path}`,
				body && { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }
			)
		).json() as Promise<JobSnapshot<BatchState, BatchResult>>;

	async function composeLevelOne(page: Page): Promise<void> {
		await open(page, '/');
		await page.getByRole('radio', { name: 'Batch', exact: true }).click();
		const form = page.getByRole('form', { name: 'New batch' });
		await form.getByText('Analysis', { exact: true }).click();
		await form.getByRole('checkbox', { name: /^Level 1/ }).check();
	}

	async function paidResults(id: string): Promise<Record<string, string>[]> {
		const file = await fetch(`${server.url}/api/jobs/${id}/artifacts/results.csv`);
		expect(file.status).toBe(200);
		return parse(await file.text(), { columns: true }) as Record<string, string>[];
	}

	test('BY-08 its cost is foreseen, burns a budget, stops it when that is spent, and what is missing goes on with another', async () => {
		provider.answers(answer);
		for (let run = 0; run < 5; run += 1) {
			const { id } = await ask('/api/jobs', { operation: 'analysis', input: { puzzleId: 'mirror' } });
			expect(await ask(`/api/jobs/${id}?wait=30`)).toMatchObject({ status: 'succeeded', cost: { usd: 0.02 } });
		}
		const go = Promise.withResolvers<void>();
		provider.answers(answer);
		// The third answer crosses the budget; those after it would never end by themselves.
		provider.pauses = (number) => (number === 3 ? go.promise : number > 3 ? new Promise(() => undefined) : null);
		const page = await browser.page({ baseURL: server.url });
		const errors = pageErrors(page);
		await composeLevelOne(page);
		await page.locator('[data-forecast]').getByText('Costs $0.24.').waitFor();
		await page.getByLabel('Budget in US dollars').fill('0.05');
		await page.keyboard.press('Control+Enter');
		await page.waitForURL(/\/jobs\/[\w-]+$/);

		await page.locator('[data-spent-so-far]').getByText('$0.04 so far').waitFor();
		const meter = page.getByRole('meter', { name: 'Budget spent' });
		expect(await meter.getAttribute('aria-valuetext')).toBe('$0.04 of $0.05');
		expect(await page.locator('[data-foreseen]').innerText()).toContain('$0.24');
		await expectNoAxeViolations(page);

		go.resolve();
		const ending = page.locator('[data-ending=failed]');
		await ending.getByRole('heading', { name: 'Its budget is spent' }).waitFor();
		expect(await ending.innerText()).toContain('The budget of $0.05 is spent: 3 of 12 parts had ended, 9 stopped.');
		expect(await page.locator('[data-counts]').innerText()).toBe('3 of 12 done, 0 solved, 9 cancelled');
		expect(await page.locator('[data-spending]').innerText()).toContain('for 3 of 12 parts done');
		expect(await meter.getAttribute('aria-valuenow')).toBe('100');
		const stopped = await paidResults(idOf(page));
		expect(stopped.map(({ status }) => status)).toEqual([
			...Array.from({ length: 3 }, () => 'succeeded'),
			...Array.from({ length: 9 }, () => 'cancelled')
		]);
		expect(stopped[3]).toMatchObject({ title: 'In the mirror', puzzleId: 'mirror' });
		await expectNoAxeViolations(page);

		provider.pauses = () => null;
		const first = idOf(page);
		await page.getByLabel('Budget for the parts that are missing, in US dollars').fill('1');
		await page.getByRole('button', { name: 'Retry the 9 parts that are missing' }).click();
		await page.waitForURL((url) => url.pathname !== `/jobs/${first}`);
		await page.locator('[data-verdict]').getByText('Cost $0.18, within the foreseen $0.18.').waitFor();
		expect((await paidResults(idOf(page))).map(({ cost_usd: cost }) => cost)).toEqual(
			Array.from({ length: 9 }, () => '0.02')
		);
		expect(errors).toEqual([]);
	});

	test.each([
		[390, true],
		[1280, false]
	])('BY-08 BY-11 at %i pixels (dark: %s) a spent budget holds, and axe finds nothing', async (width, dark) => {
		provider.answers(answer);
		provider.pauses = (number) => (number > 2 ? new Promise(() => undefined) : null);
		const vary = { puzzleId: ['mirror', 'lake', 'half-turn'] };
		const { id } = await ask('/api/batches', { operation: 'analysis', input: {}, vary, budget: 0.03 });
		await eventually(
			() => ask(`/api/jobs/${id}`),
			({ status }) => status === 'failed'
		);
		const page = await browser.page({ baseURL: server.url, width, dark });
		await open(page, `/jobs/${id}`);
		await page.getByLabel('Budget for the parts that are missing, in US dollars').fill('none');
		await page.getByText('Write an amount in US dollars, such as 2.50.').waitFor();
		expect(await overflowOf(page)).toBeLessThanOrEqual(0);
		await expectNoAxeViolations(page);
	});
});
