import { z } from 'zod';
import { cancelReason, isTerminal, jobOptions, jobStatus } from './job.ts';
import { errorCode } from './error.ts';
import { artifact, cost, instant, progress, range, receipt, usage, type BaseEvent, type JobEvent } from './event.ts';

/** One phase of a job as the page shows it. Times in milliseconds since 1970. */
export const phaseState = z.object({
	name: z.string(),
	label: z.string(),
	/** Share of the whole work, 0 to 1: from history once there are five runs, declared before that. */
	weight: z.number(),
	status: z.enum(['done', 'current', 'todo']),
	startedAt: instant.nullable(),
	endedAt: instant.nullable()
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
	seq: z.number().int(),
	artifacts: z.array(artifact),
	/** Growing texts by name, e.g. `report`. */
	content: z.record(z.string(), z.string()),
	result: z.unknown(),
	error: z.object({ code: errorCode, message: z.string(), retryable: z.boolean() }).nullable(),
	receipt: receipt.nullable(),
	notices: z.array(z.object({ at: instant, level: z.enum(['info', 'warning']), code: z.string(), message: z.string() })),
	question: z.object({ questionId: z.string(), prompt: z.string(), schema: z.unknown() }).nullable(),
	createdAt: instant,
	startedAt: instant.nullable(),
	endedAt: instant.nullable(),
	cancelRequestedAt: instant.nullable(),
	cancelReason: cancelReason.nullable(),
	finishRequestedAt: instant.nullable(),
	retryOf: z.string().nullable(),
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

/** What a list shows of a job: a few fields of its row. */
export const jobSummary = jobSnapshot.pick({
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
	queuePosition: true,
	serverNow: true
});
export type JobSummary = z.infer<typeof jobSummary>;

/** How an operation folds its own events into its own state. */
export type OwnReducer = (state: unknown, event: { type: string; data: unknown; at: number }) => unknown;

/** What a snapshot starts from: the facts of a row that no event carries. */
export interface SnapshotSeed {
	id: string;
	operation: string;
	title: string;
	input: unknown;
	options: z.infer<typeof jobOptions>;
	createdAt: number;
	logEpoch: string;
	phases: readonly { name: string; label: string; weight: number }[];
	state: unknown;
}

/** The snapshot of a job of which no event is known yet. */
export function emptySnapshot(seed: SnapshotSeed): JobSnapshot {
	const whole = seed.phases.reduce((sum, phase) => sum + phase.weight, 0) || 1;
	return {
		...seed,
		phases: seed.phases.map(({ name, label, weight }) => ({
			name,
			label,
			weight: weight / whole,
			status: 'todo',
			startedAt: null,
			endedAt: null
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
		queuePosition: null,
		unreadable: 0,
		serverNow: seed.createdAt
	};
}

/**
 * Adds one event to a snapshot: the same pure function on the server and in the page. An event that was seen before
 * (by `seq`) changes nothing; one that cannot be read is counted and passed over.
 */
export function reduce(snapshot: JobSnapshot, event: JobEvent, own: OwnReducer): JobSnapshot {
	if (event.seq !== null && event.seq <= snapshot.seq) return snapshot;
	const next = { ...snapshot, seq: event.seq ?? snapshot.seq, serverNow: Math.max(snapshot.serverNow, event.at) };
	if (isTerminal(snapshot.status)) return event.seq === null ? snapshot : next;
	try {
		const changed = applyBase(next, event as BaseEvent & { at: number });
		return changed ?? { ...next, state: own(snapshot.state, event) };
	} catch {
		return passOver(snapshot, event);
	}
}

/** Goes past an event that cannot be read, so that the ones after it still count (IR-12). */
export function passOver(snapshot: JobSnapshot, event: JobEvent): JobSnapshot {
	return { ...snapshot, seq: Math.max(snapshot.seq, event.seq ?? 0), unreadable: snapshot.unreadable + 1 };
}

/** Null when the event is not one that every operation has. */
function applyBase(s: JobSnapshot, event: BaseEvent & { at: number }): JobSnapshot | null {
	switch (event.type) {
		case 'queued':
			return { ...s, retryOf: event.data.retryOf };
		case 'started':
			return { ...s, status: 'running', startedAt: s.startedAt ?? event.at, provider: event.data.provider, model: event.data.model, queuePosition: null };
		case 'response':
			return { ...s, responseId: event.data.responseId, model: event.data.model ?? s.model };
		case 'phase':
			return enterPhase(s, event.data.phase, event.data.fraction, event.at);
		case 'progress':
			return showProgress(s, event.data);
		case 'activity':
			return { ...s, activity: event.data.message };
		case 'content':
			return { ...s, content: { ...s.content, [event.data.target]: event.data.replace ? event.data.text : (s.content[event.data.target] ?? '') + event.data.text } };
		case 'notice':
			return { ...s, notices: [...s.notices, { at: event.at, ...event.data }] };
		case 'usage':
			return { ...s, usage: event.data.usage, cost: event.data.cost };
		case 'artifact':
			return { ...s, artifacts: [...s.artifacts.filter((a) => a.name !== event.data.name), event.data] };
		case 'question':
			return { ...s, question: event.data };
		case 'answer':
			return { ...s, question: null };
		case 'finishing':
			return { ...s, finishRequestedAt: event.data.requestedAt };
		case 'cancelling':
			return { ...s, cancelRequestedAt: event.data.requestedAt, cancelReason: event.data.reason };
		case 'done':
			return end(s, 'succeeded', event.at, { result: event.data.result, cost: event.data.cost, usage: event.data.usage, progress: { fraction: 1, basis: 'measured' } });
		case 'error':
			return end(s, 'failed', event.at, { error: faultOf(event.data), cost: event.data.cost, usage: event.data.usage, receipt: event.data.receipt });
		case 'cancelled':
			return end(s, 'cancelled', event.at, { receipt: event.data.receipt, cost: event.data.receipt.cost, usage: event.data.receipt.usage });
		default:
			return null;
	}
}

function faultOf({ code, message, retryable }: NonNullable<JobSnapshot['error']>): JobSnapshot['error'] {
	return { code, message, retryable };
}

function enterPhase(s: JobSnapshot, name: string, fraction: number, at: number): JobSnapshot {
	const entered = s.phases.findIndex((phase) => phase.name === name);
	const phases = s.phases.map((phase, index): PhaseState => {
		if (index < entered) return { ...phase, status: 'done', endedAt: phase.endedAt ?? at };
		if (index === entered) return { ...phase, status: 'current', startedAt: phase.startedAt ?? at };
		return phase;
	});
	return { ...s, phase: name, phases, progress: raise(s.progress, { fraction, basis: 'estimated' }) };
}

function showProgress(s: JobSnapshot, data: Extract<BaseEvent, { type: 'progress' }>['data']): JobSnapshot {
	const { elapsedMs, remaining, runs, overdue } = data.metadata;
	const shown = data.basis === 'unknown' ? s.progress : raise(s.progress, { fraction: data.fraction, basis: data.basis });
	const estimate = { runs, overdue, quiet: data.state === 'quiet', sentence: data.message };
	return { ...s, progress: shown, elapsedMs, remaining, estimate };
}

/** The displayed fraction never falls. */
function raise(shown: JobSnapshot['progress'], to: JobSnapshot['progress']): JobSnapshot['progress'] {
	if (to.fraction === null) return shown;
	return { fraction: Math.max(shown.fraction ?? 0, to.fraction), basis: to.basis };
}

function end(s: JobSnapshot, status: 'succeeded' | 'failed' | 'cancelled', at: number, facts: Partial<JobSnapshot>): JobSnapshot {
	const phases = s.phases.map((phase): PhaseState => {
		if (status === 'succeeded') return { ...phase, status: 'done', endedAt: phase.endedAt ?? at };
		return phase.status === 'current' ? { ...phase, endedAt: at } : phase;
	});
	const ended = { status, phases, endedAt: at, activity: null, remaining: null, question: null, queuePosition: null };
	return { ...s, ...facts, ...ended, elapsedMs: s.startedAt === null ? 0 : at - s.startedAt };
}
