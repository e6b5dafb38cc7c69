import { blob, index, integer, primaryKey, real, sqliteTable, text, uniqueIndex } from 'drizzle-orm/sqlite-core';
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

/** Files that a person brought, for inputs to refer to. `mediaType` is told by the content; `path` is the blob store's key. */
export const files = sqliteTable(
	'files',
	{
		id: text().primaryKey(),
		owner: text().notNull(),
		name: text().notNull(),
		mediaType: text().notNull(),
		size: integer().notNull(),
		sha256: text().notNull(),
		path: text().notNull(),
		createdAt: integer().notNull()
	},
	(file) => [index('files_owner').on(file.owner, file.createdAt)]
);
export type FileRow = typeof files.$inferSelect;

/** Keys in the blob store that no row owns yet, or any more: removed at start, after a process that was killed between. */
export const looseBlobs = sqliteTable('loose_blobs', { path: text().primaryKey(), at: integer().notNull() });

/** Named groups of conversations, documents and memories. */
export const projects = sqliteTable(
	'projects',
	{
		id: text().primaryKey(),
		owner: text().notNull(),
		name: text().notNull(),
		createdAt: integer().notNull(),
		updatedAt: integer().notNull()
	},
	(project) => [index('projects_owner').on(project.owner, project.name)]
);
export type ProjectRow = typeof projects.$inferSelect;

/** A conversation has the id of its first turn's job. */
export const conversations = sqliteTable(
	'conversations',
	{
		id: text().primaryKey(),
		owner: text().notNull(),
		projectId: text().references(() => projects.id, { onDelete: 'set null' }),
		title: text().notNull(),
		/** A person named it: its first message no longer does. */
		named: integer({ mode: 'boolean' }).notNull().default(false),
		/** The turn that ends the branch that was looked at last. */
		head: text().notNull(),
		createdAt: integer().notNull(),
		updatedAt: integer().notNull()
	},
	(conversation) => [
		index('conversations_owner').on(conversation.owner, conversation.updatedAt),
		index('conversations_project').on(conversation.projectId)
	]
);
export type ConversationRow = typeof conversations.$inferSelect;

/** The turns of conversations: a tree, each turn a job. */
export const turns = sqliteTable(
	'turns',
	{
		/** The row of its words in `turns_fts`. */
		id: integer().primaryKey({ autoIncrement: true }),
		jobId: text()
			.notNull()
			.unique()
			.references(() => jobs.id, { onDelete: 'cascade' }),
		conversationId: text()
			.notNull()
			.references(() => conversations.id, { onDelete: 'cascade' }),
		/** The turn that it follows; null for the first of a branch. */
		after: text(),
		message: text().notNull(),
		/** What was answered, once the turn has ended: up to where it was stopped. */
		answer: text(),
		/** How many UTF-16 units of the answer the person had been shown when they stopped it. */
		shown: integer(),
		createdAt: integer().notNull()
	},
	(turn) => [index('turns_conversation').on(turn.conversationId, turn.createdAt), index('turns_after').on(turn.after)]
);
export type TurnRow = typeof turns.$inferSelect;

/** What is kept of what a person said, for them or for a project. */
export const memories = sqliteTable(
	'memories',
	{
		id: text().primaryKey(),
		owner: text().notNull(),
		/** Null: kept for the person everywhere. */
		projectId: text().references(() => projects.id, { onDelete: 'cascade' }),
		text: text().notNull(),
		/** The turn that it was kept from; null when the person wrote it. */
		jobId: text(),
		createdAt: integer().notNull(),
		updatedAt: integer().notNull()
	},
	(memory) => [index('memories_owner').on(memory.owner, memory.projectId)]
);
export type MemoryRow = typeof memories.$inferSelect;

/** Documents of the knowledge base; a row is there once all of its passages are. */
export const documents = sqliteTable(
	'documents',
	{
		id: text().primaryKey(),
		owner: text().notNull(),
		projectId: text().references(() => projects.id, { onDelete: 'set null' }),
		fileId: text().notNull(),
		/** The job that ingested it. */
		jobId: text().notNull(),
		name: text().notNull(),
		title: text().notNull(),
		mediaType: text().notNull(),
		/** ISO 639-1, where it could be told. */
		language: text(),
		/** Null where its format has none. */
		pages: integer(),
		passages: integer().notNull(),
		/** UTF-16 units. */
		characters: integer().notNull(),
		/** The model whose vectors it has; null without. */
		embeddingModel: text(),
		createdAt: integer().notNull()
	},
	(document) => [index('documents_owner').on(document.owner, document.createdAt)]
);
export type DocumentRow = typeof documents.$inferSelect;

/** Stretches of documents, in order and without overlap: together they are the document. */
export const passages = sqliteTable(
	'passages',
	{
		id: integer().primaryKey({ autoIncrement: true }),
		documentId: text()
			.notNull()
			.references(() => documents.id, { onDelete: 'cascade' }),
		/** From 0. */
		ordinal: integer().notNull(),
		/** From 1; null where the format has none. */
		page: integer(),
		/** The headings that it stands under, outermost first, joined by " › "; null before the first. */
		heading: text(),
		text: text().notNull()
	},
	(passage) => [uniqueIndex('passages_place').on(passage.documentId, passage.ordinal)]
);
export type PassageRow = typeof passages.$inferSelect;

/** A passage's vector, as 32-bit floats, by the model that made it. */
export const vectors = sqliteTable(
	'vectors',
	{
		passageId: integer()
			.notNull()
			.references(() => passages.id, { onDelete: 'cascade' }),
		model: text().notNull(),
		vector: blob({ mode: 'buffer' }).notNull()
	},
	(vector) => [primaryKey({ columns: [vector.passageId, vector.model] })]
);

/** What a person prefers, by name. */
export const preferences = sqliteTable(
	'preferences',
	{ owner: text().notNull(), name: text().notNull(), value: text({ mode: 'json' }).notNull() },
	(preference) => [primaryKey({ columns: [preference.owner, preference.name] })]
);

/** Facts about the database itself, such as the log's epoch. */
export const meta = sqliteTable('meta', { key: text().primaryKey(), value: text().notNull() });
