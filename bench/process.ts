import { fork } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

type Handler = (argument: never) => unknown;

interface Call {
	id: number;
	name: string;
	argument: unknown;
}
type Answer = { id: number; value: unknown } | { id: number; error: string };

/** What a process of the benchmark can be asked by its parent; each answer goes back when the handler's promise resolves. */
export function answerCalls(handlers: Record<string, Handler>): void {
	process.on('message', (call: Call) => {
		const send = (answer: Answer) => process.send?.(answer);
		Promise.resolve()
			.then(() => handlers[call.name]?.(call.argument as never))
			.then((value) => send({ id: call.id, value: value ?? null }))
			.catch((error: unknown) =>
				send({ id: call.id, error: error instanceof Error ? String(error.stack) : String(error) })
			);
	});
	process.on('disconnect', () => process.exit());
	process.send?.({ id: 0, value: null } satisfies Answer);
}

/** Another process of the benchmark. */
export class Remote {
	readonly #child: ChildProcess;
	readonly #waiting = new Map<number, { resolve(value: unknown): void; reject(error: Error): void }>();
	#calls = 0;

	private constructor(child: ChildProcess) {
		this.#child = child;
		child.on('message', (answer: Answer) => {
			const waiting = this.#waiting.get(answer.id);
			this.#waiting.delete(answer.id);
			if ('error' in answer) waiting?.reject(new Error(answer.error));
			else waiting?.resolve(answer.value);
		});
		child.on('exit', (code) => {
			for (const { reject } of this.#waiting.values())
				reject(new Error(`a process of the benchmark ended with code ${code}`));
		});
	}

	/** Starts a module of this folder, with more of Node's own arguments, and resolves when it answers calls. */
	static async start(module: string, env: Record<string, string> = {}, execArgv: string[] = []): Promise<Remote> {
		const file = fileURLToPath(new URL(module, import.meta.url));
		const child = fork(file, {
			execArgv: [...process.execArgv, ...execArgv],
			env: { ...process.env, ...env, NODE_ENV: 'production' }
		});
		const [first] = await Promise.race([once(child, 'message'), once(child, 'exit')]);
		if (typeof first === 'number') throw new Error(`${module} ended with code ${first}`);
		return new Remote(child);
	}

	/** Rejects when the handler failed or the process ended. */
	call<T>(name: string, argument: unknown = null): Promise<T> {
		const id = ++this.#calls;
		return new Promise<T>((resolve, reject) => {
			this.#waiting.set(id, { resolve: resolve as (value: unknown) => void, reject });
			this.#child.send({ id, name, argument } satisfies Call);
		});
	}

	stop(): void {
		this.#child.removeAllListeners('exit');
		this.#child.kill();
	}
}
