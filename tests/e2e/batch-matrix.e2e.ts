import type { Page } from 'playwright';
import { parse } from 'csv-parse/sync';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import type { JobSnapshot, JobSummary } from '../../src/lib/jobs/snapshot.ts';
import type { BatchResult, BatchState } from '../../src/lib/operations/batch/model.ts';
import { closePages, expectNoAxeViolations, openBrowser, pageErrors } from './support/browser.ts';
import type { TestBrowser } from './support/browser.ts';
import { cancelJob, eventually, idOf, open, overflowOf, ready, startHeadway } from './support/headway.ts';
import type { Headway } from './support/headway.ts';

type Batch = JobSnapshot<BatchState, BatchResult> & { children: JobSummary[] };

const models = ['demo-research-1', 'demo-chat-1'];
const MB = 1024 * 1024;

/** Many puzzles, each given to several models: the page of the whole. */
describe('a batch of puzzles and models', () => {
	let headway: Headway;
	let browser: TestBrowser;

	beforeAll(async () => {
		[headway, browser] = await Promise.all([startHeadway(40), openBrowser()]);
	});
	afterEach(() => closePages(browser.browser));
	afterAll(async () => {
		await browser?.close();
		await headway?.stop();
	});

	const batch = async (id: string) => (await (await fetch(`${headway.url}/api/batches/${id}`)).json()) as Batch;
	const until = (id: string, isRight: (batch: Batch) => boolean, ms = 55_000) =>
		eventually(() => batch(id), isRight, ms);
	const countOf = ({ children }: Batch, status: string) => children.filter((child) => child.status === status).length;

	async function begin(vary: object, operation = 'analysis'): Promise<string> {
		const answer = await fetch(`${headway.url}/api/batches`, {
			method: 'POST',
			headers: { 'content-type': 'application/json' },
			body: JSON.stringify({ operation, input: {}, vary })
		});
		expect(answer.status).toBe(201);
		return ((await answer.json()) as { id: string }).id;
	}

	async function allPuzzles(): Promise<string[]> {
		const { puzzles } = (await (await fetch(`${headway.url}/api/puzzles`)).json()) as { puzzles: { id: string }[] };
		return puzzles.map(({ id }) => id);
	}

	const matrix = (page: Page) => page.getByRole('grid', { name: 'Results: Puzzle by Model' });
	const cell = (page: Page, row: number, column: number) => matrix(page).locator(`[data-at="${row},${column}"]`);
	const total = (page: Page, name: string) => matrix(page).locator(`[data-total="${name}"] td`).allInnerTexts();

	test('OP-08 a level and two models from the form become a matrix that fills while it runs, without a row moving another', async () => {
		const page = await browser.page({ baseURL: headway.url });
		const errors = pageErrors(page);
		await open(page, '/');
		await page.getByRole('radio', { name: 'Batch', exact: true }).click();
		const form = page.getByRole('form', { name: 'New batch' });
		await form.getByText('Analysis', { exact: true }).click();
		await form.getByRole('checkbox', { name: /^Level 1/ }).check();
		const field = form.getByLabel('model');
		await field.focus();
		const offered = () =>
			form.locator('datalist option').evaluateAll((all) => all.map((one) => (one as HTMLOptionElement).value));
		await eventually(offered, (values) => models.every((model) => values.includes(model)));
		await field.fill(models.join(', '));
		await expectNoAxeViolations(page);
		expect(await form.locator('[data-count]').innerText()).toBe('24 parts: 12 puzzles in 2 variants');
		await headway.pace(10);
		await page.keyboard.press('Control+Enter');
		await page.waitForURL(/\/jobs\/[\w-]+$/);
		await ready(page);
		await matrix(page).waitFor();
		const heights = () =>
			matrix(page)
				.locator('tbody tr')
				.evaluateAll((all) => all.map((row) => Math.round(row.getBoundingClientRect().height)));
		const atFirst = await heights();
		await matrix(page).locator('[data-status=running]').first().waitFor();
		await expectNoAxeViolations(page);
		await matrix(page).locator('[data-score]').first().waitFor();
		expect(await page.title()).toMatch(/24 × analysis: Quarter turn and 11 more/);
		const ended = await until(idOf(page), ({ status }) => status === 'succeeded');
		await page.locator('article dl [data-status=succeeded]').waitFor();
		expect(await heights()).toEqual(atFirst);
		// What the page says is what the server knows, cell by cell and added up.
		const scores = await matrix(page)
			.locator('[data-cell]')
			.evaluateAll((all) =>
				all.map((one) => [
					(one as HTMLElement).dataset.cell,
					one.querySelector<HTMLElement>('[data-score]')?.dataset.score
				])
			);
		expect(scores).toEqual(ended.state.parts.map(({ key, score }) => [key, String(score)]));
		const solved = (place: number) =>
			ended.state.parts.filter((part, index) => index % 2 === place && part.score === 1).length;
		expect(await total(page, 'Solved')).toEqual([`${solved(0)} of 12`, `${solved(1)} of 12`]);
		expect(solved(0)).toBeGreaterThan(0);
		expect(errors).toEqual([]);
	});

	test('OP-08 BY-11 the matrix is gone through by keyboard, and Enter opens the job of a cell', async () => {
		await headway.pace(40);
		const id = await begin({ puzzleId: (await allPuzzles()).slice(0, 3), model: models });
		const ended = await until(id, ({ status }) => status === 'succeeded');
		const page = await browser.page({ baseURL: headway.url });
		await open(page, `/jobs/${id}`);
		await cell(page, 0, 0).focus();
		const focused = () => page.evaluate(() => (document.activeElement as HTMLElement | null)?.dataset.at);
		for (const [key, at] of [
			['ArrowDown', '1,0'],
			['End', '1,1'],
			['Control+End', '2,1'],
			['Control+Home', '0,0'],
			['ArrowRight', '0,1']
		]) {
			await page.keyboard.press(key!);
			await eventually(focused, (value) => value === at);
		}
		await page.keyboard.press('Enter');
		await page.waitForURL(`**/jobs/${ended.state.parts[1]?.jobId}`);
		expect(await page.locator('[data-parent]').count()).toBe(1);
	});

	test('OP-08 TS-15 a model that is not there fails in its column, with a sentence in its part, and the others are done', async () => {
		await headway.pace(40);
		const id = await begin({ puzzleId: ['mirror', 'lake'], model: ['demo-research-1', 'no-such-model'] });
		const page = await browser.page({ baseURL: headway.url });
		await open(page, `/jobs/${id}`);
		const ended = await until(id, ({ endedAt }) => endedAt !== null);
		expect([ended.status, ended.result?.succeeded, ended.result?.failed]).toEqual(['succeeded', 2, 2]);
		await eventually(
			() => total(page, 'Solved'),
			([first, second]) => first === '2 of 2' && second === '0 of 2'
		);
		expect(await cell(page, 0, 1).innerText()).toMatch(/Failed/);
		const faults = page.locator('[data-parts] [data-fault]');
		expect(await faults.allInnerTexts()).toEqual(
			Array.from({ length: 2 }, () => 'The model no-such-model is not available at the demo provider. Pick another.')
		);
		await expectNoAxeViolations(page);
		await page.getByRole('button', { name: 'Retry the 2 parts that are missing' }).click();
		await page.waitForURL((url) => !url.pathname.endsWith(id));
		await until(idOf(page), ({ endedAt }) => endedAt !== null);
	});

	test('OP-08 CX-01 CX-05 one part and then all of them are cancelled; what is done stays, and is saved as CSV', async () => {
		await headway.pace(10);
		const id = await begin({ puzzleId: (await allPuzzles()).slice(0, 20), model: models });
		const page = await browser.page({ baseURL: headway.url });
		await open(page, `/jobs/${id}`);
		await until(id, (now) => countOf(now, 'succeeded') >= 2);
		// Those that begin from here on take long enough for two presses.
		await headway.pace(0.2);
		const begun = (await batch(id)).children.filter(({ status }) => status !== 'queued').map((child) => child.id);
		const isSlow = ({ id: child, status }: JobSummary) => status === 'running' && !begun.includes(child);
		const slow = (await until(id, ({ children }) => children.some(isSlow))).children.find(isSlow);
		const key = (await batch(id)).state.parts.find(({ jobId }) => jobId === slow?.id)?.key;
		const button = page.locator(`[data-part="${key}"]`).getByRole('button', { name: /ancel/ });
		await button.click();
		await page.waitForFunction(
			(since) => performance.now() - since > 600,
			await page.evaluate(() => performance.now())
		);
		await button.click();
		await matrix(page).locator(`[data-cell="${key}"] [data-status=cancelled]`).first().waitFor();
		expect(await page.locator('article dl [data-status=running]').count()).toBe(1);
		const pressed = performance.now();
		await cancelJob(page);
		const ended = await until(id, ({ status }) => status === 'cancelled', 15_000);
		expect(performance.now() - pressed).toBeLessThan(10_000);
		await page.locator('article dl [data-status=cancelled]').waitFor();
		expect(countOf(ended, 'succeeded') + countOf(ended, 'cancelled')).toBe(ended.children.length);
		const unfinished = (await headway.responses()).filter(({ status }) => /queued|in_progress/.test(status));
		expect(unfinished).toEqual([]);
		const [download] = await Promise.all([
			page.waitForEvent('download'),
			page.getByRole('button', { name: 'CSV', exact: true }).click()
		]);
		const saved = Buffer.concat(await (await download.createReadStream()).toArray()).toString();
		const lines = parse(saved, { columns: true }) as Record<string, string>[];
		expect(lines.map(({ part, puzzleId, model }) => [part, puzzleId, model].join(' '))).toHaveLength(40);
		expect(lines.filter(({ status }) => status === 'succeeded')).toHaveLength(countOf(ended, 'succeeded'));
		expect(lines.find(({ part }) => part === key)?.status).toBe('cancelled');
	});

	test.each([
		[390, true],
		[1280, false]
	])(
		'OP-08 at %i pixels (dark: %s) the page of 186 parts keeps the puzzle in sight, takes little memory, and stays smooth while it runs',
		async (width, dark) => {
			await headway.pace(4);
			const id = await begin({ puzzleId: await allPuzzles(), model: [...models, 'no-such-model'] });
			const page = await browser.page({ baseURL: headway.url, width, dark });
			await open(page, `/jobs/${id}`);
			await matrix(page).locator('[data-score]').first().waitFor();
			expect(await matrix(page).locator('tbody tr').count()).toBe(62);
			expect(await overflowOf(page)).toBeLessThanOrEqual(0);
			const box = page.locator('[data-matrix]');
			await box.scrollIntoViewIfNeeded();
			await box.evaluate((element) => element.scrollTo({ left: 1_000, top: 500 }));
			const [left, lead] = await Promise.all([
				box.evaluate((element) => element.getBoundingClientRect().left),
				matrix(page)
					.locator('tbody th')
					.nth(12)
					.evaluate((element) => element.getBoundingClientRect().left)
			]);
			expect(lead).toBeCloseTo(left + 1, 0);
			await expectNoAxeViolations(page);
			const longest = await page.evaluate(async () => {
				const tasks: number[] = [];
				new PerformanceObserver((list) => tasks.push(...list.getEntries().map(({ duration }) => duration))).observe({
					type: 'longtask'
				});
				const scrolled = document.querySelector('[data-matrix]')!;
				for (let step = 0; step < 120; step += 1) {
					scrolled.scrollTop = (step % 60) * 50;
					await new Promise((resolve) => requestAnimationFrame(resolve));
				}
				return Math.max(0, ...tasks);
			});
			const elements = await page.evaluate(() => document.querySelectorAll('*').length);
			const session = await page.context().newCDPSession(page);
			await session.send('HeapProfiler.collectGarbage');
			const { usedSize } = await session.send('Runtime.getHeapUsage');
			console.log(
				`at ${width}: ${elements} elements, ${(usedSize / MB).toFixed(1)} MB, longest task ${longest.toFixed(0)} ms`
			);
			expect(elements).toBeLessThan(4_000);
			expect(usedSize).toBeLessThan(40 * MB);
			// A busy machine is slower; half a second is what a person takes for a page that hangs.
			expect(longest).toBeLessThan(500);
			await headway.cancel(id);
		}
	);

	test('OP-08 BY-01 BY-02 killed in the middle of 186 parts, it goes on in its order; none is lost, and none is done twice', async () => {
		await headway.pace(10);
		const puzzles = await allPuzzles();
		const id = await begin({ puzzleId: puzzles, model: [...models, 'no-such-model'] });
		const page = await browser.page({ baseURL: headway.url });
		await open(page, `/jobs/${id}`);
		const before = await until(id, (now) => countOf(now, 'succeeded') >= 10 && countOf(now, 'running') > 0);
		await headway.kill();
		const { env, ...rest } = headway.options;
		headway = await startHeadway(40, { ...rest, env: { ...env, HEADWAY_DEMO_PACE: '40' } });
		const ended = await until(id, ({ status }) => status === 'succeeded', 170_000);
		const jobs = new Map(ended.state.parts.map(({ key, jobId }) => [key, jobId]));
		expect([...jobs.keys()].map(Number)).toEqual(
			puzzles.flatMap((_, row) => [0, 1, 2].map((column) => 3 * row + column + 1))
		);
		expect(before.state.parts.filter(({ key, jobId }) => jobs.get(key) !== jobId)).toEqual([]);
		expect(new Set(jobs.values()).size).toBe(ended.children.length);
		const places = new Map(ended.state.parts.map(({ key, jobId }) => [jobId, Number(key)]));
		const inOrder = ended.children
			.filter(({ startedAt }) => startedAt !== null)
			.toSorted((one, other) => one.startedAt! - other.startedAt! || places.get(one.id)! - places.get(other.id)!)
			.map(({ id: job }) => places.get(job)!);
		expect(inOrder).toEqual(inOrder.toSorted((one, other) => one - other));
		await page.locator('article dl [data-status=succeeded]').waitFor();
		const { status, body } = await fetch(`${headway.url}/api/jobs/${id}/artifacts/results.csv`);
		expect([status, (await new Response(body).text()).split('\r\n').length]).toEqual([200, 188]);
		expect(await matrix(page).locator('[data-status=none]').count()).toBe(0);
	}, 240_000);
});
