import { and, eq, gte, sql, type SQL } from 'drizzle-orm';
import { feedKey, type Bell } from './bell.ts';
import type { Clock } from './clock.ts';
import type { Db, Rows } from './db/open.ts';
import { jobs, meta, type JobRow } from './db/schema.ts';

/** Waiting this long counts as one step of priority, so that nobody waits for ever (TS-19). */
const AGING_MS = 60_000;
/** How many waiting jobs a list is told of. */
const TOLD = 100;
/** As often as a list goes out. */
const RING_MS = 250;
const MOVED = 'queue_moved_at';
const queued = eq(jobs.status, 'queued');

/** By priority, raised by waiting, then as they came. All age alike, so that the order of two never turns. */
export const inTurn: SQL[] = [
	sql`${jobs.createdAt} - ${jobs.priority} * ${sql.raw(String(AGING_MS))}`,
	sql`${jobs.createdAt}`,
	sql`rowid`
];

/** Places in the queue. When they last changed stands in the table, so that every process tells its readers. */
export class Places {
	readonly #db: Db;
	readonly #bell: Bell;
	readonly #clock: Clock;
	/** Operations whose jobs wait for none but their own. */
	readonly #interactive: ReadonlySet<string>;
	#rings = false;

	constructor(db: Db, bell: Bell, clock: Clock, interactive: readonly string[] = []) {
		this.#interactive = new Set(interactive);
		this.#db = db;
		this.#bell = bell;
		this.#clock = clock;
	}

	/** Places from 1, by job. An interactive operation has a queue of its own. */
	all(): Map<string, number> {
		const waiting = this.#db
			.select({ id: jobs.id, operation: jobs.operation })
			.from(jobs)
			.where(queued)
			.orderBy(...inTurn)
			.all();
		const lengths = new Map<string, number>();
		return new Map(
			waiting.map(({ id, operation }) => {
				const queue = this.#interactive.has(operation) ? operation : '';
				const place = (lengths.get(queue) ?? 0) + 1;
				lengths.set(queue, place);
				return [id, place];
			})
		);
	}

	/** Notes, within the transaction that did it, that a job came into the queue or left it, and wakes the lists of all who wait: each of their jobs may have another place now. */
	moved(tx: Rows): void {
		const value = String(this.#clock.now());
		tx.insert(meta).values({ key: MOVED, value }).onConflictDoUpdate({ target: meta.key, set: { value } }).run();
		this.#ring();
	}

	/** After the transaction, and however many jobs move at most 4 times a second. */
	#ring(): void {
		if (this.#rings) return;
		this.#rings = true;
		this.#clock.after(RING_MS, () => {
			this.#rings = false;
			if (this.#db.$client.open) this.#ringNow();
		});
	}

	#ringNow(): void {
		for (const { owner } of this.#db.selectDistinct({ owner: jobs.owner }).from(jobs).where(queued).all())
			this.#bell.ring(feedKey(owner));
	}

	/** The owner's first 100 waiting jobs in turn, when places changed at or after `since`; otherwise none. */
	movedSince(owner: string, since: number): JobRow[] {
		const moved = and(eq(meta.key, MOVED), gte(sql`cast(${meta.value} as integer)`, since));
		if (!this.#db.select().from(meta).where(moved).get()) return [];
		return this.#db
			.select()
			.from(jobs)
			.where(and(queued, eq(jobs.owner, owner)))
			.orderBy(...inTurn)
			.limit(TOLD)
			.all();
	}
}
