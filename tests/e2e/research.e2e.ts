import { readFile } from 'node:fs/promises';
import type { Page } from 'playwright';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openBrowser, pageErrors } from './support/browser.ts';
import type { TestBrowser } from './support/browser.ts';
import { idOf, startHeadway, startResearch, untilStatus } from './support/headway.ts';
import type { Headway, Research } from './support/headway.ts';
import { record } from './support/recorder.ts';
import type { Recording, Sample } from './support/recorder.ts';

const question = 'How do heat pumps work in cold weather?';
const phases = ['analyzing', 'searching', 'reading', 'synthesizing'];

/** One research at a person's pace, watched from the home page to its end; every test here asks what was seen. */
describe('a research, from the question to the report', () => {
	let headway: Headway;
	let browser: TestBrowser;
	let page: Page;
	let seen: Recording;
	let samples: Sample[];
	let job: Research;
	let errors: string[];
	const requests: string[] = [];
	const failed: string[] = [];

	beforeAll(async () => {
		[headway, browser] = await Promise.all([startHeadway(1), openBrowser()]);
		page = await browser.page({ baseURL: headway.url, clipboard: true });
		page.context().on('request', (request) => requests.push(request.url()));
		page.on('response', (answer) => {
			if (answer.status() >= 400) failed.push(`${answer.status()} ${answer.url()}`);
		});
		errors = pageErrors(page);
		const recording = await record(page);
		await startResearch(page, question);
		await untilStatus(page, 'succeeded');
		// What is said last waits until what was said before could be heard.
		await page.locator('[data-announcer]').getByText('is done').waitFor();
		await page.waitForFunction(() => !document.title.startsWith('('));
		// One more look.
		await page.waitForTimeout(200);
		seen = await recording();
		samples = seen.samples.filter(({ phases }) => phases.length > 0);
		job = await headway.job(idOf(page));
	});
	afterAll(async () => {
		await browser?.close();
		await headway?.stop();
	});

	const running = () => samples.filter(({ status }) => status === 'running');

	test('PG-01 the phases come in order: analyzing, searching, reading, synthesizing; one is current', () => {
		const current = running().map(({ phases }) => phases.filter((phase) => phase.endsWith(':current')));
		expect(current.every((names) => names.length <= 1)).toBe(true);
		const order = current.flat().filter((name, index, all) => name !== all[index - 1]);
		expect(order).toEqual(phases.map((name) => `${name}:current`));
	});

	test('PG-05 PG-06 phases before the current one are done and those after it to come, at every moment', () => {
		for (const { phases: seenPhases } of running()) {
			const states = seenPhases.map((phase) => phase.split(':')[1]).join(' ');
			expect(states).toMatch(/^(done )*(current|todo)( todo)*$/);
		}
		expect(samples.at(-1)?.phases).toEqual(phases.map((name) => `${name}:done`));
	});

	test('PG-07 the percentage never falls and never rests for 5 s', () => {
		const shown = running().flatMap(({ at, percentage }) => (percentage === null ? [] : [{ at, percentage }]));
		const moves = shown.filter(({ percentage }, index) => percentage !== shown[index - 1]?.percentage);
		expect(moves.length).toBeGreaterThan(15);
		for (const [index, { at, percentage }] of moves.slice(1).entries()) {
			expect(percentage).toBeGreaterThan(moves[index]?.percentage ?? Infinity);
			expect(at - (moves[index]?.at ?? 0)).toBeLessThan(5_000);
		}
		expect(shown.at(-1)?.percentage).toBeLessThan(100);
		expect(samples.at(-1)?.percentage).toBe(100);
	});

	test('PG-10 the bar fills with the percentage, by the work of each phase and not by their count', () => {
		for (const { percentage, filled } of running()) expect(Math.abs(filled - (percentage ?? 0))).toBeLessThan(0.2);
		const first = (name: string) => samples.find((sample) => sample.phases.includes(`${name}:current`))?.percentage;
		// The declared weights are 10, 35, 25 and 30; four equal parts would put these at 25, 50 and 75.
		for (const [name, share] of [
			['searching', 10],
			['reading', 45],
			['synthesizing', 70]
		] as const) {
			expect(first(name)).toBeGreaterThan(share - 0.5);
			expect(first(name)).toBeLessThan(share + 4);
		}
	});

	test('BY-04 every percentage is called measured or estimated, to the eye and to a screen reader', async () => {
		for (const { basis } of running().filter(({ percentage }) => percentage !== null))
			expect(basis).toMatch(/^(measured|estimated)$/);
		expect(await page.getByRole('progressbar', { name: 'Progress' }).getAttribute('aria-valuetext')).toMatch(
			/^100 percent, (measured|estimated)$/
		);
	});

	test('PG-08 elapsed time counts up as MM:SS, second by second', () => {
		const shown = running().map(({ elapsed }) => elapsed);
		expect(shown.every((text) => /^\d\d:\d\d$/.test(text))).toBe(true);
		const steps = [...new Set(shown)];
		expect(steps).toEqual(steps.toSorted());
		// A busy machine may skip one now and then.
		expect(steps.length).toBeGreaterThan((job.elapsedMs / 1000) * 0.8);
	});

	test('PG-09 without a history the page says so instead of guessing', async () => {
		expect(job.estimate.runs).toBe(0);
		const fresh = await browser.page({ baseURL: headway.url });
		await fresh.goto('/');
		await expect(fresh.locator('[data-forecast]').innerText()).resolves.not.toMatch(/Usually/);
		await fresh.close();
	});

	test('PG-13 BY-11 each change of phase is announced once, and nothing else is: no percent, no clock', () => {
		// The first phase has begun when the page opens; a page that opens is told by its title.
		// The title may already count the running job: "(1) …".
		const [title, ...rest] = seen.said;
		expect([title?.replace(/^\(1\) /, ''), ...rest]).toEqual([
			`${question} · Headway`,
			'Searching web, phase 2 of 4.',
			'Reading sources, phase 3 of 4.',
			'Synthesizing report, phase 4 of 4.',
			`${question} is done. The result is on this page.`
		]);
	});

	test('IR-03 the report grows on the page as it is written', () => {
		const lengths = running().map(({ reportLength }) => reportLength);
		const grown = [...new Set(lengths.filter((length) => length > 0))];
		expect(grown.length).toBeGreaterThan(8);
		expect(grown).toEqual(grown.toSorted((a, b) => a - b));
	});

	test('IR-11 a skeleton stands where the next kind of result is expected, and none at the end', () => {
		const during = (name: string) =>
			new Set(samples.filter(({ phases }) => phases.includes(`${name}:current`)).flatMap(({ skeletons }) => skeletons));
		expect(during('analyzing')).toContain('The next summary will show here');
		expect(during('searching')).toContain('The next search will show here');
		expect(during('reading')).toContain('The report will grow here');
		expect(samples.at(-1)?.skeletons).toEqual([]);
	});

	test('PG-12 the title and the favicon show that something runs, and go back', () => {
		// The list, which they follow, is paced: it may be a moment behind the job.
		const amid = running().slice(10, -10);
		expect(amid.every(({ title }) => title === `(1) ${question} · Headway`)).toBe(true);
		expect(amid.every(({ icon }) => icon === '/favicon-running.svg')).toBe(true);
		expect(samples.at(-1)).toMatchObject({ title: `${question} · Headway`, icon: '/favicon.svg' });
	});

	test('IR-10 the intermediate results stay after the end, closed, and open on demand', async () => {
		for (const title of ['Searches', 'Reasoning', 'Sources found']) {
			const section = page.locator(`[data-section="${title}"]`);
			await expect(section.locator('li').first().isVisible()).resolves.toBe(false);
			await section.getByRole('button', { name: title }).click();
			await section.locator('li').first().waitFor({ state: 'visible' });
			await section.getByRole('button', { name: title }).click();
			await section.locator('li').first().waitFor({ state: 'hidden' });
		}
	});

	test('IR-01 IR-06 nothing shows twice, and each result says when it was received', async () => {
		const shown = await page.locator('[data-section="Searches"] li').allInnerTexts();
		expect(shown).toHaveLength(job.state.calls.length);
		const times = page.locator('[data-live] li time');
		const count = job.state.calls.length + job.state.reasoning.length + job.state.sources.length;
		expect(await times.count()).toBe(count);
		for (const time of await times.all()) {
			expect(await time.getAttribute('aria-label')).toMatch(/^received \d+ \w+ \d{4}, \d\d:\d\d:\d\d$/);
			expect(await time.textContent()).toMatch(/^\+\d+:\d\d$/);
		}
	});

	test('IR-09 the report is set apart by a line of its own, under the intermediate results', async () => {
		const report = page.locator('[data-report]');
		expect(await report.evaluate((each) => parseFloat(getComputedStyle(each).borderTopWidth))).toBeGreaterThanOrEqual(
			2
		);
		const [above, below] = await Promise.all([page.locator('[data-live]').boundingBox(), report.boundingBox()]);
		expect(below?.y).toBeGreaterThanOrEqual((above?.y ?? Infinity) + (above?.height ?? 0));
		expect(await report.locator('.prose').innerText()).toContain('In short.');
	});

	test('IR-01 a citation jumps to its source and back', async () => {
		const citation = page.locator('a.cite').first();
		await citation.click();
		await page.waitForURL(/#source-1$/);
		const source = page.locator('#source-1');
		expect(await source.evaluate((each) => each.matches(':target'))).toBe(true);
		await expect.poll(() => inWindow(page, '#source-1')).toBe(true);
		await source.getByRole('link', { name: 'Back to where source 1 is cited' }).click();
		expect(await citation.evaluate((each) => each === document.activeElement)).toBe(true);
		await expect.poll(() => inWindow(page, 'a.cite')).toBe(true);
	});

	test('IR-10 the report downloads as Markdown, with its sources', async () => {
		const [download] = await Promise.all([
			page.waitForEvent('download'),
			page.locator('[data-action=download]').click()
		]);
		expect(download.suggestedFilename()).toBe('how-do-heat-pumps-work-in-cold-weather.md');
		const text = await readFile(await download.path(), 'utf8');
		expect(text.startsWith(`# ${question}`)).toBe(true);
		expect(text).toContain('## Sources');
		expect(text).toContain(job.result?.sources[0]?.url);
	});

	test('IR-10 the report is copied whole', async () => {
		await page.locator('[data-action=copy]').click();
		await page.locator('[data-action=copy]').getByText('Copied').waitFor();
		const copied = await page.evaluate(() => navigator.clipboard.readText());
		expect(copied.replaceAll('\r\n', '\n')).toContain(job.result?.report.trim());
	});

	test('IR-01 every query and every source is a link that opens a page of this app', async () => {
		const links = await page
			.locator('[data-live] a, [aria-label=Sources] a.link')
			.evaluateAll((all) => all.map((link) => (link as HTMLAnchorElement).href));
		expect(links.length).toBeGreaterThan(8);
		for (const link of new Set(links)) {
			expect(new URL(link).origin).toBe(headway.url);
			expect((await fetch(link)).status, link).toBe(200);
		}
		const searched = job.state.calls.find(({ action }) => action === 'search');
		const tab = await page.context().newPage();
		await tab.goto(searched?.link ?? '');
		expect(await tab.getByRole('searchbox').inputValue()).toBe(searched?.query);
		expect(await tab.getByText(/passages? near/).count()).toBe(1);
		await tab.close();
	});

	test('RS-10 a page of a finished job says what it took and cost, and offers no Cancel', async () => {
		expect(await page.locator('[data-ending=succeeded]').innerText()).toMatch(/Completed in .*\$\d/s);
		expect(await page.locator('[data-action=cancel]').count()).toBe(0);
	});

	test('PG-11 the research has its icon, a magnifying glass, beside its title and in the list', async () => {
		expect(await page.locator('article header [data-icon=search]').count()).toBe(1);
		expect(await page.locator(`a[data-job="${job.id}"] [data-icon=search]`).count()).toBeGreaterThanOrEqual(1);
	});

	test('IR-03 nothing was asked of any other origin, nothing broke the content policy, nothing failed', () => {
		expect(requests.length).toBeGreaterThan(5);
		const elsewhere = requests.filter((url) => !url.startsWith(headway.url) && !/^(blob|data):/.test(url));
		expect(elsewhere).toEqual([]);
		expect(seen.violations).toEqual([]);
		expect(errors).toEqual([]);
		expect(failed).toEqual([]);
	});
});

function inWindow(page: Page, selector: string): Promise<boolean> {
	return page
		.locator(selector)
		.first()
		.evaluate((element) => {
			const { top, bottom } = element.getBoundingClientRect();
			return top >= 0 && bottom <= window.innerHeight;
		});
}
