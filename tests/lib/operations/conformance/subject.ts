import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'vitest';
import { z } from 'zod';
import type { JobEvent } from '$lib/jobs/event.ts';
import type { JobSnapshot } from '$lib/jobs/snapshot.ts';
import { operationRuns } from '$lib/operations/index.server.ts';
import type { AnyModel, OperationRun } from '$lib/operations/operation.ts';
import type { App } from '$lib/server/app.ts';
import { ended, makeApp, runsOf, start, temporaryFolder } from '../../../support/app.ts';
import { Brake } from '../brake.ts';

/** How the suite is to run an operation. */
export interface ConformanceOptions {
	/** The demo’s pace while the suite waits for a phase: slow enough that each can be caught. Default: 12 times. */
	pace?: number;
	/** Milliseconds that one test may take. Default: 30 s. */
	timeoutMs?: number;
	/** Makes the app to run it in. Default: one with the demo provider. */
	appWith?(settings: { env: Record<string, string>; dataDir: string }): Promise<App>;
	/** Puts in place what the input refers to, once for each folder however often an app is made on it. */
	prepare?(app: App, dataDir: string): Promise<void>;
}

/** Everything that one undisturbed run did, as those saw it who watched from the first moment. Times in ms. */
export interface Witness {
	snapshot: JobSnapshot;
	/** Durable ones, with when each was received. */
	events: { event: JobEvent; receivedAt: number }[];
	/** What was shown live only. */
	transients: JobEvent[];
	/** How many requests it sent to the provider. */
	creates: number;
	/** How late half of the timers of a process that does nothing were, just before: what the machine is busy with otherwise. */
	lateMs: number;
}

/** The operation that is tested, and the apps that it is tested in. */
export class Subject {
	readonly model: AnyModel;
	readonly input: unknown;
	readonly pace: number;
	readonly timeoutMs: number;
	readonly brake = new Brake();
	readonly #appWith: NonNullable<ConformanceOptions['appWith']>;
	readonly #prepare: ConformanceOptions['prepare'];
	#witness: Promise<Witness> | null = null;

	constructor(run: OperationRun, input: unknown, options: ConformanceOptions = {}) {
		this.model = run.model;
		this.input = input;
		this.pace = options.pace ?? 12;
		this.timeoutMs = options.timeoutMs ?? 30_000;
		this.#prepare = options.prepare;
		// With all the others: an operation may start them as parts of itself.
		const runs = { ...operationRuns(), ...runsOf(this.brake.on(run)) };
		this.#appWith = options.appWith ?? ((settings) => makeApp({ ...settings, runs }));
	}

	get phases(): string[] {
		return this.model.phases.map(({ name }: { name: string }) => name);
	}

	/** An app with the operation in it, on a folder of its own or on this one. */
	async make(dataDir = temporaryFolder(), pace = 40): Promise<App> {
		const app = await this.#appWith({ dataDir, env: { HEADWAY_DEMO_PACE: String(pace) } });
		await this.#prepare?.(app, dataDir);
		return app;
	}

	/** Fails unless the job ended with a result of the operation's schema; says why it failed, or what does not fit. */
	expectResult({ error, result }: JobSnapshot, what: string): void {
		expect(error, `${what} failed${this.why(error)}`).toBeNull();
		expect(misfit(this.model, result), 'the result does not fit its schema').toBe('');
	}

	/** What a developer needs to know of a failure: what the operation threw, or gave back. Empty without one. */
	why(error: JobSnapshot['error']): string {
		if (!error) return '';
		const { thrown, returned } = this.brake;
		return `: ${error.message}\n${error.code === 'invalid_result' ? misfit(this.model, returned) : stackOf(thrown)}`;
	}

	/** One undisturbed run, made once for all rules that only look at it. */
	witness(): Promise<Witness> {
		return (this.#witness ??= this.#watchOne());
	}

	async #watchOne(): Promise<Witness> {
		const app = await this.make();
		const lateMs = await lateness();
		const { id } = await start(app, this.model.id, this.input);
		const [events, transients]: [Witness['events'], JobEvent[]] = [[], []];
		const watch = { owner: 'local', follow: [{ jobId: id, after: 0 }], feed: false, snapshots: false };
		for await (const frame of app.live.watch(watch, AbortSignal.timeout(this.timeoutMs))) {
			const receivedAt = Date.now();
			events.push(...frame.events.map((event) => ({ event, receivedAt })));
			transients.push(...frame.transients);
		}
		return { snapshot: await ended(app, id), events, transients, creates: await creates(app), lateMs };
	}
}

async function lateness(): Promise<number> {
	const late: number[] = [];
	for (let round = 0; round < 20; round += 1) {
		const due = performance.now() + 15;
		await sleep(15);
		late.push(performance.now() - due);
	}
	return late.toSorted((a, b) => a - b)[10] ?? 0;
}

/** What of a result does not fit the schema; empty when all does. */
function misfit({ result }: AnyModel, value: unknown): string {
	const parsed = result.safeParse(value);
	return parsed.success ? '' : z.prettifyError(parsed.error);
}

/** An error with the first places that it came through. */
function stackOf(error: unknown): string {
	return error instanceof Error ? (error.stack ?? error.message).split('\n').slice(0, 4).join('\n') : '';
}

interface DemoState {
	ledger: { method: string; path: string }[];
	responses: { id: string; status: string }[];
}

async function demoState(app: App): Promise<DemoState> {
	if (!app.demo) return { ledger: [], responses: [] };
	const answer = await fetch(app.demo.controlUrl);
	return (await answer.json()) as DemoState;
}

/** What the provider still works on. */
export async function stillRunning(app: App): Promise<string[]> {
	const { responses } = await demoState(app);
	return responses.flatMap(({ id, status }) => (status === 'queued' || status === 'in_progress' ? [id] : []));
}

/** How many requests the provider was sent that begin something. */
export async function creates(app: App): Promise<number> {
	const { ledger } = await demoState(app);
	return ledger.filter(({ method, path }) => method === 'POST' && !path.endsWith('/cancel')).length;
}
