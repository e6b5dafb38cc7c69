import { and, eq } from 'drizzle-orm';
import { HeadwayError } from '../../jobs/error.ts';
import type { KnownDocument } from '../../operations/operation.ts';
import type { Rows } from '../db/open.ts';
import { documents, projects, type DocumentRow } from '../db/schema.ts';

/** Throws `not_found` for a project that is not the owner's. */
export function checkProject(rows: Rows, owner: string, projectId: string | null): void {
	if (projectId === null) return;
	const found = rows
		.select({ id: projects.id })
		.from(projects)
		.where(and(eq(projects.id, projectId), eq(projects.owner, owner)))
		.get();
	if (!found) throw new HeadwayError('not_found', 'There is no such project. It may have been deleted.');
}

/** The row; throws `not_found` also for another owner's. */
export function ownDocument(rows: Rows, owner: string, id: string): DocumentRow {
	const row = rows
		.select()
		.from(documents)
		.where(and(eq(documents.id, id), eq(documents.owner, owner)))
		.get();
	if (!row) throw new HeadwayError('not_found', 'There is no such document. It may have been deleted.');
	return row;
}

/** A document as lists show it. */
export function knownDocument(row: DocumentRow): KnownDocument {
	const { id, title, name, mediaType, projectId, language, pages, passages, characters, jobId, fileId, createdAt } =
		row;
	return { id, title, name, mediaType, projectId, language, pages, passages, characters, jobId, fileId, createdAt };
}
