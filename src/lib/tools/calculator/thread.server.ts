import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';
import { Worker } from 'node:worker_threads';
import { HeadwayError } from '../../jobs/error.ts';
import code from './worker.server.mjs?raw';

/** What one expression may take: "9^9^9" must not hold a core. */
const LIMIT_MS = 2_000;
/** A busy machine may need long to load the library, but not for ever. */
const START_MS = 15_000;
/** Loading the library takes half a second, so that the thread is kept for the next expression. */
const KEPT_MS = 30_000;
/** What the thread may hold, in MB. */
const MEMORY_MB = 128;

type Answer = { ready: true } | { value: string } | { problem: string };

/** A thread that works out one expression after the other, and ends with one that takes too much. */
export class CalculatorThread {
	#worker: Worker | null = null;
	#turn: Promise<unknown> = Promise.resolve();
	#idle: NodeJS.Timeout | undefined;

	/** The value as text. Fails with `invalid_input` that says why there is none, or the signal's reason. */
	work(expression: string, signal: AbortSignal): Promise<string> {
		const value = this.#turn.then(() => this.#work(expression, signal));
		this.#turn = value.catch(() => undefined);
		return value;
	}

	async #work(expression: string, signal: AbortSignal): Promise<string> {
		signal.throwIfAborted();
		clearTimeout(this.#idle);
		const stop = () => this.#end();
		signal.addEventListener('abort', stop, { once: true });
		try {
			const worker = this.#worker ?? (await this.#start());
			signal.throwIfAborted();
			return await valueOf(worker, expression);
		} catch (error) {
			if (!(error instanceof Refusal)) this.#end();
			signal.throwIfAborted();
			throw error;
		} finally {
			signal.removeEventListener('abort', stop);
			this.#idle = setTimeout(() => this.#end(), KEPT_MS).unref();
		}
	}

	async #start(): Promise<Worker> {
		const worker = await started();
		worker.once('exit', () => {
			if (this.#worker === worker) this.#worker = null;
		});
		return (this.#worker = worker);
	}

	/** Nobody waits for its end: a thread that is short of memory may take a while to notice. */
	#end(): void {
		void this.#worker?.terminate();
		this.#worker = null;
	}
}

/** What the calculator itself says of an expression: the thread is as good as before. */
class Refusal extends HeadwayError {}

/** A thread that has loaded its library. It does not keep the process alive. */
async function started(): Promise<Worker> {
	const { resolve } = createRequire(import.meta.url);
	// As text, because a file of its own would be somewhere else under Vite, in the build and in the tests.
	const worker = new Worker(code, {
		...{ eval: true, stdout: true, stderr: true, env: {} },
		workerData: { mathjs: pathToFileURL(resolve('mathjs')).href },
		resourceLimits: { maxOldGenerationSizeMb: MEMORY_MB }
	});
	worker.unref();
	// It may run out of memory when nobody listens any more: that must not end the server.
	worker.on('error', () => undefined);
	try {
		await answerOf(worker, START_MS);
		return worker;
	} catch (error) {
		void worker.terminate();
		throw error;
	}
}

async function valueOf(worker: Worker, expression: string): Promise<string> {
	const answer = answerOf(worker, LIMIT_MS);
	worker.postMessage(expression);
	const told = await answer;
	if ('value' in told) return told.value;
	throw new Refusal('invalid_input', 'problem' in told ? told.problem : 'This could not be worked out.');
}

function answerOf(worker: Worker, limitMs: number): Promise<Answer> {
	const wrong = (message: string) => new HeadwayError('invalid_input', message);
	const { promise, resolve, reject } = Promise.withResolvers<Answer>();
	const late = () => reject(wrong('This takes too long to work out. Ask for less at once.'));
	const timer = setTimeout(late, limitMs).unref();
	const failed = (error: NodeJS.ErrnoException) =>
		reject(error.code === 'ERR_WORKER_OUT_OF_MEMORY' ? wrong('This needs more memory than it may have.') : error);
	const gone = () => reject(wrong('This could not be worked out.'));
	worker.once('message', resolve).once('error', failed).once('exit', gone);
	return promise.finally(() => {
		clearTimeout(timer);
		worker.off('message', resolve).off('error', failed).off('exit', gone);
	});
}
