import { index, integer, sqliteTable, text } from 'drizzle-orm/sqlite-core';
import { jobs } from './job-tables.ts';

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
