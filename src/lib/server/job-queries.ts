import { and, desc, eq, gte, inArray, isNotNull, isNull, max, ne, notInArray, or, sql, type SQL } from 'drizzle-orm';
import { HeadwayError } from '../jobs/error.ts';
import type { PastRun } from '../jobs/estimate.ts';
import type { PastCost } from '../jobs/parts-forecast.ts';
import type { CancelReason, JobStatus } from '../jobs/job.ts';
import { isIncomplete, type JobSummary } from '../jobs/snapshot.ts';
import type { Clock } from './clock.ts';
import type { Db } from './db/open.ts';
import { artifacts, jobs, timings, type JobRow } from './db/schema.ts';
import { olderThan, pageOf } from './page-cursor.ts';

/** Which jobs to list. `before` is the `next` of the page before. */
export interface ListFilter {
	status?: JobStatus[] | undefined;
	operation?: string | undefined;
	/** All but those of this operation. */
	without?: string | undefined;
	/** Only this job's children; `none`: only jobs that are no children. */
	parent?: string | undefined;
	before?: string | undefined;
	limit?: number | undefined;
}

/** What is compared with what: one operation on one model in one variant. */
export interface RunKind {
	operation: string;
	model: string;
	variant: string;
}

const UNFINISHED: JobStatus[] = ['queued', 'running'];

/** As much as one group of events may need. */
const PROBE_BYTES = 64 * 1024;

/** How many past runs the estimates look at. */
const HISTORY = 200;

/** Reads jobs and history; changes nothing. Every read that an owner asks for is confined to that owner. */
export class JobQueries {
	readonly #db: Db;
	readonly #clock: Clock;
	/** Prepared once: building a query costs more than running it. */
	readonly #row;
	readonly #head;

	constructor(db: Db, clock: Clock) {
		this.#db = db;
		this.#clock = clock;
		const owned = and(eq(jobs.id, sql.placeholder('id')), eq(jobs.owner, sql.placeholder('owner')));
		this.#row = db.select().from(jobs).where(owned).prepare();
		this.#head = db.select({ seq: jobs.seq, status: jobs.status }).from(jobs).where(owned).prepare();
	}

	/** Throws `not_found` also for another owner's job, so that ids tell nothing. */
	async get(owner: string, id: string): Promise<JobRow> {
		const row = this.#row.get({ owner, id });
		if (!row) throw new HeadwayError('not_found', 'There is no such job. It may have been deleted.');
		return row;
	}

	/** How far a job's log goes and how the job stands, without reading the rest of its row. Throws `not_found` as `get` does. */
	async head(owner: string, id: string): Promise<{ seq: number; status: JobStatus }> {
		const head = this.#head.get({ owner, id });
		if (!head) throw new HeadwayError('not_found', 'There is no such job. It may have been deleted.');
		return head;
	}

	/** The job that a provider's response belongs to. */
	async byResponse(owner: string, responseId: string): Promise<JobRow> {
		const row = this.#db
			.select()
			.from(jobs)
			.where(and(eq(jobs.responseId, responseId), eq(jobs.owner, owner)))
			.get();
		if (!row) throw new HeadwayError('not_found', 'No job has this response_id.');
		return row;
	}

	/** Newest first; `next` continues, null at the end. */
	async list(owner: string, filter: ListFilter): Promise<{ rows: JobRow[]; next: string | null }> {
		const limit = filter.limit ?? 50;
		const rows = this.#db
			.select()
			.from(jobs)
			.where(and(eq(jobs.owner, owner), ...conditions(filter)))
			.orderBy(desc(jobs.createdAt), desc(jobs.id))
			.limit(limit + 1)
			.all();
		return pageOf(rows, limit);
	}

	/** Running jobs first, then those that changed at or after `since`, each newest first; at most 100. */
	async changed(owner: string, since: number): Promise<JobRow[]> {
		const fresh = or(eq(jobs.status, 'running'), gte(jobs.updatedAt, since));
		return this.#db
			.select()
			.from(jobs)
			.where(and(eq(jobs.owner, owner), fresh))
			.orderBy(desc(eq(jobs.status, 'running')), desc(jobs.createdAt), desc(jobs.id))
			.limit(100)
			.all();
	}

	/** How many jobs run at each provider, of all owners. */
	async runningByProvider(): Promise<Map<string, number>> {
		const running = this.#db
			.select({ provider: jobs.provider, count: sql<number>`count(*)` })
			.from(jobs)
			.where(and(eq(jobs.status, 'running'), isNotNull(jobs.provider)))
			.groupBy(jobs.provider)
			.all();
		return new Map(running.map(({ provider, count }) => [provider ?? '', count]));
	}

	/** What a job has started as parts of itself, in that order. */
	async children(parentId: string): Promise<JobRow[]> {
		return this.#db
			.select()
			.from(jobs)
			.where(eq(jobs.parentId, parentId))
			.orderBy(sql`rowid`)
			.all();
	}

	/** Those of them that have not ended. */
	async unfinishedChildren(parentId: string): Promise<JobRow[]> {
		return this.#db
			.select()
			.from(jobs)
			.where(and(eq(jobs.parentId, parentId), inArray(jobs.status, UNFINISHED)))
			.orderBy(sql`rowid`)
			.all();
	}

	/** Unfinished children whose parent has ended, or is gone. */
	async orphanedChildren(): Promise<JobRow[]> {
		const parents = this.#db.select({ id: jobs.id }).from(jobs).where(inArray(jobs.status, UNFINISHED));
		return this.#db
			.select()
			.from(jobs)
			.where(and(inArray(jobs.status, UNFINISHED), isNotNull(jobs.parentId), notInArray(jobs.parentId, parents)))
			.all();
	}

	/** The artifact's row, of an owner's job. */
	async artifact(owner: string, jobId: string, name: string): Promise<typeof artifacts.$inferSelect> {
		await this.get(owner, jobId);
		const row = this.#db
			.select()
			.from(artifacts)
			.where(and(eq(artifacts.jobId, jobId), eq(artifacts.name, name)))
			.get();
		if (!row) throw new HeadwayError('not_found', 'This job has no artifact of that name.');
		return row;
	}

	/** Succeeded runs of a kind, newest first. */
	history(kind: RunKind): PastRun[] {
		const alike = and(
			eq(timings.operation, kind.operation),
			eq(timings.model, kind.model),
			eq(timings.variant, kind.variant)
		);
		return this.#db
			.select({ totalMs: timings.totalMs, phases: timings.phases })
			.from(timings)
			.where(and(alike, eq(timings.outcome, 'succeeded')))
			.orderBy(desc(timings.endedAt))
			.limit(HISTORY)
			.all();
	}

	/** How long succeeded runs of a kind took and what they cost, newest first; null where not all of that is known. */
	spent({ operation, model, variant }: RunKind): PastCost[] {
		const alike = [eq(timings.operation, operation), eq(timings.model, model), eq(timings.variant, variant)];
		const isPartial = sql`json_extract(${jobs.cost}, '$.known') = 0`;
		const usd = sql<number | null>`case when ${isPartial} then null else ${timings.costUsd} end`;
		return this.#db
			.select({ totalMs: timings.totalMs, usd })
			.from(timings)
			.leftJoin(jobs, eq(jobs.id, timings.jobId))
			.where(and(...alike, eq(timings.outcome, 'succeeded')))
			.orderBy(desc(timings.endedAt))
			.limit(HISTORY)
			.all();
	}

	/** The most that a run of a kind has cost, in US dollars; null when none has told. */
	highestCost({ operation, model, variant }: RunKind): number | null {
		const alike = [eq(timings.operation, operation), eq(timings.model, model), eq(timings.variant, variant)];
		const found = this.#db
			.select({ most: max(timings.costUsd) })
			.from(timings)
			.where(and(...alike))
			.get();
		return found?.most ?? null;
	}

	/** Whether published ranges held, newest first; of one kind or of everything. */
	held(kind?: RunKind): boolean[] {
		const of = kind
			? [eq(timings.operation, kind.operation), eq(timings.model, kind.model), eq(timings.variant, kind.variant)]
			: [];
		const rows = this.#db
			.select({ held: timings.held })
			.from(timings)
			.where(and(isNotNull(timings.held), ...of))
			.orderBy(desc(timings.endedAt))
			.limit(kind ? HISTORY : 10_000)
			.all();
		return rows.map(({ held }) => held === true);
	}

	/** Ended runs of an owner by operation and outcome. */
	async outcomes(owner: string) {
		return this.#db
			.select({
				operation: timings.operation,
				outcome: timings.outcome,
				totalMs: timings.totalMs,
				costUsd: timings.costUsd
			})
			.from(timings)
			.where(eq(timings.owner, owner))
			.orderBy(desc(timings.endedAt))
			.limit(10_000)
			.all();
	}

	/** How often an owner's jobs were stopped, by reason (CX-11). One that failed by itself was not: an older version noted an error as its reason. */
	async cancellations(owner: string): Promise<{ reason: CancelReason; count: number }[]> {
		const rows = this.#db
			.select({ reason: timings.reason, count: sql<number>`count(*)` })
			.from(timings)
			.where(and(eq(timings.owner, owner), or(ne(timings.outcome, 'failed'), ne(timings.reason, 'error'))))
			.groupBy(timings.reason)
			.all();
		return rows.flatMap(({ reason, count }) => (reason ? [{ reason, count }] : []));
	}

	/** How many jobs stand where, for the metrics. */
	async byStatus(): Promise<{ status: JobStatus; count: number }[]> {
		return this.#db
			.select({ status: jobs.status, count: sql<number>`count(*)` })
			.from(jobs)
			.groupBy(jobs.status)
			.all();
	}

	/** Writes one row and makes room for more, to prove that the database takes what comes next. */
	async probe(): Promise<void> {
		const store = (value: SQL) =>
			sql`insert into meta (key, value) values ('probe', ${value}) on conflict (key) do update set value = excluded.value`;
		this.#db.transaction(
			(tx) => {
				// A row that only changes its value needs no room, which is what a full disk lacks.
				tx.run(store(sql`zeroblob(${PROBE_BYTES})`));
				tx.run(store(sql`${String(this.#clock.now())}`));
			},
			{ behavior: 'immediate' }
		);
	}

	/** What a list shows of a row. */
	summary(row: JobRow, positions: Map<string, number>): JobSummary {
		const now = this.#clock.now();
		const { id, operation, title, status, phase, createdAt, startedAt, endedAt, cancelRequestedAt, parentId } = row;
		return {
			...{ id, operation, title, status, phase, createdAt, startedAt, endedAt, cancelRequestedAt, serverNow: now },
			...{ parentId, waitingFor: status === 'running' ? row.waitingFor : null },
			progress: progressOf(row),
			elapsedMs: startedAt === null ? 0 : Math.max(0, (endedAt ?? now) - startedAt),
			remaining: null,
			incomplete: row.snapshot !== null && isIncomplete(row.snapshot),
			cost: row.cost ?? { usd: null, known: false },
			error: row.errorCode
				? ({ code: row.errorCode, message: row.errorMessage ?? '', retryable: true } as JobSummary['error'])
				: null,
			queuePosition: positions.get(id) ?? null
		};
	}
}

function progressOf(row: JobRow): JobSummary['progress'] {
	if (row.status === 'succeeded') return { fraction: 1, basis: 'measured' };
	if (row.fraction === null) return { fraction: null, basis: 'unknown' };
	return { fraction: row.fraction, basis: row.basis ?? 'estimated' };
}

function conditions(filter: ListFilter): (SQL | undefined)[] {
	return [
		filter.status?.length ? inArray(jobs.status, filter.status) : undefined,
		filter.operation ? eq(jobs.operation, filter.operation) : undefined,
		filter.without ? ne(jobs.operation, filter.without) : undefined,
		filter.parent === undefined ? undefined : ofParent(filter.parent),
		filter.before ? olderThan(filter.before) : undefined
	];
}

function ofParent(parent: string): SQL {
	return parent === 'none' ? isNull(jobs.parentId) : eq(jobs.parentId, parent);
}
