import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import type { JobEvent } from '$lib/jobs/event.ts';
import type { JobSnapshot } from '$lib/jobs/snapshot.ts';
import { operationRuns } from '$lib/operations/index.server.ts';
import type { OperationRun } from '$lib/operations/operation.ts';
import { createApp, type App, type AppOptions } from '$lib/server/app.ts';
import { readConfig } from '$lib/server/config.ts';

/** A folder that goes when the test does. */
export function temporaryFolder(): string {
	const folder = mkdtempSync(join(tmpdir(), 'headway-test-'));
	onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
	return folder;
}

/** A real app on its own data folder, with the demo provider at 40 times its pace and any number of requests unless told otherwise; closed when the test ends. */
export async function makeApp(
	options: Partial<AppOptions> & { env?: Record<string, string>; dataDir?: string } = {}
): Promise<App> {
	const { env, dataDir, ...rest } = options;
	const config = readConfig({
		HEADWAY_DATA: dataDir ?? temporaryFolder(),
		LOG_LEVEL: 'silent',
		HEADWAY_DEMO_PACE: '40',
		HEADWAY_REQUESTS_PER_MINUTE: '0',
		...env
	});
	const app = await createApp({ config, runs: operationRuns(), ...rest });
	onTestFinished(() => app.close().catch(() => undefined));
	return app;
}

/** `{ id: run }` of operations made for a test. */
export function runsOf(...runs: OperationRun[]): Record<string, OperationRun> {
	return Object.fromEntries(runs.map((run) => [run.model.id, run]));
}

/** Starts a job for the owner `local`. */
export async function start(app: App, operation: string, input: unknown, options: unknown = {}): Promise<JobSnapshot> {
	return (await app.jobs.start('local', { operation, input, options })).snapshot;
}

/** The snapshot once the job has ended; fails after 20 s. */
export async function ended(app: App, id: string): Promise<JobSnapshot> {
	return app.jobs.wait('local', id, 20_000, AbortSignal.timeout(20_000));
}

/** Every durable event of a job, from the first, until it ends. */
export async function allEvents(app: App, id: string, after = 0): Promise<JobEvent[]> {
	const events: JobEvent[] = [];
	const watch = { owner: 'local', follow: [{ jobId: id, after }], feed: false, snapshots: false };
	for await (const frame of app.live.watch(watch, AbortSignal.timeout(20_000))) events.push(...frame.events);
	return events;
}

/** Resolves once the condition holds; it is asked again each time the job changes. Fails after 10 s. */
export async function until(app: App, id: string, holds: (snapshot: JobSnapshot) => boolean): Promise<JobSnapshot> {
	const gone = AbortSignal.timeout(10_000);
	const listener = app.bell.listen([`job:${id}`]);
	try {
		for (;;) {
			const snapshot = await app.jobs.snapshot('local', id);
			if (holds(snapshot)) return snapshot;
			if (gone.aborted)
				throw new Error(`job ${id} never got there; it is ${snapshot.status} in phase ${snapshot.phase}`);
			await listener.next(gone);
		}
	} finally {
		listener.close();
	}
}
