import { and, eq, inArray, lt, or, sql } from 'drizzle-orm';
import { HeadwayError } from '../jobs/error.ts';
import { isTerminal, type CancelReason } from '../jobs/job.ts';
import { feedKey, jobKey, queueKey, type Bell } from './bell.ts';
import { loosen } from './blobs/loose-keys.ts';
import { Claims, type ClaimTerms } from './claim.ts';
import type { Clock } from './clock.ts';
import type { Db, Rows } from './db/open.ts';
import { artifacts, jobs, timings, type JobRow } from './db/schema.ts';
import { faultOf, nothingRan, terminalEvent, timingOf, withHighest, type Ending } from './ending.ts';
import { EventRows, type NewEvent } from './event-rows.ts';
import { admit, familyOf, lineOf, refuseRemoval } from './family.ts';
import { findByKey, hashOf, newJobId, type NewJob } from './new-job.ts';
import { checkOpen } from './open-question.ts';
import { Places } from './places.ts';
import { Removals } from './removals.ts';
import type { Snapshots } from './snapshots.ts';
import type { Alongside, StoreParts } from './store-parts.ts';

const IMMEDIATE = { behavior: 'immediate' } as const;

/** Every change of a job's status goes through here, each in one transaction, each ending exactly once. */
export class JobStore {
	readonly #db: Db;
	readonly #bell: Bell;
	readonly #clock: Clock;
	readonly #snapshots: Snapshots;
	readonly #events: EventRows;
	readonly #places: Places;
	readonly #claims: Claims;
	/** Prepared once, for every change of a job: building a query costs more than running it. */
	readonly #byId;
	readonly #alongside: Record<string, Alongside>;
	/** What was deleted. */
	readonly removals: Removals;

	constructor(db: Db, bell: Bell, clock: Clock, { snapshots, alongside = {}, interactive = [] }: StoreParts) {
		this.#alongside = alongside;
		this.#db = db;
		this.#bell = bell;
		this.#clock = clock;
		this.#snapshots = snapshots;
		this.#events = new EventRows(db);
		this.#places = new Places(db, bell, clock, interactive);
		this.#claims = new Claims(db);
		this.#byId = db
			.select()
			.from(jobs)
			.where(eq(jobs.id, sql.placeholder('id')))
			.prepare();
		this.removals = new Removals(clock);
	}

	/** Puts a job into the queue. The same key with the same request gives the first job; with another one it is a conflict. Throws `limit_reached` when the owner has too many. */
	async enqueue(job: NewJob, alongside?: (tx: Rows, row: JobRow) => void): Promise<{ row: JobRow; created: boolean }> {
		const requestHash = hashOf(job);
		const outcome = this.#db.transaction((tx) => {
			const first = job.idempotencyKey ? findByKey(tx, job.owner, job.idempotencyKey) : undefined;
			if (first && first.requestHash !== requestHash)
				throw new HeadwayError(
					'idempotency_conflict',
					'This Idempotency-Key was used with another request. Use a new key.'
				);
			if (first) return { row: first, created: false };
			admit(tx, job);
			const row = this.#insert(tx, job, requestHash);
			alongside?.(tx, row);
			return { row, created: true };
		}, IMMEDIATE);
		this.#ring(outcome.row);
		this.#bell.ring(queueKey);
		return outcome;
	}

	#insert(tx: Rows, job: NewJob, requestHash: string): JobRow {
		const now = this.#clock.now();
		const { owner, operation, title, variant, input, options } = job;
		const row: typeof jobs.$inferInsert = {
			...{ id: newJobId(), owner, operation, title, variant, input, options, requestHash },
			...{ idempotencyKey: job.idempotencyKey ?? null, retryOf: job.retryOf ?? null, parentId: job.parentId ?? null },
			...{
				status: 'queued',
				provider: job.provider ?? null,
				priority: options.priority ?? 0,
				createdAt: now,
				updatedAt: now
			}
		};
		tx.insert(jobs).values(row).run();
		this.#places.moved(tx);
		this.#events.append(row.id, [{ type: 'queued', data: { operation, title, retryOf: job.retryOf ?? null } }], {
			updatedAt: now
		});
		return this.#read(row.id);
	}

	/** Takes the next job that may run, in a new epoch: orphans first, then by priority and waiting time. Null when there is none. */
	async claim(terms: ClaimTerms): Promise<JobRow | null> {
		const claimed = this.#db.transaction((tx) => {
			const row = this.#claims.next(tx, terms, this.#clock.now());
			if (!row) return null;
			const now = this.#clock.now();
			const lease = { epoch: row.epoch + 1, runner: terms.runner, leaseUntil: now + terms.leaseMs };
			tx.update(jobs)
				.set({ ...lease, status: 'running', waitingFor: null, startedAt: row.startedAt ?? now, updatedAt: now })
				.where(eq(jobs.id, row.id))
				.run();
			if (row.status === 'queued') this.#places.moved(tx);
			return this.#read(row.id);
		}, IMMEDIATE);
		if (claimed) this.#bell.ring(feedKey(claimed.owner));
		return claimed;
	}

	/** Places in the queue from 1, by job. */
	async queuePositions(): Promise<Map<string, number>> {
		return this.#places.all();
	}

	/** The owner's first 100 waiting jobs, when places changed at or after `since`; otherwise none. */
	async movedSince(owner: string, since: number): Promise<JobRow[]> {
		return this.#places.movedSince(owner, since);
	}

	/** Holds the lease for longer. False when it is lost. */
	async renew(jobId: string, epoch: number, leaseUntil: number): Promise<boolean> {
		const mine = and(eq(jobs.id, jobId), eq(jobs.epoch, epoch), eq(jobs.status, 'running'));
		return this.#db.update(jobs).set({ leaseUntil }).where(mine).run().changes === 1;
	}

	/** Lets another process claim the job at once (shutdown). */
	async release(jobId: string, epoch: number): Promise<void> {
		await this.renew(jobId, epoch, 0);
	}

	/** Asks for a stop. A queued job ends here (then `ended` is told); a running one is stamped and its runner ends it. A second ask changes nothing. */
	async requestCancel(
		owner: string,
		id: string,
		reason: CancelReason,
		ended?: (row: JobRow, ending: Ending) => void
	): Promise<JobRow> {
		let ending: Ending | null = null;
		const now = this.#clock.now();
		const row = this.#change((tx) => {
			const found = this.#owned(owner, id);
			if (isTerminal(found.status) || found.cancelRequestedAt !== null) return found;
			tx.update(jobs).set({ cancelRequestedAt: now, cancelReason: reason }).where(eq(jobs.id, id)).run();
			this.#events.append(id, [{ type: 'cancelling', data: { reason, requestedAt: now } }], { updatedAt: now });
			if (found.status === 'queued') {
				ending = { status: 'cancelled', receipt: nothingRan(reason, now) };
				this.#end(tx, found, ending);
				this.#places.moved(tx);
			}
			return this.#read(id);
		});
		this.#ring(row);
		if (ending) ended?.(row, ending);
		return row;
	}

	/** Asks a running job to write its result from what it has. A second ask changes nothing; a cancel that was asked for first wins. */
	async requestFinish(owner: string, id: string): Promise<JobRow> {
		return this.#record(owner, id, (row, now) => {
			if (row.cancelRequestedAt !== null) throw new HeadwayError('conflict', 'This job is being cancelled.');
			if (row.finishRequestedAt !== null) return { patch: {}, events: [] };
			return { patch: { finishRequestedAt: now }, events: [{ type: 'finishing', data: { requestedAt: now } }] };
		});
	}

	/** Records a person's answer to a job's question. Of several at once the first stands; the others are a conflict. */
	async answer(owner: string, id: string, questionId: string, value: unknown): Promise<JobRow> {
		return this.#record(owner, id, (_row, _now, tx) => {
			checkOpen(tx, id, questionId);
			return { patch: {}, events: [{ type: 'answer', data: { questionId, value } }] };
		});
	}

	async #record(
		owner: string,
		id: string,
		change: (row: JobRow, now: number, tx: Rows) => { patch: Partial<JobRow>; events: NewEvent[] }
	): Promise<JobRow> {
		const row = this.#change((tx) => {
			const found = this.#owned(owner, id);
			if (found.status !== 'running') throw new HeadwayError('conflict', 'Only a running job can take this.');
			const { patch, events } = change(found, this.#clock.now(), tx);
			if (events.length === 0) return found;
			tx.update(jobs)
				.set({ ...patch, updatedAt: this.#clock.now() })
				.where(eq(jobs.id, id))
				.run();
			this.#events.append(id, events, { updatedAt: this.#clock.now() });
			return this.#read(id);
		});
		this.#ring(row);
		return row;
	}

	/**
	 * Ends a job of the runner that holds `epoch`: status, last events, terminal event, timings and snapshot in one
	 * transaction. False when it has ended already or belongs to another epoch; then nothing changes.
	 */
	async finish(jobId: string, epoch: number, ending: Ending): Promise<boolean> {
		const row = this.#change((tx) => {
			const found = this.#read(jobId);
			if (found.epoch !== epoch || found.status !== 'running') return null;
			this.#end(tx, found, ending);
			return found;
		});
		if (!row) return false;
		this.#ring(row);
		this.#bell.ring(queueKey);
		return true;
	}

	/** One transaction, after all that was appended before it. */
	#change<T>(change: (tx: Rows) => T): T {
		this.#snapshots.log.settle();
		return this.#db.transaction(change, IMMEDIATE);
	}

	#end(tx: Rows, row: JobRow, ending: Ending): void {
		const now = this.#clock.now();
		this.#events.append(row.id, [terminalEvent(ending)], { updatedAt: now });
		const ended = this.#read(row.id);
		const snapshot = withHighest(this.#snapshots.of({ ...ended, snapshot: null }), ended);
		this.#snapshots.forget(row.id);
		tx.update(jobs)
			.set({
				status: ending.status,
				endedAt: now,
				...{ leaseUntil: null, waitingFor: null },
				snapshot,
				cost: snapshot.cost,
				usage: snapshot.usage,
				...faultOf(ending)
			})
			.where(eq(jobs.id, row.id))
			.run();
		tx.insert(timings)
			.values(timingOf(row, ending, snapshot))
			.run();
		this.#alongside[row.operation]?.(tx, ended, snapshot);
	}

	/** Deletes an ended job with its parts and their logs; returns the paths of the artifacts, whose bytes the caller removes. `refuse` may throw for these ids. */
	async remove(owner: string, id: string, refuse?: (tx: Rows, ids: string[]) => void): Promise<string[]> {
		const removed = this.#db.transaction((tx) => {
			const row = this.#owned(owner, id);
			const family = familyOf(tx, row);
			refuseRemoval(family, row.parentId === null ? [] : lineOf(tx, row.parentId));
			const ids = family.map(({ id }) => id);
			refuse?.(tx, ids);
			const files = tx.select({ path: artifacts.path }).from(artifacts).where(inArray(artifacts.jobId, ids)).all();
			const paths = files.map(({ path }) => path);
			loosen(tx, paths, this.#clock.now());
			tx.delete(jobs).where(inArray(jobs.id, ids)).run();
			return { family, paths };
		}, IMMEDIATE);
		// Before the bell: who is woken reads what was removed.
		this.removals.note(owner, id);
		for (const row of removed.family) this.#ring(row);
		return removed.paths;
	}

	/** Whether a job waits for a runner whose lease has run out; for the metrics. */
	async orphans(): Promise<number> {
		const now = this.#clock.now();
		return this.#db.$count(
			jobs,
			and(eq(jobs.status, 'running'), or(lt(jobs.leaseUntil, now), sql`${jobs.leaseUntil} is null`))
		);
	}

	#owned(owner: string, id: string): JobRow {
		const row = this.#byId.get({ id });
		if (row?.owner !== owner) throw new HeadwayError('not_found', 'There is no such job.');
		return row;
	}

	#read(id: string): JobRow {
		const row = this.#byId.get({ id });
		if (!row) throw new HeadwayError('not_found', 'There is no such job.');
		return row;
	}

	#ring(row: JobRow): void {
		this.#bell.ring(jobKey(row.id));
		this.#bell.ring(feedKey(row.owner));
	}
}
