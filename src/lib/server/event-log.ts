import { and, eq, gt, sql } from 'drizzle-orm';
import { endsJob, type JobEvent } from '../jobs/event.ts';
import { jobKey, type Bell } from './bell.ts';
import type { Clock } from './clock.ts';
import type { Db, Rows } from './db/open.ts';
import { events, jobs, type JobRow } from './db/schema.ts';

/** An event before the log has given it its place. */
export interface NewEvent {
	type: string;
	data: unknown;
	at?: number;
}

/** What is stored in the same transaction as the events it belongs to. */
export type RowPatch = Partial<
	Pick<
		JobRow,
		| 'phase'
		| 'fraction'
		| 'basis'
		| 'responseId'
		| 'cursor'
		| 'providerState'
		| 'providerStep'
		| 'bills'
		| 'provider'
		| 'model'
		| 'usage'
		| 'cost'
		| 'forecast'
	>
>;

/** Thrown to a writer that lost its lease: another epoch runs the job, or it has ended. */
export class FencedError extends Error {
	constructor(jobId: string) {
		super(`job ${jobId} is no longer ours to write`);
		this.name = 'FencedError';
	}
}

/** SQLite binds at most 32,766 parameters in a statement; a row has five. */
const ROWS_A_STATEMENT = 1_000;

/** How many events one read brings at most, so that a far reader gets its share in bounded pieces. */
export const PAGE = 256;

/** A page ends early once it holds this much, in characters of JSON: what a reader waits for in memory is bounded (TS-18). */
const PAGE_SIZE = 256 * 1024;
/** How many rows a page is read by: so far it may go beyond its size. */
const STRIDE = 32;

/** One row of a log as it goes out: its JSON is written once, for all who read it. */
export interface LoggedEvent {
	seq: number;
	at: number;
	type: string;
	/** The whole event on one line: `{"jobId":…,"seq":…,"at":…,"type":…,"data":…}`. */
	json: string;
}

/** The event that a row of the log says. */
export function eventOf({ json }: LoggedEvent): JobEvent {
	return JSON.parse(json) as JobEvent;
}

/** A bounded piece of a log: what came after a cursor, whether more is there, whether the log ends in it. */
export interface LogPage {
	events: LoggedEvent[];
	/** In characters of JSON. */
	size: number;
	more: boolean;
	ends: boolean;
}

/** The log of all jobs. The table is the truth; the bell only says "look again". */
export class EventLog {
	readonly #db: Db;
	readonly #bell: Bell;
	readonly #clock: Clock;
	readonly #page;

	constructor(db: Db, bell: Bell, clock: Clock) {
		this.#db = db;
		this.#bell = bell;
		this.#clock = clock;
		this.#page = db
			.select()
			.from(events)
			.where(and(eq(events.jobId, sql.placeholder('jobId')), gt(events.seq, sql.placeholder('after'))))
			.orderBy(events.seq)
			.limit(sql.placeholder('limit'))
			.prepare();
	}

	/** Adds events of the runner that holds `epoch`, all or none, and wakes the followers after the commit. Throws `FencedError`. */
	async append(jobId: string, epoch: number, added: readonly NewEvent[], patch: RowPatch = {}): Promise<JobEvent[]> {
		const stored = this.#db.transaction(
			(tx) => {
				const row = tx.select({ epoch: jobs.epoch, status: jobs.status }).from(jobs).where(eq(jobs.id, jobId)).get();
				if (row?.epoch !== epoch || row.status !== 'running') throw new FencedError(jobId);
				return appendWithin(tx, jobId, added, { ...patch, updatedAt: this.#clock.now() });
			},
			{ behavior: 'immediate' }
		);
		this.#bell.ring(jobKey(jobId));
		return stored;
	}

	/** Events after `after`, in order, at most `limit`. */
	async read(jobId: string, after: number, limit = PAGE): Promise<JobEvent[]> {
		return this.readNow(jobId, after, limit);
	}

	/** The same within a transaction's instant. */
	readNow(jobId: string, after: number, limit = PAGE): JobEvent[] {
		return this.#page.all({ jobId, after, limit }).map(asEvent);
	}

	/** The next events after `after`, as many as a reader is sent at once. */
	async page(jobId: string, after: number): Promise<LogPage> {
		const page = { events: [] as LoggedEvent[], size: 0, more: true, ends: false };
		while (page.more && page.events.length < PAGE && page.size < PAGE_SIZE) {
			const rows = this.#page.all({ jobId, after: page.events.at(-1)?.seq ?? after, limit: STRIDE });
			page.events.push(...rows.map(asLogged));
			page.size += rows.reduce((size, { data }) => size + data.length, 0);
			page.more = rows.length === STRIDE;
			// By the row's own type: an event that cannot be read ends the log too.
			page.ends ||= rows.some(({ type }) => endsJob(type));
		}
		return page;
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

/** Gives events their places within the caller's transaction: seq goes on from the row's, without a gap. */
export function appendWithin(
	rows: Rows,
	jobId: string,
	added: readonly NewEvent[],
	patch: RowPatch & { updatedAt: number }
): JobEvent[] {
	const { seq } = rows
		.update(jobs)
		.set({ ...patch, seq: sql`${jobs.seq} + ${added.length}` })
		.where(eq(jobs.id, jobId))
		.returning({ seq: jobs.seq })
		.get();
	const stored = added.map((event, index): JobEvent => ({
		jobId,
		seq: seq - added.length + index + 1,
		at: event.at ?? patch.updatedAt,
		type: event.type,
		data: event.data
	}));
	for (let first = 0; first < stored.length; first += ROWS_A_STATEMENT)
		rows
			.insert(events)
			.values(stored.slice(first, first + ROWS_A_STATEMENT).map(asRow))
			.run();
	return stored;
}

/** What stands in the place of an event whose body cannot be written or read: a reader that failed on it would come back to it for ever. */
export function unreadable(type: string): { type: string; data: unknown } {
	return { type: 'unreadable', data: { was: type } };
}

function asRow({ jobId, seq, at, type, data }: JobEvent): typeof events.$inferInsert {
	try {
		return { jobId, seq: seq ?? 0, at, type, data: JSON.stringify(data) };
	} catch (error) {
		// A job must not lose its end.
		if (endsJob(type)) throw error;
		return asRow({ jobId, seq, at, ...unreadable(type) });
	}
}

function asLogged(row: typeof events.$inferSelect): LoggedEvent {
	const { seq, at } = row;
	const event = asEvent(row);
	return { seq, at, type: event.type, json: JSON.stringify(event) };
}

function asEvent(row: typeof events.$inferSelect): JobEvent {
	try {
		return { ...row, data: JSON.parse(row.data) as unknown };
	} catch {
		return { ...row, ...unreadable(row.type) };
	}
}
