import type { Page } from 'playwright';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { expectNoAxeViolations, openBrowser, pageErrors } from './support/browser.ts';
import type { TestBrowser } from './support/browser.ts';
import { cancelJob, eventually, idOf, open, overflowOf, ready, startHeadway } from './support/headway.ts';
import type { Headway } from './support/headway.ts';

const questions = ['How are tides made?', 'What moves ocean currents?', 'How does sourdough rise?'];

/** Several jobs from one form, and the page of the whole. */
describe('a batch', () => {
	let headway: Headway;
	let browser: TestBrowser;
	let page: Page;
	let errors: string[];
	const rows = () => page.locator('[data-parts] li');
	const inRail = (id: string) => page.locator(`aside a[data-job="${id}"]`);
	const summaries = async (id: string) => {
		const answer = await fetch(`${headway.url}/api/batches/${id}`);
		return ((await answer.json()) as { children: { id: string; status: string }[] }).children;
	};
	/** Waits until the batch itself has this status; its rows have theirs. */
	const untilWhole = (status: string, timeout = 40_000) =>
		page.locator(`article dl [data-status=${status}]`).waitFor({ timeout });
	const statuses = async (id: string) => (await summaries(id)).map(({ status }) => status);

	beforeAll(async () => {
		[headway, browser] = await Promise.all([startHeadway(1), openBrowser()]);
		page = await browser.page({ baseURL: headway.url });
		errors = pageErrors(page);
	});
	afterAll(async () => {
		await browser?.close();
		await headway?.stop();
	});

	/** Composes a batch at the home page and starts it. */
	async function begin(operation: string, lines: readonly string[], chips: readonly string[] = []): Promise<string> {
		await open(page, '/');
		await page.getByRole('radio', { name: 'Batch', exact: true }).click();
		const form = page.getByRole('form', { name: 'New batch' });
		await form.getByText(operation, { exact: true }).click();
		await form.getByLabel('One part a line').fill(lines.join('\n'));
		for (const chip of chips) await form.getByText(chip, { exact: true }).click();
		const count = lines.length * Math.max(1, chips.length);
		expect(await form.locator('[data-count]').getAttribute('data-count')).toBe(String(count));
		await page.keyboard.press('Control+Enter');
		await page.waitForURL(/\/jobs\/[\w-]+$/);
		await ready(page);
		return idOf(page);
	}

	test('OP-08 one form starts several jobs; the page shows the bar of the whole and a moving bar of each', async () => {
		const id = await begin('Research', questions, ['quick']);
		await eventually(
			() => page.locator('[data-parts] [data-status=running]').count(),
			(count) => count === 3
		);
		expect(await rows().count()).toBe(3);
		expect(await rows().allInnerTexts()).toEqual(questions.map((question) => expect.stringContaining(question)));
		const bars = () =>
			rows().evaluateAll((all) =>
				all.map((row) => Number(row.querySelector('[role=progressbar]')?.getAttribute('aria-valuenow') ?? 0))
			);
		const before = await bars();
		await eventually(bars, (now) => now.every((value, index) => value > (before[index] ?? 0)));
		expect(await page.locator('section[aria-label=Progress]').innerText()).toMatch(/\d %/);
		expect((await summaries(id)).map(({ status }) => status)).toEqual(['running', 'running', 'running']);
	});

	test('OP-08 the list has the batch once with its parts folded under it, and the title counts it once', async () => {
		const id = idOf(page);
		expect(await page.title()).toMatch(/^\(1\) /);
		expect(await inRail(id).count()).toBe(1);
		const headings = await page.locator('aside').getByRole('heading', { level: 2 }).allInnerTexts();
		expect(headings[0]).toMatch(/running\s*1/i);
		const [part] = await summaries(id);
		expect(await inRail(part?.id ?? '').isVisible()).toBe(false);
		await page.locator('aside [data-job-parts] summary').click();
		await inRail(part?.id ?? '').waitFor({ state: 'visible' });
	});

	test('OP-08 PG-12 after a reload the parts stand as they stood', async () => {
		await page.reload();
		await ready(page);
		await eventually(
			() => rows().count(),
			(count) => count === 3
		);
		expect(await page.locator('[data-parts] [data-percentage]').count()).toBeGreaterThan(0);
	});

	test('CX-01 CX-03 one part is cancelled at its row, and the others finish', async () => {
		const id = idOf(page);
		const row = rows().filter({ hasText: questions[1] ?? '' });
		await row.getByRole('button', { name: /^Cancel/ }).click();
		await page.waitForFunction(
			(since) => performance.now() - since > 600,
			await page.evaluate(() => performance.now())
		);
		await row.getByRole('button', { name: /Cancel this part/ }).click();
		await row.locator('[data-status=cancelled]').waitFor();
		await untilWhole('succeeded', 55_000);
		expect(await statuses(id)).toEqual(['succeeded', 'cancelled', 'succeeded']);
		expect(await page.locator('[data-counts]').innerText()).toBe('2 of 3 done, 1 cancelled');
		expect(await page.locator('[data-toast]').count()).toBe(0);
	});

	test('OP-08 what is missing is made by a new batch of only that', async () => {
		const first = idOf(page);
		await headway.pace(40);
		await page.getByRole('button', { name: 'Retry the part that is missing' }).click();
		await page.waitForURL((url) => url.pathname !== `/jobs/${first}`);
		await rows().first().waitFor();
		expect(await rows().count()).toBe(1);
		expect(await rows().innerText()).toContain(questions[1]);
		await untilWhole('succeeded', 60_000);
	});

	test('OP-08 a part leads to its own page and back', async () => {
		const id = idOf(page);
		const [part] = await summaries(id);
		await rows().first().getByRole('link').click();
		await page.locator('[data-report]').waitFor();
		expect(idOf(page)).toBe(part?.id);
		await page.locator('[data-parent]').click();
		await rows().first().waitFor();
		expect(idOf(page)).toBe(id);
	});

	test.each([390, 1280])('OP-08 at %i pixels nothing overflows and axe finds nothing while it runs', async (width) => {
		await headway.pace(0.5);
		const inputs = questions.map((query) => ({ query }));
		const started = await fetch(`${headway.url}/api/batches`, {
			method: 'POST',
			headers: { 'content-type': 'application/json' },
			body: JSON.stringify({ operation: 'research', inputs })
		});
		const { id } = (await started.json()) as { id: string };
		const other = await browser.page({ baseURL: headway.url, width, dark: width === 390 });
		await open(other, `/jobs/${id}`);
		await other.locator('[data-parts] [role=progressbar]').nth(2).waitFor();
		expect(await overflowOf(other)).toBeLessThanOrEqual(0);
		await expectNoAxeViolations(other);
		expect(await statuses(id)).toEqual(['running', 'running', 'running']);
		await other.close();
		await headway.cancel(id);
	});

	test('CX-01 BY-05 cancelling the batch cancels every part, and the receipt counts them', async () => {
		await headway.pace(1);
		const id = await begin('Research', questions);
		await eventually(
			() => statuses(id),
			(all) => all.filter((status) => status === 'running').length === 3
		);
		await cancelJob(page);
		await untilWhole('cancelled');
		expect(await page.locator('article').innerText()).toContain('3 parts cancelled');
		expect(await statuses(id)).toEqual(['cancelled', 'cancelled', 'cancelled']);
		const unfinished = (await headway.responses()).filter(({ status }) => /queued|in_progress/.test(status));
		expect(unfinished).toEqual([]);
	});

	test('OP-08 one picture in two sizes shows each as it is made', async () => {
		await headway.pace(20);
		const id = await begin('Image', ['a lighthouse at sunset'], ['1024x1024', '1536x1024']);
		await untilWhole('succeeded', 60_000);
		const pictures = rows().locator('img');
		await eventually(
			() => pictures.count(),
			(count) => count === 2
		);
		const loaded = () =>
			pictures.evaluateAll((all) =>
				all.map((one) => [(one as HTMLImageElement).naturalWidth, (one as HTMLImageElement).naturalHeight])
			);
		const sizes = await eventually(loaded, (all) => all.every(([width]) => (width ?? 0) > 0));
		expect(sizes).toEqual([
			[1024, 1024],
			[1536, 1024]
		]);
		expect(await statuses(id)).toEqual(['succeeded', 'succeeded']);
		await expectNoAxeViolations(page);
	});

	test('OP-08 a wrong line is told before anything starts, and axe finds nothing in the form', async () => {
		// A button that is fading in has no contrast yet.
		const still = await browser.page({ baseURL: headway.url, reducedMotion: true });
		await open(still, '/');
		await still.getByRole('radio', { name: 'Batch', exact: true }).click();
		const form = still.getByRole('form', { name: 'New batch' });
		await form.getByText('Research', { exact: true }).click();
		await form.getByLabel('One part a line').fill('How are tides made?\n?');
		await expectNoAxeViolations(still);
		await still.keyboard.press('Control+Enter');
		await form.getByText('Line 2: Ask a question of at least 3 characters.').waitFor();
		expect(errors).toEqual([]);
		await still.close();
	});

	test('BY-01 a batch whose server was killed goes on with the parts it had', async () => {
		await headway.pace(2);
		const id = await begin('Research', questions.slice(0, 2));
		await eventually(
			() => statuses(id),
			(all) => all.length === 2 && all.every((status) => status === 'running')
		);
		const before = (await summaries(id)).map((part) => part.id);
		await headway.kill();
		const { env, ...rest } = headway.options;
		headway = await startHeadway(40, { ...rest, env: { ...env, HEADWAY_DEMO_PACE: '40' } });
		await untilWhole('succeeded', 60_000);
		const after = await summaries(id);
		expect(after.map((part) => part.id)).toEqual(before);
		expect(after.map(({ status }) => status)).toEqual(['succeeded', 'succeeded']);
	});
});
