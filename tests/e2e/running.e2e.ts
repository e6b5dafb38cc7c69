import type { Page } from 'playwright';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { closePages, openBrowser } from './support/browser.ts';
import type { TestBrowser } from './support/browser.ts';
import {
	eventually,
	idOf,
	open,
	percentageOf,
	ready,
	startHeadway,
	startResearch,
	untilStatus
} from './support/headway.ts';
import type { Headway, Research } from './support/headway.ts';
import { record } from './support/recorder.ts';

const question = 'How do heat pumps work in cold weather?';
const anHour = 3_600_000;

/** One research that takes minutes, looked at from many sides while it runs. */
describe('a research while it runs', () => {
	let headway: Headway;
	let browser: TestBrowser;
	let job: Research;
	const address = () => `/jobs/${job.id}`;

	beforeAll(async () => {
		[headway, browser] = await Promise.all([startHeadway(0.35), openBrowser()]);
		job = await headway.research(question);
	});
	afterEach(() => closePages(browser.browser));
	afterAll(async () => {
		await browser?.close();
		await headway?.stop();
	});

	test('PG-07 the percentage moves at least every 5 s even while the provider says little', async () => {
		const page = await browser.page({ baseURL: headway.url });
		const recording = await record(page);
		await open(page, address());
		const { samples } = await eventually(recording, (seen) => (seen.samples.at(-1)?.at ?? 0) > 7_000);
		const shown = samples.flatMap(({ at, percentage }) => (percentage === null ? [] : [{ at, percentage }]));
		const moves = shown.filter(({ percentage }, index) => percentage !== shown[index - 1]?.percentage);
		expect(moves.length).toBeGreaterThan(1);
		for (const [index, { at, percentage }] of moves.slice(1).entries()) {
			expect(percentage).toBeGreaterThan(moves[index]?.percentage ?? Infinity);
			expect(at - (moves[index]?.at ?? 0)).toBeLessThan(5_000);
		}
		expect((samples.at(-1)?.at ?? 0) - (moves.at(-1)?.at ?? 0)).toBeLessThan(5_000);
	});

	test('PG-04 the current phase stands out and moves; with reduced motion it only stands out', async () => {
		for (const reducedMotion of [false, true]) {
			const page = await browser.page({ baseURL: headway.url, reducedMotion });
			await open(page, address());
			const current = page.locator('[data-phase][aria-current=step]');
			const look = await current.evaluate((phase) => {
				const other = phase.parentElement?.querySelector('[data-state=todo]');
				const animations = [...phase.querySelectorAll('*')].map((each) => getComputedStyle(each).animationName);
				return {
					stands: Number(getComputedStyle(phase).fontWeight) > Number(other && getComputedStyle(other).fontWeight),
					moves: animations.some((name) => name !== 'none')
				};
			});
			expect(look).toEqual({ stands: true, moves: !reducedMotion });
			await page.close();
		}
	});

	test('PG-06 phases to come carry an empty circle and are grayer than the others', async () => {
		const page = await browser.page({ baseURL: headway.url });
		await open(page, address());
		const later = page.locator('[data-phase=synthesizing]');
		expect(await later.locator('svg.lucide-circle').count()).toBe(1);
		expect(await later.innerText()).toContain('to come');
		const colour = (name: string) =>
			page.locator(`[data-phase=${name}]`).evaluate((phase) => getComputedStyle(phase).color);
		expect(await colour('synthesizing')).not.toBe(await colour('analyzing'));
	});

	test('PG-08 a reload does not reset the elapsed time', async () => {
		const page = await browser.page({ baseURL: headway.url });
		await open(page, address());
		const before = seconds(await elapsed(page));
		await page.reload();
		const after = seconds(await elapsed(page));
		expect(before).toBeGreaterThan(0);
		expect(after).toBeGreaterThanOrEqual(before);
	});

	test.each([-anHour, anHour])('PG-08 elapsed time is right though the clock is off by %i ms', async (off) => {
		const page = await browser.page({ baseURL: headway.url });
		await page.addInitScript((ms) => {
			const Real = Date;
			globalThis.Date = class extends Real {
				constructor(...given: []) {
					super(...((given.length > 0 ? given : [Real.now() + ms]) as []));
				}
				static now = () => Real.now() + ms;
			} as DateConstructor;
		}, off);
		await open(page, address());
		await page.waitForTimeout(1_200);
		const { elapsedMs } = await headway.job(job.id);
		expect(Math.abs(seconds(await elapsed(page)) - elapsedMs / 1000)).toBeLessThan(3);
	});

	test('PG-12 the job is where it is after going away and back, a reload, in a second tab and on another device', async () => {
		const page = await browser.page({ baseURL: headway.url });
		await open(page, address());
		await page.locator('[data-phase][aria-current=step]').waitFor();
		let last = (await percentageOf(page)) ?? NaN;
		const same = async (other: Page) => {
			await ready(other);
			const now = await eventually(
				() => percentageOf(other),
				(value) => (value ?? -1) >= last
			);
			last = now ?? NaN;
			await expectLikeServer(other, headway, job.id);
		};
		await page.getByRole('link', { name: 'New', exact: true }).first().click();
		await page.getByRole('heading', { name: 'What should run?' }).waitFor();
		await page.goBack();
		await page.locator('[data-phase][aria-current=step]').waitFor();
		await same(page);
		await page.reload();
		await same(page);
		const tab = await page.context().newPage();
		await tab.goto(address());
		await same(tab);
		const device = await browser.page({ baseURL: headway.url, width: 390 });
		await device.goto(address());
		await same(device);
	});

	test('IR-07 a result fades in, and appears at once with reduced motion', async () => {
		for (const reducedMotion of [false, true]) {
			const page = await browser.page({ baseURL: headway.url, reducedMotion });
			await open(page, address());
			const item = page.locator('[data-live] li').first();
			await item.waitFor();
			const { name, duration } = await item.evaluate((each) => {
				const { animationName, animationDuration } = getComputedStyle(each);
				return { name: animationName, duration: parseFloat(animationDuration) };
			});
			expect(name !== 'none' && duration > 0.05).toBe(!reducedMotion);
		}
	});

	test('CX-01 Cancel is there and enabled, whatever the width', async () => {
		for (const width of [360, 1280]) {
			const page = await browser.page({ baseURL: headway.url, width });
			await open(page, address());
			const cancel = page.locator('[data-action=cancel]');
			expect(await cancel.isVisible()).toBe(true);
			expect(await cancel.getAttribute('aria-disabled')).toBe('false');
		}
	});

	test('PG-12 without scripts the page shows where the job stood when it was loaded', async () => {
		const page = await browser.page({ baseURL: headway.url, javaScript: false });
		await page.goto(address());
		expect(await page.getByRole('heading', { level: 1 }).innerText()).toBe(question);
		expect(await page.locator('[data-phase]').count()).toBe(4);
		expect(await page.locator('article [data-status]').innerText()).toBe('Running');
		expect(await percentageOf(page)).not.toBeNull();
	});

	test('BY-11 the whole way by keyboard: ask, start, cancel; the focus is always seen', async () => {
		const page = await browser.page({ baseURL: headway.url });
		await open(page, '/');
		await tabTo(page, 'Operation Research', (focused) => focused.role === 'radio' && focused.name === 'Research');
		await tabTo(page, 'Question', (focused) => focused.name === 'query');
		await page.keyboard.type('Why do volcanoes erupt?');
		await tabTo(page, 'Depth', (focused) => focused.role === 'radio' && focused.name === 'Standard');
		await page.keyboard.press('ArrowLeft');
		expect(await page.getByRole('radio', { name: 'Quick' }).getAttribute('aria-checked')).toBe('true');
		await tabTo(page, 'Live results', (focused) => focused.role === 'switch');
		await tabTo(page, 'Start', (focused) => focused.name === 'Start');
		await page.keyboard.press('Enter');
		await page.waitForURL(/\/jobs\//);
		await ready(page);
		await expect.poll(() => page.evaluate(() => document.activeElement?.tagName)).toBe('H1');
		// The actions stand before the heading.
		await page.keyboard.press('Shift+Tab');
		expect(await focusOf(page)).toMatchObject({ action: 'cancel', outline: true });
		await page.keyboard.press('Enter');
		await page.getByText('Cancel this job?').waitFor();
		await page.keyboard.press('Escape');
		await page.getByText('Cancel this job?').waitFor({ state: 'hidden' });
		await page.keyboard.press('Enter');
		await page.getByText('Cancel this job?').waitFor();
		await page.keyboard.press('Enter');
		await page.locator('article [data-status=cancelled]').waitFor();
		expect((await headway.job(idOf(page))).status).toBe('cancelled');
		await tabTo(page, 'Retry', (focused) => focused.action === 'retry');
		await tabTo(page, 'Delete', (focused) => focused.action === 'delete');
		await page.keyboard.press('Enter');
		await page.getByRole('alertdialog').waitFor();
		await page.keyboard.press('Escape');
		await page.getByRole('alertdialog').waitFor({ state: 'hidden' });
		expect((await focusOf(page)).action).toBe('delete');
	});
});

describe('intermediate results as they arrive', () => {
	let headway: Headway;
	let browser: TestBrowser;

	beforeAll(async () => {
		[headway, browser] = await Promise.all([startHeadway(3), openBrowser()]);
	});
	afterEach(() => closePages(browser.browser));
	afterAll(async () => {
		await browser?.close();
		await headway?.stop();
	});

	test('IR-13 a long list follows its newest, stops when the reader scrolls up, and goes back on demand', async () => {
		const page = await browser.page({ baseURL: headway.url, height: 320 });
		await startResearch(page, question, 'Deep');
		const section = page.locator('[data-section=Searches]');
		const list = page.getByRole('region', { name: 'Searches' });
		await list.waitFor({ timeout: 20_000 });
		const below = () => list.evaluate((each) => each.scrollHeight - each.clientHeight - each.scrollTop);
		await expect.poll(below).toBeLessThan(2);
		await list.evaluate((each) => each.scrollTo({ top: 0 }));
		await section.getByRole('button', { name: 'Newest' }).waitFor();
		const count = await section.locator('li').count();
		await eventually(
			() => section.locator('li').count(),
			(now) => now > count
		);
		expect(await list.evaluate((each) => each.scrollTop)).toBe(0);
		await section.getByRole('button', { name: 'Newest' }).click();
		await expect.poll(below).toBeLessThan(2);
		await section.getByRole('button', { name: 'Newest' }).waitFor({ state: 'hidden' });
	});

	test('IR-02 IR-08 a reasoning summary opens and closes, and so does each section, while it runs', async () => {
		const page = await browser.page({ baseURL: headway.url });
		await startResearch(page, question);
		const step = page.locator('[data-reasoning]').first();
		const body = step.locator('[data-collapsible-content] p').first();
		await body.waitFor({ state: 'visible' });
		expect((await body.innerText()).length).toBeGreaterThan(20);
		await step.getByRole('button').click();
		await body.waitFor({ state: 'hidden' });
		await step.getByRole('button').click();
		await body.waitFor({ state: 'visible' });
		for (const title of ['Searches', 'Reasoning']) {
			const section = page.locator(`[data-section=${title}]`);
			const item = section.locator('li').first();
			await item.waitFor({ state: 'visible' });
			await section.getByRole('button', { name: title }).click();
			await item.waitFor({ state: 'hidden' });
			await section.getByRole('button', { name: title }).click();
			await item.waitFor({ state: 'visible' });
		}
		expect(await page.locator('article [data-status=running]').count()).toBe(1);
	});

	test('IR-01 a query that runs is a link to what was searched, and the job goes on behind it', async () => {
		const page = await browser.page({ baseURL: headway.url });
		const id = await startResearch(page, question);
		const link = page.locator('[data-section=Searches] li a').first();
		const query = await link.innerText();
		await link.click();
		await page.waitForURL(/\/library\?q=/);
		expect(await page.getByRole('searchbox').inputValue()).toBe(query);
		expect((await headway.job(id)).status).toBe('running');
		await page.goBack();
		await page.locator('article [data-status]').waitFor();
		expect(idOf(page)).toBe(id);
	});

	test('IR-12 a search that arrives broken is passed over, said so, and what comes after it shows', async () => {
		await headway.pace(8);
		const page = await browser.page({ baseURL: headway.url });
		await page.addInitScript(breakOneSearch);
		const id = await startResearch(page, question);
		await untilStatus(page, 'succeeded');
		expect(await page.locator('[data-live]').innerText()).toContain(
			'One update could not be read and was passed over.'
		);
		const { state } = await headway.job(id);
		expect(await page.locator('[data-section=Searches] li').count()).toBe(state.calls.length - 1);
		expect(await page.locator('[data-section=Reasoning] li').count()).toBe(state.reasoning.length);
		expect(await page.locator('[data-report] .prose').innerText()).toContain('In short.');
	});
});

/** Runs in the page: makes the first search that comes over the live stream unreadable. */
function breakOneSearch(): void {
	const listen = EventSource.prototype.addEventListener;
	let isBroken = false;
	function listenBroken(
		this: EventSource,
		type: string,
		listener: (event: MessageEvent) => void,
		options?: AddEventListenerOptions
	) {
		const broken = (event: MessageEvent) => {
			if (isBroken || !String(event.data).includes('"action":"search"')) return listener.call(this, event);
			isBroken = true;
			const data = event.data.replace('"action":"search"', '"action":"?"');
			listener.call(this, new MessageEvent(event.type, { data, lastEventId: event.lastEventId }));
		};
		listen.call(this, type, broken as EventListener, options);
	}
	Object.assign(EventSource.prototype, { addEventListener: listenBroken });
}

const elapsed = (page: Page) => page.locator('[data-elapsed]').innerText();

function seconds(text: string): number {
	expect(text).toMatch(/^\d\d:\d\d$/);
	return text.split(':').reduce((sum, part) => sum * 60 + Number(part), 0);
}

/** The page shows what the server has: the same phase and each result once. */
async function expectLikeServer(page: Page, headway: Headway, id: string): Promise<void> {
	const both = async () => {
		const { phase, state } = await headway.job(id);
		const shown = await page.locator('[data-phase][data-state=current]').getAttribute('data-phase');
		const items = await page.locator('[data-live] li').count();
		return { phase, shown, items, has: state.calls.length + state.reasoning.length + state.sources.length };
	};
	await eventually(both, ({ phase, shown, items, has }) => phase === shown && items === has);
}

interface Focused {
	role: string | null;
	name: string;
	action: string | null;
	outline: boolean;
}

const focusOf = (page: Page): Promise<Focused> =>
	page.evaluate(() => {
		const focused = document.activeElement as HTMLElement;
		const { outlineStyle, outlineWidth, boxShadow } = getComputedStyle(focused);
		return {
			role: focused.getAttribute('role'),
			name: (focused.getAttribute('aria-label') ?? focused.id) || focused.innerText.trim(),
			action: focused.dataset.action ?? null,
			outline: (outlineStyle !== 'none' && parseFloat(outlineWidth) >= 2) || boxShadow !== 'none'
		};
	});

/** Presses Tab until the focus is there; every stop on the way must be seen. */
async function tabTo(page: Page, where: string, isThere: (focused: Focused) => boolean): Promise<void> {
	for (let presses = 0; presses < 40; presses++) {
		await page.keyboard.press('Tab');
		const focused = await focusOf(page);
		expect(focused, `the focus on the way to ${where}`).toMatchObject({ outline: true });
		if (isThere(focused)) return;
	}
	throw new Error(`Tab never came to ${where}.`);
}
