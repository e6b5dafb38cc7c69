import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { get } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

const root = join(import.meta.dirname, '..');
/** A person's own settings and keys: no benchmark spends money, or measures somebody's limits. */
const personal = /^(HEADWAY_|OPENAI_|XAI_|OPENROUTER_|AZURE_|OLLAMA_|VLLM_|LMSTUDIO_|CUSTOM_)|_API_KEY$|^NODE_OPTIONS$/;
/** Between two questions whether it is ready, in ms: what the answer may be late by. */
const askEveryMs = 2;

/** What a measured process is started with: this one's variables without a person's own, and those given. */
export function environment(own: Record<string, string> = {}): NodeJS.ProcessEnv {
	const kept = Object.entries(process.env).filter(([name]) => !personal.test(name));
	return { ...Object.fromEntries(kept), NODE_ENV: 'production', ...own };
}

/** A folder below the system's temporary one; whoever asks for it removes it. */
export const temporaryFolder = (): string => mkdtempSync(join(tmpdir(), 'headway-bench-'));

/** The built app (`npm run build`) as a process of its own, on a free port. */
export class BuiltApp {
	readonly url: string;
	readonly dataDir: string;
	/** Milliseconds from the start of the process to the first answer 200 of `/readyz`. */
	readonly readyMs: number;
	readonly #child: ChildProcess;
	readonly #ownsData: boolean;

	private constructor(
		child: ChildProcess,
		facts: { url: string; dataDir: string; readyMs: number; ownsData: boolean }
	) {
		[this.url, this.dataDir, this.readyMs] = [facts.url, facts.dataDir, facts.readyMs];
		this.#child = child;
		this.#ownsData = facts.ownsData;
	}

	/** Resolves once it is ready. Rejects with what it printed when it ends before, or when there is no build. */
	static async start(env: Record<string, string> = {}, dataDir?: string): Promise<BuiltApp> {
		if (!existsSync(join(root, 'build', 'handler.js'))) throw new Error('there is no build: run `npm run build` first');
		const folder = dataDir ?? temporaryFolder();
		const own = { HOST: '127.0.0.1', PORT: '0', HEADWAY_DATA: folder, LOG_LEVEL: 'silent', ...env };
		const began = performance.now();
		const child = spawn(process.execPath, [join(root, 'scripts', 'serve.js')], { cwd: root, env: environment(own) });
		const url = await addressOf(child);
		while (!(await isReady(url))) await new Promise((resolve) => setTimeout(resolve, askEveryMs));
		const readyMs = performance.now() - began;
		return new BuiltApp(child, { url, dataDir: folder, readyMs, ownsData: dataDir === undefined });
	}

	/** Ends it in order; its data folder goes, unless it was brought. */
	async stop(): Promise<void> {
		if (this.#child.exitCode === null && this.#child.signalCode === null) {
			const gone = once(this.#child, 'exit');
			this.#child.kill();
			await gone;
		}
		if (this.#ownsData) rmSync(this.dataDir, { recursive: true, force: true, maxRetries: 5 });
	}
}

/** Where it listens, by the line that says so. */
function addressOf(child: ChildProcess): Promise<string> {
	return new Promise((resolve, reject) => {
		const said: string[] = [];
		for (const stream of [child.stdout, child.stderr])
			if (stream)
				createInterface({ input: stream }).on('line', (line) => {
					said.push(line);
					const [, url] = /ready at (http:\S+)/.exec(line) ?? [];
					if (url) resolve(url);
				});
		child.once('exit', (code) => reject(new Error(`the app ended with code ${code}. It said:\n${said.join('\n')}`)));
	});
}

function isReady(url: string): Promise<boolean> {
	return new Promise((resolve) => {
		get(`${url}/readyz`, { agent: false }, (response) => {
			response.resume();
			resolve(response.statusCode === 200);
		}).on('error', () => resolve(false));
	});
}
