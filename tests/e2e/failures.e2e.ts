import type { Page } from 'playwright';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { expectNoAxeViolations, openBrowser } from './support/browser.ts';
import type { TestBrowser } from './support/browser.ts';
import { idOf, open, startHeadway } from './support/headway.ts';
import type { ArmedFault, Headway } from './support/headway.ts';

const question = 'How does a battery recycling plant work?';
/** What no page may show: the provider's own words, codes and shapes. */
const raw =
	/\breq_|\bresp_|server_error|insufficient_quota|invalid_api_key|model_not_found|status code|\[object|undefined|null|[{}]|\b[45]\d\d\b|<html/i;

interface Failure {
	faults: ArmedFault[];
	title: string;
	says: RegExp;
	/** Whether the sentence offers to try the same again. */
	retryable: boolean;
}

const failures: Failure[] = [
	{
		faults: [{ name: 'quota' }],
		title: 'The provider’s quota is used up',
		says: /out of credit.*Raise it there/,
		retryable: true
	},
	{
		faults: [{ name: 'auth' }],
		title: 'The provider did not accept the key',
		says: /Check it in the settings/,
		retryable: false
	},
	{
		faults: [{ name: 'no_model' }],
		title: 'The provider does not have this model',
		says: /Pick another/,
		retryable: false
	},
	{ faults: [{ name: 'refusal' }], title: 'This was declined', says: /can't help with that/, retryable: false },
	{ faults: [{ name: 'failed' }], title: 'The provider reported an error', says: /error of its own/, retryable: true },
	{
		faults: [{ name: 'nested_error' }],
		title: 'The provider reported an error',
		says: /error of its own/,
		retryable: true
	},
	{
		faults: [{ name: 'flat_error' }],
		title: 'The provider reported an error',
		says: /error of its own/,
		retryable: true
	},
	{
		faults: [{ name: 'lost_create' }],
		title: 'It is not known whether the provider started this',
		says: /may be running there and may be billed/,
		retryable: true
	}
];

const recovered: { faults: ArmedFault[]; notice: RegExp | null }[] = [
	{ faults: [{ name: 'cut' }], notice: /^Reconnected to the demo provider/ },
	{ faults: [{ name: 'stall' }], notice: /^Reconnected to the demo provider/ },
	{ faults: [{ name: 'malformed' }], notice: /^Reconnected to the demo provider/ },
	{ faults: [{ name: 'cut' }, { name: 'too_old', times: -1 }], notice: /asking for the result from time to time/ },
	{ faults: [{ name: 'split_utf8' }], notice: null },
	{ faults: [{ name: 'duplicate' }], notice: null },
	{ faults: [{ name: 'unknown_event' }], notice: null },
	{ faults: [{ name: 'rate_limit' }], notice: /limiting requests\. Trying again in \d+ s\./ }
];

const nameOf = (faults: ArmedFault[]) => faults.map(({ name }) => name).join(' and ');

describe('what goes wrong at the provider, as a person sees it', () => {
	let headway: Headway;
	let browser: TestBrowser;
	let page: Page;
	const ending = () => page.locator('[data-ending=failed]');

	beforeAll(async () => {
		const env = { HEADWAY_IDLE_TIMEOUT: '1' };
		[headway, browser] = await Promise.all([startHeadway(40, { env }), openBrowser()]);
		page = await browser.page({ baseURL: headway.url });
	});
	afterAll(async () => {
		await browser?.close();
		await headway?.stop();
	});

	test.each(failures.map((failure) => ({ ...failure, name: nameOf(failure.faults) })))(
		'RS-06 $name: the page says what happened and what to do, and nothing raw',
		async ({ faults, title, says, retryable }) => {
			await headway.arm(...faults);
			const { id } = await headway.research(question);
			await open(page, `/jobs/${id}`);
			await ending().waitFor();
			expect(await ending().getByRole('heading').innerText()).toBe(title);
			const text = await ending().innerText();
			expect(text).toMatch(says);
			expect(text).toMatch(/Kept: |Nothing had been made yet\./);
			expect(text).toMatch(/Cost: /);
			expect(text.includes('Retry starts it again')).toBe(retryable);
			const words = (await page.locator('article').innerText()).replace(/\d[\d,.:]*[KM]? (tokens|characters)/g, '');
			expect(words).not.toMatch(raw);
			expect(await page.locator('[data-action=cancel]').count()).toBe(0);
		}
	);

	test('RS-06 Retry after a failure starts a new job, which can succeed; the failed one stays', async () => {
		await headway.arm({ name: 'failed' });
		const { id } = await headway.research(question);
		await open(page, `/jobs/${id}`);
		await ending().waitFor();
		await page.locator('[data-action=retry]').click();
		await page.waitForURL((url) => !url.pathname.endsWith(id));
		await page.locator('[data-ending=succeeded]').waitFor();
		expect((await headway.job(idOf(page))).input).toMatchObject({ query: question });
		expect((await headway.job(id)).status).toBe('failed');
	});

	test('RS-06 a create whose answer was lost is called unknown, and never sent twice', async () => {
		await headway.arm({ name: 'lost_create' });
		const { id } = await headway.research(question);
		await open(page, `/jobs/${id}`);
		await page.locator('article [data-status=unknown]').waitFor();
		expect(await page.locator('[data-readout=Status]').innerText()).toContain('Outcome unknown');
		expect((await headway.responses()).filter(({ jobId }) => jobId === id)).toHaveLength(1);
	});

	test('RS-06 a report that stopped at its limit is shown, and called not complete', async () => {
		await headway.arm({ name: 'incomplete' });
		const { id } = await headway.research(question);
		await open(page, `/jobs/${id}`);
		await page.locator('[data-notice=incomplete]').waitFor();
		expect(await page.locator('[data-notice=incomplete]').innerText()).toMatch(/Stopped at the length limit/);
		await page.locator('#report').getByText('not complete').waitFor();
		expect((await page.locator('[data-report] .prose').innerText()).length).toBeGreaterThan(100);
	});

	test.each(recovered.map((each) => ({ ...each, name: nameOf(each.faults) })))(
		'RS-13 IR-12 $name: the research goes on to the same report, with nothing twice',
		async ({ faults, notice }) => {
			await headway.arm(...faults);
			const { id } = await headway.research(question);
			await open(page, `/jobs/${id}`);
			await page.locator('[data-ending=succeeded]').waitFor();
			const notices = await page.locator('[data-notice]').allInnerTexts();
			if (notice) expect(notices.join('\n')).toMatch(notice);
			else expect(notices).toEqual([]);
			const { state, result } = await headway.job(id);
			const calls = state.calls.map(({ callId }) => callId);
			expect(new Set(calls).size).toBe(calls.length);
			expect(await page.locator('[data-section=Searches] li').count()).toBe(calls.length);
			expect(result?.complete).toBe(true);
			expect(result?.report.match(/^# /gm)).toHaveLength(1);
			expect(await page.locator('[data-report] .prose').innerText()).toContain('In short.');
		}
	);

	test('BY-11 a failed job is accessible, in light and dark', async () => {
		await headway.arm({ name: 'failed' });
		const { id } = await headway.research(question);
		await open(page, `/jobs/${id}`);
		await ending().waitFor();
		for (const colorScheme of ['light', 'dark'] as const) {
			await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
			await expectNoAxeViolations(page);
		}
	});
});
