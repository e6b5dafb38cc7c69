import type { NewDocument } from '../../operations/operation.ts';
import type { Db } from '../db/open.ts';
import { documents, type DocumentRow } from '../db/schema.ts';
import { eq } from 'drizzle-orm';
import { termsOf } from './words.ts';

/** Who owns a document that is not whole yet, or not any more: nobody, so that nobody sees it. */
const NOBODY = '';
/** So many passages are written or removed before others have their turn. */
const TURN = 16;

/** Writes a document that nobody sees, in turns; `reveal` shows it. Rejects with the signal's reason, or a fault, and leaves nothing. */
export async function storeHidden(
	db: Db,
	row: DocumentRow,
	document: NewDocument,
	signal: AbortSignal | undefined
): Promise<void> {
	const write = writer(db, row.id, document);
	db.insert(documents)
		.values({ ...row, owner: NOBODY })
		.run();
	try {
		for (let from = 0; from < document.passages.length; from += TURN) {
			write(from, from + TURN);
			await new Promise(setImmediate);
			signal?.throwIfAborted();
		}
	} catch (error) {
		await removeHidden(db, row.id);
		throw error;
	}
}

/** Statements are made once: a long document has tens of thousands of passages. */
function writer(db: Db, documentId: string, document: NewDocument): (from: number, to: number) => void {
	const client = db.$client;
	const { title, language } = document;
	const passage = client.prepare(
		'INSERT INTO passages (document_id, ordinal, page, heading, text) VALUES (?, ?, ?, ?, ?)'
	);
	const words = client.prepare('INSERT INTO passages_fts (rowid, terms) VALUES (?, ?)');
	const vector = client.prepare('INSERT INTO vectors (passage_id, model, vector) VALUES (?, ?, ?)');
	return client.transaction((from: number, to: number) => {
		for (const [index, { page, heading, text }] of document.passages.slice(from, to).entries()) {
			const { lastInsertRowid: id } = passage.run(documentId, from + index, page, heading, text);
			// Its own words, and those of its headings and of the title.
			words.run(id, termsOf(`${title}\n${heading ?? ''}\n${text}`, language).join(' '));
			const made = document.vectors?.vectors[from + index];
			if (made) vector.run(id, document.vectors?.model, Buffer.from(made.buffer, made.byteOffset, made.byteLength));
		}
	});
}

/** Makes a document nobody's, at once. */
export function hide(db: Db, id: string): void {
	db.update(documents).set({ owner: NOBODY }).where(eq(documents.id, id)).run();
}

/** Removes a hidden document with all that belongs to it, in turns. */
export async function removeHidden(db: Db, id: string): Promise<void> {
	const some = db.$client.prepare(
		'DELETE FROM passages WHERE id IN (SELECT id FROM passages WHERE document_id = ? LIMIT ?)'
	);
	while (some.run(id, TURN).changes > 0) await new Promise(setImmediate);
	db.delete(documents).where(eq(documents.id, id)).run();
}

/** Removes what a killed process left half-written or half-removed. */
export function sweepHidden(db: Db): void {
	db.delete(documents).where(eq(documents.owner, NOBODY)).run();
}
