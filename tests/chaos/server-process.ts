import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { onTestFinished } from 'vitest';
import { temporaryFolder } from '../support/app.ts';
import { freePort } from '../support/free-port.ts';
import { moment } from './seed.ts';

const pathTo = (file: string) => fileURLToPath(new URL(`../../${file}`, import.meta.url));
/** The built app, which `npm test` and `npm run chaos` see to; without it, as in `npm run breakages`, the same doors from the sources. */
export const headwayEntry = process.env.HEADWAY_CHAOS_BUILT ? 'scripts/serve.js' : 'tests/chaos/serve.ts';
/** Milliseconds within which a server must be ready, on two busy cores. */
const READY_MS = 30_000;

interface Facts {
	entry: string;
	port: number;
	/** Answers 200 once it works. */
	readyPath: string;
	env: Record<string, string>;
}

/** What a server process holds after a collection (serve.ts). Bytes and counts. */
export interface Held {
	heapUsed: number;
	external: number;
	arrayBuffers: number;
	rss: number;
	streams: number;
	listeners: number;
	resources: number;
}

/** A server in a process of its own, which can be killed at any moment and started again on the same port and data. */
export class ServerProcess {
	readonly url: string;
	/** How often it was started. */
	starts = 0;
	readonly #facts: Facts;
	#child: ChildProcess | null = null;
	#output = '';

	private constructor(facts: Facts) {
		this.#facts = facts;
		this.url = `http://127.0.0.1:${facts.port}`;
		onTestFinished(() => this.kill());
	}

	/** Headway on a data folder of its own, or on the one that `env.HEADWAY_DATA` names. Resolves once it is ready. */
	static async headway(env: Record<string, string> = {}, entry = headwayEntry): Promise<ServerProcess> {
		const own = {
			HEADWAY_DATA: env.HEADWAY_DATA ?? temporaryFolder(),
			LOG_LEVEL: 'warn',
			HEADWAY_REQUESTS_PER_MINUTE: '0',
			...env
		};
		return new ServerProcess({ entry, port: await freePort(), readyPath: '/readyz', env: own }).start();
	}

	/** The demo provider, which lives on when the servers that ask it die. */
	static async demo(): Promise<ServerProcess> {
		const env = { DEMO_DATA: temporaryFolder() };
		return new ServerProcess({ entry: 'src/demo/main.ts', port: await freePort(), readyPath: '/control', env }).start();
	}

	/** Everything that it has printed, over all starts. */
	get output(): string {
		return this.#output;
	}

	get alive(): boolean {
		return this.#child !== null && this.#child.exitCode === null && this.#child.signalCode === null;
	}

	get pid(): number {
		return this.#child?.pid ?? -1;
	}

	/** Starts it and resolves once it is ready; rejects with its output when it ended before, unless it was killed. */
	async start(): Promise<this> {
		this.launch();
		await this.ready();
		return this;
	}

	/** Starts it, and does not wait. */
	launch(): void {
		if (this.alive) throw new Error('it runs already');
		const { entry, port, env } = this.#facts;
		const all = { PATH: process.env.PATH ?? '', NODE_ENV: 'production', HOST: '127.0.0.1', PORT: String(port), ...env };
		const child = spawn(process.execPath, [pathTo(entry)], { cwd: pathTo(''), env: all });
		for (const stream of [child.stdout, child.stderr])
			stream.on('data', (bytes: Buffer) => (this.#output += bytes.toString()));
		this.#child = child;
		this.starts += 1;
	}

	async ready(): Promise<void> {
		const deadline = Date.now() + READY_MS;
		while (this.alive && Date.now() < deadline) {
			const signal = AbortSignal.timeout(5_000);
			const answer = await fetch(`${this.url}${this.#facts.readyPath}`, { signal }).catch(() => null);
			await answer?.body?.cancel();
			if (answer?.ok) return;
			await moment(25);
		}
		throw new Error(`${this.#facts.entry} did not become ready. It said:\n${this.#output}`);
	}

	/** Ends it as a crash would. Resolves once the process is gone; its data stays. */
	async kill(): Promise<void> {
		await this.#end('SIGKILL');
	}

	/** Ends it as an operator would. Resolves with its exit code and the milliseconds that it took. */
	async stop(): Promise<{ code: number | null; ms: number }> {
		const began = performance.now();
		await this.#end('SIGTERM');
		return { code: this.#child?.exitCode ?? null, ms: performance.now() - began };
	}

	/** What it holds after a collection; only of the entry without a build. */
	async held(): Promise<Held> {
		return (await (await fetch(`${this.url}/chaos/memory`)).json()) as Held;
	}

	async #end(signal: NodeJS.Signals): Promise<void> {
		if (!this.alive || !this.#child) return;
		const gone = once(this.#child, 'exit');
		this.#child.kill(signal);
		await gone;
	}
}
