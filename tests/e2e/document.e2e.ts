import { readdirSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Page } from 'playwright';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { readDocx, readPdf } from '../lib/operations/document/read-back.ts';
import { closePages, expectNoAxeViolations, openBrowser, pageErrors } from './support/browser.ts';
import type { TestBrowser } from './support/browser.ts';
import { askForDocument, documentJob, startDocument } from './support/documents.ts';
import { cancelJob, eventually, idOf, open, overflowOf, startHeadway, untilStatus } from './support/headway.ts';
import type { Headway } from './support/headway.ts';

const brief = 'A short guide to caffeine and sleep for people who work at night';

/** Everything that lies below a folder, without folders. */
function filesBelow(folder: string): string[] {
	try {
		const entries = readdirSync(folder, { recursive: true, withFileTypes: true });
		return entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
	} catch {
		return [];
	}
}

describe('a document on the page', () => {
	let headway: Headway;
	let browser: TestBrowser;

	beforeAll(async () => {
		[headway, browser] = await Promise.all([startHeadway(4), openBrowser()]);
	});
	afterEach(() => closePages(browser.browser));
	afterAll(async () => {
		await browser?.close();
		await headway?.stop();
	});

	const stands = (page: Page) =>
		page.locator('[data-stand]').evaluateAll((items) => items.map((item) => (item as HTMLElement).dataset.stand));
	const download = async (page: Page) => {
		const [file] = await Promise.all([page.waitForEvent('download'), page.locator('[data-action=download]').click()]);
		return { name: file.suggestedFilename(), bytes: new Uint8Array(await readFile(await file.path())) };
	};

	test('IR-05 IR-03 IR-09 the outline shows first, its sections are ticked as they are written, and then there is a file', async () => {
		const page = await browser.page({ baseURL: headway.url });
		const errors = pageErrors(page);
		await askForDocument(page, brief);
		await page.locator('[data-skeleton="The outline will show here"]').waitFor();
		await page.locator('[data-outline]').waitFor();
		expect(await page.locator('[data-result]').count()).toBe(0);
		await page.locator('[data-stand="being written"]').first().waitFor();
		await page.locator('[data-part=section-1] .prose').waitFor();
		await page.locator('[data-stand=written]').first().waitFor();
		const [first, ...rest] = await stands(page);
		expect(first).toBe('written');
		expect(rest).toContain('not written yet');
		await untilStatus(page, 'succeeded');
		const { name, bytes } = await download(page);
		expect(name).toMatch(/^[a-z0-9-]+\.docx$/);
		const { text } = await readDocx(bytes);
		const shown = await page.locator('[data-result] .prose p').first().innerText();
		expect(text).toContain(shown.slice(0, 60));
		for (const section of await page.locator('[data-live] [data-section] button').all())
			expect(await section.getAttribute('aria-expanded')).toBe('false');
		expect(errors).toEqual([]);
	});

	test('PG-03 PG-12 the phases are Generating content, Creating document, Uploading file, and stand after a reload', async () => {
		const page = await browser.page({ baseURL: headway.url });
		await askForDocument(page, brief, { format: 'PDF' });
		const phases = page.locator('section[aria-label=Progress]');
		for (const label of ['Generating content', 'Creating document', 'Uploading file'])
			await phases.getByText(label).first().waitFor();
		await page.locator('[data-stand=written]').first().waitFor();
		await page.reload();
		await page.locator('[data-outline]').waitFor();
		expect(await stands(page)).toContain('written');
		await untilStatus(page, 'succeeded');
		const { bytes } = await download(page);
		const { text, info } = await readPdf(bytes);
		expect(info.Title).toBe(await page.locator('#document').innerText());
		expect(text).toContain('Contents');
	});

	test('IR-05 PG-12 it waits for the person, says so everywhere, and writes what the person made of the outline', async () => {
		const page = await browser.page({ baseURL: headway.url });
		const elsewhere = await page.context().newPage();
		await open(elsewhere, '/');
		await askForDocument(page, brief, { review: true });
		await page.locator('[data-question=outline]').waitFor();
		await page.locator('article [data-status=waiting]').first().waitFor();
		await page.locator('aside [data-status=waiting]').waitFor();
		await elsewhere.locator('[data-toast=asking]').waitFor();
		await page.locator('[data-announcer]').getByText('Waiting for you').waitFor({ state: 'attached' });
		await expectNoAxeViolations(page);
		await page.getByLabel('Title', { exact: true }).fill('Night work');
		const headings = page.locator('[data-action=heading]');
		const second = await headings.nth(1).inputValue();
		await headings.nth(1).press('Alt+ArrowUp');
		expect(await headings.nth(0).inputValue()).toBe(second);
		expect(await headings.nth(0).evaluate((input) => input === document.activeElement)).toBe(true);
		while ((await headings.count()) > 2) await page.locator('[data-action=remove]').last().click();
		await page.getByRole('button', { name: 'Accept with changes' }).click();
		await page.locator('[data-question]').waitFor({ state: 'detached' });
		await untilStatus(page, 'succeeded');
		expect(await page.locator('#document').innerText()).toBe('Night work');
		const { result } = await documentJob(headway.url, idOf(page));
		expect(result?.sections.map(({ heading }) => heading)[0]).toBe(second);
		expect(result?.sections).toHaveLength(2);
	});

	test('CX-01 CX-05 CX-08 a cancel while it waits, and one while it writes, keep what there is and leave no file', async () => {
		const page = await browser.page({ baseURL: headway.url });
		await askForDocument(page, brief, { review: true });
		await page.locator('[data-question=outline]').waitFor();
		await cancelJob(page);
		await untilStatus(page, 'cancelled');
		expect(await page.locator('[data-question]').count()).toBe(0);
		await page.locator('[data-outline]').waitFor();
		await askForDocument(page, brief);
		await page.locator('[data-stand=written]').first().waitFor();
		await cancelJob(page);
		await untilStatus(page, 'cancelled');
		expect(await page.locator('[data-part=section-1] .prose').innerText()).not.toBe('');
		expect(filesBelow(join(headway.dataDir, 'tmp'))).toEqual([]);
		expect(filesBelow(join(headway.dataDir, 'artifacts')).filter((path) => path.includes(idOf(page)))).toEqual([]);
	});

	test('PG-03 a document from a research cites its sources, and the file lists them', async () => {
		const research = await headway.research('How does caffeine affect sleep?');
		await headway.job(research.id, true);
		const { id } = await startDocument(headway.url, { brief, format: 'md', fromJobs: [research.id] });
		const { result } = await documentJob(headway.url, id, true);
		expect(result?.sources.length).toBeGreaterThan(0);
		const page = await browser.page({ baseURL: headway.url });
		await open(page, `/jobs/${id}`);
		const citation = page.locator('[data-result] a.cite').first();
		const target = await citation.getAttribute('href');
		await citation.click();
		expect(await page.locator(target ?? '').evaluate((item) => item.matches(':target'))).toBe(true);
		const text = await (await fetch(`${headway.url}${result?.artifact.url}`)).text();
		expect(text).toContain(`](${target})`);
		expect(text).toContain('## Sources');
	});

	test.each([
		[390, false],
		[390, true],
		[1280, false],
		[1280, true]
	])(
		'BY-11 at %i px, dark: %s, the question and the result are accessible and nothing hangs over',
		async (width, dark) => {
			const page = await browser.page({ baseURL: headway.url, width, dark });
			await askForDocument(page, brief, { review: true });
			await page.locator('[data-question=outline]').waitFor();
			await expectNoAxeViolations(page);
			expect(await overflowOf(page)).toBe(0);
			await page.getByRole('button', { name: 'Accept the outline' }).click();
			await untilStatus(page, 'succeeded');
			await expectNoAxeViolations(page);
			expect(await overflowOf(page)).toBe(0);
		}
	);
});

describe('a document whose server is killed', () => {
	let headway: Headway;
	afterEach(async () => void (await headway?.stop()));

	test('BY-01 CX-08 while it writes: it goes on, and nothing temporary stays', async () => {
		headway = await startHeadway(2);
		const { id } = await startDocument(headway.url, { brief });
		await eventually(
			() => documentJob(headway.url, id),
			({ content }) => (content['section-2'] ?? '').length > 20
		);
		const before = (await documentJob(headway.url, id)).content['section-1'];
		await headway.kill();
		headway = await startHeadway(8, headway.options);
		const { status, content, result, seq } = await documentJob(headway.url, id, true);
		expect(status).toBe('succeeded');
		expect(content['section-1']).toBe(before);
		expect(result?.sections.map(({ text }) => text)).toEqual(Object.values(content));
		const log = await (await fetch(`${headway.url}/api/jobs/${id}/events`)).text();
		expect(log.match(/^id: \d+$/gm)).toHaveLength(seq);
		expect(filesBelow(join(headway.dataDir, 'tmp'))).toEqual([]);
		expect(filesBelow(join(headway.dataDir, 'artifacts'))).toHaveLength(1);
	});

	test('BY-01 IR-05 while it waits for the person: the question stands, and the answer counts', async () => {
		headway = await startHeadway(8);
		const { id } = await startDocument(headway.url, { brief, format: 'html', reviewOutline: true });
		const asks = ({ question }: { question: unknown }) => question !== null;
		await eventually(() => documentJob(headway.url, id), asks);
		await headway.kill();
		headway = await startHeadway(8, headway.options);
		const { state } = await eventually(() => documentJob(headway.url, id), asks);
		const value = { title: 'Mine', sections: state.outline?.sections.slice(0, 1) };
		const answered = await fetch(`${headway.url}/api/jobs/${id}/answer`, {
			method: 'POST',
			headers: { 'content-type': 'application/json' },
			body: JSON.stringify({ questionId: 'outline', value })
		});
		expect(answered.status).toBe(200);
		expect(await documentJob(headway.url, id, true)).toMatchObject({ status: 'succeeded', result: { title: 'Mine' } });
	});
});
