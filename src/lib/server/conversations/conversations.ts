import { HeadwayError } from '../../jobs/error.ts';
import type { JobSnapshot } from '../../jobs/snapshot.ts';
import type { Conversation } from '../../operations/operation.ts';
import type { Bell } from '../bell.ts';
import type { Clock } from '../clock.ts';
import type { Db, Rows } from '../db/open.ts';
import type { JobRow } from '../db/schema.ts';

/** Conversations, their turns and what is remembered of them. */
export class Conversations {
	readonly #db: Db;
	readonly #bell: Bell;
	readonly #clock: Clock;

	constructor(db: Db, bell: Bell, clock: Clock) {
		this.#db = db;
		this.#bell = bell;
		this.#clock = clock;
	}

	/** Makes a turn of a job that is being enqueued, in its transaction. Throws `not_found` and `conflict`; the job is then not enqueued. */
	join(_tx: Rows, _row: JobRow): void {
		throw new HeadwayError('internal', 'not built');
	}

	/** Notes what a turn answered, in the transaction that ends its job. */
	ended(_tx: Rows, _row: JobRow, _snapshot: JobSnapshot): void {
		throw new HeadwayError('internal', 'not built');
	}

	/** The conversation as a turn's run sees it. */
	async of(_owner: string, _jobId: string): Promise<Conversation> {
		throw new HeadwayError('internal', 'not built');
	}
}
