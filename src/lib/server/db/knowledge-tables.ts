import { blob, index, integer, primaryKey, sqliteTable, text, uniqueIndex } from 'drizzle-orm/sqlite-core';
import { projects } from './conversation-tables.ts';

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
