import type { Browser, Page } from 'playwright';
import { openBrowser, PageWatch } from './browser.ts';
import type { Work } from './browser.ts';
import { BuiltApp } from './built-app.ts';
import type { Context, Figure, Measure } from './measure.ts';
import { Remote } from './process.ts';
import type { When } from './whole-page.ts';

const whole = 'the whole text rendered again with each piece';
const wholeInFrames = 'the whole text rendered once a frame';
/** Characters in a piece, and ms between two: as fast as models write today, and faster. */
const piece = { size: 50, everyMs: 5 };
/** A baseline that falls behind gets its time. */
const patienceMs = 120_000;

/** What is measured: an app, a provider that writes on command, and a browser. */
interface Stage {
	app: BuiltApp;
	provider: Remote;
	browser: Browser;
	length: number;
}

async function openStage(length: number): Promise<Stage & { close(): Promise<void> }> {
	const provider = await Remote.start('./model-server.ts');
	const address = await provider.call<string>('address');
	const app = await BuiltApp.start({
		...{ OPENAI_API_KEY: 'bench', OPENAI_BASE_URL: address, HEADWAY_REQUESTS_PER_MINUTE: '0' }
	});
	const browser = await openBrowser();
	const close = async () => {
		await browser.close();
		await app.stop();
		provider.stop();
	};
	return { app, provider, browser, length, close };
}

const scriptOf = ({ length }: Stage) => JSON.stringify({ deltas: length / piece.size, ...piece });

/** A research whose report waits for `go` at the provider. */
async function start(stage: Stage): Promise<string> {
	const response = await fetch(`${stage.app.url}/api/jobs`, {
		method: 'POST',
		headers: { 'content-type': 'application/json' },
		body: JSON.stringify({
			operation: 'research',
			input: { query: `Why does the sea rise? ${scriptOf(stage)}`, depth: 'quick' }
		})
	});
	if (!response.ok) throw new Error(`no job was started: ${await response.text()}`);
	return ((await response.json()) as { id: string }).id;
}

async function go(provider: Remote): Promise<void> {
	while ((await provider.call<number>('go')) === 0) await new Promise((resolve) => setTimeout(resolve, 20));
}

/** What says so of the job itself; the list of jobs has others. */
const ended = 'article [data-status=succeeded], body[data-status=succeeded]';
const isWhole = (page: Page, selector: string, length: number) =>
	page.waitForFunction(
		// Marks, table lines and link addresses of the source are not text of the page.
		({ within, least }) => (document.querySelector(within)?.textContent?.length ?? 0) > least,
		{ within: selector, least: length * 0.6 },
		{ timeout: patienceMs }
	);

/** One report from its first to its last character in front of somebody's eyes. */
async function watchStream(stage: Stage, open: (page: Page) => Promise<void>, report: string): Promise<Work> {
	const context = await stage.browser.newContext({ viewport: { width: 1280, height: 800 } });
	try {
		const page = await context.newPage();
		const watch = await PageWatch.of(page);
		await open(page);
		await watch.begin();
		await go(stage.provider);
		await page.locator(ended).first().waitFor({ timeout: patienceMs, state: 'attached' });
		await isWhole(page, report, stage.length);
		return await watch.end();
	} finally {
		await context.close();
	}
}

async function watchApp(stage: Stage): Promise<{ id: string; work: Work }> {
	const id = await start(stage);
	const open = async (page: Page) => {
		await page.goto(`${stage.app.url}/jobs/${id}`);
		await page.locator('[data-connection=live]').waitFor({ state: 'attached' });
	};
	return { id, work: await watchStream(stage, open, '[data-report]') };
}

/** The baseline is fed by the provider itself, with the same pieces at the same pace. */
async function watchWhole(stage: Stage, when: When): Promise<Work> {
	const { origin } = new URL(await stage.provider.call<string>('address'));
	const open = async (page: Page) => {
		await page.goto(`${origin}/whole?when=${when}&script=${encodeURIComponent(scriptOf(stage))}`);
		await page.locator('body[data-open]').waitFor({ state: 'attached' });
	};
	return watchStream(stage, open, 'article');
}

/** Somebody comes back to a report that is finished. */
async function openFinished(stage: Stage, id: string): Promise<Work> {
	const context = await stage.browser.newContext({ viewport: { width: 1280, height: 800 } });
	try {
		const page = await context.newPage();
		const watch = await PageWatch.of(page);
		await page.goto(`${stage.app.url}/gallery`);
		await page.locator('[data-connection=live]').waitFor({ state: 'attached' });
		await watch.begin();
		await page.goto(`${stage.app.url}/jobs/${id}`);
		await page.locator('[data-connection=live]').waitFor({ state: 'attached' });
		await isWhole(page, '[data-report]', stage.length);
		await page.waitForTimeout(1_000);
		return await watch.end();
	} finally {
		await context.close();
	}
}

async function measureStream(context: Context, stage: Stage): Promise<{ figures: Figure[]; id: string }> {
	const ids: string[] = [];
	const ours = async () => {
		const { id, work } = await watchApp(stage);
		ids.push(id);
		return work;
	};
	const tasks = [ours, () => watchWhole(stage, 'delta'), () => watchWhole(stage, 'frame')];
	const [apps = [], wholes = [], inFrames = []] = await context.interleaved(tasks, context.quick ? 1 : 3);
	const name = `report of ${stage.length.toLocaleString('en')} characters as it is written`;
	const figure = (what: string, unit: string, of: keyof Work): Figure => ({
		...{ what: `${name}: ${what}`, unit, better: 'lower', ours: apps.map((work) => work[of]) },
		peers: [
			{ name: whole, rounds: wholes.map((work) => work[of]) },
			{ name: wholeInFrames, rounds: inFrames.map((work) => work[of]) }
		]
	});
	const figures = [
		{ ...figure('main thread', 'ms', 'mainMs'), targets: [{ against: whole, times: 0.1 }] },
		figure('script', 'ms', 'scriptMs'),
		figure('style and layout', 'ms', 'layoutMs'),
		{ ...figure('longest task', 'ms', 'longestTaskMs'), targets: [{ limit: 50 }] },
		figure('frames missed', '', 'dropped'),
		figure('heap afterwards', 'MB', 'heapMB'),
		figure('DOM nodes', '', 'nodes')
	];
	return { figures, id: ids.at(-1) ?? '' };
}

async function measureOpening(context: Context, stage: Stage, id: string): Promise<Figure[]> {
	const [opened = []] = await context.interleaved([() => openFinished(stage, id)], context.quick ? 2 : 5);
	const figure = (what: string, of: keyof Work): Figure => ({
		...{ what: `the same report, opened when finished: ${what}`, unit: 'ms', better: 'lower', peers: [] },
		ours: opened.map((work) => work[of])
	});
	return [figure('main thread', 'tracedMs'), { ...figure('longest task', 'longestTaskMs'), targets: [{ limit: 50 }] }];
}

const page: Measure = {
	name: 'page',
	about:
		'A long Markdown report in Chromium, while it is written and opened again, against rendering all of it each time.',
	async run(context) {
		const stage = await openStage(context.quick ? 25_000 : 100_000);
		try {
			const { figures, id } = await measureStream(context, stage);
			return [...figures, ...(await measureOpening(context, stage, id))];
		} finally {
			await stage.close();
		}
	}
};
export default page;
