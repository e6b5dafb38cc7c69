import { index, integer, primaryKey, sqliteTable, text } from 'drizzle-orm/sqlite-core';

export * from './conversation-tables.ts';
export * from './job-tables.ts';
export * from './knowledge-tables.ts';

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

/** What a person prefers, by name. */
export const preferences = sqliteTable(
	'preferences',
	{ owner: text().notNull(), name: text().notNull(), value: text({ mode: 'json' }).notNull() },
	(preference) => [primaryKey({ columns: [preference.owner, preference.name] })]
);

/** Facts about the database itself, such as the log's epoch. */
export const meta = sqliteTable('meta', { key: text().primaryKey(), value: text().notNull() });
