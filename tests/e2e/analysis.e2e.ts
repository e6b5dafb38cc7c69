import type { Locator, Page } from 'playwright';
import { PNG } from 'pngjs';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { closePages, expectNoAxeViolations, openBrowser, pageErrors } from './support/browser.ts';
import type { TestBrowser } from './support/browser.ts';
import { idOf, open, overflowOf, startHeadway, untilStatus } from './support/headway.ts';
import type { Headway } from './support/headway.ts';

type Grid = number[][];

/** What is seen of a cell: its colour in its corner, and whether something darker is drawn in it. */
interface SeenCell {
	colour: string;
	marked: boolean;
}

/** The cells of a grid as the browser paints them. */
async function seen(grid: Locator, rows: number, columns: number): Promise<SeenCell[][]> {
	const { data, width, height } = PNG.sync.read(await grid.screenshot());
	const at = (x: number, y: number) => [0, 1, 2].map((part) => data[(y * width + x) * 4 + part] ?? 0);
	const light = (pixel: number[]) => pixel.reduce((sum, part) => sum + part, 0);
	return Array.from({ length: rows }, (_, row) =>
		Array.from({ length: columns }, (_, column) => {
			const [left, top] = [Math.round((column * width) / columns), Math.round((row * height) / rows)];
			const [wide, tall] = [Math.floor(width / columns), Math.floor(height / rows)];
			const corner = at(left + Math.round(wide * 0.14), top + Math.round(tall * 0.5));
			const inner = Array.from({ length: wide - 8 }, (_, x) =>
				Array.from({ length: tall - 8 }, (_, y) => light(at(left + 4 + x, top + 4 + y)))
			).flat();
			return { colour: corner.join(','), marked: light(corner) - Math.min(...inner) > 150 };
		})
	);
}

const grid = (page: Page, name: string | RegExp) => page.getByRole('img', { name });
const field = (page: Page, name: string) => page.locator(`[data-field="${name}"]`);

describe('the analysis of a puzzle', () => {
	let headway: Headway;
	let browser: TestBrowser;

	beforeAll(async () => {
		[headway, browser] = await Promise.all([startHeadway(1), openBrowser()]);
	});
	afterEach(() => closePages(browser.browser));
	afterAll(async () => {
		await browser?.close();
		await headway?.stop();
	});

	/** Starts an analysis through the HTTP door. */
	async function start(input: unknown): Promise<string> {
		const answer = await fetch(`${headway.url}/api/jobs`, {
			method: 'POST',
			headers: { 'content-type': 'application/json' },
			body: JSON.stringify({ operation: 'analysis', input })
		});
		expect(answer.status).toBe(201);
		return ((await answer.json()) as { id: string }).id;
	}

	async function puzzleOf(id: string) {
		const answer = await fetch(`${headway.url}/api/puzzles/${id}`);
		return ((await answer.json()) as { puzzle: { test: { input: Grid; output: Grid }[] } }).puzzle;
	}

	test('TS-03 TS-05 a puzzle is chosen, its fields come one by one, and the painted prediction is the answer', async () => {
		await headway.pace(1);
		const page = await browser.page({ baseURL: headway.url });
		const errors = pageErrors(page);
		await open(page, '/?operation=analysis');
		await page.getByRole('radio', { name: 'In the mirror' }).click();
		await page.getByRole('button', { name: 'Start' }).click();
		await page.waitForURL(/\/jobs\//);
		await page.locator('[data-reasoning] [data-stream=streaming]').waitFor();
		await field(page, 'Pattern').and(page.locator('[data-there=true]')).waitFor();
		expect(await field(page, 'Confidence').getAttribute('data-there')).toBe('false');
		expect(await field(page, 'Confidence').locator('[data-skeleton]').count()).toBe(1);
		expect(await page.locator('[data-tokens]').innerText()).toMatch(/^about \d+ tokens$/);
		await untilStatus(page, 'succeeded');
		expect(await page.locator('[data-score]').innerText()).toBe('Score 100 %');
		const [asked] = (await puzzleOf('mirror')).test;
		const { output } = asked!;
		const size = [output.length, output[0]!.length] as const;
		const cells = await seen(grid(page, /^Prediction:/), ...size);
		const colours = new Map<number, Set<string>>();
		for (const [y, row] of output.entries())
			for (const [x, colour] of row.entries()) {
				colours.set(colour, (colours.get(colour) ?? new Set()).add(cells[y]![x]!.colour));
				expect(cells[y]![x]!.marked, `cell ${y}, ${x} of colour ${colour}`).toBe(colour !== 0);
			}
		expect([...colours.values()].map((found) => found.size)).toEqual([...colours].map(() => 1));
		expect(new Set([...colours.values()].flatMap((found) => [...found])).size).toBe(colours.size);
		expect(errors).toEqual([]);
	});

	test('TS-03 by keyboard, on a narrow screen: all of the chosen puzzle shows before it is started, and each after it', async () => {
		await headway.pace(40);
		const page = await browser.page({ baseURL: headway.url, width: 390, height: 844 });
		await open(page, '/?operation=analysis');
		await page.getByRole('radio', { name: 'Quarter turn' }).focus();
		for (const name of ['Turned back', 'Upside down']) {
			await page.keyboard.press('ArrowDown');
			const whole = page.getByRole('region', { name: `All of ${name}` });
			await whole.getByRole('img', { name: /^Output of pair 3:/ }).waitFor();
			await whole.getByRole('img', { name: /^Input of test 1:/ }).waitFor();
		}
		expect(await overflowOf(page)).toBe(0);
		await expectNoAxeViolations(page);
		await page.keyboard.press('Control+Enter');
		await page.waitForURL(/\/jobs\//);
		await untilStatus(page, 'succeeded');
		expect(await page.getByRole('heading', { level: 1 }).innerText()).toBe('Upside down');
	});

	test.for([{ dark: false }, { dark: true }])(
		'TS-03 all ten colours are told apart, and nine have a mark, dark: $dark',
		async ({ dark }) => {
			await headway.pace(40);
			const row = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9];
			const puzzle = { train: [{ input: [row], output: [row.toReversed()] }], test: [{ input: [row] }] };
			const id = await start({ puzzle });
			const page = await browser.page({ baseURL: headway.url, dark });
			await open(page, `/jobs/${id}`);
			await untilStatus(page, 'succeeded');
			const [cells] = await seen(grid(page, 'Input of the test: 1 row of 10'), 1, 10);
			expect(new Set(cells!.map(({ colour }) => colour)).size).toBe(10);
			expect(cells!.map(({ marked }) => marked)).toEqual(row.map((colour) => colour !== 0));
			expect(await page.getByText('The answer is not known, so there is no score.').count()).toBe(1);
		}
	);

	test('TS-03 a file that is wrong is said to be, keeps nothing from being corrected, and then runs; an image changes nothing', async () => {
		await headway.pace(40);
		const page = await browser.page({ baseURL: headway.url });
		await open(page, '/?operation=analysis');
		await page.getByRole('radio', { name: 'Your own' }).click();
		const bring = (name: string, bytes: Buffer) =>
			page.getByLabel('Puzzle file').setInputFiles({ name, mimeType: 'application/json', buffer: bytes });
		const said = page.locator('#puzzle-error');
		await bring(
			'ragged.json',
			Buffer.from('{"train":[{"input":[[1,2],[3]],"output":[[1]]}],"test":[{"input":[[1]]}]}')
		);
		await said.getByText('Training pair 1, input, row 2: Row 2 has 1 cell and the first has 2').waitFor();
		const before = (await headway.responses()).length;
		await page.getByRole('button', { name: 'Start' }).click({ force: true });
		await bring('picture.json', Buffer.from([0x89, 0x50, 0x4e, 0x47]));
		await said.getByText('“picture.json” is not JSON.').waitFor();
		const text = page.getByLabel('Or paste it');
		await text.fill((await text.inputValue()).replace('[3]', '[3,4]'));
		await grid(page, 'Input of pair 1: 2 rows of 2').waitFor();
		expect(await said.isVisible()).toBe(false);
		expect((await headway.responses()).length).toBe(before);
		await page.getByRole('button', { name: 'Start' }).click();
		await page.waitForURL(/\/jobs\//);
		await untilStatus(page, 'succeeded');
		expect(await page.getByRole('heading', { level: 1 }).innerText()).toBe('Puzzle of 1 pair and 1 test');
	});

	test('TS-04 an answer that breaks off keeps its fields and shows what was written', async () => {
		await headway.pace(40);
		await headway.arm({ name: 'incomplete' });
		const page = await browser.page({ baseURL: headway.url });
		await open(page, `/jobs/${await start({ puzzleId: 'mirror' })}`);
		await untilStatus(page, 'failed');
		await headway.arm();
		expect(await field(page, 'Pattern').getAttribute('data-there')).toBe('true');
		expect(await field(page, 'Confidence').innerText()).toContain('Did not come.');
		expect(await page.locator('[data-raw]').innerText()).toMatch(/^\{\s+"pattern": /);
	});

	test('BY-06 finish now says its price and answers from the reasoning so far', async () => {
		await headway.pace(0.4);
		const page = await browser.page({ baseURL: headway.url });
		await open(page, `/jobs/${await start({ puzzleId: 'in-order' })}`);
		await page.locator('[data-reasoning] [data-stream=streaming]').waitFor();
		await page.locator('[data-action=finish][aria-disabled=false]').click();
		const dialog = page.locator('[data-dialog=finish]');
		await dialog.getByText('the demo is free').waitFor();
		await dialog.getByRole('button', { name: 'Finish now' }).click();
		await untilStatus(page, 'succeeded');
		expect(await page.locator('[data-notice=finished_early]').innerText()).toMatch(/^Finished early, as asked/);
		const made = (await headway.responses()).filter(({ jobId }) => jobId === idOf(page));
		expect(made.map(({ status }) => status).sort()).toEqual(['cancelled', 'completed']);
	});

	test('TS-05 two runs of a puzzle stand in one table', async () => {
		await headway.pace(40);
		const first = await start({ puzzleId: 'halo' });
		await headway.job(first, true);
		const page = await browser.page({ baseURL: headway.url });
		await open(page, `/jobs/${await start({ puzzleId: 'halo' })}`);
		await untilStatus(page, 'succeeded');
		await page.locator(`[data-runs] [data-run="${first}"]`).waitFor();
		expect(await page.locator('[data-runs] [data-run]').count()).toBe(2);
	});

	test('TS-03 in a grid of the largest kind the marks can be told once it is enlarged, without colours too', async () => {
		await headway.pace(40);
		const row = Array.from({ length: 30 }, (_, x) => x % 10);
		const large = Array.from({ length: 30 }, () => row);
		const id = await start({ puzzle: { train: [{ input: large, output: large }], test: [{ input: large }] } });
		await headway.job(id, true);
		const page = await browser.page({ baseURL: headway.url });
		await page.emulateMedia({ forcedColors: 'active' });
		await open(page, `/jobs/${id}`);
		await untilStatus(page, 'succeeded');
		const colours = await page
			.locator('.filling, body')
			.evaluateAll((all) => all.map((each) => getComputedStyle(each).backgroundColor));
		const [paper, ...bars] = colours;
		expect(bars.length).toBeGreaterThan(1);
		expect(bars).not.toContain(paper);
		await page.getByRole('button', { name: 'Enlarge Prediction' }).click();
		const dialog = page.getByRole('dialog', { name: 'Prediction' });
		const cells = await seen(dialog.getByRole('img'), 30, 30);
		for (const [x, colour] of row.entries()) expect(cells[3]![x]!.marked, `colour ${colour}`).toBe(colour !== 0);
		expect(await overflowOf(page)).toBe(0);
		await expectNoAxeViolations(page);
		await page.keyboard.press('Escape');
		await dialog.waitFor({ state: 'detached' });
	});

	const looks = [
		{ width: 1280, dark: false },
		{ width: 1280, dark: true },
		{ width: 390, dark: false },
		{ width: 390, dark: true }
	];

	test.for(looks)('BY-11 the form holds at $width px, dark: $dark', async ({ width, dark }) => {
		const page = await browser.page({ baseURL: headway.url, width, dark });
		await open(page, '/?operation=analysis');
		await page.locator('[data-puzzle]').first().waitFor();
		expect(await overflowOf(page)).toBe(0);
		await expectNoAxeViolations(page);
		await page.getByRole('radio', { name: 'Your own' }).click();
		await page.getByLabel('Or paste it').fill('{"train": []}');
		await expectNoAxeViolations(page);
	});

	test.for(looks)('BY-11 the result holds at $width px, dark: $dark', async ({ width, dark }) => {
		await headway.pace(40);
		const id = await start({ puzzleId: 'diagonals' });
		await headway.job(id, true);
		const page = await browser.page({ baseURL: headway.url, width, dark });
		await open(page, `/jobs/${id}`);
		await untilStatus(page, 'succeeded');
		await page.getByRole('button', { name: /^Puzzle/ }).click();
		await grid(page, 'Input of test 1: 10 rows of 7').waitFor();
		expect(await overflowOf(page)).toBe(0);
		await expectNoAxeViolations(page);
	});
});
