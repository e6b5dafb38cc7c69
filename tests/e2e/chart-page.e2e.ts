import type { Page } from 'playwright';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { closePages, expectNoAxeViolations, openBrowser, pageErrors } from './support/browser.ts';
import type { TestBrowser } from './support/browser.ts';
import { chartJob, openDrawn, runQuery, untilDrawn } from './support/charts.ts';
import { cancelJob, idOf, open, overflowOf, startHeadway, untilStatus } from './support/headway.ts';
import type { Headway } from './support/headway.ts';

const thirty = `SELECT ${Array.from({ length: 30 }, (_, place) => `minutes + ${place} AS measure_${place}`).join(', ')} FROM bike_rides LIMIT 8`;
const endless = `SELECT ${'a_name_without_any_space_'.repeat(16)} FROM bike_rides`;

describe('the page of a chart', () => {
	let headway: Headway;
	let browser: TestBrowser;

	beforeAll(async () => {
		[headway, browser] = await Promise.all([startHeadway(20), openBrowser()]);
	});
	afterEach(async () => {
		await closePages(browser.browser);
		await headway.pace(20);
	});
	afterAll(async () => {
		await browser?.close();
		await headway?.stop();
	});

	const ask = async (page: Page, question = 'How many rides started in each district?') => {
		await open(page, '/?operation=chart');
		await page.getByLabel('Question').fill(question);
		await page.keyboard.press('Control+Enter');
		await page.waitForURL(/\/jobs\/[\w-]+$/);
	};
	const reasoning = (page: Page) => page.locator('[data-section=Reasoning]');
	const bring = (page: Page, name: string, bytes: Buffer) =>
		page.getByLabel('Tables').setInputFiles({ name, mimeType: 'application/octet-stream', buffer: bytes });

	test('TS-02 IR-02 IR-10 the reasoning shows while it streams, folds when the rows come, and is there after a reload', async () => {
		const page = await browser.page({ baseURL: headway.url });
		const errors = pageErrors(page);
		await headway.pace(0.1);
		await ask(page);
		await reasoning(page).locator('[data-stream=streaming]').waitFor();
		await headway.pace(20);
		await expectNoAxeViolations(page);
		await untilStatus(page, 'succeeded');
		await untilDrawn(page);
		const button = reasoning(page).getByRole('button', { name: 'Reasoning' });
		expect(await button.getAttribute('aria-expanded')).toBe('false');
		await page.reload();
		await untilDrawn(page);
		await button.click();
		const text = (await chartJob(headway.url, idOf(page))).content.reasoning!.replaceAll('**', '').trim();
		expect((await reasoning(page).locator('.prose').innerText()).replace(/\s+/g, ' ')).toContain(
			text.replace(/\s+/g, ' ')
		);
		expect(await reasoning(page).getByText('Complete').count()).toBe(1);
		expect(errors).toEqual([]);
	});

	test('TS-09 CX-05 one that is cancelled while it thinks keeps what was thought', async () => {
		const page = await browser.page({ baseURL: headway.url });
		await headway.pace(0.1);
		await ask(page);
		await reasoning(page).locator('[data-stream=streaming] .prose').waitFor();
		await cancelJob(page);
		await untilStatus(page, 'cancelled');
		await reasoning(page).locator('[data-stream=stopped]').waitFor();
		expect(await reasoning(page).locator('.prose').innerText()).not.toBe('');
		await expectNoAxeViolations(page);
	});

	test.each([
		[390, false],
		[390, true],
		[1280, false]
	])(
		'BY-11 OP-03 at %i pixels, dark: %s, thirty columns scroll within their box, by keyboard, and it says so',
		async (width, dark) => {
			const { id } = await runQuery(headway.url, thirty);
			const page = await browser.page({ baseURL: headway.url, width, dark });
			await open(page, `/jobs/${id}`);
			await untilStatus(page, 'succeeded');
			const region = page.getByRole('region', { name: /: table$/ });
			await page.getByText('30 columns: scroll sideways for more.').waitFor();
			expect(await overflowOf(page)).toBe(0);
			await page.locator('[data-more=right]').waitFor();
			expect(await page.locator('[data-more=left]').count()).toBe(0);
			await region.focus();
			await page.keyboard.press('ArrowRight');
			await page.locator('[data-more=left]').waitFor();
			const last = page.getByRole('columnheader').last().getByRole('button');
			await last.focus();
			await page.locator('[data-more=right]').waitFor({ state: 'detached' });
			const [box, button] = await Promise.all([region.boundingBox(), last.boundingBox()]);
			expect(button!.x + button!.width).toBeLessThanOrEqual(box!.x + box!.width);
			await expectNoAxeViolations(page);
		}
	);

	test('OP-03 at 390 pixels seventeen series have a legend, and their drawing its height', async () => {
		const byStation =
			'SELECT substr(started_at, 1, 7) AS month, station, count(*) AS rides FROM bike_rides GROUP BY 1, 2';
		const { id } = await runQuery(headway.url, byStation);
		const page = await browser.page({ baseURL: headway.url, width: 390 });
		await openDrawn(page, id);
		const [box, svg] = await Promise.all([
			page.locator('[data-chart]').boundingBox(),
			page.locator('[data-drawing] svg').boundingBox()
		]);
		expect(Math.abs(box!.height - svg!.height)).toBeLessThan(2);
		const marks = await page
			.locator('[data-drawing] .mark-symbol.role-mark path')
			.evaluateAll((points) => points.map((point) => point.getBoundingClientRect().y));
		expect(Math.max(...marks) - Math.min(...marks)).toBeGreaterThan(180);
	});

	test('BY-11 a table that fits is no stop for the keyboard', async () => {
		const { id } = await runQuery(headway.url, 'SELECT district, count(*) AS rides FROM bike_rides GROUP BY 1');
		const page = await browser.page({ baseURL: headway.url });
		await openDrawn(page, id);
		expect(await page.getByRole('region', { name: /: table$/ }).count()).toBe(0);
	});

	test('OP-03 a query with an endless name in it, which fails, stays within 390 pixels, says failed, and is put right in the page', async () => {
		const { id } = await runQuery(headway.url, endless);
		const page = await browser.page({ baseURL: headway.url, width: 390 });
		await open(page, `/jobs/${id}`);
		await untilStatus(page, 'failed');
		expect(await overflowOf(page)).toBe(0);
		expect(await page.locator('[data-attempt]').innerText()).toContain('failed');
		await expectNoAxeViolations(page);
		await page.getByRole('button', { name: 'Change the query' }).click();
		await page
			.getByRole('textbox', { name: 'Query' })
			.fill('SELECT weather, count(*) AS rides FROM bike_rides GROUP BY 1');
		await page.getByLabel('What it shows').fill('Rides by weather');
		await page.getByRole('button', { name: 'Run', exact: true }).click();
		await page.waitForURL((url) => !url.pathname.endsWith(id));
		await untilStatus(page, 'succeeded');
		await untilDrawn(page);
		expect(await page.locator('[data-result] h2').innerText()).toBe('Rides by weather');
	});

	test('OP-03 a question that the tables do not answer says why, and a query can be written instead', async () => {
		const page = await browser.page({ baseURL: headway.url });
		await ask(page, 'What is the colour of the curtains?');
		await untilStatus(page, 'failed');
		await expectNoAxeViolations(page);
		await page.getByRole('button', { name: 'Write a query' }).click();
		await page
			.getByRole('textbox', { name: 'Query' })
			.fill('SELECT rider, count(*) AS rides FROM bike_rides GROUP BY 1');
		await page.keyboard.press('Control+Enter');
		await untilStatus(page, 'succeeded');
		await untilDrawn(page);
	});

	test('OP-03 a file that holds no table is refused at the field, before it is sent or after; the next choice clears that', async () => {
		const page = await browser.page({ baseURL: headway.url });
		await open(page, '/?operation=chart');
		const said = page.locator('#source-error');
		await page.getByLabel('Question').fill('How many are there?');
		await bring(page, 'photo.png', Buffer.from('x'));
		await said.getByText('another holds no tables').waitFor();
		await bring(page, 'photo.csv', Buffer.from([0x89, 0x50, 0x4e, 0x47, 13, 10, 26, 10, 0, 1]));
		await page.getByRole('radio', { name: 'photo.csv', checked: true }).waitFor();
		expect(await said.innerText()).toBe('');
		await page.getByRole('button', { name: 'Start' }).click();
		await said.getByText('The file is no table.').waitFor();
		await expectNoAxeViolations(page);
		await page.getByRole('radio', { name: 'Bike rides' }).click();
		expect(await said.innerText()).toBe('');
		expect(await page.getByLabel('Question').inputValue()).toBe('How many are there?');
	});
});
