import { createHash, randomBytes } from 'node:crypto';
import { and, eq, inArray, lt, or, sql } from 'drizzle-orm';
import { HeadwayError, type ErrorCode } from '../jobs/error.ts';
import type { Cost, Receipt, Usage } from '../jobs/event.ts';
import { isTerminal, type CancelReason, type JobOptions } from '../jobs/job.ts';
import type { JobSnapshot } from '../jobs/snapshot.ts';
import { feedKey, jobKey, queueKey, type Bell } from './bell.ts';
import type { Clock } from './clock.ts';
import type { Db } from './db/open.ts';
import { artifacts, jobs, timings, type JobRow } from './db/schema.ts';
import { appendWithin, type NewEvent } from './event-log.ts';
import type { Snapshots } from './snapshots.ts';

/** What to enqueue. `input` has passed the operation's schema. */
export interface NewJob {
	owner: string;
	operation: string;
	title: string;
	variant: string;
	input: unknown;
	options: JobOptions;
	/** The input as it was sent, which the idempotency key is bound to. */
	request: unknown;
	idempotencyKey?: string;
	retryOf?: string;
}

/** How a job ends. */
export type Ending =
	| { status: 'succeeded'; result: unknown; cost: Cost; usage: Usage | null }
	| {
			status: 'failed';
			code: ErrorCode;
			message: string;
			retryable: boolean;
			cost: Cost;
			usage: Usage | null;
			receipt: Receipt | null;
	  }
	| { status: 'cancelled'; receipt: Receipt };

/** Who may claim, and how much of each kind may run at once. */
export interface ClaimTerms {
	runner: string;
	leaseMs: number;
	limits: { server: number; owner: number; operation: Record<string, number> };
	/** Whether a runner of this machine is known to be gone, so that its lease need not be waited for. */
	isGone(runner: string): boolean;
}

const IMMEDIATE = { behavior: 'immediate' } as const;
/** Waiting this long counts as one step of priority, so that nobody waits for ever (TS-19). */
const AGING_MS = 60_000;

/** Every change of a job's status goes through here, each in one transaction, each ending exactly once. */
export class JobStore {
	readonly #db: Db;
	readonly #bell: Bell;
	readonly #clock: Clock;
	readonly #snapshots: Snapshots;

	constructor(db: Db, bell: Bell, clock: Clock, snapshots: Snapshots) {
		this.#db = db;
		this.#bell = bell;
		this.#clock = clock;
		this.#snapshots = snapshots;
	}

	/** Puts a job into the queue. The same key with the same request gives the first job; with another one it is a conflict. */
	async enqueue(job: NewJob): Promise<{ row: JobRow; created: boolean }> {
		const requestHash = hashOf(job);
		const outcome = this.#db.transaction((tx) => {
			const first = job.idempotencyKey ? findByKey(tx as unknown as Db, job.owner, job.idempotencyKey) : undefined;
			if (first && first.requestHash !== requestHash)
				throw new HeadwayError('idempotency_conflict', 'This Idempotency-Key was used with another request. Use a new key.');
			return first ? { row: first, created: false } : { row: this.#insert(tx as unknown as Db, job, requestHash), created: true };
		}, IMMEDIATE);
		this.#ring(outcome.row);
		this.#bell.ring(queueKey);
		return outcome;
	}

	#insert(tx: Db, job: NewJob, requestHash: string): JobRow {
		const now = this.#clock.now();
		const { owner, operation, title, variant, input, options } = job;
		const row: typeof jobs.$inferInsert = {
			...{ id: newId(), owner, operation, title, variant, input, options, requestHash },
			...{ idempotencyKey: job.idempotencyKey ?? null, retryOf: job.retryOf ?? null },
			...{ status: 'queued', priority: options.priority ?? 0, createdAt: now, updatedAt: now }
		};
		tx.insert(jobs).values(row).run();
		appendWithin(tx, row.id, [{ type: 'queued', data: { operation, title, retryOf: job.retryOf ?? null } }], now);
		return this.#read(row.id, tx);
	}

	/** Takes the next job that may run, in a new epoch: orphans first, then by priority and waiting time. Null when there is none. */
	async claim(terms: ClaimTerms): Promise<JobRow | null> {
		const claimed = this.#db.transaction((tx) => {
			const row = this.#orphan(tx as unknown as Db, terms) ?? this.#next(tx as unknown as Db, terms);
			if (!row) return null;
			const now = this.#clock.now();
			const lease = { epoch: row.epoch + 1, runner: terms.runner, leaseUntil: now + terms.leaseMs };
			tx.update(jobs)
				.set({ ...lease, status: 'running', startedAt: row.startedAt ?? now, updatedAt: now })
				.where(eq(jobs.id, row.id))
				.run();
			return this.#read(row.id, tx as unknown as Db);
		}, IMMEDIATE);
		if (claimed) this.#bell.ring(feedKey(claimed.owner));
		return claimed;
	}

	#orphan(tx: Db, terms: ClaimTerms): JobRow | undefined {
		const now = this.#clock.now();
		const running = tx.select().from(jobs).where(eq(jobs.status, 'running')).all();
		return running.find((row) => (row.leaseUntil ?? 0) < now || terms.isGone(row.runner ?? ''));
	}

	#next(tx: Db, { limits }: ClaimTerms): JobRow | undefined {
		const running = tx.select({ owner: jobs.owner, operation: jobs.operation }).from(jobs).where(eq(jobs.status, 'running')).all();
		if (running.length >= limits.server) return undefined;
		const count = (key: 'owner' | 'operation', value: string) => running.filter((row) => row[key] === value).length;
		return this.#queue(tx).find(
			(row) =>
				count('owner', row.owner) < limits.owner && count('operation', row.operation) < (limits.operation[row.operation] ?? limits.server)
		);
	}

	#queue(tx: Db): JobRow[] {
		const rank = sql`${jobs.priority} + (${this.#clock.now()} - ${jobs.createdAt}) / ${AGING_MS}`;
		return tx.select().from(jobs).where(eq(jobs.status, 'queued')).orderBy(sql`${rank} desc`, jobs.createdAt, jobs.id).limit(500).all();
	}

	/** Places in the queue from 1, by job. */
	async queuePositions(): Promise<Map<string, number>> {
		return new Map(this.#queue(this.#db).map((row, index) => [row.id, index + 1]));
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

	/** Asks for a stop. A queued job ends here; a running one is stamped and its runner ends it. A second ask changes nothing. */
	async requestCancel(owner: string, id: string, reason: CancelReason): Promise<JobRow> {
		const now = this.#clock.now();
		const row = this.#db.transaction((tx) => {
			const found = this.#owned(tx as unknown as Db, owner, id);
			if (isTerminal(found.status) || found.cancelRequestedAt !== null) return found;
			tx.update(jobs).set({ cancelRequestedAt: now, cancelReason: reason }).where(eq(jobs.id, id)).run();
			appendWithin(tx as unknown as Db, id, [{ type: 'cancelling', data: { reason, requestedAt: now } }], now);
			if (found.status === 'queued') this.#end(tx as unknown as Db, found, { status: 'cancelled', receipt: nothingRan(reason, now) });
			return this.#read(id, tx as unknown as Db);
		}, IMMEDIATE);
		this.#ring(row);
		return row;
	}

	/** Asks a running job to write its result from what it has. */
	async requestFinish(owner: string, id: string): Promise<JobRow> {
		return this.#record(owner, id, (row, now) =>
			row.finishRequestedAt === null
				? { patch: { finishRequestedAt: now }, events: [{ type: 'finishing', data: { requestedAt: now } }] }
				: { patch: {}, events: [] }
		);
	}

	/** Records a person's answer to a job's question. */
	async answer(owner: string, id: string, questionId: string, value: unknown): Promise<JobRow> {
		return this.#record(owner, id, () => ({ patch: {}, events: [{ type: 'answer', data: { questionId, value } }] }));
	}

	async #record(
		owner: string,
		id: string,
		change: (row: JobRow, now: number) => { patch: Partial<JobRow>; events: NewEvent[] }
	): Promise<JobRow> {
		const row = this.#db.transaction((tx) => {
			const found = this.#owned(tx as unknown as Db, owner, id);
			if (found.status !== 'running') throw new HeadwayError('conflict', 'Only a running job can take this.');
			const { patch, events } = change(found, this.#clock.now());
			if (events.length === 0) return found;
			tx.update(jobs)
				.set({ ...patch, updatedAt: this.#clock.now() })
				.where(eq(jobs.id, id))
				.run();
			appendWithin(tx as unknown as Db, id, events, this.#clock.now());
			return this.#read(id, tx as unknown as Db);
		}, IMMEDIATE);
		this.#ring(row);
		return row;
	}

	/**
	 * Ends a job of the runner that holds `epoch`: status, last events, terminal event, timings and snapshot in one
	 * transaction. False when it has ended already or belongs to another epoch; then nothing changes.
	 */
	async finish(jobId: string, epoch: number, ending: Ending): Promise<boolean> {
		const row = this.#db.transaction((tx) => {
			const found = this.#read(jobId, tx as unknown as Db);
			if (found.epoch !== epoch || found.status !== 'running') return null;
			this.#end(tx as unknown as Db, found, ending);
			return found;
		}, IMMEDIATE);
		if (!row) return false;
		this.#ring(row);
		this.#bell.ring(queueKey);
		return true;
	}

	#end(tx: Db, row: JobRow, ending: Ending): void {
		const now = this.#clock.now();
		appendWithin(tx, row.id, [terminalEvent(ending)], now);
		this.#snapshots.forget(row.id);
		const snapshot = this.#snapshots.of({ ...this.#read(row.id, tx), snapshot: null });
		tx.update(jobs)
			.set({ status: ending.status, endedAt: now, leaseUntil: null, snapshot, cost: snapshot.cost, usage: snapshot.usage, ...faultOf(ending) })
			.where(eq(jobs.id, row.id))
			.run();
		tx.insert(timings).values(timingOf(row, ending, snapshot)).run();
	}

	/** Deletes an ended job with its log; returns the paths of its artifacts, whose bytes the caller removes. */
	async remove(owner: string, id: string): Promise<string[]> {
		const removed = this.#db.transaction((tx) => {
			const row = this.#owned(tx as unknown as Db, owner, id);
			if (!isTerminal(row.status)) throw new HeadwayError('conflict', 'This job is still running. Cancel it first, then delete it.');
			const files = tx.select({ path: artifacts.path }).from(artifacts).where(eq(artifacts.jobId, id)).all();
			tx.delete(jobs).where(eq(jobs.id, id)).run();
			return { row, paths: files.map(({ path }) => path) };
		}, IMMEDIATE);
		this.#ring(removed.row);
		return removed.paths;
	}

	/** How many jobs of an owner have not ended. */
	async unfinished(owner: string): Promise<number> {
		return this.#db.$count(jobs, and(eq(jobs.owner, owner), inArray(jobs.status, ['queued', 'running'])));
	}

	/** Whether a job waits for a runner whose lease has run out; for the metrics. */
	async orphans(): Promise<number> {
		const now = this.#clock.now();
		return this.#db.$count(jobs, and(eq(jobs.status, 'running'), or(lt(jobs.leaseUntil, now), sql`${jobs.leaseUntil} is null`)));
	}

	#owned(tx: Db, owner: string, id: string): JobRow {
		const row = tx.select().from(jobs).where(and(eq(jobs.id, id), eq(jobs.owner, owner))).get();
		if (!row) throw new HeadwayError('not_found', 'There is no such job.');
		return row;
	}

	#read(id: string, tx: Db): JobRow {
		const row = tx.select().from(jobs).where(eq(jobs.id, id)).get();
		if (!row) throw new HeadwayError('not_found', 'There is no such job.');
		return row;
	}

	#ring(row: JobRow): void {
		this.#bell.ring(jobKey(row.id));
		this.#bell.ring(feedKey(row.owner));
	}
}

function findByKey(tx: Db, owner: string, key: string): JobRow | undefined {
	return tx.select().from(jobs).where(and(eq(jobs.owner, owner), eq(jobs.idempotencyKey, key))).get();
}

function hashOf({ operation, request, options }: NewJob): string {
	return createHash('sha256').update(JSON.stringify([operation, request, options])).digest('hex');
}

function newId(): string {
	return `job_${randomBytes(10).toString('hex')}`;
}

function terminalEvent(ending: Ending): NewEvent {
	switch (ending.status) {
		case 'succeeded':
			return { type: 'done', data: { result: ending.result, resultAvailable: ending.result !== null, cost: ending.cost, usage: ending.usage } };
		case 'failed': {
			const { code, message, retryable, cost, usage, receipt } = ending;
			return { type: 'error', data: { code, message, retryable, cost, usage, receipt } };
		}
		case 'cancelled':
			return { type: 'cancelled', data: { reason: ending.receipt.reason, receipt: ending.receipt } };
	}
}

function faultOf(ending: Ending): Partial<JobRow> {
	if (ending.status === 'failed') return { errorCode: ending.code, errorMessage: ending.message, receipt: ending.receipt };
	return ending.status === 'cancelled' ? { receipt: ending.receipt } : {};
}

function nothingRan(reason: CancelReason, now: number): Receipt {
	const none = { acknowledgedAt: null, cleanedUp: [], usage: null, kept: ['the question'] };
	return { reason, requestedAt: now, provider: 'not_needed', stoppedAt: now, cost: { usd: 0, known: true }, ...none };
}

function timingOf(row: JobRow, ending: Ending, snapshot: JobSnapshot): typeof timings.$inferInsert {
	const totalMs = snapshot.elapsedMs;
	const range = row.forecast;
	return {
		...{ jobId: row.id, owner: row.owner, operation: row.operation, model: row.model ?? '', variant: row.variant, totalMs },
		outcome: ending.status,
		reason: ending.status === 'succeeded' ? null : (snapshot.receipt?.reason ?? null),
		phases: phaseTimes(snapshot),
		costUsd: snapshot.cost.usd,
		...{ low: range ? Math.round(range.low) : null, high: range ? Math.round(range.high) : null },
		held: range && ending.status === 'succeeded' ? totalMs >= range.low && totalMs <= range.high : null,
		endedAt: snapshot.endedAt ?? 0
	};
}

function phaseTimes(snapshot: JobSnapshot): Record<string, number> {
	const spent = snapshot.phases.filter((phase) => phase.startedAt !== null && phase.endedAt !== null);
	return Object.fromEntries(spent.map((phase) => [phase.name, (phase.endedAt ?? 0) - (phase.startedAt ?? 0)]));
}
