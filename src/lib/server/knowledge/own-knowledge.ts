import { randomBytes } from 'node:crypto';
import { and, asc, eq, gte, sql } from 'drizzle-orm';
import { HeadwayError } from '../../jobs/error.ts';
import type { Knowledge, KnownDocument, NewDocument, Passage, Reach, Retrieval } from '../../operations/operation.ts';
import type { Clock } from '../clock.ts';
import type { Db, Rows } from '../db/open.ts';
import { documents, files, passages, type DocumentRow } from '../db/schema.ts';
import { checkProject, knownDocument, ownDocument } from './document-rows.ts';
import { removeHidden, storeHidden } from './document-store.ts';
import { inReach, retrieve } from './retrieval.ts';

/** One owner's documents. */
export class OwnKnowledge implements Knowledge {
	readonly #owner: string;
	readonly #db: Db;
	readonly #clock: Clock;
	readonly #vectors: boolean;

	constructor(owner: string, { db, clock, vectors }: { db: Db; clock: Clock; vectors: boolean }) {
		this.#owner = owner;
		this.#db = db;
		this.#clock = clock;
		this.#vectors = vectors;
	}

	async size(reach: Reach): Promise<{ documents: number; passages: number }> {
		return this.#db.get(
			sql`SELECT count(*) AS documents, coalesce(sum(d.passages), 0) AS passages FROM documents d
				WHERE ${inReach(this.#owner, reach)}`
		);
	}

	async search(
		question: string,
		options: Reach & { limit: number; vector?: { model: string; vector: Float32Array } }
	): Promise<Retrieval> {
		return retrieve(this.#db, { ...options, owner: this.#owner, question }, this.#vectors);
	}

	async embeddingModel(reach: Reach): Promise<string | null> {
		if (!this.#vectors) return null;
		const found = this.#db.all<{ model: string }>(
			sql`SELECT d.embedding_model AS model FROM documents d
				WHERE ${inReach(this.#owner, reach)} AND d.embedding_model IS NOT NULL
				GROUP BY d.embedding_model ORDER BY count(*) DESC LIMIT 1`
		);
		return found[0]?.model ?? null;
	}

	async documents(reach: Reach): Promise<KnownDocument[]> {
		return this.#db.all<KnownDocument>(
			sql`SELECT d.id, d.title, d.name, d.media_type AS mediaType, d.project_id AS projectId, d.language, d.pages,
				d.passages, d.characters, d.job_id AS jobId, d.file_id AS fileId, d.created_at AS createdAt
				FROM documents d WHERE ${inReach(this.#owner, reach)} ORDER BY d.created_at DESC, d.id DESC`
		);
	}

	async read(
		documentId: string,
		from: number,
		limit: number
	): Promise<{ document: KnownDocument; passages: Passage[] }> {
		const document = knownDocument(ownDocument(this.#db, this.#owner, documentId));
		const rows = this.#db
			.select()
			.from(passages)
			.where(and(eq(passages.documentId, documentId), gte(passages.ordinal, from)))
			.orderBy(asc(passages.ordinal))
			.limit(limit)
			.all();
		return { document, passages: rows.map((row) => ({ ...row, title: document.title })) };
	}

	async add(document: NewDocument, signal?: AbortSignal): Promise<KnownDocument> {
		const before = this.#storedBy(document.jobId);
		if (before) return knownDocument(before);
		this.#check(this.#db, document);
		const row = this.#rowOf(document);
		await storeHidden(this.#db, row, document, signal);
		try {
			return this.#db.transaction((tx) => {
				this.#check(tx, document);
				tx.update(documents).set({ owner: this.#owner }).where(eq(documents.id, row.id)).run();
				return knownDocument(row);
			});
		} catch (error) {
			await removeHidden(this.#db, row.id);
			throw error;
		}
	}

	#storedBy(jobId: string): DocumentRow | undefined {
		const own = and(eq(documents.jobId, jobId), eq(documents.owner, this.#owner));
		return this.#db.select().from(documents).where(own).get();
	}

	/** What it belongs to may go while it is written. */
	#check(rows: Rows, { projectId, fileId }: NewDocument): void {
		checkProject(rows, this.#owner, projectId);
		checkFile(rows, this.#owner, fileId);
	}

	#rowOf(document: NewDocument): DocumentRow {
		const { fileId, jobId, projectId, name, title, mediaType, language, pages } = document;
		return {
			...{ id: `doc_${randomBytes(10).toString('hex')}`, owner: this.#owner },
			...{ fileId, jobId, projectId, name, title, mediaType, language, pages },
			passages: document.passages.length,
			characters: document.passages.reduce((sum, { text }) => sum + text.length, 0),
			embeddingModel: document.vectors?.model ?? null,
			createdAt: this.#clock.now()
		};
	}
}

/** A file that went while it was read would leave a document without one. */
function checkFile(rows: Rows, owner: string, fileId: string): void {
	const file = rows
		.select({ id: files.id })
		.from(files)
		.where(and(eq(files.id, fileId), eq(files.owner, owner)))
		.get();
	if (!file) throw new HeadwayError('not_found', 'There is no such file. It may have been deleted.');
}
