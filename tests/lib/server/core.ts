import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import type { JobEvent } from '$lib/jobs/event.ts';
import type { AnyModel } from '$lib/operations/operation.ts';
import { Bell } from '$lib/server/bell.ts';
import type { ClaimTerms } from '$lib/server/claim.ts';
import type { Clock } from '$lib/server/clock.ts';
import { openDb } from '$lib/server/db/open.ts';
import type { JobRow } from '$lib/server/db/schema.ts';
import type { Ending } from '$lib/server/ending.ts';
import { EventLog } from '$lib/server/event-log.ts';
import { JobQueries } from '$lib/server/job-queries.ts';
import { JobStore } from '$lib/server/job-store.ts';
import type { NewJob } from '$lib/server/new-job.ts';
import { Snapshots } from '$lib/server/snapshots.ts';
import { temporaryFolder } from '../../support/app.ts';
import { FakeClock } from '../../support/fake-clock.ts';
import { steps } from '../../support/operations.ts';

/** The store, the log and what they stand on, over a real database file; no runner. */
export function makeCore(options: { clock?: Clock; folder?: string; models?: Record<string, AnyModel> } = {}) {
	const { clock = new FakeClock(), folder = temporaryFolder(), models = { steps } } = options;
	const { db, logEpoch, close } = openDb(join(folder, 'headway.db'));
	onTestFinished(close);
	const bell = new Bell();
	const log = new EventLog(db, bell, clock);
	const snapshots = new Snapshots(log, models, logEpoch);
	const store = new JobStore(db, bell, clock, { snapshots });
	const queries = new JobQueries(db, clock);
	return { db, logEpoch, bell, clock, log, snapshots, store, queries, folder };
}
export type Core = ReturnType<typeof makeCore>;

/** A job to enqueue. */
export function aJob(facts: Partial<NewJob> = {}): NewJob {
	return {
		owner: 'local',
		operation: 'steps',
		title: 'work',
		variant: '',
		input: { name: 'work' },
		options: {},
		request: { name: 'work' },
		...facts
	};
}

/** No provider has a limit of its own. */
export const anyProvider = { provider: null };

/** Terms under which anything may run, for 15 s. */
export function terms(facts: Partial<ClaimTerms> = {}): ClaimTerms {
	return {
		runner: 'host:1:a',
		leaseMs: 15_000,
		limits: { server: 100, owner: 100, operation: {}, ...anyProvider },
		isGone: () => false,
		...facts
	};
}

/** A job that runs in epoch 1. */
export async function aRunningJob(core: Core, facts: Partial<NewJob> = {}): Promise<JobRow> {
	await core.store.enqueue(aJob(facts));
	const row = await core.store.claim(terms());
	if (!row) throw new Error('nothing to claim');
	return row;
}

export const succeeded: Ending = {
	status: 'succeeded',
	result: { sum: 1 },
	cost: { usd: 0.01, known: true },
	usage: null
};
export const failed: Ending = {
	...{ status: 'failed', code: 'internal', message: 'It broke.', retryable: true },
	...{ cost: { usd: null, known: false }, usage: null, receipt: null }
};

/** `count` notes, numbered from `from`. */
export function notes(count: number, from = 1): { type: string; data: unknown }[] {
	return Array.from({ length: count }, (_, index) => ({ type: 'note', data: { text: `${from + index}` } }));
}

/** The whole log of a job. */
export async function wholeLog(core: Core, jobId: string): Promise<JobEvent[]> {
	return core.log.read(jobId, 0, 100_000);
}

/** 1, 2, … n. */
export function upTo(n: number): number[] {
	return Array.from({ length: n }, (_, index) => index + 1);
}
