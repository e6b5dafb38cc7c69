import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import type { Page } from 'playwright';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { closePages, expectNoAxeViolations, openBrowser, pageErrors } from './support/browser.ts';
import type { TestBrowser } from './support/browser.ts';
import { eventually, open, startHeadway } from './support/headway.ts';
import type { Headway } from './support/headway.ts';

const MANY = 2_000;
const LENGTH = 100_000;
const sources = Array.from({ length: 9 }, (_, index) => ({
	...{ id: index + 1, url: `https://sea.example/${index + 1}`, title: `Source ${index + 1}` }
}));

/** A report of 100,000 characters: headings, paragraphs that cite, lists. */
function longReport(): string {
	const part = (n: number) =>
		`## Part ${n}\n\nWords of part ${n} that go on for *some* time. [${(n % 9) + 1}](#source-${(n % 9) + 1})\n\n- one of ${n}\n- two\n\n`;
	let text = '';
	for (let n = 0; text.length < LENGTH; n++) text += part(n);
	return `${text}The very end.`;
}

/** Makes of one ended research a long one, and so many others beside it, the way the app has them stored. */
function fill(dataDir: string, id: string, report: string): void {
	const db = new Database(join(dataDir, 'headway.db'));
	const { snapshot } = db.prepare('SELECT snapshot FROM jobs WHERE id = ?').get(id) as { snapshot: string };
	const known = JSON.parse(snapshot) as Record<string, unknown>;
	const result = { report, sources, queries: ['tides'], complete: true };
	const whole = JSON.stringify({ ...known, title: 'The long one', content: { report }, result });
	db.prepare('UPDATE jobs SET snapshot = ?, title = ? WHERE id = ?').run(whole, 'The long one', id);
	const columns = (db.pragma('table_info(jobs)') as { name: string }[]).map(({ name }) => name);
	const own: Record<string, string> = {
		id: `'job_' || printf('%020x', :n)`,
		created_at: 'created_at - CAST(:n AS INTEGER) * 1000',
		title: `'Job number ' || CAST(:n AS INTEGER)`,
		response_id: 'NULL',
		idempotency_key: 'NULL',
		snapshot: 'NULL'
	};
	const values = columns.map((name) => own[name] ?? `"${name}"`).join(', ');
	const copy = db.prepare(
		`INSERT INTO jobs (${columns.map((name) => `"${name}"`).join(', ')}) SELECT ${values} FROM jobs WHERE id = :id`
	);
	db.transaction(() => {
		for (let n = 1; n < MANY; n++) copy.run({ n, id });
	})();
	db.close();
}

describe('much of everything', () => {
	const dataDir = mkdtempSync(join(tmpdir(), 'headway-long-'));
	const report = longReport();
	let headway: Headway;
	let browser: TestBrowser;
	let id: string;

	beforeAll(async () => {
		const first = await startHeadway(200, { dataDir });
		({ id } = await first.research('How do tides work?', 'quick'));
		await first.job(id, true);
		await first.stop();
		fill(dataDir, id, report);
		[headway, browser] = await Promise.all([startHeadway(200, { dataDir }), openBrowser()]);
	});
	afterEach(() => closePages(browser.browser));
	afterAll(async () => {
		await browser?.close();
		await headway?.stop();
		rmSync(dataDir, { recursive: true, force: true });
	});

	const heading = (page: Page, name: string) => page.getByRole('heading', { name, exact: true });
	const parts = report.split('## ').length - 1;

	test('IR-03 a long report is whole in the HTML that the server sends', async () => {
		const page = await browser.page({ baseURL: headway.url, javaScript: false });
		await page.goto(`/jobs/${id}`);
		expect(await page.locator('.prose > h4').count()).toBe(parts);
		expect(await page.locator('[data-report] .prose').textContent()).toContain('The very end.');
	});

	test('IR-03 a long report that was sent whole is not rendered again when the page comes to life', async () => {
		const page = await browser.page({ baseURL: headway.url });
		const errors = pageErrors(page);
		await page.addInitScript(() => {
			const told = window as unknown as { changes: number; first: Element | null };
			told.changes = 0;
			addEventListener('DOMContentLoaded', () => {
				told.first = document.querySelector('[data-report] .prose');
				const observer = new MutationObserver((records) => (told.changes += records.length));
				if (told.first) observer.observe(told.first, { childList: true, subtree: true, characterData: true });
			});
		});
		await open(page, `/jobs/${id}`);
		await page.locator('html[data-hydrated]').waitFor({ state: 'attached' });
		const told = await page.evaluate(() => {
			const { changes, first } = window as unknown as { changes: number; first: Element | null };
			return { changes, same: first !== null && first === document.querySelector('[data-report] .prose') };
		});
		expect(told).toEqual({ changes: 0, same: true });
		await page.getByRole('link', { name: 'Source 3', exact: true }).first().click();
		expect(new URL(page.url()).hash).toBe('#source-3');
		expect(errors).toEqual([]);
	});

	test('IR-03 a long report that is opened from the list comes in slices, the first at once, and is whole in the end', async () => {
		const page = await browser.page({ baseURL: headway.url });
		await open(page, '/');
		await page.evaluate(() => {
			const told = window as unknown as { most: number };
			told.most = 0;
			// What one task adds is told together.
			new MutationObserver((records) => {
				const added = records.flatMap(({ addedNodes }) => [...addedNodes]);
				const blocks = added.filter((node) => node.parentElement?.matches('.prose')).length;
				const inside = added.reduce(
					(sum, node) => sum + (node instanceof Element ? node.querySelectorAll('.prose > *').length : 0),
					0
				);
				told.most = Math.max(told.most, blocks, inside);
			}).observe(document.body, { childList: true, subtree: true });
		});
		await page.locator('nav[aria-label=Jobs]').getByText('The long one').click();
		await heading(page, 'Part 0').waitFor();
		await page.getByText('The very end.').waitFor({ state: 'attached' });
		expect(await page.locator('.prose > h4').count()).toBe(parts);
		expect(await page.locator('[data-waiting]').count()).toBe(0);
		const most = await page.evaluate(() => (window as unknown as { most: number }).most);
		expect(most).toBeGreaterThan(10);
		expect(most).toBeLessThan(parts);
	});

	test('OP-08 the list goes back to the first of 2,000 jobs, and has only those near the window as elements', async () => {
		const page = await browser.page({ baseURL: headway.url });
		const errors = pageErrors(page);
		await open(page, '/');
		const rail = page.locator('aside nav[aria-label=Jobs]');
		const entries = rail.locator('[data-job]');
		const deepest = () => rail.evaluate((box) => box.scrollTo(0, box.scrollHeight));
		let most = 0;
		await eventually(
			async () => {
				await deepest();
				most = Math.max(most, await entries.count());
				return rail.getByText(`Job number ${MANY - 1}`, { exact: true }).count();
			},
			(count) => count === 1,
			40_000
		);
		expect(most).toBeLessThan(160);
		expect(await rail.locator(`li[aria-setsize="${MANY}"]`).count()).toBeGreaterThan(5);
		expect(await rail.locator('[data-action=older]').count()).toBe(0);
		await expectNoAxeViolations(page);
		// Where one was stays, over a visit of a job and the way back.
		const deep = await rail.evaluate((box) => box.scrollTop);
		await rail.getByText(`Job number ${MANY - 1}`, { exact: true }).click();
		await page.waitForURL(/\/jobs\//);
		await page.goBack();
		await page.getByRole('heading', { name: 'What should run?' }).waitFor();
		expect(await rail.evaluate((box) => box.scrollTop)).toBeGreaterThan(deep * 0.98);
		// Back at the top, all the way from the last to the first.
		await rail.evaluate((box) => box.scrollTo(0, 0));
		await rail.getByText('The long one').waitFor();
		expect(errors).toEqual([]);
	});

	test('BY-11 the entry that has the focus stays, and Tab goes on from it', async () => {
		const page = await browser.page({ baseURL: headway.url });
		await open(page, '/');
		const rail = page.locator('aside nav[aria-label=Jobs]');
		await eventually(
			async () => {
				await rail.evaluate((box) => box.scrollTo(0, box.scrollHeight));
				return rail.locator('li[aria-posinset]').count();
			},
			(count) => count > 0
		);
		await rail.evaluate((box) => box.scrollTo(0, 0));
		const first = rail.locator('li[aria-posinset="1"] a');
		await first.focus();
		await rail.evaluate((box) => box.scrollTo(0, box.scrollHeight));
		// The one after it went with all the others.
		await rail.locator('li[aria-posinset="2"]').waitFor({ state: 'detached' });
		expect(await first.evaluate((link) => link === document.activeElement)).toBe(true);
		await page.keyboard.press('Tab');
		expect(await page.evaluate(() => document.activeElement?.getAttribute('data-job') ?? '')).not.toBe('');
	});
});
