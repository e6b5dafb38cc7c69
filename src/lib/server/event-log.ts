import { endsJob, type JobEvent } from '../jobs/event.ts';
import { AppendQueue } from './append-queue.ts';
import { jobKey, type Bell } from './bell.ts';
import type { Clock } from './clock.ts';
import type { Db } from './db/open.ts';
import { EventRows, type LogPage, type LoggedEvent, type NewEvent, type RowPatch } from './event-rows.ts';

export { FencedError } from './append-queue.ts';
export { unreadable, type LoggedEvent, type LogPage, type NewEvent, type RowPatch } from './event-rows.ts';

/** How many events one read brings at most, so that a far reader gets its share in bounded pieces. */
export const PAGE = 512;

/** A page ends early once it holds this much, in characters of JSON: what a reader waits for in memory is bounded (TS-18). */
const PAGE_SIZE = 256 * 1024;

/** The event that a row of the log says. */
export function eventOf({ json }: Pick<LoggedEvent, 'json'>): JobEvent {
	return JSON.parse(json) as JobEvent;
}

/** The log of all jobs. The table is the truth; the bell only says "look again". */
export class EventLog {
	readonly #bell: Bell;
	readonly #clock: Clock;
	readonly #rows: EventRows;
	readonly #queue: AppendQueue;
	#grown: (jobId: string, seq: number) => void = () => undefined;

	constructor(db: Db, bell: Bell, clock: Clock) {
		this.#bell = bell;
		this.#clock = clock;
		this.#rows = new EventRows(db);
		this.#queue = new AppendQueue(db, this.#rows, (jobId, seq) => {
			this.#bell.ring(jobKey(jobId));
			if (seq !== null) this.#grown(jobId, seq);
		});
	}

	/**
	 * Adds events of the runner that holds `epoch`, all or none, and wakes the followers after the commit. Appends of one
	 * turn of the event loop share a transaction; each stands or falls alone. Rejects with a `FencedError`.
	 */
	append(jobId: string, epoch: number, added: readonly NewEvent[], patch: RowPatch = {}): Promise<JobEvent[]> {
		return this.#queue.add({ jobId, epoch, added, patch: { ...patch, updatedAt: this.#clock.now() } });
	}

	/** Writes at once what waits to be written together: a change of a job's status must not overtake its events. */
	settle(): void {
		this.#queue.settle();
	}

	/** Whether its database is open. */
	get open(): boolean {
		return this.#rows.open;
	}

	/** Tells `told` of each log's highest seq when it has grown, after the commit. */
	onGrowth(told: (jobId: string, seq: number) => void): void {
		this.#grown = told;
	}

	/** Events after `after`, in order, at most `limit`. */
	async read(jobId: string, after: number, limit = PAGE): Promise<JobEvent[]> {
		return this.readNow(jobId, after, limit);
	}

	/** The same within a transaction's instant. */
	readNow(jobId: string, after: number, limit = PAGE): JobEvent[] {
		return this.#rows.after(jobId, after, limit);
	}

	/** The next events after `after`, as many as a reader is sent at once. */
	async page(jobId: string, after: number): Promise<LogPage> {
		return this.#rows.logged(jobId, after, PAGE, PAGE_SIZE);
	}

	/** Every event after `after`, in batches, as they come; ends after the terminal one or when the signal aborts. Replay and live are this one loop. */
	async *follow(jobId: string, after: number, signal: AbortSignal): AsyncGenerator<JobEvent[], void> {
		const listener = this.#bell.listen([jobKey(jobId)]);
		let cursor = after;
		try {
			while (!signal.aborted) {
				const batch = await this.read(jobId, cursor);
				const last = batch.at(-1);
				if (!last) {
					await listener.next(signal);
					continue;
				}
				yield batch;
				cursor = last.seq ?? cursor;
				if (endsJob(last.type)) return;
			}
		} finally {
			listener.close();
		}
	}
}
