import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { closePages, expectNoAxeViolations, openBrowser, pageErrors } from './support/browser.ts';
import type { TestBrowser } from './support/browser.ts';
import {
	addDocument,
	answerAt,
	begin,
	messageField,
	say,
	told,
	turnAt,
	untilTurn,
	untilWritten
} from './support/chat.ts';
import { eventually, open, overflowOf, ready, startHeadway } from './support/headway.ts';
import type { Headway } from './support/headway.ts';

/** What a layout shift has moved. */
interface Shift {
	node: Node | null;
	previousRect: DOMRectReadOnly;
	currentRect: DOMRectReadOnly;
}

const hello = 'Hello! What can you do?';
const tides = `# Tide tables of Merrow Bay

## Causes

The tide at Merrow Bay rises 4.2 metres at springs because the bay narrows toward its head.

## Ferries

The ferry to Skarn leaves two hours after high water, and never at night.
`;

describe('the chat page', () => {
	let headway: Headway;
	let browser: TestBrowser;

	beforeAll(async () => {
		[headway, browser] = await Promise.all([startHeadway(1), openBrowser()]);
	});
	afterEach(async () => {
		await closePages(browser.browser);
		await headway.arm();
		await headway.pace(1);
	});
	afterAll(async () => {
		await browser?.close();
		await headway?.stop();
	});

	const newPage = (options: object = {}) => browser.page({ baseURL: headway.url, ...options });

	test('CH-01 CH-02 CH-12 a message by keyboard alone: the answer grows, Send becomes Stop and comes back, its times are there', async () => {
		await headway.pace(0.3);
		const page = await newPage();
		const errors = pageErrors(page);
		await open(page, '/chat');
		while ((await page.evaluate(() => document.activeElement?.id)) !== 'message') await page.keyboard.press('Tab');
		await page.keyboard.type(hello);
		await page.keyboard.press('Enter');
		await page.waitForURL(/\/chat\/job_/);
		await page.getByRole('button', { name: 'Stop', exact: true }).waitFor();
		await untilWritten(page, 0, 20);
		const early = await answerAt(page, 0).innerText();
		await untilTurn(page, 0, 'succeeded');
		const whole = await answerAt(page, 0).innerText();
		expect(whole.startsWith(early.trim().slice(0, 20))).toBe(true);
		expect(whole.length).toBeGreaterThan(early.length);
		await page.getByRole('button', { name: 'Send' }).waitFor();
		expect(await page.evaluate(() => document.activeElement?.id)).toBe('message');
		expect(await turnAt(page, 0).locator('[data-turn-facts]').innerText()).toMatch(/first word after .+ tokens/);
		expect(errors).toEqual([]);
	});

	test('CH-02 CH-03 Escape stops: the text stays as it was shown, after a reload too, and the next message works', async () => {
		await headway.pace(0.3);
		const page = await newPage();
		const id = await begin(page, hello);
		await untilWritten(page, 0, 15);
		await page.keyboard.press('Escape');
		const shown = (await answerAt(page, 0).innerText()).trim();
		await untilTurn(page, 0, 'cancelled');
		await page.getByText('Stopped. The answer ends where you saw it end.').waitFor();
		expect((await answerAt(page, 0).innerText()).trim()).toBe(shown);
		const { turns } = await told(headway, id);
		expect(turns[0]?.answer.trim()).toBe(shown);
		await page.reload();
		await ready(page);
		expect((await answerAt(page, 0).innerText()).trim()).toBe(shown);
		await headway.pace(4);
		await say(page, 'Go on');
		await untilTurn(page, 1, 'succeeded');
		expect(await answerAt(page, 1).innerText()).not.toBe('');
	});

	test('CH-03 Stop before the first word leaves an empty answer and a conversation that goes on', async () => {
		await headway.arm({ name: 'slow_headers', ms: 20_000, on: 'create' });
		const page = await newPage();
		await begin(page, hello);
		await page.locator('[data-action=stop]').click();
		await untilTurn(page, 0, 'cancelled');
		await page.getByText('Stopped before the first word.').waitFor();
		expect(await answerAt(page, 0).count()).toBe(0);
		await headway.arm();
		await say(page, hello);
		await untilTurn(page, 1, 'succeeded');
		expect(await answerAt(page, 1).innerText()).not.toBe('');
	});

	test('PG-12 RS-07 a reload in mid-stream goes on where the answer is, nothing lost and nothing twice', async () => {
		await headway.pace(0.5);
		const page = await newPage();
		const id = await begin(page, hello);
		await untilWritten(page, 0, 15);
		await page.reload();
		await ready(page);
		expect((await answerAt(page, 0).innerText()).length).toBeGreaterThanOrEqual(15);
		await untilTurn(page, 0, 'succeeded');
		const { turns } = await told(headway, id);
		const plain = (text: string) => text.replaceAll(/[*_\s]/g, '');
		expect(plain(await answerAt(page, 0).innerText())).toBe(plain(turns[0]?.answer ?? ''));
		expect(await page.locator('article[data-turn]').count()).toBe(1);
	});

	test('PG-12 two tabs: what one says, the other sees as it is written, and either may stop it', async () => {
		await headway.pace(0.3);
		const context = await browser.context({ baseURL: headway.url });
		const one = await context.newPage();
		const id = await begin(one, hello);
		const other = await context.newPage();
		await open(other, `/chat/${id}`);
		await untilWritten(other, 0, 10);
		await other.locator('[data-action=stop]').click();
		for (const page of [one, other]) await untilTurn(page, 0, 'cancelled');
		await headway.pace(1);
		await say(one, 'Thanks!');
		await untilTurn(other, 1, 'succeeded');
		await untilTurn(one, 1, 'succeeded');
		expect(await answerAt(other, 1).innerText()).toBe(await answerAt(one, 1).innerText());
	});

	test('AG-03 CH-04 a plan shows above the answer, is ticked off, and differs with the request', async () => {
		const page = await newPage();
		const id = await begin(page, 'What is 18 * 23, and what time is it in Tokyo?');
		await untilTurn(page, 0, 'succeeded');
		expect(await turnAt(page, 0).locator('[data-tool]').count()).toBe(2);
		expect(await turnAt(page, 0).locator('[data-plan-done]').innerText()).toBe('2 of 2 done');
		expect(await answerAt(page, 0).innerText()).toContain('414');
		await say(page, 'What is 7 * 6?');
		await untilTurn(page, 1, 'succeeded');
		expect(await turnAt(page, 1).locator('[data-tool]').count()).toBe(1);
		await page.reload();
		await ready(page);
		expect(await turnAt(page, 0).locator('[data-plan-done]').innerText()).toBe('2 of 2 done');
		expect(id).toMatch(/^job_/);
	});

	test('CH-09 an edited message is another branch; the arrows go between them, and a reload keeps the one that was chosen', async () => {
		await headway.pace(8);
		const page = await newPage();
		await begin(page, 'What is 2 + 2?');
		await untilTurn(page, 0, 'succeeded');
		await say(page, 'What is 3 + 3?');
		await untilTurn(page, 1, 'succeeded');
		await turnAt(page, 0).hover();
		await turnAt(page, 0).getByRole('button', { name: 'Edit this message' }).click();
		await page.getByRole('textbox', { name: 'Edit the message' }).fill('What is 5 + 5?');
		await page.keyboard.press('Enter');
		await turnAt(page, 0).getByText('2/2').waitFor();
		await untilTurn(page, 0, 'succeeded');
		expect(await page.locator('article[data-turn]').count()).toBe(1);
		expect(await answerAt(page, 0).innerText()).toContain('10');
		await turnAt(page, 0).getByRole('button', { name: 'The version before' }).click();
		await turnAt(page, 1).waitFor();
		expect(await answerAt(page, 1).innerText()).toContain('6');
		await page.reload();
		await ready(page);
		expect(await page.locator('article[data-turn]').count()).toBe(2);
		await turnAt(page, 1).getByRole('button', { name: 'Answer again' }).click();
		await turnAt(page, 1).getByText('2/2').waitFor();
		await untilTurn(page, 1, 'succeeded');
	});

	test('CH-05 a document that was dropped in is read, cited, and its citation opens the passage', async () => {
		const page = await newPage();
		await open(page, '/chat');
		await addDocument(page, 'tides.md', tides);
		await say(page, 'When does the ferry to Skarn leave?');
		await page.waitForURL(/\/chat\/job_/);
		await untilTurn(page, 0, 'succeeded');
		expect(await answerAt(page, 0).innerText()).toContain('two hours after high water');
		const mark = answerAt(page, 0).locator('a.cite').first();
		await mark.hover();
		await page.locator('[role=tooltip]:popover-open').getByText('Tide tables of Merrow Bay').first().waitFor();
		await mark.click();
		await page.waitForURL(/\/knowledge\/[\w-]+#p-\d+$/);
		const place = new URL(page.url()).hash;
		expect(await page.locator(place).innerText()).toContain('two hours after high water');
		await page.goBack();
		await untilTurn(page, 0, 'succeeded');
		expect(await page.locator('[data-citation]').first().getAttribute('href')).toContain(place);
		await expectNoAxeViolations(page);
	});

	test('CH-05 an upload shows how far it is, and a file that cannot be read says why', async () => {
		const page = await newPage();
		await open(page, '/chat');
		const held = Promise.withResolvers<void>();
		await page.route('**/api/files*', async (route) => {
			await held.promise;
			await route.continue();
		});
		const broken = { name: 'broken.pdf', mimeType: 'application/pdf', buffer: Buffer.from('%PDF-1.7\nnothing') };
		await page.getByLabel('Add documents or tables').setInputFiles([broken]);
		await page.getByRole('progressbar', { name: 'Sending broken.pdf' }).waitFor();
		held.resolve();
		const failure = page.locator('[data-file=failed] [role=alert]');
		await failure.waitFor({ timeout: 30_000 });
		expect((await failure.innerText()).length).toBeGreaterThan(10);
		await page.getByRole('button', { name: 'Remove broken.pdf' }).click();
		expect(await page.locator('[data-file]').count()).toBe(0);
	});

	test('CH-07 CH-08 CH-09 a provider’s error is said in words, and Retry is another version of the turn', async () => {
		await headway.arm({ name: 'auth', times: 9, on: 'create' });
		const page = await newPage();
		await begin(page, hello);
		await untilTurn(page, 0, 'failed');
		const said = await page.locator('[data-turn-error]').innerText();
		expect(said).toContain('did not accept the key');
		expect(said).not.toMatch(/Error:|\bat \w+ \(|sk-/);
		await expectNoAxeViolations(page);
		await headway.arm();
		await page.locator('[data-turn-error]').getByRole('button', { name: 'Retry' }).click();
		await untilTurn(page, 0, 'succeeded');
		expect(await turnAt(page, 0).locator('[data-versions]').innerText()).toContain('2/2');
	});

	test('CH-10 a message that could not be sent at once is sent again by itself, and once', async () => {
		const page = await newPage();
		await open(page, '/chat');
		let cuts = 0;
		await page.route('**/api/trpc/operations.chat.start*', async (route) => {
			if (cuts++ < 2) return route.abort('connectionreset');
			return route.continue();
		});
		await say(page, hello);
		await page.waitForURL(/\/chat\/job_/);
		await untilTurn(page, 0, 'succeeded');
		expect(cuts).toBe(3);
	});

	test('CH-09 conversations are listed, found by their words, renamed and deleted', async () => {
		await headway.pace(8);
		const page = await newPage();
		const id = await begin(page, 'What is 1234 + 4321?');
		await untilTurn(page, 0, 'succeeded');
		const list = page.locator('aside [data-conversations]');
		await page.locator('aside').getByLabel('Search conversations').fill('4321');
		await eventually(
			() => list.locator('[data-conversation]').count(),
			(count) => count === 1
		);
		const row = page.locator(`aside [data-conversation="${id}"]`);
		await row.hover();
		await row.getByRole('button', { name: /^More about/ }).click();
		await page.getByRole('menuitem', { name: 'Rename' }).click();
		await row.getByRole('textbox', { name: 'Title' }).fill('A sum');
		await page.keyboard.press('Enter');
		await row.getByText('A sum', { exact: true }).waitFor();
		await page.getByRole('heading', { level: 1, name: 'A sum' }).waitFor();
		await row.hover();
		await row.getByRole('button', { name: /^More about/ }).click();
		await page.getByRole('menuitem', { name: 'Delete' }).click();
		await page.getByRole('button', { name: 'Delete conversation' }).click();
		await page.waitForURL(/\/chat$/);
		expect((await fetch(`${headway.url}/api/conversations/${id}`)).status).toBe(404);
	});

	test('TS-09 IR-13 following the newest gives way to the reader, and comes back when they ask', async () => {
		const page = await newPage({ height: 500 });
		await headway.pace(8);
		await begin(page, hello);
		await untilTurn(page, 0, 'succeeded');
		for (const place of [1, 2]) {
			await say(page, hello);
			await untilTurn(page, place, 'succeeded');
		}
		await headway.pace(0.3);
		await say(page, hello);
		await untilWritten(page, 3, 20);
		await page.mouse.move(640, 200);
		await page.mouse.wheel(0, -600);
		await page.locator('[data-action=newest]').waitFor();
		const before = await page.evaluate(() => scrollY);
		await untilWritten(page, 3, 80);
		expect(await page.evaluate(() => scrollY)).toBe(before);
		await page.locator('[data-action=newest]').click();
		await page.locator('[data-action=newest]').waitFor({ state: 'detached' });
		const left = () => page.evaluate(() => document.documentElement.scrollHeight - innerHeight - scrollY);
		expect(await left()).toBeLessThan(2);
	});

	test('CH-04 nothing jumps: the plan and the answer stay where they began while the turn works, answers and ends', async () => {
		const page = await newPage();
		await begin(page, hello);
		await untilTurn(page, 0, 'succeeded');
		await page.evaluate(() => {
			const places: Record<string, number[]> = { plan: [], answer: [] };
			Object.assign(window, { places });
			const note = (kind: string, part: Element | null | undefined, turn: Element) => {
				const top = part && Math.round(part.getBoundingClientRect().top - turn.getBoundingClientRect().top);
				if (typeof top === 'number' && !places[kind]?.includes(top)) places[kind]?.push(top);
			};
			const look = () => {
				const turn = document.querySelectorAll('article[data-turn]')[1];
				const answer = turn?.querySelector('[data-answer] .prose');
				if (turn) note('plan', turn.querySelector('[data-plan]'), turn);
				if (turn && answer?.textContent.trim()) note('answer', answer, turn);
				requestAnimationFrame(look);
			};
			look();
		});
		await say(page, 'What is 18 * 23, and what time is it in Tokyo?');
		await untilTurn(page, 1, 'succeeded');
		await turnAt(page, 1).locator('[data-turn-facts]').waitFor({ state: 'attached' });
		const places = await page.evaluate(() => (window as unknown as { places: Record<string, number[]> }).places);
		expect([places.plan?.length, places.answer?.length]).toEqual([1, 1]);
	});

	test('CH-04 IR-13 what is read does not jump: in a whole turn nothing but the growing text moves anything', async () => {
		const page = await newPage();
		await begin(page, hello);
		await untilTurn(page, 0, 'succeeded');
		await page.evaluate(() => {
			const jumps: string[] = [];
			Object.assign(window, { jumps });
			// The first words and the row of their reasoning may come in one frame: nothing was there to be read before it.
			let firstWords = Infinity;
			const transcript = document.querySelector('[data-transcript]') as HTMLElement;
			new MutationObserver(() => {
				if (transcript.querySelector('[data-stream=streaming]')) firstWords = Math.min(firstWords, performance.now());
			}).observe(transcript, { childList: true, subtree: true, attributes: true });
			const ONE_FRAME = 50;
			new PerformanceObserver((list) => {
				for (const { sources, startTime } of list.getEntries() as (PerformanceEntry & { sources: Shift[] })[])
					for (const { node, previousRect, currentRect } of sources) {
						const part = node instanceof Element ? node : node?.parentElement;
						// The line beneath the text goes down with it, and the mark of a text that is to come makes room for its reasoning.
						const isPushed = part?.closest('[data-stream-line]') && currentRect.top >= previousRect.top;
						if (!part?.closest('[data-transcript]') || isPushed) continue;
						if (part.closest('[data-answer]') && Math.abs(startTime - firstWords) < ONE_FRAME) continue;
						if (!part.querySelector('[data-stream=connecting]')) jumps.push(part.outerHTML.slice(0, 120));
					}
			}).observe({ type: 'layout-shift' });
		});
		await say(page, 'What is 18 * 23, and what time is it in Tokyo?');
		await untilTurn(page, 1, 'succeeded');
		await turnAt(page, 1).locator('[data-turn-facts]').waitFor({ state: 'attached' });
		await page.evaluate(() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done))));
		expect(await page.evaluate(() => (window as unknown as { jumps: string[] }).jumps)).toEqual([]);
	});

	test('TS-01 the model that was chosen for a conversation answers, and is there after a reload', async () => {
		const page = await newPage();
		await open(page, '/chat');
		await page.getByRole('button', { name: 'Model and settings' }).click();
		await expectNoAxeViolations(page);
		await page.getByLabel('Model', { exact: true }).fill('demo-chat-1');
		await page.keyboard.press('Enter');
		await say(page, hello);
		await page.waitForURL(/\/chat\/job_/);
		await untilTurn(page, 0, 'succeeded');
		const id = new URL(page.url()).pathname.replace('/chat/', '');
		expect((await headway.job(id)).model).toBe('demo-chat-1');
		await page.reload();
		await ready(page);
		await page.getByRole('button', { name: 'Model and settings: demo-chat-1' }).waitFor();
		await expectNoAxeViolations(page);
	});

	test('BY-11 the focus goes back to the field when a tool was allowed, and when Stop was pressed', async () => {
		const page = await newPage();
		const focus = () => page.evaluate(() => document.activeElement?.id);
		await begin(page, 'Draw a lighthouse on a cliff at dusk');
		await page.locator('[data-action=allow]').waitFor();
		await expectNoAxeViolations(page);
		await page.locator('[data-action=allow]').focus();
		await page.keyboard.press('Enter');
		await page.locator('[data-question]').waitFor({ state: 'detached' });
		// The question may leave by the stream before the answer to the press is there.
		await expect.poll(focus).toBe('message');
		await page.locator('[data-action=stop]').focus();
		await page.keyboard.press('Enter');
		await untilTurn(page, 0, 'cancelled');
		await expect.poll(focus).toBe('message');
		await expectNoAxeViolations(page);
	});

	test('CH-13 the console is silent until it is asked to tell', async () => {
		const page = await newPage();
		const lines: string[] = [];
		page.on('console', (message) => lines.push(message.text()));
		await begin(page, hello);
		await untilTurn(page, 0, 'succeeded');
		expect(lines.filter((line) => line.startsWith('[chat'))).toEqual([]);
		await page.evaluate(() => localStorage.setItem('headway-verbose-console', 'on'));
		await say(page, hello);
		await untilTurn(page, 1, 'succeeded');
		expect(lines.filter((line) => /^\[chat job_\w+\] \+\d+ ms content/.test(line)).length).toBeGreaterThan(0);
	});

	test.each([390, 1280])(
		'BY-11 at %i pixels nothing overflows and axe finds nothing, running and done',
		async (width) => {
			const page = await newPage({ width, dark: width === 390, reducedMotion: true });
			await open(page, '/chat');
			await expectNoAxeViolations(page);
			await headway.pace(0.3);
			await begin(page, 'What is 18 * 23?');
			await turnAt(page, 0).locator('[data-plan]').waitFor();
			await expectNoAxeViolations(page);
			await headway.pace(8);
			await untilTurn(page, 0, 'succeeded');
			await turnAt(page, 0).hover();
			expect(await overflowOf(page)).toBeLessThanOrEqual(0);
			await expectNoAxeViolations(page);
		}
	);

	test('BY-11 a conversation is read without JavaScript', async () => {
		const page = await newPage();
		const id = await begin(page, hello);
		await untilTurn(page, 0, 'succeeded');
		const plain = await newPage({ javaScript: false });
		await plain.goto(`/chat/${id}`);
		expect(await answerAt(plain, 0).innerText()).toBe(await answerAt(page, 0).innerText());
		expect(await plain.locator('[data-conversations]').innerText()).toContain(hello);
	});

	test('CH-11 turns stay out of the list of jobs', async () => {
		const page = await newPage();
		const id = await begin(page, hello);
		await untilTurn(page, 0, 'succeeded');
		await open(page, '/');
		expect(await page.locator(`aside [data-job="${id}"]`).count()).toBe(0);
		await page.locator('a[data-operation=chat]').click();
		await page.waitForURL(/\/chat$/);
		await messageField(page).waitFor();
	});
});
