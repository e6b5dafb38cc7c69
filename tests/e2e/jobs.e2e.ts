import type { Page } from 'playwright';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openBrowser } from './support/browser.ts';
import type { TestBrowser } from './support/browser.ts';
import { eventually, idOf, open, ready, startHeadway, startResearch, untilStatus } from './support/headway.ts';
import type { Headway, Research } from './support/headway.ts';

const questions = [
	'How are tides made?',
	'What moves ocean currents?',
	'How does sourdough rise?',
	'Why do birds migrate?',
	'How does GPS find a place?',
	'What is caffeine?'
];

/** Several researches at once, and what their history then tells of the next. */
describe('many jobs', () => {
	let headway: Headway;
	let browser: TestBrowser;
	let page: Page;
	let jobs: Research[];
	const inRail = (id: string) => page.locator(`aside a[data-job="${id}"]`);
	const icon = () => page.locator('link[rel=icon]').getAttribute('href');

	beforeAll(async () => {
		[headway, browser] = await Promise.all([startHeadway(4), openBrowser()]);
		page = await browser.page({ baseURL: headway.url });
		await open(page, '/');
		jobs = [];
		for (const question of questions) jobs.push(await headway.research(question));
	});
	afterAll(async () => {
		await browser?.close();
		await headway?.stop();
	});

	test('OP-08 several run at once, all live in the list, those that wait apart; the title counts the running ones', async () => {
		await page.waitForFunction(() => document.title.startsWith('(4) '));
		expect(await icon()).toBe('/favicon-running.svg');
		const widths = () =>
			page
				.locator('aside a[data-job] [style*=--filled]')
				.evaluateAll((bars) => bars.map((bar) => (bar as HTMLElement).style.getPropertyValue('--filled')));
		const before = await eventually(widths, (all) => all.length === 4);
		await eventually(widths, (all) => all.filter((width, index) => width !== before[index]).length >= 4);
		for (const { id, title } of jobs) expect(await inRail(id).innerText()).toContain(title);
		expect(await page.locator('aside a[data-job] [data-status=queued]').count()).toBe(2);
		const headings = await page.locator('aside').getByRole('heading', { level: 2 }).allInnerTexts();
		expect(headings[0]).toMatch(/running\s*4/i);
		expect(headings[1]).toMatch(/queued\s*2/i);
		expect(await page.locator('aside [data-place]').allInnerTexts()).toEqual(['place 1', 'place 2']);
	});

	test('OP-08 the end of a job elsewhere is told once, with a way to it', async () => {
		const toast = page.locator('[data-toast=ready]').first();
		await toast.waitFor({ timeout: 20_000 });
		const name = await toast.locator('a span').first().innerText();
		await toast.getByRole('link').click();
		await page.waitForURL(/\/jobs\//);
		expect(await page.getByRole('heading', { level: 1 }).first().innerText()).toBe(name);
	});

	test('OP-08 when all have ended the title and the favicon are quiet again', async () => {
		await page.waitForFunction(() => !document.title.startsWith('('), undefined, { timeout: 25_000 });
		expect(await icon()).toBe('/favicon.svg');
		for (const { id } of jobs) expect(await inRail(id).locator('[data-status=succeeded]').count()).toBe(1);
	});

	test('PG-09 BY-03 after six runs the form tells the usual time, and a running job its range with what it rests on', async () => {
		await open(page, '/');
		await page.getByRole('radio', { name: 'Quick', exact: true }).click();
		await page.getByLabel('Question').fill('What is in chocolate?');
		expect(await page.locator('[data-forecast]').innerText()).toMatch(/^Usually .+, from 6 runs\.$/);
		await page.keyboard.press('Control+Enter');
		await page.waitForURL(/\/jobs\//);
		const remaining = page.locator('[data-readout=Remaining]');
		await remaining.waitFor();
		expect(await remaining.innerText()).toMatch(/(left|wrapping up)\s+from 6 runs/);
		const job = await headway.job(idOf(page));
		expect(job.remaining?.low).toBeLessThanOrEqual(job.remaining?.high ?? -1);
		await untilStatus(page, 'succeeded');
	});

	test('BY-03 the statistics tell how often the ranges held, beside the nominal 80 %', async () => {
		await headway.cancel((await headway.research('How is paper made?', 'deep')).id);
		await open(page, '/statistics');
		expect(await page.locator('[data-coverage]').innerText()).toMatch(/held in [01] of 1 runs \(nominal 80 %\)/);
		expect(await page.locator('tbody tr').innerText()).toMatch(/Research\s+8\s+7\s+0\s+1\s+\d\d:\d\d\s+\$/);
		expect(await page.locator('[data-reason=user]').innerText()).toMatch(/by you\s+1/);
	});

	test('OP-06 with Live results off the provider is not streamed, and the report arrives', async () => {
		await headway.pace(20);
		await open(page, '/');
		await page.getByRole('radio', { name: 'Quick', exact: true }).click();
		await page.getByRole('switch', { name: 'Live results' }).click();
		await page.getByLabel('Question').fill(questions[0] ?? '');
		await page.keyboard.press('Control+Enter');
		await page.waitForURL(/\/jobs\//);
		await ready(page);
		await untilStatus(page, 'succeeded');
		const id = idOf(page);
		const asked = await headway.asked(id);
		expect(asked[0]).toBe('POST /v1/responses');
		expect(asked.filter((request) => /stream=true/.test(request))).toEqual([]);
		expect(asked.filter((request) => request.startsWith('GET /v1/responses/')).length).toBeGreaterThan(0);
		expect(await page.locator('[data-report] .prose').innerText()).toContain('In short.');
		expect((await headway.job(id)).result?.report).toBe((await headway.job(jobs[0]?.id ?? '')).result?.report);
	});

	test('OP-08 a deleted job leaves the list and its page is gone', async () => {
		const id = await startResearch(page, 'What is in tea?');
		await headway.cancel(id);
		await page.locator('[data-action=delete]').click();
		await page.getByRole('button', { name: 'Delete job' }).click();
		await page.getByRole('heading', { name: 'What should run?' }).waitFor();
		await inRail(id).waitFor({ state: 'detached' });
		expect((await fetch(`${headway.url}/jobs/${id}`)).status).toBe(404);
	});

	test('OP-08 on a narrow screen the jobs are in a sheet that opens and closes', async () => {
		const narrow = await browser.page({ baseURL: headway.url, width: 360 });
		await open(narrow, '/');
		await narrow.getByRole('button', { name: 'Jobs' }).click();
		const sheet = narrow.getByRole('dialog');
		await sheet.locator('a[data-job]').first().click();
		await narrow.waitForURL(/\/jobs\//);
		await sheet.waitFor({ state: 'hidden' });
		expect(await narrow.getByRole('heading', { level: 1 }).first().isVisible()).toBe(true);
		await narrow.close();
	});
});
