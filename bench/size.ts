import type { Browser, Response } from 'playwright';
import { openBrowser } from './browser.ts';
import { BuiltApp } from './built-app.ts';
import type { Figure, Measure } from './measure.ts';

/** As transferred, in KB of 1,000 bytes. */
interface Loaded {
	/** Until the page's load event. */
	first: number;
	/** Until the network was silent for a while: with what is fetched ahead. */
	all: number;
	files: number;
	/** The same files unpacked. */
	unpacked: number;
}

const isScript = (response: Response) =>
	/javascript/.test(response.headers()['content-type'] ?? '') && response.status() === 200;

/** Opens an address as somebody who never was there, and adds up what came as JavaScript. */
async function load(browser: Browser, url: string): Promise<Loaded> {
	const context = await browser.newContext();
	try {
		const page = await context.newPage();
		const scripts: Response[] = [];
		page.on('response', (response) => isScript(response) && scripts.push(response));
		await page.goto(url, { waitUntil: 'load' });
		const first = await bytesOf(scripts);
		// The live stream is open all the time and no traffic to wait for: Playwright leaves event streams out only of its own accord.
		await quiet(() => scripts.length);
		const all = await bytesOf(scripts);
		const bodies = await Promise.all(scripts.map((response) => response.body()));
		const unpacked = bodies.reduce((sum, body) => sum + body.length, 0) / 1_000;
		return { first, all, files: scripts.length, unpacked };
	} finally {
		await context.close();
	}
}

/** Bodies as they went over the wire, compressed. */
async function bytesOf(scripts: readonly Response[]): Promise<number> {
	const sizes = await Promise.all(scripts.map((response) => response.request().sizes()));
	return sizes.reduce((sum, { responseBodySize }) => sum + responseBodySize, 0) / 1_000;
}

const quietMs = 1_500;

/** Resolves once the count has stood still for a while. */
async function quiet(count: () => number): Promise<void> {
	for (let before = -1; before !== count();) {
		before = count();
		await new Promise((resolve) => setTimeout(resolve, quietMs));
	}
}

/** A job that has ended, on the demo provider, whose page is looked at. */
async function finishedJob(app: string): Promise<string> {
	const response = await fetch(`${app}/api/jobs`, {
		method: 'POST',
		headers: { 'content-type': 'application/json' },
		body: JSON.stringify({ operation: 'research', input: { query: 'Why does the sea rise?', depth: 'quick' } })
	});
	if (!response.ok) throw new Error(`no job was started: ${await response.text()}`);
	const { id } = (await response.json()) as { id: string };
	await (await fetch(`${app}/api/jobs/${id}?wait=60`)).text();
	return id;
}

const size: Measure = {
	name: 'size',
	about: 'JavaScript that a first visit loads, compressed, as the browser got it.',
	async run() {
		const app = await BuiltApp.start({ HEADWAY_DEMO_PACE: '100' });
		const browser = await openBrowser().catch(async (error: unknown) => {
			await app.stop();
			throw error;
		});
		try {
			const start = await load(browser, `${app.url}/`);
			const job = await load(browser, `${app.url}/jobs/${await finishedJob(app.url)}`);
			const figure = (what: string, { first, all, files, unpacked }: Loaded): Figure => ({
				...{ what, unit: 'KB', better: 'lower', ours: [all], peers: [] },
				note: `${first.toFixed(0)} KB of it before the load event; ${files} files, ${unpacked.toFixed(0)} KB unpacked.`
			});
			return [
				{ ...figure('JavaScript of the first page', start), targets: [{ limit: 120 }] },
				figure("JavaScript of a job's page", job)
			];
		} finally {
			await browser.close();
			await app.stop();
		}
	}
};
export default size;
