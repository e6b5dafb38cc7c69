import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { at } from '../../scripts/lib/project.mjs';
import { freePort } from '../support/free-port.ts';

export type ProxyName = 'nginx' | 'caddy';

/** A program, and the environment that it needs to find its libraries. */
export interface ProxyProgram {
	path: string;
	env: NodeJS.ProcessEnv;
}

const READY_MS = 15_000;

/** What a whole configuration has around the file of our documentation: where this process may write, and nothing else. */
const around = {
	nginx: (folder: string) => `daemon off;
${process.getuid?.() === 0 ? 'user root;' : ''}
pid ${folder}/pid;
error_log stderr warn;
events {}
http {
	access_log off;
	${['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map((kind) => `${kind}_temp_path ${folder}/${kind};`).join(' ')}
	include ${folder}/headway;
}
`,
	caddy: (folder: string) => `{
	admin off
}
import ${folder}/headway
`
};

/** The documented file with the addresses of this test in the place of its own, and not a letter more. */
const documented = {
	nginx: (to: number, own: number) =>
		changed('docs/proxies/nginx.conf', [
			['127.0.0.1:3000;', `127.0.0.1:${to};`],
			['listen 80;', `listen 127.0.0.1:${own};`],
			['server_name headway.example;', 'server_name 127.0.0.1;']
		]),
	caddy: (to: number, own: number) =>
		changed('docs/proxies/Caddyfile', [
			['reverse_proxy 127.0.0.1:3000 ', `reverse_proxy 127.0.0.1:${to} `],
			['http://headway.example {', `http://127.0.0.1:${own} {`]
		])
};

function changed(file: string, changes: [string, string][]): string {
	return changes.reduce(
		(text, [from, to]) => {
			if (text.split(from).length !== 2) throw new Error(`${file} does not have "${from}" once`);
			return text.replace(from, to);
		},
		readFileSync(at(file), 'utf8')
	);
}

/** A proxy in front of an app on loopback, with the configuration that the documentation gives. */
export class RunningProxy {
	readonly port: number;
	readonly #name: ProxyName;
	readonly #program: ProxyProgram;
	readonly #folder = mkdtempSync(join(tmpdir(), 'headway-proxy-'));
	#child: ChildProcess | null = null;
	#output = '';

	private constructor(name: ProxyName, program: ProxyProgram, port: number) {
		this.#name = name;
		this.#program = program;
		this.port = port;
	}

	/** Takes a port, so that the app can be told its public address before it starts. */
	static async on(name: ProxyName, program: ProxyProgram): Promise<RunningProxy> {
		return new RunningProxy(name, program, await freePort());
	}

	get url(): string {
		return `http://127.0.0.1:${this.port}`;
	}

	/** Begins to pass requests on; rejects with what the proxy printed when it does not come up. */
	async start(appPort: number): Promise<void> {
		const file = join(this.#folder, 'main');
		writeFileSync(join(this.#folder, 'headway'), documented[this.#name](appPort, this.port));
		writeFileSync(file, around[this.#name](this.#folder));
		const args = {
			nginx: ['-p', this.#folder, '-e', 'stderr', '-c', file],
			caddy: ['run', '--adapter', 'caddyfile', '--config', file]
		};
		const env = { ...this.#program.env, XDG_DATA_HOME: this.#folder, XDG_CONFIG_HOME: this.#folder };
		const child = spawn(this.#program.path, args[this.#name], { env, stdio: ['ignore', 'pipe', 'pipe'] });
		for (const stream of [child.stdout, child.stderr])
			stream.on('data', (bytes: Buffer) => (this.#output += bytes.toString()));
		this.#child = child;
		await this.#ready(child);
	}

	async stop(): Promise<void> {
		if (this.#child?.exitCode === null) {
			const gone = once(this.#child, 'exit');
			this.#child.kill('SIGTERM');
			// Caddy waits for open streams.
			const killed = setTimeout(() => this.#child?.kill('SIGKILL'), 2_000);
			await gone;
			clearTimeout(killed);
		}
		rmSync(this.#folder, { recursive: true, force: true });
	}

	async #ready(child: ChildProcess): Promise<void> {
		const deadline = Date.now() + READY_MS;
		while (child.exitCode === null && Date.now() < deadline) {
			if (await isListening(this.port)) return;
			await new Promise((resolve) => setTimeout(resolve, 25));
		}
		throw new Error(`${this.#name} did not come up. It said:\n${this.#output}`);
	}
}

function isListening(port: number): Promise<boolean> {
	return new Promise((resolve) => {
		const socket = connect(port, '127.0.0.1');
		const say = (answer: boolean) => {
			socket.destroy();
			resolve(answer);
		};
		socket.once('connect', () => say(true)).once('error', () => say(false));
	});
}
