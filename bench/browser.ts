import { existsSync } from 'node:fs';
import { chromium } from 'playwright';
import type { Browser, CDPSession, Page } from 'playwright';
import { chromiumCandidates } from '../scripts/lib/chromium.mjs';

/** Chromium without a window: the one that CHROMIUM_PATH names, else the system's, else Playwright's own. */
export function openBrowser(): Promise<Browser> {
	const flags = [
		'--no-sandbox',
		'--disable-gpu',
		'--disable-quic',
		'--no-first-run',
		'--disable-background-networking'
	];
	const executablePath = chromiumCandidates(process.env, chromium.executablePath()).find(existsSync);
	return chromium.launch({ args: flags, ...(executablePath ? { executablePath } : {}) });
}

/** What a page's main thread did between two moments. Times in ms, the heap after a collection in MB. */
export interface Work {
	/** Of all its tasks: script, style, layout, paint. Chromium begins to count anew where a page navigates. */
	mainMs: number;
	scriptMs: number;
	/** Style and layout. */
	layoutMs: number;
	/** As `mainMs`, but by the trace, which goes on over a navigation. */
	tracedMs: number;
	longestTaskMs: number;
	/** Frames of a 60 Hz screen that were due while one task lasted, so that none of it could be drawn. */
	dropped: number;
	heapMB: number;
	nodes: number;
}

/** What Chromium counts of a page since its beginning, by name; durations in seconds. */
type Counters = Map<string, number>;

interface TraceEvent {
	name: string;
	ph: string;
	pid: number;
	tid: number;
	dur?: number;
	args?: { name?: string };
}

const MB = 1024 * 1024;
const taskEvent = 'RunTask';
const frameMs = 1_000 / 60;

/** Watches one page at work. Open it before the page goes to the address that is measured. */
export class PageWatch {
	readonly #browser: Browser;
	readonly #page: Page;
	readonly #session: CDPSession;
	#before: Counters = new Map();

	private constructor(browser: Browser, page: Page, session: CDPSession) {
		this.#browser = browser;
		this.#page = page;
		this.#session = session;
	}

	static async of(page: Page): Promise<PageWatch> {
		const browser = page.context().browser();
		if (!browser) throw new Error('a page without a browser');
		const session = await page.context().newCDPSession(page);
		await session.send('Performance.enable');
		return new PageWatch(browser, page, session);
	}

	async begin(): Promise<void> {
		this.#before = await this.#counters();
		const categories = ['disabled-by-default-devtools.timeline', '__metadata'];
		await this.#browser.startTracing(this.#page, { categories });
	}

	/** What it did since `begin`. */
	async end(): Promise<Work> {
		const after = await this.#counters();
		const tasks = mainThreadTasks(await this.#browser.stopTracing());
		const took = (name: string) => 1_000 * ((after.get(name) ?? NaN) - (this.#before.get(name) ?? 0));
		await this.#session.send('HeapProfiler.collectGarbage');
		const settled = await this.#counters();
		return {
			...{
				mainMs: took('TaskDuration'),
				scriptMs: took('ScriptDuration'),
				layoutMs: took('LayoutDuration') + took('RecalcStyleDuration'),
				longestTaskMs: longest(tasks)
			},
			tracedMs: tasks.reduce((sum, ms) => sum + ms, 0),
			dropped: tasks.reduce((sum, ms) => sum + Math.floor(ms / frameMs), 0),
			...{ heapMB: (settled.get('JSHeapUsedSize') ?? NaN) / MB, nodes: settled.get('Nodes') ?? NaN }
		};
	}

	async #counters(): Promise<Counters> {
		const { metrics } = await this.#session.send('Performance.getMetrics');
		return new Map(metrics.map(({ name, value }) => [name, value]));
	}
}

const longest = (tasks: readonly number[]) => tasks.reduce((most, ms) => Math.max(most, ms), 0);

/** How long each task of any page's main thread took, in ms. Throws for a trace without one: 0 would look like a good figure. */
export function mainThreadTasks(trace: Buffer): number[] {
	const { traceEvents } = JSON.parse(trace.toString()) as { traceEvents: TraceEvent[] };
	const mains = new Set(
		traceEvents
			.filter(({ name, args }) => name === 'thread_name' && args?.name === 'CrRendererMain')
			.map(({ pid, tid }) => `${pid}:${tid}`)
	);
	const tasks = traceEvents.filter(({ name, pid, tid }) => name === taskEvent && mains.has(`${pid}:${tid}`));
	if (tasks.length === 0) throw new Error('the trace has no tasks of a main thread');
	return tasks.map(({ dur = 0 }) => dur / 1_000);
}
