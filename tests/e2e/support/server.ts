import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { freePort } from '../../support/free-port.ts';

export interface ServerOptions {
	/** Beside HOST, PORT and HEADWAY_DATA, which the harness sets. */
	readonly env?: Record<string, string>;
	/** A folder to keep over several starts; without it the server gets a temporary one that `stop` removes. */
	readonly dataDir?: string;
	/** The address to listen on; 127.0.0.1 unless told otherwise. */
	readonly host?: string;
	/** The port to listen on; a free one unless told otherwise. */
	readonly port?: number;
	/** What to run; the built app unless told otherwise. */
	readonly entry?: string;
}

/** A running app. */
export interface RunningServer {
	/** Without a slash at the end. */
	readonly url: string;
	readonly port: number;
	readonly pid: number;
	readonly dataDir: string;
	/** Everything that it has printed so far. */
	logs(): string;
	/** Ends it as an operator would (SIGTERM). Resolves with its exit code and how long it took, in milliseconds. */
	stop(): Promise<{ code: number | null; ms: number }>;
	/** Ends it as a crash would (SIGKILL), keeping its data. Resolves when the process is gone. */
	kill(): Promise<void>;
}

const builtApp = fileURLToPath(new URL('../../../scripts/serve.js', import.meta.url));
/** Milliseconds within which a server must be ready, on two busy cores. */
const readyWithinMs = 30_000;

/** Starts the built app in a process of its own and resolves when `/readyz` says that it works. Rejects with its output when it does not. */
export async function startServer(options: ServerOptions = {}): Promise<RunningServer> {
	const { host = '127.0.0.1', entry = builtApp } = options;
	const port = options.port ?? (await freePort(host));
	const dataDir = options.dataDir ?? mkdtempSync(join(tmpdir(), 'headway-data-'));
	const env = { ...ownEnvironment(), ...options.env, HOST: host, PORT: String(port), HEADWAY_DATA: dataDir };
	const child = spawn(process.execPath, [entry], { env, stdio: ['ignore', 'pipe', 'pipe'] });
	const output: string[] = [];
	for (const stream of [child.stdout, child.stderr])
		stream.on('data', (bytes: Buffer) => output.push(bytes.toString()));
	const logs = () => output.join('');
	const url = `http://${host === '0.0.0.0' ? '127.0.0.1' : host}:${port}`;
	await untilReady(child, url, logs);
	const removeData = () => {
		if (!options.dataDir) rmSync(dataDir, { recursive: true, force: true });
	};
	return { url, port, pid: child.pid ?? -1, dataDir, logs, ...endings(child, removeData) };
}

function endings(child: ChildProcess, afterStop: () => void): Pick<RunningServer, 'stop' | 'kill'> {
	const end = async (signal: NodeJS.Signals) => {
		if (child.exitCode !== null || child.signalCode !== null) return;
		const exited = once(child, 'exit');
		child.kill(signal);
		await exited;
	};
	return {
		async stop() {
			const began = performance.now();
			await end('SIGTERM');
			afterStop();
			return { code: child.exitCode, ms: performance.now() - began };
		},
		kill: () => end('SIGKILL')
	};
}

async function untilReady(child: ChildProcess, url: string, logs: () => string): Promise<void> {
	const deadline = Date.now() + readyWithinMs;
	while (child.exitCode === null && child.signalCode === null && Date.now() < deadline) {
		const answer = await fetch(`${url}/readyz`, { signal: AbortSignal.timeout(5_000) }).catch(() => null);
		await answer?.body?.cancel();
		if (answer?.ok) return;
		await new Promise((resolve) => setTimeout(resolve, 50));
	}
	const told = once(child, 'close');
	child.kill('SIGKILL');
	// Its last words may be on their way when it is gone.
	if (!child.stdout?.closed) await told;
	throw new Error(`The server at ${url} did not become ready (exit code ${child.exitCode}). It said:\n${logs()}`);
}

/** The tests' environment without a person's own settings and keys, so that no test ever spends money. */
function ownEnvironment(): NodeJS.ProcessEnv {
	const personal =
		/^(HEADWAY_|OPENAI_|XAI_|OPENROUTER_|AZURE_|OLLAMA_|VLLM_|LMSTUDIO_|CUSTOM_|VITEST)|_API_KEY$|^(PORT|HOST|ORIGIN|NODE_OPTIONS)$/;
	const kept = Object.entries(process.env).filter(([name]) => !personal.test(name));
	return { ...Object.fromEntries(kept), NODE_ENV: 'production' };
}
