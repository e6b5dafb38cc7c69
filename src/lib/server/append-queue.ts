import type { JobEvent } from '../jobs/event.ts';
import type { Db } from './db/open.ts';
import type { EventRows, NewEvent, RowPatch } from './event-rows.ts';

/** Thrown to a writer that lost its lease: another epoch runs the job, or it has ended. */
export class FencedError extends Error {
	constructor(jobId: string) {
		super(`job ${jobId} is no longer ours to write`);
		this.name = 'FencedError';
	}
}

/** What a runner adds to its job's log. */
export interface Append {
	jobId: string;
	epoch: number;
	added: readonly NewEvent[];
	patch: RowPatch & { updatedAt: number };
}

interface Queued extends Append {
	resolve(stored: JobEvent[]): void;
	reject(error: unknown): void;
}

/** A commit holds the event loop: one group writes no more than this, the rest waits for the next turn (transport-and-storage.md C2). */
const MOST_AT_ONCE = 500;

/**
 * Group commit: what is added while nothing was written in this turn of the event loop is written at once; all else that
 * comes in the turn shares the next transaction. One that is fenced off is rejected alone; one that fails is tried
 * alone, and takes no other with it.
 */
export class AppendQueue {
	readonly #rows: EventRows;
	readonly #committed: (jobId: string, seq: number | null) => void;
	readonly #write: (group: readonly Append[]) => (JobEvent[] | null)[];
	#queued: Queued[] = [];
	#wroteThisTurn = false;

	/** `committed` is told of each append after its commit, before its promise resolves. */
	constructor(db: Db, rows: EventRows, committed: (jobId: string, seq: number | null) => void) {
		this.#rows = rows;
		this.#committed = committed;
		this.#write = db.$client.transaction((group: readonly Append[]) =>
			group.map(({ jobId, added, patch, epoch }) => this.#rows.append(jobId, added, patch, epoch))
		).immediate;
	}

	/** Resolves with the events as they were stored, all of them; rejects with none of them, a `FencedError` or what the database threw. */
	add(append: Append): Promise<JobEvent[]> {
		return new Promise((resolve, reject) => {
			this.#queued.push({ ...append, resolve, reject });
			if (!this.#wroteThisTurn) this.#next();
		});
	}

	/** Writes all that waits, now: what changes a job's status must not overtake it. */
	settle(): void {
		while (this.#queued.length > 0) this.#commit(this.#queued.splice(0, MOST_AT_ONCE));
	}

	#next(): void {
		this.#wroteThisTurn = true;
		setImmediate(() => {
			this.#wroteThisTurn = false;
			if (this.#queued.length > 0) this.#next();
		});
		this.#commit(this.#queued.splice(0, MOST_AT_ONCE));
	}

	#commit(group: readonly Queued[]): void {
		let stored: (JobEvent[] | null)[];
		try {
			stored = this.#write(group);
		} catch (error) {
			if (group.length > 1 && !isBusy(error)) for (const one of group) this.#commit([one]);
			else for (const { reject } of group) reject(error);
			return;
		}
		for (const [index, one] of group.entries()) this.#tell(one, stored[index] ?? null);
	}

	#tell({ jobId, resolve, reject }: Queued, stored: JobEvent[] | null): void {
		if (!stored) return reject(new FencedError(jobId));
		this.#committed(jobId, stored.at(-1)?.seq ?? null);
		resolve(stored);
	}
}

/** Another process held the database for the whole of `busy_timeout`: asked one by one, each would wait as long again. */
function isBusy(error: unknown): boolean {
	return error instanceof Error && String((error as { code?: unknown }).code).startsWith('SQLITE_BUSY');
}
