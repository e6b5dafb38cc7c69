import type { Page } from 'playwright';
import { expect } from 'vitest';
import type { JobSnapshot } from '../../../src/lib/jobs/snapshot.ts';
import type { ResearchResult, ResearchState } from '../../../src/lib/operations/research/model.ts';
import { freePort } from '../../support/free-port.ts';
import { startServer } from './server.ts';
import type { RunningServer, ServerOptions } from './server.ts';

/** A research as the HTTP doors tell of it. */
export type Research = JobSnapshot<ResearchState, ResearchResult>;

/** A fault as the demo's control endpoint takes it. */
export interface ArmedFault {
	name: string;
	times?: number;
	on?: 'create' | 'stream' | 'resume' | 'get' | 'cancel' | 'image';
	after?: number;
	ms?: number;
}

/** A running app on its demo provider, whose pace and faults a test sets. */
export interface Headway extends RunningServer {
	/** For the second start on the same data. */
	readonly options: ServerOptions;
	/** Arms faults; those that earlier tests left are gone. */
	arm(...faults: ArmedFault[]): Promise<void>;
	/** The speed of researches that start from now on. */
	pace(pace: number): Promise<void>;
	/** Starts a research through the HTTP door. */
	research(query: string, depth?: 'quick' | 'standard' | 'deep', options?: object): Promise<Research>;
	/** The job as it is now; with `wait`, once it has ended. */
	job(id: string, wait?: boolean): Promise<Research>;
	/** Cancels a job through the HTTP door; resolves once it has ended. */
	cancel(id: string): Promise<void>;
	/** What the demo has, newest first. */
	responses(): Promise<DemoState['responses']>;
	/** The requests about a job that the demo has had, as `METHOD path`, oldest first. */
	asked(id: string): Promise<string[]>;
}

interface DemoState {
	responses: { id: string; status: string; jobId: string | null }[];
	ledger: { method: string; path: string; jobId?: string }[];
}

/** Starts the built app with its demo at the given pace (1 is a person's; tests mostly want it faster). */
export async function startHeadway(pace: number, options: ServerOptions = {}): Promise<Headway> {
	const env = { HEADWAY_DEMO_PORT: String(await freePort()), HEADWAY_DEMO_PACE: String(pace), ...options.env };
	const used = { ...options, env };
	const server = await startServer(used);
	const control = `http://127.0.0.1:${env.HEADWAY_DEMO_PORT}/control`;
	const ask = async (path: string, init?: RequestInit) => (await sent(`${server.url}${path}`, init)).json();
	const state = async () => (await (await sent(control)).json()) as DemoState;
	return {
		...server,
		options: { ...used, port: server.port, dataDir: server.dataDir },
		async arm(...faults) {
			await sent(`${control}/faults`, { method: 'DELETE' });
			// What the earlier ones led to is gone as well: nothing is held back.
			await sent(`${server.url}/api/providers/demo/test`, { method: 'POST' });
			await sent(control, posted({ faults }));
		},
		async pace(value) {
			await sent(control, posted({ pace: value }));
		},
		research: (query, depth = 'quick', extra = {}) =>
			ask('/api/jobs', posted({ operation: 'research', input: { query, depth }, options: extra })) as Promise<Research>,
		job: (id, wait = false) => ask(`/api/jobs/${id}${wait ? '?wait=50' : ''}`) as Promise<Research>,
		async cancel(id) {
			await ask(`/api/jobs/${id}/cancel`, { method: 'POST' });
			await ask(`/api/jobs/${id}?wait=15`);
		},
		responses: async () => (await state()).responses,
		asked: async (id) =>
			(await state()).ledger.filter(({ jobId }) => jobId === id).map(({ method, path }) => `${method} ${path}`)
	};
}

const posted = (body: unknown): RequestInit => ({
	method: 'POST',
	headers: { 'content-type': 'application/json' },
	body: JSON.stringify(body)
});

async function sent(url: string, init?: RequestInit): Promise<Response> {
	const answer = await fetch(url, init);
	if (!answer.ok) throw new Error(`${init?.method ?? 'GET'} ${url} answered ${answer.status}: ${await answer.text()}`);
	return answer;
}

/** Fills in a question at the home page and starts it with Ctrl+Enter. Resolves with the job's id once its page shows. */
export async function startResearch(page: Page, query: string, depth = 'Quick'): Promise<string> {
	await page.goto('/');
	await ready(page);
	await page.getByRole('radio', { name: depth, exact: true }).click();
	await page.getByLabel('Question').fill(query);
	await page.keyboard.press('Control+Enter');
	await page.waitForURL(/\/jobs\/[\w-]+$/);
	return idOf(page);
}

/** The id of the job whose page is open. */
export const idOf = (page: Page) => new URL(page.url()).pathname.replace('/jobs/', '');

/** Opens a page of the app and waits until it is alive. */
export async function open(page: Page, path: string): Promise<void> {
	await page.goto(path);
	await ready(page);
}

/** Waits until the page's scripts run and its live connection stands. */
export async function ready(page: Page): Promise<void> {
	await page.locator('[data-connection=live]').waitFor({ state: 'attached' });
}

/** Waits until the job on the page has this status, as the page calls it. */
export async function untilStatus(page: Page, status: string, timeout = 40_000): Promise<void> {
	await page.locator(`article [data-status=${status}]`).waitFor({ timeout });
}

/** Presses Cancel and confirms it, as two separate presses. */
export async function cancelJob(page: Page): Promise<void> {
	const button = page.locator('[data-action=cancel]');
	await button.click();
	await button.getByText('Cancel this job?').waitFor();
	// A second press within the time of a double click is taken for the second half of one.
	await page.waitForFunction((since) => performance.now() - since > 600, await page.evaluate(() => performance.now()));
	await button.click();
}

/** The percentage that the page shows; null while it shows none. */
export async function percentageOf(page: Page): Promise<number | null> {
	const text = await page.locator('section[aria-label=Progress] p[aria-hidden=true]').innerText();
	const found = /(\d+(?:\.\d+)?) %/.exec(text);
	return found ? Number(found[1]) : null;
}

/** Asks again until the answer passes; fails with the last answer when the time (ms) is up. */
export async function eventually<T>(
	ask: () => Promise<T>,
	isRight: (value: T) => boolean,
	timeout = 15_000
): Promise<T> {
	const deadline = Date.now() + timeout;
	let value = await ask();
	while (!isRight(value) && Date.now() < deadline) {
		await new Promise((resolve) => setTimeout(resolve, 50));
		value = await ask();
	}
	expect(isRight(value), `after ${timeout} ms it was ${JSON.stringify(value)}`).toBe(true);
	return value;
}

/** How many pixels the page is wider than its window. */
export const overflowOf = (page: Page) =>
	page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
