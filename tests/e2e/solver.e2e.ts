import type { Page } from 'playwright';
import { PNG } from 'pngjs';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import type { JobSnapshot } from '../../src/lib/jobs/snapshot.ts';
import type { SolverResult, SolverState } from '../../src/lib/operations/solver/model.ts';
import type { VisualResult, VisualState } from '../../src/lib/operations/visual/model.ts';
import type { Grid } from '../../src/lib/puzzles/grid.ts';
import { AnsweringServer } from './support/answering-server.ts';
import { closePages, expectNoAxeViolations, openBrowser, pageErrors } from './support/browser.ts';
import type { TestBrowser } from './support/browser.ts';
import { isMarkedWrong, mainColour, paintedCells } from './support/grids.ts';
import {
	cancelJob,
	eventually,
	idOf,
	open,
	overflowOf,
	percentageOf,
	startHeadway,
	untilStatus
} from './support/headway.ts';
import type { Headway } from './support/headway.ts';
import { startServer, type RunningServer } from './support/server.ts';

type Solver = JobSnapshot<SolverState, SolverResult>;
type Visual = JobSnapshot<VisualState, VisualResult>;

const looks = [
	{ width: 1280, dark: false },
	{ width: 1280, dark: true },
	{ width: 390, dark: false },
	{ width: 390, dark: true }
];

/** Starts a job through the HTTP door. */
async function start(url: string, operation: 'solver' | 'visual', input: object): Promise<string> {
	const answer = await fetch(`${url}/api/jobs`, {
		method: 'POST',
		headers: { 'content-type': 'application/json' },
		body: JSON.stringify({ operation, input })
	});
	expect(answer.status).toBe(201);
	return ((await answer.json()) as { id: string }).id;
}

async function jobOf<T>(url: string, id: string, wait = 0): Promise<T> {
	return (await (await fetch(`${url}/api/jobs/${id}?wait=${wait}`)).json()) as T;
}

const card = (page: Page, number: number) => page.locator(`[data-iteration="${number}"]`);
const grid = (page: Page, name: string | RegExp) => page.getByRole('img', { name });

/** Each cell has the colour of its number: one colour for each number, and another for each other. */
async function expectPainted(page: Page, name: string | RegExp, cells: Grid): Promise<void> {
	const painted = await paintedCells(grid(page, name).first(), cells.length, cells[0]!.length);
	const colours = new Map<number, Set<string>>();
	for (const [y, row] of cells.entries())
		for (const [x, cell] of row.entries())
			colours.set(cell, (colours.get(cell) ?? new Set()).add(mainColour(painted[y]![x]!)));
	expect([...colours.values()].map(({ size }) => size)).toEqual([...colours].map(() => 1));
	expect(new Set([...colours.values()].flatMap((each) => [...each])).size).toBe(colours.size);
}

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

describe('a puzzle that is solved by programs', () => {
	test('TS-06 is chosen in the form; its program grows, highlighted, and what it came to on each pair is painted', async () => {
		await headway.pace(0.6);
		const page = await browser.page({ baseURL: headway.url });
		const errors = pageErrors(page);
		await open(page, '/?operation=solver');
		await page.getByRole('radio', { name: 'Pools', exact: true }).click();
		await page.getByRole('button', { name: 'Start' }).click();
		await page.waitForURL(/\/jobs\//);
		await card(page, 1).and(page.locator('[aria-busy=true]')).locator('.code-block code').waitFor();
		expect(await card(page, 1).locator('[data-word]').innerText()).toBe('being written');
		await card(page, 1).and(page.locator('[aria-busy=true]')).locator('.code-block .code-keyword').first().waitFor();
		const half = await card(page, 1).locator('.code-block').innerText();
		await untilStatus(page, 'succeeded');
		const whole = await card(page, 1).locator('.code-block').innerText();
		expect(whole.length).toBeGreaterThan(half.length);
		await card(page, 1).locator('.code-block .code-keyword').first().waitFor();
		expect(await card(page, 1).locator('[data-word]').innerText()).toBe('solved');
		expect(await card(page, 1).locator('[data-facts]').innerText()).toMatch(
			/^(\d+) of \1 cells right · \d+ tokens written · \d+ read · \d+\.\d s$/
		);
		const { result, state } = await jobOf<Solver>(headway.url, idOf(page));
		const { train } = state.shipped!.puzzle;
		await expectPainted(page, /^What was made of pair 1:/, train[0]!.output);
		await expectPainted(page, /^What was made of test 1:/, result!.prediction[0]!);
		expect(await page.locator('[data-score]').innerText()).toBe('Score 100 %');
		expect(result).toMatchObject({ confidence: 100, score: 1, hints: expect.arrayContaining([expect.any(String)]) });
		expect(errors).toEqual([]);
	});

	test('TS-06 what is wrong is marked in the painted grid, cell by cell; each try is another, and its card stays', async () => {
		await headway.pace(40);
		const id = await start(headway.url, 'solver', { puzzleId: 'halo-by-colour', iterations: 3 });
		const page = await browser.page({ baseURL: headway.url });
		await open(page, `/jobs/${id}`);
		await untilStatus(page, 'succeeded');
		const { state, result } = await jobOf<Solver>(headway.url, id);
		const [best] = result!.iterations.toSorted(
			(a, b) => b.solved - a.solved || b.right - a.right || a.number - b.number
		);
		expect(new Set(result!.iterations.map(({ program }) => program)).size).toBe(3);
		expect(await page.locator('[data-iteration]').count()).toBe(3);
		expect(await page.locator('[data-best]').count()).toBe(1);
		await card(page, best!.number)
			.getByRole('img', { name: /^What was made of pair 1: .* cells? differs?$/ })
			.waitFor();
		const sought = state.shipped!.puzzle.test[0]!.output!;
		const made = result!.prediction[0]!;
		const painted = await paintedCells(
			grid(page, /^What was made of test 1: .* cells differ$/),
			made.length,
			made[0]!.length
		);
		expect(painted.map((row) => row.map(isMarkedWrong))).toEqual(
			made.map((row, y) => row.map((cell, x) => cell !== sought[y]![x]))
		);
		const other = card(page, best!.number === 1 ? 2 : 1);
		await other.locator('h3 button').click();
		expect(await other.locator('.code-block').innerText()).toContain('function solve(grid)');
	});

	test('TS-06 PG-12 a reload in the middle shows the same cards, and the bar goes on where it was', async () => {
		await headway.pace(2);
		const id = await start(headway.url, 'solver', { puzzleId: 'halo-by-colour', iterations: 4 });
		const page = await browser.page({ baseURL: headway.url });
		await open(page, `/jobs/${id}`);
		await card(page, 1).locator('[data-facts]').waitFor();
		await card(page, 2).waitFor();
		const [before, facts] = [await percentageOf(page), await card(page, 1).innerText()];
		await page.reload();
		await page.locator('[data-connection=live]').waitFor({ state: 'attached' });
		expect(await card(page, 1).innerText()).toBe(facts);
		expect(await percentageOf(page)).toBeGreaterThanOrEqual(before!);
		await untilStatus(page, 'succeeded');
		expect(await page.locator('[data-iteration]').count()).toBe(4);
		expect((await headway.responses()).filter(({ jobId }) => jobId === id)).toHaveLength(4);
	});

	test('CX-04 CX-05 a cancel while a program is written stops the provider within 2 s, and what was there stays', async () => {
		await headway.pace(1);
		const page = await browser.page({ baseURL: headway.url });
		await open(page, `/jobs/${await start(headway.url, 'solver', { puzzleId: 'halo-by-colour' })}`);
		await card(page, 1).locator('[data-code] p').first().waitFor();
		await cancelJob(page);
		const begun = performance.now();
		const ours = async () => (await headway.responses()).filter(({ jobId }) => jobId === idOf(page));
		await eventually(ours, (all) => all.at(0)?.status === 'cancelled', 2_000);
		await untilStatus(page, 'cancelled', 2_000);
		expect(performance.now() - begun).toBeLessThan(2_000);
		expect(await card(page, 1).locator('[data-word]').innerText()).toBe('not finished');
		expect(await card(page, 1).locator('[data-code] p').first().innerText()).not.toBe('');
		await expectNoAxeViolations(page);
	});

	test('TS-06 a run whose provider fails keeps its card and says what to do', async () => {
		await headway.pace(40);
		await headway.arm({ name: 'failed' });
		const page = await browser.page({ baseURL: headway.url });
		await open(page, `/jobs/${await start(headway.url, 'solver', { puzzleId: 'mirror' })}`);
		await untilStatus(page, 'failed');
		await headway.arm();
		expect(await page.locator('[data-ending=failed]').innerText()).toMatch(/Try again|What arrived|kept/);
		expect(await card(page, 1).locator('[data-word]').innerText()).toBe('not finished');
		await expectNoAxeViolations(page);
	});

	test.for(looks)('BY-11 its form and its result hold at $width px, dark: $dark', async ({ width, dark }) => {
		await headway.pace(40);
		const id = await start(headway.url, 'solver', { puzzleId: 'halo-by-colour', iterations: 2 });
		await headway.job(id, true);
		const page = await browser.page({ baseURL: headway.url, width, dark });
		await open(page, `/jobs/${id}`);
		await untilStatus(page, 'succeeded');
		for (const toggle of await page.locator('[data-iteration] h3 button[aria-expanded=false]').all())
			await toggle.click();
		expect(await overflowOf(page)).toBe(0);
		await expectNoAxeViolations(page);
		await open(page, '/?operation=solver');
		await page.locator('[data-puzzle]').first().waitFor();
		expect(await overflowOf(page)).toBe(0);
		await expectNoAxeViolations(page);
	});

	test('TS-06 the page of a run that goes on is whole for a screen reader, at 390 px too', async () => {
		await headway.pace(1);
		const page = await browser.page({ baseURL: headway.url, width: 390, dark: true });
		await open(page, `/jobs/${await start(headway.url, 'solver', { puzzleId: 'halo-by-colour' })}`);
		await card(page, 2).waitFor();
		expect(await overflowOf(page)).toBe(0);
		await expectNoAxeViolations(page);
		await headway.cancel(idOf(page));
	});
});

describe('a puzzle that is solved by eye', () => {
	test('TS-07 its pictures show while it looks, phase by phase, and its answer is painted', async () => {
		await headway.pace(1);
		const page = await browser.page({ baseURL: headway.url });
		const errors = pageErrors(page);
		await open(page, '/?operation=visual');
		await page.getByRole('radio', { name: 'In the mirror' }).click();
		await page.getByRole('button', { name: 'Start' }).click();
		await page.waitForURL(/\/jobs\//);
		const seen: string[] = [];
		for (const step of ['look', 'hypothesize', 'test', 'answer']) {
			await page.locator(`[data-step=${step}]`).waitFor();
			seen.push(
				...(await page
					.locator('[data-step][aria-busy=true]')
					.evaluateAll((all) => all.map((each) => each.getAttribute('data-step')!)))
			);
			if (step === 'look') expect(await page.locator('[data-picture]').count()).toBe(4);
		}
		expect(seen).toEqual(['look', 'hypothesize', 'test', 'answer']);
		await untilStatus(page, 'succeeded');
		const { result } = await jobOf<Visual>(headway.url, idOf(page));
		await expectPainted(page, /^What was made of test 1:/, result!.prediction[0]!);
		expect(result).toMatchObject({
			score: 1,
			pattern: expect.stringContaining('mirrored'),
			confidence: expect.any(Number)
		});
		expect(await page.locator('[data-said]').innerText()).toContain(result!.hints[0]);
		expect(await page.locator('[data-step=look]').isVisible()).toBe(false);
		expect(errors).toEqual([]);
	});

	test('TS-07 each picture is drawn by the server, is there for those who do not see it, and shows each cell in its colour', async () => {
		await headway.pace(40);
		const row = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9];
		const puzzle = { train: [{ input: [row], output: [row.toReversed()] }], test: [{ input: [row] }] };
		const id = await start(headway.url, 'visual', { puzzle });
		const page = await browser.page({ baseURL: headway.url });
		await open(page, `/jobs/${id}`);
		await untilStatus(page, 'succeeded');
		const shown = page.getByRole('img', { name: 'Input of test 1 as the model sees it' });
		await eventually(
			() => shown.evaluate((image: HTMLImageElement) => image.complete && image.naturalWidth),
			(width) => Number(width) > 100
		);
		const picture = PNG.sync.read(await shown.screenshot());
		const middle = Math.floor(picture.height / 2);
		const line = Array.from({ length: picture.width }, (_, x) =>
			[...picture.data.subarray((middle * picture.width + x) * 4, (middle * picture.width + x) * 4 + 3)].join(',')
		);
		const counts = new Map<string, number>();
		for (const colour of line) counts.set(colour, (counts.get(colour) ?? 0) + 1);
		expect([...counts.values()].filter((count) => count >= 8).length).toBeGreaterThanOrEqual(10);
	});

	test('PG-12 CX-04 a reload in the middle keeps pictures and steps; a cancel stops the provider within 2 s', async () => {
		await headway.pace(1);
		const page = await browser.page({ baseURL: headway.url });
		await open(page, `/jobs/${await start(headway.url, 'visual', { puzzleId: 'halo-by-colour' })}`);
		await page.locator('[data-step=hypothesize]').waitFor();
		const looked = await page.locator('[data-step=look]').innerText();
		await page.reload();
		await page.locator('[data-connection=live]').waitFor({ state: 'attached' });
		expect(await page.locator('[data-step=look]').innerText()).toBe(looked);
		expect(await page.locator('[data-picture]').count()).toBe(5);
		await cancelJob(page);
		const ours = async () => (await headway.responses()).filter(({ jobId }) => jobId === idOf(page));
		await eventually(ours, (all) => all.at(0)?.status === 'cancelled', 2_000);
		await untilStatus(page, 'cancelled', 2_000);
		expect(await page.locator('[data-picture]').count()).toBe(5);
	});

	test.for(looks)(
		'BY-11 TS-02 its result, with its reasoning, holds at $width px, dark: $dark',
		async ({ width, dark }) => {
			await headway.pace(40);
			const id = await start(headway.url, 'visual', { puzzleId: 'halo-by-colour' });
			await headway.job(id, true);
			const page = await browser.page({ baseURL: headway.url, width, dark });
			await open(page, `/jobs/${id}`);
			await untilStatus(page, 'succeeded');
			for (const name of [/^Puzzle/, /^Observations/, /^Answer as it was written/])
				await page.getByRole('button', { name }).click();
			// TS-02: what was thought before it stands apart from what was seen.
			const look = page.locator('[data-step=look]');
			await look.getByText('Reasoning', { exact: true }).click();
			await look.locator('[data-reasoning]').getByText('I read the grids of each pair').waitFor();
			expect(await overflowOf(page)).toBe(0);
			await expectNoAxeViolations(page);
		}
	);
});

describe('a model', () => {
	let provider: AnsweringServer;
	let server: RunningServer;

	beforeAll(async () => {
		provider = await AnsweringServer.start();
		server = await startServer({ env: provider.env });
	});
	afterAll(async () => {
		await server?.stop();
		provider?.close();
	});

	test('TS-07 is given every pair and test as a PNG in each of the four requests', async () => {
		const answer = '{"predictions": [[[2, 1]]], "pattern": "Swapped.", "confidence": 0.5}';
		provider.answers('Seen.', 'A swap.', 'Holds.', answer);
		const puzzle = { train: [{ input: [[3, 4]], output: [[4, 3]] }], test: [{ input: [[1, 2]], output: [[2, 1]] }] };
		const ended = await jobOf<Visual>(server.url, await start(server.url, 'visual', { puzzle }), 30);
		expect(ended.result).toMatchObject({ score: 1, pattern: 'Swapped.', strategy: 'Holds.', confidence: 50 });
		expect(provider.asked).toHaveLength(4);
		for (const { messages } of provider.asked) {
			const parts = messages.flatMap(({ content }) => (typeof content === 'string' ? [] : content));
			const pictures = parts.flatMap(({ image_url }) => image_url?.url ?? []);
			expect(pictures.map((url) => url.slice(0, 22))).toEqual(['data:image/png;base64,', 'data:image/png;base64,']);
			const [pair] = pictures.map((url) => PNG.sync.read(Buffer.from(url.slice(22), 'base64')));
			expect(pair!.width).toBeGreaterThan(pair!.height);
		}
	});

	test('TS-07 that takes no pictures ends the run with a sentence that says so', async () => {
		provider.refusesPictures = 'answering-1 is not a multimodal model';
		const page = await browser.page({ baseURL: server.url });
		await open(page, `/jobs/${await start(server.url, 'visual', { puzzleId: 'mirror' })}`);
		await untilStatus(page, 'failed');
		expect(await page.locator('[data-ending=failed]').innerText()).toContain(
			'The model answering-1 of the answering server takes no pictures. Pick one that does'
		);
		expect(await page.locator('[data-picture]').count()).toBe(4);
		await expectNoAxeViolations(page);
	});
});
