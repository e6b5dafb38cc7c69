import { z } from 'zod';
import { cancelReason, jobOptions, jobStatus } from './job.ts';
import { errorCode } from './error.ts';
import { artifact, contact, cost, instant, progress, range, receipt, usage } from './event.ts';

/** One phase of a job as the page shows it. Times in milliseconds since 1970. */
export const phaseState = z.object({
	name: z.string(),
	label: z.string(),
	/** Share of the whole work, 0 to 1: from history once there are five runs, declared before that. */
	weight: z.number(),
	status: z.enum(['done', 'current', 'todo']),
	startedAt: instant.nullable(),
	endedAt: instant.nullable(),
	/** How long of it was spent waiting for a person, in ms. */
	waitedMs: z.number().default(0)
});
export type PhaseState = z.infer<typeof phaseState>;

/** What a job's events add up to. The fields named in the HTTP documentation keep their meaning for ever. */
export const jobSnapshot = z.object({
	id: z.string(),
	operation: z.string(),
	title: z.string(),
	input: z.unknown(),
	options: jobOptions,
	status: jobStatus,
	phase: z.string().nullable(),
	phases: z.array(phaseState),
	/** The line that says what happens right now. */
	activity: z.string().nullable(),
	progress,
	/** Milliseconds from the start to the end, or to `serverNow`. */
	elapsedMs: z.number(),
	/** Milliseconds left, as a range; null when it cannot be known. */
	remaining: range.nullable(),
	estimate: z.object({ runs: z.number().int(), overdue: z.boolean(), quiet: z.boolean(), sentence: z.string() }),
	cost,
	usage: usage.nullable(),
	provider: z.string().nullable(),
	model: z.string().nullable(),
	responseId: z.string().nullable(),
	/** How a running job stands with its provider; null when it has none, or has ended. */
	contact: contact.nullable().default(null),
	seq: z.number().int(),
	artifacts: z.array(artifact),
	/** Growing texts by name, e.g. `report`. */
	content: z.record(z.string(), z.string()),
	result: z.unknown(),
	error: z.object({ code: errorCode, message: z.string(), retryable: z.boolean() }).nullable(),
	receipt: receipt.nullable(),
	notices: z.array(
		z.object({ at: instant, level: z.enum(['info', 'warning']), code: z.string(), message: z.string() })
	),
	question: z.object({ at: instant, questionId: z.string(), prompt: z.string(), schema: z.unknown() }).nullable(),
	createdAt: instant,
	startedAt: instant.nullable(),
	endedAt: instant.nullable(),
	cancelRequestedAt: instant.nullable(),
	cancelReason: cancelReason.nullable(),
	finishRequestedAt: instant.nullable(),
	retryOf: z.string().nullable(),
	/** The job that started this one as a part of itself; null for one that a person started. */
	parentId: z.string().nullable(),
	/** What a running job waits for, without a slot of its own; null while it works. */
	waitingFor: z.enum(['person', 'child', 'slot']).nullable(),
	/** Place in the queue from 1; null when not queued. */
	queuePosition: z.number().int().nullable(),
	/** Events that could not be read and were passed over (IR-12). */
	unreadable: z.number().int(),
	/** The operation's own part. */
	state: z.unknown(),
	/** The server's clock when this was made, so that a page counts in the server's time. */
	serverNow: instant,
	/** Names the log's incarnation: a restored backup has another. */
	logEpoch: z.string()
});
type Snapshot = z.infer<typeof jobSnapshot>;

/** A job's state, reduced from its events; `State` and `Result` are the operation's. */
export type JobSnapshot<State = unknown, Result = unknown> = Omit<Snapshot, 'state' | 'result'> & {
	state: State;
	result: Result | null;
};

/** What a list shows of a job: a few fields of its row. `incomplete`: it succeeded, and says itself that its result is not whole. */
export const jobSummary = jobSnapshot.extend({ incomplete: z.boolean() }).pick({
	incomplete: true,
	id: true,
	operation: true,
	title: true,
	status: true,
	phase: true,
	progress: true,
	elapsedMs: true,
	remaining: true,
	cost: true,
	error: true,
	createdAt: true,
	startedAt: true,
	endedAt: true,
	cancelRequestedAt: true,
	parentId: true,
	waitingFor: true,
	queuePosition: true,
	serverNow: true
});
export type JobSummary = z.infer<typeof jobSummary>;

/** Whether a success says itself that it is not whole: by its result, or by a notice. */
export function isIncomplete({ status, result, notices }: Pick<JobSnapshot, 'status'> & Partial<JobSnapshot>): boolean {
	if (status !== 'succeeded') return false;
	const partial = typeof result === 'object' && result !== null && 'complete' in result && result.complete === false;
	return partial || (notices?.some(({ code }) => code === 'incomplete') ?? false);
}

/** How long a job has waited for a person, in ms, without the wait that is on. */
export function waitedMsOf({ phases }: Pick<JobSnapshot, 'phases'>): number {
	return phases.reduce((sum, { waitedMs }) => sum + (waitedMs ?? 0), 0);
}

/** What a snapshot starts from: the facts of a row that no event carries. */
export interface SnapshotSeed {
	id: string;
	operation: string;
	title: string;
	input: unknown;
	options: z.infer<typeof jobOptions>;
	createdAt: number;
	parentId?: string | null;
	logEpoch: string;
	phases: readonly { name: string; label: string; weight: number }[];
	state: unknown;
}

/** The snapshot of a job of which no event is known yet. */
export function emptySnapshot(seed: SnapshotSeed): JobSnapshot {
	const whole = seed.phases.reduce((sum, phase) => sum + phase.weight, 0) || 1;
	return {
		...seed,
		parentId: seed.parentId ?? null,
		phases: seed.phases.map(({ name, label, weight }) => ({
			name,
			label,
			weight: weight / whole,
			status: 'todo',
			startedAt: null,
			endedAt: null,
			waitedMs: 0
		})),
		status: 'queued',
		phase: null,
		activity: null,
		progress: { fraction: null, basis: 'unknown' },
		elapsedMs: 0,
		remaining: null,
		estimate: { runs: 0, overdue: false, quiet: false, sentence: '' },
		cost: { usd: null, known: false },
		usage: null,
		provider: null,
		model: null,
		responseId: null,
		contact: null,
		seq: 0,
		artifacts: [],
		content: {},
		result: null,
		error: null,
		receipt: null,
		notices: [],
		question: null,
		startedAt: null,
		endedAt: null,
		cancelRequestedAt: null,
		cancelReason: null,
		finishRequestedAt: null,
		retryOf: null,
		waitingFor: null,
		queuePosition: null,
		unreadable: 0,
		serverNow: seed.createdAt
	};
}
