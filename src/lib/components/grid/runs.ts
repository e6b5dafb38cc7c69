import type { Cost, Usage } from '../../jobs/event.ts';
import type { JobSnapshot, JobSummary } from '../../jobs/snapshot.ts';

/** What a table of runs shows of one of them. */
export interface ComparedRun extends Pick<JobSnapshot, 'status' | 'error' | 'cancelRequestedAt' | 'question'> {
	id: string;
	/** Where it ran, and on which model; null when it has not begun. */
	model: string | null;
	/** The share of cells that are right, 0 to 1; null where it is not known. */
	score: number | null;
	/** 0 to 100. */
	confidence: number | null;
	ms: number;
	usage: Usage | null;
	cost: Cost;
	createdAt: number;
}

/** So many are compared, the newest ones. */
const MOST = 12;

/** The runs in a list that may be about the same puzzle: those that are called alike, the newest first. */
export function alike(jobs: readonly JobSummary[], { id, title }: Pick<JobSnapshot, 'id' | 'title'>): string[] {
	return jobs
		.filter((job) => job.id !== id && job.title === title && job.status !== 'queued')
		.slice(0, MOST)
		.map((job) => job.id);
}

/** Whether two inputs name the same puzzle. */
export function isSamePuzzle(a: unknown, b: unknown): boolean {
	const [one, other] = [a, b].map((input) => {
		const { puzzle = null, puzzleId = null } = (input ?? {}) as { puzzle?: unknown; puzzleId?: unknown };
		return JSON.stringify([puzzleId, puzzle]);
	});
	return one === other;
}

/** What is compared of a run. */
export function comparedRun(job: JobSnapshot): ComparedRun {
	const { id, status, error, cancelRequestedAt, question, model, result, elapsedMs, usage, cost, createdAt } = job;
	const { score = null, confidence = null } = (result ?? {}) as { score?: number | null; confidence?: number | null };
	const standing = { status, error, cancelRequestedAt, question };
	return { ...standing, ...{ id, model, usage, cost, createdAt }, score, confidence, ms: elapsedMs };
}
