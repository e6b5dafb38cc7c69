import { readdirSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { parseEvent, type JobEvent } from '$lib/jobs/event.ts';
import { emptySnapshot } from '$lib/jobs/snapshot.ts';
import { reduceJob } from '$lib/operations/index.ts';
import { operationRuns } from '$lib/operations/index.server.ts';
import type { AnyModel, OperationRun } from '$lib/operations/operation.ts';
import type { App } from '$lib/server/app.ts';
import { dataPaths } from '$lib/server/config.ts';
import { allEvents, ended, makeApp, runsOf, start, temporaryFolder, until } from '../../support/app.ts';
import { Brake } from './brake.ts';

/** How the suite is to run an operation. */
export interface ConformanceOptions {
	/** The demo’s pace while the suite waits for a phase: slow enough that each can be caught. Default: 12 times. */
	pace?: number;
	/** Milliseconds that one test may take. Default: 30 s. */
	timeoutMs?: number;
	/** Makes the app to run it in. Default: one with the demo provider. */
	appWith?(settings: { env: Record<string, string>; dataDir: string }): Promise<App>;
}

interface Subject {
	model: AnyModel;
	input: unknown;
	timeoutMs: number;
	phases: string[];
	make(dataDir?: string, pace?: number): Promise<App>;
	pace: number;
	brake: Brake;
}

/** What every operation has to keep to, whoever wrote it (BY-14): call it in a test file with the operation and an input. */
export function conformance(run: OperationRun, input: unknown, options: ConformanceOptions = {}): void {
	const { pace = 12, timeoutMs = 30_000 } = options;
	// With all the others: an operation may start them as parts of itself.
	const brake = new Brake();
	const runs = { ...operationRuns(), ...runsOf(brake.on(run)) };
	const appWith = options.appWith ?? ((settings) => makeApp({ ...settings, runs }));
	const make = (dataDir = temporaryFolder(), at = 40) => appWith({ dataDir, env: { HEADWAY_DEMO_PACE: String(at) } });
	const model: AnyModel = run.model;
	const phases = model.phases.map(({ name }: { name: string }) => name);
	const subject = { model, input, timeoutMs, phases, make, pace, brake };
	describe(`the operation ${model.id}`, () => {
		declarations(subject);
		cancellation(subject);
		readers(subject);
		recovery(subject);
	});
}

function declarations({ model, input, timeoutMs, phases, make }: Subject): void {
	test(
		`OP-01 BY-14 ${model.id} succeeds with a result of its schema, through declared phases and events only`,
		async () => {
			const app = await make();
			const { id } = await start(app, model.id, input);
			const snapshot = await ended(app, id);
			expect(snapshot.error).toBeNull();
			expect(model.result.safeParse(snapshot.result).success).toBe(true);
			const events = await allEvents(app, id);
			expect(events.filter((event) => !parseEvent(event, model.events))).toEqual([]);
			expect(snapshot.unreadable).toBe(0);
			const entered = events.flatMap(({ type, data }) => (type === 'phase' ? [(data as { phase: string }).phase] : []));
			expect(entered.length).toBeGreaterThan(0);
			expect(entered).toEqual(phases.filter((phase) => entered.includes(phase)));
		},
		timeoutMs
	);

	test(
		`OP-06 BY-14 ${model.id} works without streaming`,
		async () => {
			const app = await make();
			const snapshot = await ended(app, (await start(app, model.id, input, { stream: false })).id);
			expect(snapshot.error).toBeNull();
			expect(model.result.safeParse(snapshot.result).success).toBe(true);
		},
		timeoutMs
	);

	test(
		`CX-12 BY-14 ${model.id} started twice with one key is one job`,
		async () => {
			const app = await make();
			const request = { operation: model.id, input, idempotencyKey: 'once' };
			const started = await Promise.all([app.jobs.start('local', request), app.jobs.start('local', request)]);
			expect(new Set(started.map(({ snapshot }) => snapshot.id)).size).toBe(1);
			expect((await app.jobs.list('local', { parent: 'none' })).jobs).toHaveLength(1);
		},
		timeoutMs
	);

	test(
		`OP-01 BY-14 ${model.id} refuses input that makes no sense, naming the field, and stores nothing`,
		async () => {
			const app = await make();
			for (const nonsense of [null, 7, 'text', [], { unheardOf: true }])
				await expect(app.jobs.start('local', { operation: model.id, input: nonsense ?? [] })).rejects.toMatchObject({
					code: 'invalid_input'
				});
			expect((await app.jobs.list('local', {})).jobs).toEqual([]);
		},
		timeoutMs
	);
}

function cancellation({ model, input, timeoutMs, phases, make, pace, brake }: Subject): void {
	test.each(phases)(
		`CX-01 CX-06 BY-14 ${model.id} cancelled in the phase %s leaves nothing behind`,
		async (phase) => {
			const app = await make(undefined, pace);
			const listeners = app.bell.size;
			brake.hold(phase);
			const { id } = await start(app, model.id, input);
			const there = await until(app, id, (snapshot) => snapshot.phase === phase || snapshot.endedAt !== null);
			expect(there.phase).toBe(phase);
			await app.jobs.cancel('local', id);
			brake.release();
			const snapshot = await ended(app, id);
			expect(snapshot).toMatchObject({ status: 'cancelled', receipt: { reason: 'user' } });
			expect(snapshot.receipt?.cleanedUp.filter(({ ok }) => !ok)).toEqual([]);
			await app.runner.idle();
			expect(app.bell.size).toBe(listeners);
			expect(partsOf(app)).toEqual([]);
			expect(await stillRunning(app)).toEqual([]);
		},
		timeoutMs
	);
}

function readers({ model, input, timeoutMs, make, pace }: Subject): void {
	test(
		`PG-12 RS-07 BY-14 ${model.id} left and rejoined many times shows the same as one that was watched throughout`,
		async () => {
			const app = await make(undefined, pace);
			const { id } = await start(app, model.id, input);
			const throughout = allEvents(app, id);
			const pieces: JobEvent[] = [];
			while (!pieces.at(-1) || !['done', 'error', 'cancelled'].includes(pieces.at(-1)?.type ?? '')) {
				const watch = {
					owner: 'local',
					follow: [{ jobId: id, after: pieces.at(-1)?.seq ?? 0 }],
					feed: false,
					snapshots: false
				};
				for await (const { events } of app.live.watch(watch, AbortSignal.timeout(timeoutMs))) {
					pieces.push(...events);
					if (events.length > 0) break;
				}
			}
			expect(pieces).toEqual(await throughout);
			const { title, options, createdAt, logEpoch, state, content, phases, result } = await app.jobs.snapshot(
				'local',
				id
			);
			const seed = {
				id,
				operation: model.id,
				title,
				input,
				options,
				createdAt,
				logEpoch,
				phases: model.phases,
				state: model.state()
			};
			const folded = pieces.reduce(
				(snapshot, event) => reduceJob(snapshot, event, { [model.id]: model }),
				emptySnapshot(seed)
			);
			expect({ state: folded.state, content: folded.content, phases: folded.phases, result: folded.result }).toEqual({
				state,
				content,
				phases,
				result
			});
		},
		timeoutMs
	);

	test(
		`TS-18 BY-14 ${model.id} does not wait for a reader that stands still, who misses nothing`,
		async () => {
			const app = await make();
			const { id } = await start(app, model.id, input);
			const watch = { owner: 'local', follow: [{ jobId: id, after: 0 }], feed: false, snapshots: false };
			const slow = app.live.watch(watch, AbortSignal.timeout(timeoutMs));
			const seen = (await slow.next()).value?.events ?? [];
			await ended(app, id);
			for await (const { events } of slow) seen.push(...events);
			expect(seen).toEqual(await allEvents(app, id));
		},
		timeoutMs
	);
}

function recovery({ model, input, timeoutMs, phases, make, pace }: Subject): void {
	/** How many requests one run sends when nothing happens to it. */
	async function undisturbed(): Promise<number> {
		const app = await make();
		await ended(app, (await start(app, model.id, input)).id);
		return creates(app);
	}

	test(
		`BY-01 RS-13 BY-14 ${model.id} survives a restart of the server as it declares, and is never paid twice`,
		async () => {
			const dataDir = temporaryFolder();
			const first = await make(dataDir, pace);
			const { id } = await start(first, model.id, input);
			const half = phases[Math.min(1, phases.length - 1)];
			await until(first, id, ({ phase }) => phase === half);
			const before = await creates(first);
			await first.close();
			const second = await make(dataDir, pace);
			const snapshot = await ended(second, id);
			const events = await allEvents(second, id);
			expect(events.map(({ seq }) => seq)).toEqual(events.map((_, index) => index + 1));
			if (model.can.resumable || model.can.repeatable)
				expect(snapshot).toMatchObject({ status: 'succeeded', error: null });
			else expect(snapshot).toMatchObject({ status: 'failed', error: { code: 'interrupted', retryable: true } });
			if (!model.can.repeatable) expect(before + (await creates(second))).toBeLessThanOrEqual(await undisturbed());
		},
		timeoutMs
	);
}

/** Files that were begun and not finished, and whatever is temporary. */
function partsOf(app: App): string[] {
	const { artifacts, temporary } = dataPaths(app.config.dataDir);
	return [...namesIn(artifacts).filter((name) => name.endsWith('.part')), ...namesIn(temporary)];
}

function namesIn(folder: string): string[] {
	try {
		return readdirSync(folder, { recursive: true }).map(String);
	} catch {
		return [];
	}
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
async function stillRunning(app: App): Promise<string[]> {
	const { responses } = await demoState(app);
	return responses.flatMap(({ id, status }) => (status === 'queued' || status === 'in_progress' ? [id] : []));
}

async function creates(app: App): Promise<number> {
	const { ledger } = await demoState(app);
	return ledger.filter(({ method, path }) => method === 'POST' && !path.endsWith('/cancel')).length;
}
