import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Page } from 'playwright';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { expectNoAxeViolations, openBrowser, pageErrors } from './support/browser.ts';
import type { TestBrowser } from './support/browser.ts';
import { open, overflowOf, startHeadway } from './support/headway.ts';
import type { Headway } from './support/headway.ts';

/** A text of so many paragraphs, each long enough to be a passage, with words of its own. */
const longText = (count: number) =>
	Array.from(
		{ length: count },
		(_, index) => `# Part ${index}\n\n${`Buoy ${index} drifts north of harbour ${index}. `.repeat(18)}`
	).join('\n\n');

const tides = `# Tides

## Causes

The pull of the moon raises the water of the sea into two bulges, and the earth turns beneath them.

## Effects

Harbours with a narrow mouth fall dry twice a day. <script>window.hacked = true</script> ![x](https://evil.example/x.png)
`;

describe('the knowledge base', () => {
	let headway: Headway;
	let browser: TestBrowser;
	let page: Page;
	const folder = mkdtempSync(join(tmpdir(), 'headway-documents-'));
	const file = (name: string, text: string | Buffer) => {
		const path = join(folder, name);
		writeFileSync(path, text);
		return path;
	};
	const add = (...paths: string[]) => page.locator('input[aria-label="Add documents"]').setInputFiles(paths);
	const row = (title: string) => page.locator('[data-document]').filter({ hasText: title });

	beforeAll(async () => {
		[headway, browser] = await Promise.all([startHeadway(40), openBrowser()]);
		page = await browser.page({ baseURL: headway.url });
	});
	afterAll(async () => {
		await browser?.close();
		await headway?.stop();
		rmSync(folder, { recursive: true, force: true });
	});

	test('CH-05 several files are added at once; a broken and an empty one say why, and the others are there', async () => {
		const errors = pageErrors(page);
		await open(page, '/knowledge');
		await page.getByRole('heading', { name: 'No documents yet' }).waitFor();
		await add(
			file('tides.md', tides),
			file('winds.txt', 'Winds blow from high pressure to low pressure.'),
			file('broken.pdf', '%PDF-1.7\nthis is no PDF'),
			file('empty.txt', '')
		);
		await row('Tides').waitFor();
		await row('winds').waitFor();
		const failed = page.locator('[data-adding]');
		await failed.getByText('The file is empty.').waitFor();
		await failed.filter({ hasText: 'broken.pdf' }).getByRole('alert').waitFor();
		expect(await failed.count()).toBe(2);
		expect(await failed.filter({ hasText: 'broken.pdf' }).getByRole('alert').innerText()).toMatch(
			/damaged and cannot be read/
		);
		expect(errors).toEqual([]);
	});

	test('CH-05 a search shows passages with their place, and each opens there, marked and in sight', async () => {
		await open(page, '/knowledge');
		await page.getByRole('searchbox').fill('what pulls the water up');
		await page.keyboard.press('Enter');
		await page.locator('[data-passage]').first().waitFor();
		expect(await page.locator('[data-passage]').first().innerText()).toContain('The pull of the moon');
		await page.locator('[data-passage]').first().getByRole('link').click();
		const marked = page.locator('[aria-current=location]');
		await marked.waitFor();
		expect(await marked.innerText()).toContain('The pull of the moon');
		expect(new URL(page.url()).hash).toMatch(/^#p-\d+$/);
	});

	test('CH-08 what a document holds is text: no script of it runs and no picture of it is asked for', async () => {
		const asked: string[] = [];
		page.on('request', (request) => asked.push(new URL(request.url()).host));
		await open(page, '/knowledge');
		await row('Tides').getByRole('link').click();
		await page.locator('[data-text]').getByText('Harbours with a narrow mouth').waitFor();
		expect(await page.evaluate(() => 'hacked' in window)).toBe(false);
		expect(await page.locator('[data-text] :is(img, script)').count()).toBe(0);
		expect(asked.filter((host) => host !== new URL(headway.url).host)).toEqual([]);
	});

	test('CH-05 the file itself is there as it came', async () => {
		const link = page.locator('[data-action=original]');
		const [download] = await Promise.all([page.waitForEvent('download'), link.click()]);
		expect(download.suggestedFilename()).toBe('tides.md');
	});

	test('CH-05 a text of thousands of passages opens at the named one, and only what is near is there', async () => {
		await open(page, '/knowledge');
		await add(file('buoys.md', longText(3_000)));
		await row('buoys').or(row('Part 0')).waitFor({ timeout: 50_000 });
		const href = await row('buoys').or(row('Part 0')).getByRole('link').getAttribute('href');
		await open(page, `${href}#p-2500`);
		const marked = page.locator('#p-2500[aria-current=location]');
		await marked.waitFor();
		await page.waitForFunction(() => {
			const box = document.querySelector('#p-2500')?.getBoundingClientRect();
			return box !== undefined && box.top >= 0 && box.bottom <= window.innerHeight;
		});
		expect(await page.locator('[data-text] [id^=p-]').count()).toBeLessThan(100);
		// The pages on the way are not loaded, those that are scrolled to are.
		const furthest = () =>
			page.locator('[data-text] [id^=p-]').evaluateAll((all) => Math.max(...all.map(({ id }) => Number(id.slice(2)))));
		// Going to the place ends when all around it is measured: who scrolls before that scrolls again.
		await expect
			.poll(async () => page.mouse.wheel(0, 6_000).then(furthest), { timeout: 30_000, interval: 500 })
			.toBeGreaterThan(2_515);
		await page.locator('[data-waiting]').first().waitFor({ state: 'detached' });
	});

	test('CH-05 it can be read without scripts', async () => {
		const plain = await browser.page({ baseURL: headway.url, javaScript: false });
		await plain.goto('/knowledge?q=pull+of+the+moon');
		expect(await plain.locator('[data-passage]').first().innerText()).toContain('The pull of the moon');
		await plain.locator('[data-passage]').first().getByRole('link').click();
		expect(await plain.locator('[data-text]').innerText()).toContain('The pull of the moon');
		await plain.close();
	});

	test('CH-05 a document is deleted after a question, for good', async () => {
		await open(page, '/knowledge');
		await page.getByRole('button', { name: 'Delete winds' }).click();
		await page.getByRole('alertdialog').getByRole('button', { name: 'Delete document' }).click();
		await row('winds').waitFor({ state: 'detached' });
		await page.reload();
		await row('Tides').waitFor();
		expect(await row('winds').count()).toBe(0);
	});

	test.for([
		{ width: 1280, dark: false },
		{ width: 390, dark: true }
	])('BY-11 the pages hold at $width px, dark: $dark', async ({ width, dark }) => {
		const shown = await browser.page({ baseURL: headway.url, width, dark });
		await open(shown, '/knowledge');
		await shown.locator('[data-document]').first().waitFor();
		await expectNoAxeViolations(shown);
		expect(await overflowOf(shown)).toBe(0);
		await shown.locator('[data-document]').filter({ hasText: 'Tides' }).getByRole('link').click();
		await shown.locator('[data-text]').waitFor();
		await expectNoAxeViolations(shown);
		expect(await overflowOf(shown)).toBe(0);
		await open(shown, '/memory');
		await expectNoAxeViolations(shown);
		expect(await overflowOf(shown)).toBe(0);
		await shown.close();
	});

	test('AG-02 something is remembered, changed, deleted and taken back, and still there after a reload', async () => {
		await open(page, '/memory');
		await page.getByLabel('Remember something: For every conversation').fill('Writes in metric units');
		await page.keyboard.press('Enter');
		await page.getByText('Writes in metric units').waitFor();
		await page.getByRole('button', { name: 'Change “Writes in metric units”' }).click();
		await page.getByLabel('Change what is remembered').fill('Writes in SI units');
		await page.keyboard.press('Enter');
		await page.getByText('Writes in SI units').waitFor();
		await page.getByRole('button', { name: 'Delete “Writes in SI units”' }).click();
		await page.getByRole('button', { name: 'Undo' }).click();
		await page.getByRole('button', { name: 'Delete “Writes in SI units”' }).waitFor();
		await page.reload();
		await page.getByText('Writes in SI units').waitFor();
		await page.getByLabel('Name of the new project').fill('Sea');
		await page.keyboard.press('Enter');
		await page.locator('[data-project]').filter({ hasText: 'Sea' }).waitFor();
		await page.getByRole('switch', { name: 'Remember' }).click();
		await page.reload();
		await page.getByRole('switch', { name: 'Remember', checked: false }).waitFor();
		expect(await page.getByText('Writes in SI units').count()).toBe(1);
	});
});
