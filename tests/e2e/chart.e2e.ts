import { readFile } from 'node:fs/promises';
import { parse } from 'csv-parse/sync';
import type { Page } from 'playwright';
import { PNG } from 'pngjs';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { closePages, expectNoAxeViolations, openBrowser, pageErrors } from './support/browser.ts';
import type { TestBrowser } from './support/browser.ts';
import { chartJob, coloursIn, marksColoursIn, marksOf, openDrawn, runQuery, untilDrawn } from './support/charts.ts';
import { idOf, open, overflowOf, startHeadway, untilStatus } from './support/headway.ts';
import type { Headway } from './support/headway.ts';

const byDistrict = 'SELECT district, count(*) AS rides FROM bike_rides GROUP BY district ORDER BY rides DESC';
const byMonth =
	'SELECT substr(started_at, 1, 7) AS month, rider, count(*) AS rides FROM bike_rides GROUP BY 1, 2 ORDER BY 1, 2';
const every = 'SELECT ride_id, station, minutes, distance_km FROM bike_rides WHERE ride_id <= 1500';

/** Runs in the page: notes in each frame where the table of rows stands. */
function watchTheTable(): void {
	const places: number[] = [];
	Object.assign(window, { places });
	const look = () => {
		const table = document.querySelector('[data-result] [role=table]');
		if (table) places.push(Math.round(table.getBoundingClientRect().top + window.scrollY));
		requestAnimationFrame(look);
	};
	requestAnimationFrame(look);
}

describe('a chart on the page', () => {
	let headway: Headway;
	let browser: TestBrowser;

	beforeAll(async () => {
		[headway, browser] = await Promise.all([startHeadway(20), openBrowser()]);
	});
	afterEach(() => closePages(browser.browser));
	afterAll(async () => {
		await browser?.close();
		await headway?.stop();
	});

	const chartOf = async (query: string, options = {}) => {
		const { id } = await runQuery(headway.url, query);
		const page = await browser.page({ baseURL: headway.url, ...options });
		await openDrawn(page, id);
		return page;
	};
	const drawing = (page: Page) => page.locator('[data-chart]').screenshot({ animations: 'disabled' });
	const choose = async (page: Page, type: string) => {
		await page.getByRole('radio', { name: type, exact: true }).click();
	};
	const save = async (page: Page, action: string) => {
		const button = page.locator(`[data-action=${action}]`);
		const [file] = await Promise.all([page.waitForEvent('download'), button.click()]);
		return { name: file.suggestedFilename(), bytes: await readFile(await file.path()) };
	};
	const firstCells = (page: Page) => page.getByRole('table').getByRole('row').nth(1).getByRole('cell').allInnerTexts();

	test('OP-03 IR-11 a question about the shipped data becomes a query, its rows and a chart', async () => {
		const page = await browser.page({ baseURL: headway.url });
		const errors = pageErrors(page);
		await open(page, '/?operation=chart');
		await page.getByRole('radio', { name: 'Bike rides' }).waitFor();
		await page.getByLabel('Question').fill('How many rides started in each district?');
		await page.keyboard.press('Control+Enter');
		await page.waitForURL(/\/jobs\/[\w-]+$/);
		await page.locator('[data-column=district]').waitFor({ state: 'attached' });
		await untilStatus(page, 'succeeded');
		await untilDrawn(page);
		const { result } = await chartJob(headway.url, idOf(page));
		const marks = marksOf(page, result?.chart === 'arc' ? 'arc' : 'rect');
		expect(await marks.count()).toBe(result?.rows.length);
		expect(await page.getByRole('table').getByRole('row').count()).toBe((result?.rows.length ?? 0) + 1);
		await page.getByRole('button', { name: 'Query', exact: true }).click();
		expect(await page.locator('[data-query]').innerText()).toContain('SELECT');
		await page.locator('[data-query] .code-keyword').first().waitFor();
		expect(errors).toEqual([]);
	});

	test('OP-03 a file of one’s own is sent, asked, and offered again; names and cells are shown as they are', async () => {
		const page = await browser.page({ baseURL: headway.url });
		const lines = ['category,select,note', 'tea,3,"said ""hot"", <b>then</b>"', 'tea,5,"two\nlines"', 'milk,7,'];
		await open(page, '/?operation=chart');
		await page
			.getByLabel('Tables')
			.setInputFiles([{ name: 'orders.csv', mimeType: 'text/csv', buffer: Buffer.from(lines.join('\n')) }]);
		await page.getByRole('radio', { name: 'orders.csv', checked: true }).waitFor();
		await page.getByLabel('Question').fill('How many orders are there in each category?');
		await page.getByRole('button', { name: 'Start' }).click();
		await page.waitForURL(/\/jobs\/[\w-]+$/);
		await untilStatus(page, 'succeeded');
		const { rows } = (await chartJob(headway.url, idOf(page))).result!;
		expect(Object.fromEntries(rows)).toEqual({ tea: 2, milk: 1 });
		await page.getByRole('button', { name: 'Tables' }).click();
		await page.locator('[data-column=select]').getByText('3 to 7').waitFor();
		expect(await page.locator('[data-column=note] [data-samples]').innerText()).toContain('<b>then</b>');
		await open(page, '/?operation=chart');
		await page.getByLabel('A file from before').selectOption({ label: 'orders.csv, 80 bytes' });
		expect(await page.getByRole('radio', { name: 'Bike rides', checked: true }).count()).toBe(0);
	});

	test('OP-03 the chart is not blank: its marks are painted in the colour of the page, as long as their figures', async () => {
		const page = await chartOf(byDistrict);
		const colours = marksColoursIn(await drawing(page), 2_000);
		expect(colours).toHaveLength(1);
		const sides = await marksOf(page, 'rect').evaluateAll((bars) =>
			bars.map((bar) => bar.getBoundingClientRect()).map(({ width, height }) => ({ width, height }))
		);
		const { rows } = (await chartJob(headway.url, idOf(page))).result!;
		// Upright or lying, the longer side of the field is that of the figures.
		const long = sides.every(({ width }) => Math.abs(width - sides[0]!.width) < 1) ? 'height' : 'width';
		const unit = sides[0]![long] / Number(rows[0]![1]);
		for (const [place, row] of rows.entries())
			expect(Math.abs(sides[place]![long] - unit * Number(row[1]))).toBeLessThan(2);
	});

	test('OP-03 several series have colours of their own, and each type is another picture of the same rows', async () => {
		const page = await chartOf(byMonth);
		const pictures = new Set<string>();
		for (const type of ['Line', 'Bars', 'Area', 'Points']) {
			await choose(page, type);
			const kind = type === 'Bars' ? 'rect' : 'symbol';
			await marksOf(page, kind).nth(23).waitFor({ state: 'attached' });
			const picture = await drawing(page);
			expect(marksColoursIn(picture, 100).length, type).toBeGreaterThanOrEqual(2);
			pictures.add(picture.toString('base64'));
		}
		expect(pictures.size).toBe(4);
		await choose(page, 'Table');
		await page.locator('[data-chart]').waitFor({ state: 'detached' });
		expect(await page.locator('[data-summary]').innerText()).toMatch(/^Table of 24 rows and 3 columns\./);
	});

	test('OP-03 a mark tells its values to the mouse and to the keyboard', async () => {
		const page = await chartOf(byDistrict);
		const { rows } = (await chartJob(headway.url, idOf(page))).result!;
		await marksOf(page, 'rect').nth(1).hover();
		const tip = page.locator('[data-tip]');
		await tip.getByText(String(rows[1]![0])).waitFor();
		expect(await tip.innerText()).toContain(Number(rows[1]![1]).toLocaleString('en'));
		await page.mouse.move(5, 5);
		await tip.waitFor({ state: 'detached' });
		const marks = page.getByRole('slider');
		await marks.focus();
		await page.keyboard.press('ArrowRight');
		expect(await marks.getAttribute('aria-valuetext')).toContain(String(rows[0]![0]));
		await page.keyboard.press('End');
		expect(await marks.getAttribute('aria-valuetext')).toContain(String(rows.at(-1)![0]));
		expect(await marks.getAttribute('aria-valuenow')).toBe(String(rows.length));
		const [ring, bar] = await Promise.all([
			page.locator('[data-ring]').boundingBox(),
			marksOf(page, 'rect').last().boundingBox()
		]);
		for (const side of ['x', 'y', 'width', 'height'] as const)
			expect(Math.abs(ring![side] - bar![side]), side).toBeLessThan(2);
		await page.keyboard.press('Escape');
		await tip.waitFor({ state: 'detached' });
	});

	test('OP-03 the chart is saved as SVG, as PNG, as its rows and as its specification', async () => {
		const page = await chartOf(byDistrict);
		const svg = await save(page, 'svg');
		expect(svg.name).toMatch(/^[a-z0-9-]+\.svg$/);
		const text = svg.bytes.toString();
		expect(text).toMatch(/^<svg [^>]*width="960" height="540"/);
		expect(text).not.toContain('oklch');
		const { rows } = (await chartJob(headway.url, idOf(page))).result!;
		for (const [district] of rows) expect(text).toContain(String(district));
		const png = await save(page, 'png');
		const { width, height } = PNG.sync.read(png.bytes);
		expect([width, height]).toEqual([1_920, 1_080]);
		expect(marksColoursIn(png.bytes, 5_000)).toHaveLength(1);
		const csv = await save(page, 'csv');
		expect(parse(csv.bytes)).toEqual([['district', 'rides'], ...rows.map((row) => row.map(String))]);
		const spec = JSON.parse((await save(page, 'spec')).bytes.toString()) as { data: { values: object[] } };
		expect(spec.data.values).toHaveLength(rows.length);
	});

	test('OP-03 a picture saved in dark is light and on white: it goes into a document', async () => {
		const page = await chartOf(byDistrict, { colorScheme: 'dark' });
		const svg = (await save(page, 'svg')).bytes.toString();
		expect(svg).toMatch(/<rect width="960" height="540" fill="(?:#ffffff|white)"/);
		const light = (await save(await chartOf(byDistrict), 'svg')).bytes.toString();
		expect(svg).toBe(light);
		const { data } = PNG.sync.read((await save(page, 'png')).bytes);
		expect([...data.subarray(0, 4)]).toEqual([255, 255, 255, 255]);
	});

	test('OP-03 of 1,500 rows some are elements; sorted, the first is the greatest, and the last is within reach', async () => {
		const page = await chartOf(every);
		await page.getByText('1,500 rows', { exact: true }).waitFor();
		const table = page.getByRole('table');
		expect(await table.getByRole('row').count()).toBeLessThan(100);
		const heading = table.getByRole('button', { name: 'minutes' });
		await heading.click();
		await heading.click();
		await table.locator('[aria-sort=descending]').waitFor();
		const { rows } = (await chartJob(headway.url, idOf(page))).result!;
		const minutes = rows.map((row) => Number(row[2]));
		await expect.poll(async () => Number((await firstCells(page))[2])).toBe(Math.max(...minutes));
		await page.getByRole('region', { name: /: table$/ }).focus();
		await page.keyboard.press('End');
		const last = table.locator('[aria-rowindex="1501"]');
		await last.waitFor();
		expect(Number(await last.getByRole('cell').nth(2).innerText())).toBe(Math.min(...minutes));
	});

	test('OP-03 a changed query is run as a new job; one that writes is refused at the field, and nothing runs', async () => {
		const page = await chartOf(byDistrict);
		const first = idOf(page);
		await page.getByRole('button', { name: 'Change the query' }).click();
		const field = page.getByRole('textbox', { name: 'Query' });
		expect(await field.inputValue()).toBe(byDistrict);
		await field.fill(byDistrict.replaceAll('district', 'weather'));
		await page.getByRole('button', { name: 'Run', exact: true }).click();
		await page.waitForURL((url) => !url.pathname.endsWith(first));
		await untilStatus(page, 'succeeded');
		await untilDrawn(page);
		expect(await page.getByRole('table').innerText()).toContain('weather');
		const second = idOf(page);
		await page.getByRole('button', { name: 'Change the query' }).click();
		await page.getByRole('textbox', { name: 'Query' }).fill('DELETE FROM bike_rides');
		await page.getByRole('textbox', { name: 'Query' }).press('Control+Enter');
		await page.getByText('Only reading is allowed: the query must begin with SELECT, WITH or VALUES.').waitFor();
		expect(await page.getByText('input.query').count()).toBe(0);
		expect(idOf(page)).toBe(second);
		await untilDrawn(page);
	});

	test('BY-13 a retry from executing says first that it costs nothing, and gives the same rows', async () => {
		const page = await chartOf(byDistrict);
		const id = idOf(page);
		const first = (await chartJob(headway.url, id)).result!;
		await page.getByRole('button', { name: 'Retry from a phase' }).click();
		await page.getByText('Keeps its tables and query, and costs nothing.').waitFor();
		await page.locator('[data-action=retry-executing]').click();
		await page.waitForURL((url) => !url.pathname.endsWith(id));
		await untilStatus(page, 'succeeded');
		await untilDrawn(page);
		expect((await chartJob(headway.url, idOf(page))).result?.rows).toEqual(first.rows);
	});

	test('OP-03 light or dark, the chart has the colours of the page, and changes with it', async () => {
		const page = await chartOf(byDistrict);
		const light = marksColoursIn(await drawing(page));
		const groundOf = async () => [...coloursIn(await drawing(page))].sort((a, b) => b[1] - a[1])[0]![0];
		const paper = await groundOf();
		await page.emulateMedia({ colorScheme: 'dark' });
		await expect.poll(groundOf).not.toBe(paper);
		expect(marksColoursIn(await drawing(page))).not.toEqual(light);
	});

	test('OP-03 IR-10 when its rows come, what led to them folds once; from there nothing moves, not at its end either', async () => {
		const page = await browser.page({ baseURL: headway.url });
		await headway.pace(2);
		await page.addInitScript(watchTheTable);
		await open(page, '/?operation=chart');
		await page.getByLabel('Question').fill('How many rides started in each district?');
		await page.keyboard.press('Control+Enter');
		await untilStatus(page, 'succeeded');
		await untilDrawn(page);
		await headway.pace(20);
		const places = await page.evaluate(() => (window as unknown as { places: number[] }).places);
		expect(places.length).toBeGreaterThan(5);
		const moves = places.filter((place, frame) => frame > 0 && place !== places[frame - 1]);
		expect(moves.length, moves.join(' ')).toBeLessThanOrEqual(1);
	});

	test('OP-03 the chart comes without moving what is below it', async () => {
		const { id } = await runQuery(headway.url, byDistrict);
		const page = await browser.page({ baseURL: headway.url });
		const held = Promise.withResolvers<void>();
		await page.route('**/*.js', async (route) => {
			const text = await (await route.fetch()).text();
			if (text.includes('Unrecognized signal name')) await held.promise;
			await route.continue();
		});
		await open(page, `/jobs/${id}`);
		await page.locator('[data-chart=coming]').waitFor();
		const placeOf = async () => (await page.getByRole('table').boundingBox())!.y;
		const before = await placeOf();
		held.resolve();
		await untilDrawn(page);
		expect(await placeOf()).toBe(before);
	});

	test.each([
		[390, false],
		[390, true],
		[1280, false],
		[1280, true]
	])('IM-04 at %i pixels, dark: %s, it fits and passes axe, in the form and in the result', async (width, dark) => {
		const page = await chartOf(byMonth, { width, dark });
		for (const name of ['Tables', 'Query', 'Change the query', 'Retry from a phase'])
			await page.getByRole('button', { name, exact: name !== 'Tables' }).click();
		await expectNoAxeViolations(page);
		expect(await overflowOf(page)).toBe(0);
		const [chart, svg] = await Promise.all([
			page.locator('[data-chart]').boundingBox(),
			page.locator('[data-drawing] svg').boundingBox()
		]);
		expect(svg!.width).toBeLessThanOrEqual(chart!.width + 1);
		await open(page, '/?operation=chart');
		await page.getByRole('radio', { name: 'Bike rides' }).waitFor();
		await expectNoAxeViolations(page);
		expect(await overflowOf(page)).toBe(0);
	});
});
