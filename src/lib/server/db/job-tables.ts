import { index, integer, primaryKey, real, sqliteTable, text, uniqueIndex } from 'drizzle-orm/sqlite-core';
import type { Cost, Range, Receipt, Usage } from '../../jobs/event.ts';
import type { CancelReason, JobOptions, JobStatus } from '../../jobs/job.ts';
import type { JobSnapshot } from '../../jobs/snapshot.ts';

/** What one request at a provider was billed. */
export interface Bill {
	usage: Usage | null;
	cost: Cost;
	/** Of a request that was let go without its usage: the response to ask again. */
	responseId?: string;
}

/** One row a job: who, what, where it stands, who runs it, and what it is at the provider. Times in ms since 1970. */
export const jobs = sqliteTable(
	'jobs',
	{
		id: text().primaryKey(),
		owner: text().notNull(),
		operation: text().notNull(),
		title: text().notNull(),
		input: text({ mode: 'json' }).notNull(),
		options: text({ mode: 'json' }).$type<JobOptions>().notNull(),
		variant: text().notNull().default(''),
		parentId: text(),
		retryOf: text(),
		status: text().$type<JobStatus>().notNull(),
		priority: integer().notNull().default(0),
		/** Counts claims; every write of a runner is fenced by it. */
		epoch: integer().notNull().default(0),
		leaseUntil: integer(),
		/** Which process holds the lease: `host:pid:boot`. */
		runner: text(),
		/** The highest seq in the log. */
		seq: integer().notNull().default(0),
		phase: text(),
		/** The highest fraction shown, so that it never falls over a restart. */
		fraction: real(),
		basis: text().$type<'measured' | 'estimated'>(),
		provider: text(),
		model: text(),
		providerState: text().$type<'none' | 'creating' | 'created'>().notNull().default('none'),
		/** Which of the operation's requests the response belongs to; see `RunContext.provider.respond`. */
		providerStep: text().notNull().default(''),
		responseId: text(),
		/** Sequence number of the last provider event whose effect is in the log. */
		cursor: integer(),
		usage: text({ mode: 'json' }).$type<Usage>(),
		cost: text({ mode: 'json' }).$type<Cost>(),
		/** What each of its requests was billed, by step: a step that is read again after a restart is not counted twice. */
		bills: text({ mode: 'json' }).$type<Record<string, Bill>>(),
		/** What a running job waits for without a slot, or that it waits for a slot to go on; null while it works. */
		waitingFor: text().$type<'person' | 'child' | 'slot'>(),
		/** The range of the whole time that was published at the start (ms). */
		forecast: text({ mode: 'json' }).$type<Range>(),
		errorCode: text(),
		errorMessage: text(),
		receipt: text({ mode: 'json' }).$type<Receipt>(),
		cancelRequestedAt: integer(),
		cancelReason: text().$type<CancelReason>(),
		finishRequestedAt: integer(),
		idempotencyKey: text(),
		/** Hash of operation, input and options: the same key with another hash is a conflict. */
		requestHash: text().notNull(),
		/** The whole snapshot, once the job has ended. */
		snapshot: text({ mode: 'json' }).$type<JobSnapshot>(),
		createdAt: integer().notNull(),
		startedAt: integer(),
		endedAt: integer(),
		updatedAt: integer().notNull()
	},
	(job) => [
		uniqueIndex('jobs_idempotency').on(job.owner, job.idempotencyKey),
		uniqueIndex('jobs_response').on(job.provider, job.responseId),
		index('jobs_status').on(job.status, job.priority, job.createdAt),
		index('jobs_owner').on(job.owner, job.createdAt, job.id),
		index('jobs_parent').on(job.parentId)
	]
);
export type JobRow = typeof jobs.$inferSelect;

/** The log: `(job, seq)` contiguous from 1, never changed, removed only with its job. */
export const events = sqliteTable(
	'events',
	{
		jobId: text()
			.notNull()
			.references(() => jobs.id, { onDelete: 'cascade' }),
		seq: integer().notNull(),
		at: integer().notNull(),
		type: text().notNull(),
		/** The body as JSON text. */
		data: text().notNull()
	},
	(event) => [primaryKey({ columns: [event.jobId, event.seq] })]
);

/** How far a running job's log is folded, so that a restart does not begin at its first event. Only a shortcut: one that cannot be used is passed over. */
export const checkpoints = sqliteTable('checkpoints', {
	jobId: text()
		.primaryKey()
		.references(() => jobs.id, { onDelete: 'cascade' }),
	/** The last event in it. */
	seq: integer().notNull(),
	/** Which code folded it: another one folds anew. */
	version: text().notNull(),
	/** A `JobSnapshot` as JSON text. */
	snapshot: text().notNull()
});

/** Files of jobs; `path` is the blob store's key, made by us. */
export const artifacts = sqliteTable(
	'artifacts',
	{
		jobId: text()
			.notNull()
			.references(() => jobs.id, { onDelete: 'cascade' }),
		name: text().notNull(),
		mediaType: text().notNull(),
		size: integer().notNull(),
		sha256: text().notNull(),
		path: text().notNull(),
		createdAt: integer().notNull()
	},
	(file) => [primaryKey({ columns: [file.jobId, file.name] })]
);

/** How every ended run went and how long it took, by phase: the history behind estimates and statistics. Outlives the job. */
export const timings = sqliteTable(
	'timings',
	{
		jobId: text().primaryKey(),
		owner: text().notNull(),
		operation: text().notNull(),
		model: text().notNull(),
		variant: text().notNull(),
		outcome: text().$type<'succeeded' | 'failed' | 'cancelled'>().notNull(),
		/** Why it was stopped (CX-11); null when it was not. */
		reason: text().$type<CancelReason>(),
		totalMs: integer().notNull(),
		phases: text({ mode: 'json' }).$type<Record<string, number>>().notNull(),
		costUsd: real(),
		/** The range published at the start (ms), and whether the run ended within it; null without one. */
		low: integer(),
		high: integer(),
		held: integer({ mode: 'boolean' }),
		endedAt: integer().notNull()
	},
	(timing) => [index('timings_kind').on(timing.operation, timing.model, timing.variant, timing.endedAt)]
);
