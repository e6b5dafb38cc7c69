import { emptySnapshot, isIncomplete, type JobSnapshot, type JobSummary } from '../../src/lib/jobs/snapshot.ts';
import { reduceJob } from '../../src/lib/operations/index.ts';
import { research, type ResearchResult, type ResearchState } from '../../src/lib/operations/research/model.ts';

/** When every made-up job began: 2026-11-20 12:00:00 UTC. */
export const START = Date.UTC(2026, 10, 20, 12);

/** An event as a test writes it: its type, its body, and how many seconds after the start it came. */
export type Told = [type: string, data: unknown, seconds?: number];

/** A research, folded by the app's own reducer from what it is told. `facts` then replaces fields of the snapshot. */
export function researchJob(
	told: readonly Told[] = [],
	facts: Partial<JobSnapshot> = {}
): JobSnapshot<ResearchState, ResearchResult> {
	const seed = emptySnapshot({
		...{ id: 'job_00000000000000000001', operation: 'research', title: 'How do tides work?' },
		...{ input: { query: 'How do tides work?', depth: 'standard' }, options: {}, createdAt: START, logEpoch: 'e1' },
		...{ phases: research.phases, state: research.state() }
	});
	const folded = told.reduce<JobSnapshot>((snapshot, event) => tell(snapshot, event), seed);
	return { ...folded, ...facts } as JobSnapshot<ResearchState, ResearchResult>;
}

/** A snapshot with one more event. */
export function tell(snapshot: JobSnapshot, [type, data, seconds = 0]: Told): JobSnapshot {
	const event = { jobId: snapshot.id, seq: snapshot.seq + 1, at: START + seconds * 1000, type, data };
	return reduceJob(snapshot, event);
}

/** The beginnings of a run, for the tests to go on from. */
export const begun: Told[] = [
	['queued', { operation: 'research', title: 'How do tides work?', retryOf: null }],
	['started', { epoch: 1, provider: 'demo', model: 'demo-research-1', adopted: false }],
	['phase', { phase: 'analyzing', fraction: 0 }]
];

/** Enters a phase. */
export const phase = (name: string, fraction: number, seconds = 1): Told => [
	'phase',
	{ phase: name, fraction },
	seconds
];

/** A search with its link. */
export const search = (query: string, seconds = 2): Told => [
	'web_search_call',
	{ callId: `ws_${query}`, action: 'search', query, link: `https://find.example/?q=${query}`, pattern: null },
	seconds
];

/** A finished step of reasoning. */
export const reasoning = (index: number, summary: string, type = 'planning', seconds = 3): Told => [
	'reasoning',
	{ index, type, summary },
	seconds
];

/** A tick of the estimate. */
export function tick(facts: {
	fraction?: number | null;
	basis?: string;
	message?: string;
	state?: string;
	elapsedMs?: number;
	remaining?: { low: number; high: number } | null;
	runs?: number;
	overdue?: boolean;
}): Told {
	const { fraction = 0.4, basis = 'estimated', message = '', state = 'active' } = facts;
	const { elapsedMs = 10_000, remaining = null, runs = 0, overdue = false } = facts;
	const metadata = { elapsedMs, remaining, runs, overdue };
	return ['progress', { operation: 'research', fraction, basis, message, state, metadata }, elapsedMs / 1000];
}

/** What a succeeded research ends with. */
export function done(report: string, seconds = 60): Told {
	const sources = [{ id: 1, url: 'https://sea.example/tides', title: 'Tides' }];
	const result = { report, sources, queries: ['tides'], complete: true };
	return ['done', { result, resultAvailable: true, cost: { usd: 0.12, known: true }, usage: null }, seconds];
}

/** What a list shows of a job. */
export function summaryOf(job: JobSnapshot): JobSummary {
	const { id, operation, title, status, phase, progress, elapsedMs, remaining, cost, error } = job;
	const { createdAt, startedAt, endedAt, cancelRequestedAt, queuePosition, serverNow, parentId, waitingFor } = job;
	return {
		...{ id, operation, title, status, phase, progress, elapsedMs, remaining, cost, error },
		...{ createdAt, startedAt, endedAt, cancelRequestedAt, queuePosition, serverNow, parentId, waitingFor },
		incomplete: isIncomplete(job)
	};
}
