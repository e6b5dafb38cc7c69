import { and, desc, eq, isNull, type SQL } from 'drizzle-orm';
import { HeadwayError } from '../../jobs/error.ts';
import type { KnownDocument, Knowledge } from '../../operations/operation.ts';
import type { Uploads } from '../blobs/uploads.ts';
import type { Clock } from '../clock.ts';
import type { Db } from '../db/open.ts';
import { documents, files, type DocumentRow, type FileRow } from '../db/schema.ts';
import { findByKey } from '../new-job.ts';
import { checkProject, knownDocument, ownDocument } from './document-rows.ts';
import { hide, removeHidden, sweepHidden } from './document-store.ts';
import { OwnKnowledge } from './own-knowledge.ts';

/** So many documents are listed at the most. */
const MOST_LISTED = 1_000;

/** Every owner's documents. */
export class KnowledgeBase {
	readonly #db: Db;
	readonly #clock: Clock;
	readonly #vectors: boolean;

	/** `vectors` says whether the database can compare vectors. What a killed process left half-made is removed. */
	constructor(db: Db, clock: Clock, vectors = false) {
		this.#db = db;
		this.#clock = clock;
		this.#vectors = vectors;
		sweepHidden(db);
	}

	/** One owner's. */
	of(owner: string): Knowledge {
		return new OwnKnowledge(owner, { db: this.#db, clock: this.#clock, vectors: this.#vectors });
	}

	/** All of an owner's documents, or those of one project, or with null those of none: newest first. */
	async documents(owner: string, projectId?: string | null): Promise<KnownDocument[]> {
		const within =
			projectId === undefined
				? undefined
				: projectId === null
					? isNull(documents.projectId)
					: eq(documents.projectId, projectId);
		return this.#rows(and(eq(documents.owner, owner), within)).map(knownDocument);
	}

	#rows(which: SQL | undefined): DocumentRow[] {
		const newest = [desc(documents.createdAt), desc(documents.id)];
		return this.#db
			.select()
			.from(documents)
			.where(which)
			.orderBy(...newest)
			.limit(MOST_LISTED)
			.all();
	}

	/** Rejects with `not_found` also for another owner's. */
	async document(owner: string, id: string): Promise<KnownDocument> {
		return knownDocument(ownDocument(this.#db, owner, id));
	}

	/** Takes a document out, with its passages and, unless something else needs it, its file. */
	async remove(owner: string, id: string, uploads: Pick<Uploads, 'remove'>): Promise<void> {
		const { fileId } = ownDocument(this.#db, owner, id);
		hide(this.#db, id);
		await removeHidden(this.#db, id);
		await uploads.remove(owner, fileId).catch((error: unknown) => {
			const isKept = error instanceof HeadwayError && ['conflict', 'not_found'].includes(error.code);
			if (!isKept) throw error;
		});
	}

	/** Puts a document into a project, or with null into none. Rejects with `not_found` for a project of somebody else. */
	async move(owner: string, id: string, projectId: string | null): Promise<KnownDocument> {
		return this.#db.transaction((tx) => {
			ownDocument(tx, owner, id);
			checkProject(tx, owner, projectId);
			const row = tx.update(documents).set({ projectId }).where(eq(documents.id, id)).returning().get();
			return knownDocument(row);
		});
	}

	/** The file of the ingesting that a key began, where it is still there. */
	async begunWith(owner: string, key: string): Promise<FileRow | null> {
		const job = findByKey(this.#db, owner, key);
		if (job?.operation !== 'ingest') return null;
		const { fileId } = job.input as { fileId: string };
		return this.#db.select().from(files).where(eq(files.id, fileId)).get() ?? null;
	}
}
