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

/** Finds a person's runs of the puzzle that a job is about. */
export class RunFinder {
	/** Runs that are called alike and are about another puzzle, which does not change: they are asked for once. */
	readonly #aboutOthers = new Set<string>();

	/** The newest first; none where the server does not answer. */
	async find(of: Pick<JobSnapshot, 'id' | 'title' | 'input' | 'operation'>): Promise<ComparedRun[]> {
		const list = await read<{ jobs: JobSummary[] }>(`/api/jobs?operation=${of.operation}&limit=100`);
		const ids = alike(list?.jobs ?? [], of).filter((id) => !this.#aboutOthers.has(id));
		const found: ComparedRun[] = [];
		// Puzzles of one's own are often called alike: only their inputs tell which are the same, a few at a time.
		for (let at = 0; at < ids.length && found.length < MOST; at += MOST) {
			const some = await Promise.all(ids.slice(at, at + MOST).map((id) => read<JobSnapshot>(`/api/jobs/${id}`)));
			for (const one of some)
				if (one && isSamePuzzle(one.input, of.input)) found.push(comparedRun(one));
				else if (one) this.#aboutOthers.add(one.id);
		}
		return found.slice(0, MOST);
	}
}

async function read<T>(path: string): Promise<T | null> {
	const answer = await fetch(path).catch(() => null);
	return answer?.ok ? ((await answer.json().catch(() => null)) as T | null) : null;
}

/** The runs in a list that may be about the same puzzle: those that are called alike. */
function alike(jobs: readonly JobSummary[], { id, title }: Pick<JobSnapshot, 'id' | 'title'>): string[] {
	return jobs.filter((job) => job.id !== id && job.title === title && job.status !== 'queued').map((job) => job.id);
}

/** Whether two inputs name the same puzzle. */
function isSamePuzzle(a: unknown, b: unknown): boolean {
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
