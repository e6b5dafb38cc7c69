import type { Page } from 'playwright';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { closePages, expectNoAxeViolations, openBrowser } from './support/browser.ts';
import type { TestBrowser } from './support/browser.ts';
import { open, overflowOf, startHeadway, startResearch, untilStatus } from './support/headway.ts';
import type { Headway } from './support/headway.ts';

const question = 'How are coral reefs built, and what threatens them?';
const hostile = `<img src=x onerror="window.hacked=1"> [click](javascript:window.hacked=1) "><script>window.hacked=1</script> tides ${'W'.repeat(120)}`;
const widths = [360, 390, 1280, 1920];

/** The page's quiet states: each is designed, accessible in both themes, and fits every width. */
describe('the states of the page', () => {
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

	/** One page, on a desk in the light and on a phone in the dark, and at every width. */
	async function expectSound(path: string, prepare: (page: Page) => Promise<unknown> = async () => {}): Promise<Page> {
		const page = await browser.page({ baseURL: headway.url, reducedMotion: true });
		await open(page, path);
		await prepare(page);
		await expectNoAxeViolations(page);
		for (const width of widths) {
			await page.setViewportSize({ width, height: 800 });
			expect(await overflowOf(page), `${path} at ${width} px`).toBeLessThanOrEqual(0);
		}
		await page.setViewportSize({ width: 390, height: 800 });
		await page.emulateMedia({ colorScheme: 'dark', reducedMotion: 'reduce' });
		await expectNoAxeViolations(page);
		return page;
	}

	test('BY-11 home, with nothing there yet', async () => {
		const page = await expectSound('/');
		await page.setViewportSize({ width: 1280, height: 800 });
		expect(await page.getByText('No jobs yet.').isVisible()).toBe(true);
		expect(await page.getByRole('heading', { level: 1 }).innerText()).toBe('What should run?');
	});

	test('RS-06 home, with a field that is wrong: the message stands at the field', async () => {
		const page = await expectSound('/', async (each) => {
			await each.getByLabel('Question').fill(question);
			await each.getByRole('button', { name: 'Advanced' }).click();
			await each.getByLabel('Time limit, in minutes').fill('99999');
			await each.getByRole('button', { name: 'Start' }).click();
			await each.locator('#time-limit-error').getByText(/./).waitFor();
		});
		const field = page.getByLabel('Time limit, in minutes');
		expect(await field.getAttribute('aria-invalid')).toBe('true');
		expect(await field.getAttribute('aria-describedby')).toBe('time-limit-error');
		expect(await page.locator('#time-limit-error').innerText()).not.toMatch(/[{}]|undefined|timeLimit/);
		expect(new URL(page.url()).pathname).toBe('/');
		expect(await page.getByLabel('Question').inputValue()).toBe(question);
	});

	test('CX-02 home: Start says why it is off, and does nothing then', async () => {
		const page = await browser.page({ baseURL: headway.url });
		await open(page, '/');
		const start = page.getByRole('button', { name: 'Start' });
		expect(await start.getAttribute('aria-disabled')).toBe('true');
		expect(await page.locator('[data-forecast]').innerText()).toContain('Write a question');
		await page.keyboard.press('Control+Enter');
		await page.getByLabel('Question').fill(question);
		expect(await start.getAttribute('aria-disabled')).toBe('false');
		expect(new URL(page.url()).pathname).toBe('/');
	});

	test('BY-03 the statistics before the first run', async () => {
		const page = await expectSound('/statistics');
		expect(await page.getByRole('heading', { name: 'No runs yet' }).isVisible()).toBe(true);
		expect(await page.locator('[data-coverage]').innerText()).toContain('No range has been checked yet');
	});

	test('RS-06 what is not found says so, with a way on', async () => {
		for (const path of ['/jobs/no-such-job', '/nowhere', '/library/no-such-document']) {
			const answer = await fetch(headway.url + path);
			expect(answer.status).toBe(404);
			expect(await answer.text()).toMatch(/<h1[^>]*>Not found</);
		}
		const page = await expectSound('/jobs/no-such-job');
		expect(await page.getByText('There is no job with this id.').isVisible()).toBe(true);
		expect(await page.title()).toBe('Not found · Headway');
		await page.getByRole('link', { name: 'Start something new' }).click();
		await page.getByRole('heading', { name: 'What should run?' }).waitFor();
	});

	test('IR-01 the library: its list, a search, a document', async () => {
		const page = await expectSound('/library');
		await page.getByRole('searchbox').fill('coral');
		await page.keyboard.press('Enter');
		await page.getByText(/passages? near “coral”/).waitFor();
		await expectNoAxeViolations(page);
		await page.locator('main li a').first().click();
		await page.waitForURL(/\/library\/[\w-]+#p-\d+/);
		const passage = page.locator(`[id="${new URL(page.url()).hash.slice(1)}"]`);
		expect(await passage.evaluate((each) => getComputedStyle(each).backgroundColor)).not.toBe('rgba(0, 0, 0, 0)');
		const top = () => passage.evaluate((each) => each.getBoundingClientRect().top);
		await expect.poll(top).toBeLessThan(800);
		await expectNoAxeViolations(page);
		await open(page, '/library?q=zzzxxyy');
		expect(await page.getByText('Nothing in the library speaks of').isVisible()).toBe(true);
	});

	test('BY-15 the fault panel', async () => {
		const page = await expectSound('/demo');
		expect(await page.getByText('Nothing is armed.').isVisible()).toBe(true);
	});

	test('IR-09 BY-11 a finished research, and the statistics after it', async () => {
		const { id } = await headway.research(question, 'standard');
		await headway.job(id, true);
		const page = await expectSound(`/jobs/${id}`, async (each) => {
			await untilStatus(each, 'succeeded');
			for (const title of ['Searches', 'Reasoning', 'Sources found'])
				await each.getByRole('button', { name: title }).click();
		});
		expect(await page.locator('[data-report] .prose').innerText()).toContain('In short.');
		await expectSound('/statistics');
	});

	test('PG-12 without scripts the finished report is there to read', async () => {
		const { id } = await headway.research(question);
		await headway.job(id, true);
		const page = await browser.page({ baseURL: headway.url, javaScript: false });
		await page.goto(`/jobs/${id}`);
		expect(await page.locator('[data-report] .prose').innerText()).toContain('In short.');
		await page.goto('/');
		expect(await page.locator(`aside a[data-job="${id}"]`).innerText()).toContain(question.slice(0, 20));
	});

	test('IR-03 a hostile question is shown as text, in the title, the list and the report, and fits', async () => {
		const page = await browser.page({ baseURL: headway.url });
		const dialogs: string[] = [];
		page.on('dialog', (dialog) => void dialog.dismiss().then(() => dialogs.push(dialog.message())));
		const id = await startResearch(page, hostile);
		await untilStatus(page, 'succeeded');
		expect(await page.getByRole('heading', { level: 1 }).first().innerText()).toContain(
			'<img src=x onerror="window.hacked=1">'
		);
		expect(await page.locator('main img, main script, main iframe').count()).toBe(0);
		expect(await page.locator('a[href^="javascript:" i]').count()).toBe(0);
		expect(await page.evaluate(() => 'hacked' in window)).toBe(false);
		expect(dialogs).toEqual([]);
		for (const width of widths) {
			await page.setViewportSize({ width, height: 800 });
			expect(await overflowOf(page), `at ${width} px`).toBeLessThanOrEqual(0);
		}
		expect((await headway.job(id)).input).toMatchObject({ query: hostile });
	});

	test('PG-04 BY-11 a running, a queued and a cancelled research', async () => {
		await headway.pace(0.3);
		const running = [];
		for (let each = 0; each < 4; each++) running.push(await headway.research(question));
		const queued = await headway.research(question);
		const { id } = running[0] ?? queued;
		await expectSound(`/jobs/${id}`, (page) => page.locator('[data-phase][aria-current=step]').waitFor());
		await expectSound(`/jobs/${queued.id}`, (page) => untilStatus(page, 'queued'));
		for (const job of [queued, ...running]) await headway.cancel(job.id);
		await expectSound(`/jobs/${id}`, (page) => untilStatus(page, 'cancelled'));
	});

	test('BY-11 the theme that a person chooses stays over a reload', async () => {
		const page = await browser.page({ baseURL: headway.url });
		await open(page, '/');
		const background = () => page.evaluate(() => getComputedStyle(document.body).backgroundColor);
		const light = await background();
		await page.locator('aside').getByRole('radio', { name: 'Dark theme' }).click();
		await expect.poll(background).not.toBe(light);
		const dark = await background();
		await page.reload();
		expect(await background()).toBe(dark);
		expect(await page.evaluate(() => document.documentElement.dataset.theme)).toBe('dark');
	});

	test('BY-11 the first Tab leads past the navigation to the content', async () => {
		const page = await browser.page({ baseURL: headway.url });
		await open(page, '/');
		await page.keyboard.press('Tab');
		const skip = page.getByRole('link', { name: 'Skip to content' });
		expect(
			await skip.evaluate((link) => link === document.activeElement && link.getBoundingClientRect().top >= 0)
		).toBe(true);
		await page.keyboard.press('Enter');
		expect(await page.evaluate(() => document.activeElement?.id)).toBe('content');
	});
});
