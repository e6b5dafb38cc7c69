import { rmSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import type { Browser, Page } from 'playwright';
import { openBrowser, PageWatch } from './browser.ts';
import type { Work } from './browser.ts';
import { BuiltApp, temporaryFolder } from './built-app.ts';
import type { Context, Figure, Measure } from './measure.ts';

const plain = 'every row in the document';
/** Pixels of one turn of the wheel; so many turns without the oldest job mean that it is not to be reached. */
const wheel = 6_000;
const turns = 400;

async function start(app: string, query: string): Promise<string> {
	const response = await fetch(`${app}/api/jobs`, {
		method: 'POST',
		headers: { 'content-type': 'application/json' },
		body: JSON.stringify({ operation: 'research', input: { query, depth: 'quick' } })
	});
	if (!response.ok) throw new Error(`no job was started: ${await response.text()}`);
	return ((await response.json()) as { id: string }).id;
}

/** Makes one job by the app, and the others as copies of its row, each a second older. The app must not run. */
async function fill(dataDir: string, env: Record<string, string>, count: number): Promise<void> {
	const app = await BuiltApp.start(env, dataDir);
	const id = await start(app.url, 'Why does the sea rise?');
	await (await fetch(`${app.url}/api/jobs/${id}?wait=60`)).text();
	await app.stop();
	const db = new Database(join(dataDir, 'headway.db'));
	try {
		const row = db.prepare('select * from jobs where id = ?').get(id) as Record<string, unknown>;
		const columns = Object.keys(row);
		const insert = db.prepare(
			`insert into jobs (${columns.join()}) values (${columns.map((name) => `@${name}`).join()})`
		);
		const older = (n: number, at: unknown) => Number(at) - n * 1_000;
		db.transaction(() => {
			for (let n = 1; n < count; n += 1) {
				const times = { created_at: older(n, row['created_at']), updated_at: older(n, row['updated_at']) };
				const own = { id: copyId(n), title: `Why does the sea rise? Asked ${n} times`, response_id: null };
				insert.run({ ...row, ...times, ...own, idempotency_key: null });
			}
		})();
	} finally {
		db.close();
	}
}

/** As ids are: the list's cursor holds them. */
const copyId = (n: number) => `job_${n.toString(16).padStart(20, '0')}`;

/** A page of its own, watched while `act` lasts. */
async function watched(browser: Browser, url: string, act: (page: Page, begin: () => Promise<void>) => Promise<void>) {
	const context = await browser.newContext({ viewport: { width: 1280, height: 800 } });
	try {
		const page = await context.newPage();
		const watch = await PageWatch.of(page);
		await page.goto(`${url}/healthz`);
		await act(page, () => watch.begin());
		return await watch.end();
	} finally {
		await context.close();
	}
}

const isLive = (page: Page) => page.locator('[data-connection=live]').waitFor({ state: 'attached' });

const openList = (browser: Browser, app: string) =>
	watched(browser, app, async (page, begin) => {
		await begin();
		await page.goto(app);
		await isLive(page);
		await page.waitForTimeout(500);
	});

/** From the newest job to the oldest, as a person turns the wheel. */
async function scrollToEnd(page: Page, oldest: string): Promise<void> {
	await page.locator('nav[aria-label=Jobs]').hover();
	const last = page.locator(`[data-job="${oldest}"]`);
	for (let turn = 0; turn < turns && (await last.count()) === 0; turn += 1) {
		await page.mouse.wheel(0, wheel);
		await page.evaluate(() => new Promise((resolve) => requestAnimationFrame(resolve)));
		// Older jobs are asked for by the list itself when its end comes into sight, and put into it before the next turn.
		await page.waitForFunction(() => document.querySelector('[data-action=older][aria-busy=true]') === null);
	}
	if ((await last.count()) === 0) throw new Error('the list ends before its oldest job');
}

const scrollList = (browser: Browser, app: string, oldest: string) =>
	watched(browser, app, async (page, begin) => {
		await page.goto(app);
		await isLive(page);
		await begin();
		await scrollToEnd(page, oldest);
	});

/** A job starts, runs and ends while the whole list is open. */
const updateList = (browser: Browser, app: string, oldest: string) =>
	watched(browser, app, async (page, begin) => {
		await page.goto(app);
		await isLive(page);
		await scrollToEnd(page, oldest);
		await page.locator('nav[aria-label=Jobs]').evaluate((list) => list.scrollTo(0, 0));
		await begin();
		const id = await start(app, 'What is new in the list?');
		await page.locator(`[data-job="${id}"]`).waitFor();
		await (await fetch(`${app}/api/jobs/${id}?wait=60`)).text();
		await page.locator(`[data-job="${id}"] [data-status=succeeded]`).waitFor();
	});

/** The baseline: as many rows, each with the elements of a job's row, put into a document in one go. */
const openPlain = (browser: Browser, app: string, count: number) =>
	watched(browser, app, async (page, begin) => {
		await page.setContent(
			'<style>nav { height: 100vh; overflow: auto; width: 280px } a { display: block }</style><nav></nav>'
		);
		await begin();
		await page.evaluate((rows) => {
			const row = (n: number) =>
				`<li><a href="#${n}"><span><svg width="16" height="16"></svg><span>Why does the sea rise? ${n}</span></span>` +
				`<span><span>Complete</span><span>18 s</span></span></a></li>`;
			const all = Array.from({ length: rows }, (_, n) => row(n)).join('');
			document.querySelector('nav')?.insertAdjacentHTML('beforeend', `<ul>${all}</ul>`);
		}, count);
		await page.evaluate(() => new Promise((resolve) => requestAnimationFrame(() => setTimeout(resolve, 50))));
	});

type Sides = Record<'opened' | 'scrolled' | 'updated' | 'all', Work[]>;

function figuresOf({ opened, scrolled, updated, all }: Sides, count: number): Figure[] {
	const name = `list of ${count.toLocaleString('en')} jobs`;
	const figure = (what: string, unit: string, works: Work[], of: keyof Work): Figure => ({
		...{ what: `${name}, ${what}`, unit, better: 'lower', ours: works.map((work) => work[of]) },
		peers: what.startsWith('opened') ? [{ name: plain, rounds: all.map((work) => work[of]) }] : []
	});
	const calm = { targets: [{ limit: 50 }] };
	return [
		figure('opened: main thread', 'ms', opened, 'tracedMs'),
		{ ...figure('opened: longest task', 'ms', opened, 'longestTaskMs'), ...calm },
		{ ...figure('scrolled to its end: longest task', 'ms', scrolled, 'longestTaskMs'), ...calm },
		figure('scrolled to its end: frames missed', '', scrolled, 'dropped'),
		figure('scrolled to its end: DOM nodes', '', scrolled, 'nodes'),
		figure('scrolled to its end: heap', 'MB', scrolled, 'heapMB'),
		{ ...figure('a job starts, runs and ends: longest task', 'ms', updated, 'longestTaskMs'), ...calm }
	];
}

async function run(context: Context): Promise<Figure[]> {
	const count = context.quick ? 500 : 2_000;
	const dataDir = temporaryFolder();
	const env = { HEADWAY_DEMO_PACE: '100', HEADWAY_REQUESTS_PER_MINUTE: '0' };
	let app: BuiltApp | null = null;
	let browser: Browser | null = null;
	try {
		await fill(dataDir, env, count);
		app = await BuiltApp.start(env, dataDir);
		const [at, chromium] = [app.url, (browser = await openBrowser())];
		const [opened = [], all = [], scrolled = [], updated = []] = await context.interleaved(
			[
				() => openList(chromium, at),
				() => openPlain(chromium, at, count),
				() => scrollList(chromium, at, copyId(count - 1)),
				() => updateList(chromium, at, copyId(count - 1))
			],
			context.quick ? 1 : Math.min(context.rounds, 3)
		);
		return figuresOf({ opened, scrolled, updated, all }, count);
	} finally {
		await browser?.close();
		await app?.stop();
		rmSync(dataDir, { recursive: true, force: true, maxRetries: 5 });
	}
}

export default {
	name: 'list',
	about: 'A long list of jobs in Chromium: opened, scrolled to its end, and while a job in it starts and ends.',
	run
} satisfies Measure;
