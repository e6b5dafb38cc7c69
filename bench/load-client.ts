/** The load client: `load.c` where there is a C compiler, else the Node one, which is a limit of its own at high rates. */
import { execFileSync, spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { Remote } from './process.ts';

/** What came at the readers. Latencies in ms, from publishing to the parsed event. */
export interface Collected {
	/** Notes at all readers together. */
	notes: number;
	/** Readers that have the last note. */
	complete: number;
	readers: number;
	/** Readers whose connection was cut. */
	closed: number;
	/** Notes that were not the next one of their reader. */
	disorder: number;
	p50: number;
	p99: number;
	max: number;
	/** Milliseconds from the beginning of the wait to the last note. */
	ms: number;
}

/** How long to wait for `expected` notes at each reader: until none came for `quietMs`, or `totalMs` have passed. */
export interface Wait {
	expected: number;
	quietMs: number;
	totalMs: number;
}

/** Many readers, in a process of their own. One call at a time. */
export interface Load {
	/** `C`, or `Node`. */
	readonly language: string;
	/** Opens so many readers more of one address (`http:` or socket.io's `ws:`); resolves when all are connected. */
	subscribe(url: string, count: number): Promise<void>;
	collect(wait: Wait): Promise<Collected>;
	/** Milliseconds from connecting to the note `expected`; 0: until the reader is told that it is live. */
	replay(url: string, expected: number): Promise<number>;
	/** Closes all readers. */
	close(): Promise<void>;
	stop(): void;
}

/** Starts a load client. `withoutC` is told why it is the Node one. */
export async function startLoad(withoutC: (why: string) => void): Promise<Load> {
	try {
		return new CompiledLoad(compile());
	} catch (error) {
		withoutC(error instanceof Error ? (error.message.split('\n')[0] ?? '') : String(error));
		return new NodeLoad(await Remote.start('./load.ts'));
	}
}

/** The compiled client's path, named by what it was made from; made when it is missing. */
function compile(): string {
	const source = join(import.meta.dirname, 'load.c');
	const made = createHash('sha256').update(readFileSync(source)).digest('hex').slice(0, 12);
	const folder = join(import.meta.dirname, '..', 'node_modules', '.cache', 'headway-bench');
	const program = join(folder, `load-${made}`);
	if (existsSync(program)) return program;
	mkdirSync(folder, { recursive: true });
	const flags = ['-O2', '-std=gnu11', '-Wall', '-Wextra', '-Werror'];
	// Made aside and moved: two runs at once never start half a program.
	const aside = `${program}-${process.pid}`;
	execFileSync('cc', [...flags, '-o', aside, source], { stdio: ['ignore', 'ignore', 'pipe'] });
	renameSync(aside, program);
	return program;
}

/** `sse PORT` or `ws PORT`, and the path. */
function target(url: string): { door: string; path: string } {
	const { protocol, port, pathname, search } = new URL(url);
	return { door: `${protocol === 'ws:' ? 'ws' : 'sse'} ${port}`, path: pathname + search };
}

class CompiledLoad implements Load {
	readonly language = 'C';
	readonly #child: ChildProcess;
	#answer: { resolve(line: string): void; reject(error: Error): void } | null = null;

	constructor(program: string) {
		this.#child = spawn(program, { stdio: ['pipe', 'pipe', 'inherit'] });
		createInterface({ input: this.#child.stdout as NodeJS.ReadableStream }).on('line', (line) => {
			this.#answer?.resolve(line);
		});
		this.#child.once('exit', (code, signal) =>
			this.#answer?.reject(new Error(`the load client ended with ${signal ?? code}`))
		);
	}

	async subscribe(url: string, count: number): Promise<void> {
		const { door, path } = target(url);
		await this.#ask(`subscribe ${door} ${count} ${path}`);
	}

	collect({ expected, quietMs, totalMs }: Wait): Promise<Collected> {
		return this.#ask<Collected>(`collect ${expected} ${Math.round(quietMs)} ${Math.round(totalMs)}`);
	}

	async replay(url: string, expected: number): Promise<number> {
		const { door, path } = target(url);
		const { ms, disorder } = await this.#ask<{ ms: number; disorder: number }>(`replay ${door} ${expected} ${path}`);
		if (expected > 0 && disorder > 0) throw new Error(`${disorder} notes came out of order in a replay`);
		return ms;
	}

	async close(): Promise<void> {
		await this.#ask('close');
	}

	stop(): void {
		this.#child.removeAllListeners('exit');
		this.#child.kill();
	}

	async #ask<T>(command: string): Promise<T> {
		const line = await new Promise<string>((resolve, reject) => {
			this.#answer = { resolve, reject };
			this.#child.stdin?.write(`${command}\n`);
		});
		const answer = JSON.parse(line) as T & { error?: string };
		if (answer.error !== undefined) throw new Error(answer.error);
		return answer;
	}
}

/** The same by `load.ts`. */
class NodeLoad implements Load {
	readonly language = 'Node';
	readonly #remote: Remote;

	constructor(remote: Remote) {
		this.#remote = remote;
	}

	subscribe = (url: string, count: number) => this.#remote.call<void>('subscribe', { url, count });
	collect = (wait: Wait) => this.#remote.call<Collected>('collect', wait);
	replay = (url: string, expected: number) => this.#remote.call<number>('replay', { url, expected });
	close = () => this.#remote.call<void>('close');
	stop = () => this.#remote.stop();
}
