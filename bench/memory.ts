/**
 * `npm run bench -- pictures`: 100 pictures of 2 MB with 3 previews each, through one server and one page. Gives the
 * resident memory of the server and the heap of the page after a warm-up of 10, at the highest, and after (IM-13).
 */
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { CDPSession, Page } from 'playwright';
import { openBrowser } from './browser.ts';
import { environment } from './built-app.ts';
import type { Figure, Measure } from './measure.ts';
import { Remote } from './process.ts';

/** As many as the page's list shows: with a full list, one more picture is one row less. */
const filled = 50;
const warmUp = Number(process.env['BENCH_WARM_UP'] ?? 10);
const count = Number(process.env['BENCH_PICTURES'] ?? 100);
/** How long memory may take to be given back after a collection, in ms. */
const settleMs = 3_000;
const sampleMs = 100;
const MB = 1024 * 1024;

/** The built app as a process of its own, with a way to ask it for a collection and for its resident memory. */
class MeasuredServer {
	readonly url: string;
	readonly #pid: number;
	readonly #inspector: WebSocket;
	readonly #stop: () => void;

	private constructor(facts: { url: string; pid: number; inspector: WebSocket; stop: () => void }) {
		[this.url, this.#pid, this.#inspector, this.#stop] = [facts.url, facts.pid, facts.inspector, facts.stop];
	}

	static async start(provider: string, dataDir: string): Promise<MeasuredServer> {
		const child = spawn(process.execPath, ['--inspect=127.0.0.1:0', 'scripts/serve.js'], {
			cwd: join(import.meta.dirname, '..'),
			env: environment({
				...{ PORT: '0', HEADWAY_DATA: dataDir, LOG_LEVEL: 'silent' },
				...{ OPENAI_API_KEY: 'bench', OPENAI_BASE_URL: provider }
			})
		});
		const line = (stream: NodeJS.ReadableStream, pattern: RegExp) =>
			new Promise<string>((resolve, reject) => {
				const lines = createInterface({ input: stream });
				lines.on('line', (text) => {
					const found = pattern.exec(text)?.[1];
					if (found) resolve(found);
				});
				child.once('exit', (code) => reject(new Error(`the server ended with code ${code}`)));
			});
		const [url, address] = await Promise.all([
			line(child.stdout, /ready at (http:\S+)/),
			line(child.stderr, /Debugger listening on (ws:\S+)/)
		]);
		const inspector = new WebSocket(address);
		await new Promise((resolve) => inspector.addEventListener('open', resolve, { once: true }));
		return new MeasuredServer({ url, pid: child.pid ?? 0, inspector, stop: () => child.kill() });
	}

	/** Resident memory in bytes, as the kernel counts it. */
	resident(): number {
		const [, kilobytes] = /^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${this.#pid}/status`, 'utf8')) ?? [];
		return Number(kilobytes) * 1024;
	}

	async collect(): Promise<void> {
		const id = Math.floor(Math.random() * 1e9);
		const answered = new Promise<void>((resolve) => {
			const listen = ({ data }: MessageEvent) => {
				if ((JSON.parse(String(data)) as { id?: number }).id !== id) return;
				this.#inspector.removeEventListener('message', listen);
				resolve();
			};
			this.#inspector.addEventListener('message', listen);
		});
		this.#inspector.send(JSON.stringify({ id, method: 'HeapProfiler.collectGarbage' }));
		await answered;
	}

	close(): void {
		this.#inspector.close();
		this.#stop();
	}
}

const wait = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

async function heapOf(session: CDPSession): Promise<number> {
	await session.send('HeapProfiler.collectGarbage');
	return (await session.send('Runtime.getHeapUsage')).usedSize;
}

/** Starts a picture by HTTP and gives its id. */
async function start(url: string, input: { prompt: string; partialImages: number }): Promise<string> {
	const response = await fetch(`${url}/api/jobs`, {
		method: 'POST',
		headers: { 'content-type': 'application/json' },
		body: JSON.stringify({ operation: 'image', input })
	});
	if (!response.ok) throw new Error(`start failed: ${await response.text()}`);
	return ((await response.json()) as { id: string }).id;
}

/** Ended jobs for the page's list. */
async function fillList(url: string): Promise<void> {
	const ids = [];
	for (let job = 1; job <= filled; job += 1)
		ids.push(await start(url, { prompt: `one of before, ${job}`, partialImages: 0 }));
	for (const id of ids) await fetch(`${url}/api/jobs/${id}?wait=60`).then((response) => response.text());
}

/** One picture: opened by its link in the page, watched until the picture itself is shown. */
async function makePicture(page: Page, url: string, number: number): Promise<void> {
	const id = await start(url, { prompt: `noise number ${number}`, partialImages: 3 });
	await page.locator(`a[href="/jobs/${id}"]`).first().click();
	await page.waitForFunction(
		(job) => {
			const picture = document.querySelector<HTMLImageElement>(`img[src*="/api/jobs/${job}/artifacts/"]`);
			return picture !== null && picture.complete && picture.naturalWidth > 0;
		},
		id,
		{ timeout: 30_000 }
	);
}

/** Memory once everything that can go has gone. */
async function settled(server: MeasuredServer, session: CDPSession): Promise<{ server: number; page: number }> {
	await server.collect();
	await wait(settleMs);
	await server.collect();
	return { server: server.resident(), page: await heapOf(session) };
}

async function measure(provider: Remote, dataDir: string) {
	const server = await MeasuredServer.start(await provider.call<string>('address'), dataDir);
	const browser = await openBrowser().catch((error: unknown) => {
		server.close();
		throw error;
	});
	try {
		const page = await browser.newPage();
		const session = await page.context().newCDPSession(page);
		await fillList(server.url);
		await page.goto(server.url);
		const start = await settled(server, session);
		for (let number = 1; number <= warmUp; number += 1) await makePicture(page, server.url, number);
		const before = await settled(server, session);
		const highest = { ...before };
		const sampling = setInterval(() => (highest.server = Math.max(highest.server, server.resident())), sampleMs);
		for (let number = 1; number <= count; number += 1) {
			await makePicture(page, server.url, warmUp + number);
			const { usedSize } = await session.send('Runtime.getHeapUsage');
			highest.page = Math.max(highest.page, usedSize);
		}
		clearInterval(sampling);
		return { start, before, highest, after: await settled(server, session) };
	} finally {
		await browser.close();
		server.close();
	}
}

/** Memory while pictures come and go: what is kept of each would show as growth. */
const pictures: Measure = {
	name: 'pictures',
	about: `Memory over ${count} pictures of 2 MB with 3 previews each, after a warm-up of ${warmUp}, in the built app and its page.`,
	async run() {
		const provider = await Remote.start('./picture-server.ts');
		const dataDir = mkdtempSync(join(tmpdir(), 'headway-bench-'));
		const taken = await measure(provider, dataDir).finally(() => {
			provider.stop();
			rmSync(dataDir, { recursive: true, force: true, maxRetries: 5 });
		});
		return (['server', 'page'] as const).map((side) => figureOf(side, taken));
	}
};
export default pictures;

type Moments = Record<'start' | 'before' | 'highest' | 'after', { server: number; page: number }>;

function figureOf(side: 'server' | 'page', taken: Moments): Figure {
	const at = (moment: keyof Moments) => [taken[moment][side] / MB];
	return {
		what: side === 'server' ? 'server, resident at the end' : 'page, heap at the end',
		...{ unit: 'MB', better: 'lower', ours: at('after') },
		peers: [
			{ name: 'at the start', rounds: at('start') },
			{ name: `after ${warmUp} pictures`, rounds: at('before') },
			{ name: 'at the highest', rounds: at('highest') }
		],
		note: 'The other sides are moments of the same run.'
	};
}
