import { and, eq } from 'drizzle-orm';
import { feedKey, jobKey, queueKey, type Bell } from './bell.ts';
import { mayGoOn, type ClaimTerms } from './claim.ts';
import type { Clock } from './clock.ts';
import type { Db, Rows } from './db/open.ts';
import { jobs, type JobRow } from './db/schema.ts';

/** Which running jobs hold a slot: in the table, so that every process counts the same. */
export class Slots {
	readonly #db: Db;
	readonly #bell: Bell;
	readonly #clock: Clock;

	constructor(db: Db, bell: Bell, clock: Clock) {
		this.#db = db;
		this.#bell = bell;
		this.#clock = clock;
	}

	/** A running job that waits lets others run. */
	async give(jobId: string, epoch: number, waitingFor: 'person' | 'child'): Promise<void> {
		this.#ring(this.#mark(this.#db, jobId, epoch, waitingFor));
	}

	/** Whether the job may go on; until it may, no other begins before it. True also for one that is not this epoch's any more. */
	async take(jobId: string, epoch: number, limits: ClaimTerms['limits']): Promise<boolean> {
		const { row, free } = this.#db.transaction(
			(tx) => {
				const found = tx.select().from(jobs).where(eq(jobs.id, jobId)).get();
				if (!found || found.epoch !== epoch || found.status !== 'running') return { row: undefined, free: true };
				const free = mayGoOn(tx, found, limits);
				return { row: this.#mark(tx, jobId, epoch, free ? null : 'slot'), free };
			},
			{ behavior: 'immediate' }
		);
		if (free) this.#ring(row);
		return free;
	}

	#mark(rows: Rows, jobId: string, epoch: number, waitingFor: JobRow['waitingFor']): JobRow | undefined {
		const mine = and(eq(jobs.id, jobId), eq(jobs.epoch, epoch), eq(jobs.status, 'running'));
		return rows.update(jobs).set({ waitingFor, updatedAt: this.#clock.now() }).where(mine).returning().get();
	}

	#ring(row: JobRow | undefined): void {
		if (!row) return;
		this.#bell.ring(jobKey(row.id));
		this.#bell.ring(feedKey(row.owner));
		this.#bell.ring(queueKey);
	}
}
