import { randomBytes } from 'node:crypto';
import type { Readable } from 'node:stream';
import { and, desc, eq, lt, or } from 'drizzle-orm';
import { HeadwayError } from '../../jobs/error.ts';
import type { AnyModel, UploadedFile } from '../../operations/operation.ts';
import type { Clock } from '../clock.ts';
import type { Db } from '../db/open.ts';
import { documents, files, type FileRow } from '../db/schema.ts';
import { referrerOf } from '../referrers.ts';
import type { Blobs, ByteRange } from './blobs.ts';
import { cleanName } from './file-name.ts';
import { loosen, own, type LooseKeys } from './loose-keys.ts';
import { mediaTypeOf } from './media-type.ts';
import { stoppable } from './source.ts';
import { storeFault } from './store-fault.ts';

/** A file as the doors show it. */
export interface StoredUpload {
	fileId: string;
	name: string;
	/** Told by its content. */
	mediaType: string;
	/** In bytes. */
	size: number;
	sha256: string;
	url: string;
	/** Milliseconds since 1970. */
	createdAt: number;
}

/** What `Uploads` is made of. */
export interface UploadsParts {
	blobs: Blobs;
	loose: LooseKeys;
	db: Db;
	clock: Clock;
	models: Record<string, AnyModel>;
	/** The largest file that is taken, in bytes. */
	maxBytes: number;
}

/** Enough to tell a type, and small enough to hold. */
const HEAD = 64 * 1024;

/** Files that people brought, for inputs to refer to. Each call is confined to one owner. */
export class Uploads {
	readonly #blobs: Blobs;
	readonly #loose: LooseKeys;
	readonly #db: Db;
	readonly #clock: Clock;
	readonly #models: Record<string, AnyModel>;
	readonly #maxBytes: number;

	constructor(parts: UploadsParts) {
		this.#blobs = parts.blobs;
		this.#loose = parts.loose;
		this.#db = parts.db;
		this.#clock = parts.clock;
		this.#models = parts.models;
		this.#maxBytes = parts.maxBytes;
	}

	/** The largest file that is taken, in bytes. */
	get maxBytes(): number {
		return this.#maxBytes;
	}

	/** Takes a file as it comes, of at most `maxBytes` where that is less than any file may have; leaves nothing when it rejects. Rejects with `too_large` as soon as it is, with `unavailable` when the store fails. */
	async put(
		owner: string,
		file: { name: string; body: AsyncIterable<Uint8Array> },
		signal?: AbortSignal,
		maxBytes = this.#maxBytes
	): Promise<FileRow> {
		const id = `file_${randomBytes(10).toString('hex')}`;
		const path = `${id.slice(5, 7)}/${id}`;
		const name = cleanName(file.name);
		const limited = limitedTo(Math.min(maxBytes, this.#maxBytes), stoppable(file.body, signal));
		const { head, whole, rest } = await beginningOf(limited);
		const mediaType = await mediaTypeOf(head, name, whole);
		try {
			await this.#loose.note(path);
			const sum = await this.#blobs.put(path, rest, { mediaType }, signal);
			signal?.throwIfAborted();
			const row: FileRow = { id, owner, name, mediaType, ...sum, path, createdAt: this.#clock.now() };
			this.#db.transaction((tx) => {
				tx.insert(files).values(row).run();
				own(tx, path);
			});
			return row;
		} catch (error) {
			await this.#loose.discard([path]);
			throw signal?.aborted ? error : storeFault(error, 'stored');
		}
	}

	/** Rejects with `not_found` also for another owner's file, so that ids tell nothing. */
	async get(owner: string, id: string): Promise<FileRow> {
		const row = this.#db
			.select()
			.from(files)
			.where(and(eq(files.id, id), eq(files.owner, owner)))
			.get();
		if (!row) throw new HeadwayError('not_found', 'There is no such file. It may have been deleted.');
		return row;
	}

	/** The bytes, or a range of them. */
	async open(row: Pick<FileRow, 'path'>, range?: ByteRange): Promise<Readable> {
		return this.#blobs.read(row.path, range).catch((error: unknown) => Promise.reject(storeFault(error, 'read')));
	}

	/** A file as a run reads it. */
	async file(owner: string, id: string): Promise<UploadedFile> {
		const row = await this.get(owner, id);
		const stream = () => this.#stream(row);
		const { name, mediaType, size, sha256 } = row;
		return {
			id,
			name,
			mediaType,
			size,
			sha256,
			stream,
			bytes: async () => Buffer.concat(await Array.fromAsync(stream()))
		};
	}

	async *#stream(row: FileRow): AsyncGenerator<Uint8Array> {
		yield* await this.open(row);
	}

	/** Newest first; `next` continues, null at the end. */
	async list(
		owner: string,
		page: { before?: string | undefined; limit?: number | undefined } = {}
	): Promise<{ rows: FileRow[]; next: string | null }> {
		const limit = page.limit ?? 50;
		const older = page.before === undefined ? undefined : olderThan(page.before);
		const rows = this.#db
			.select()
			.from(files)
			.where(and(eq(files.owner, owner), older))
			.orderBy(desc(files.createdAt), desc(files.id))
			.limit(limit + 1)
			.all();
		const last = rows[limit - 1];
		return { rows: rows.slice(0, limit), next: rows.length > limit && last ? `${last.createdAt}.${last.id}` : null };
	}

	/** Deletes a file; a conflict while an unfinished job refers to it, or a document of the knowledge base is made of it. */
	async remove(owner: string, id: string): Promise<void> {
		const { path } = await this.get(owner, id);
		this.#db.transaction((tx) => {
			const user = referrerOf(tx, this.#models, { owner, kind: 'files', ids: [id] });
			if (user !== null)
				throw new HeadwayError('conflict', `The job "${user}" still needs this file. Cancel it, or wait for it.`);
			const made = tx.select().from(documents).where(eq(documents.fileId, id)).get();
			if (made)
				throw new HeadwayError('conflict', `The document "${made.title}" is made of this file. Remove that first.`);
			tx.delete(files).where(eq(files.id, id)).run();
			loosen(tx, [path], this.#clock.now());
		});
		await this.#loose.discard([path]);
	}
}

async function* limitedTo(most: number, body: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
	let size = 0;
	for await (const chunk of body) {
		size += chunk.byteLength;
		if (size > most) throw tooLarge(most);
		yield chunk;
	}
}

/** How the doors show a file. */
export function presentUpload(row: FileRow): StoredUpload {
	const { id, name, mediaType, size, sha256, createdAt } = row;
	return { fileId: id, name, mediaType, size, sha256, url: `/api/files/${id}`, createdAt };
}

/** The refusal of a file above the limit, in bytes. */
export function tooLarge(maxBytes: number): HeadwayError {
	return new HeadwayError(
		'too_large',
		`The file is larger than ${inWords(maxBytes)}, the most that this server takes.`
	);
}

function inWords(bytes: number): string {
	const units = ['bytes', 'KB', 'MB', 'GB'];
	const step = Math.min(units.length - 1, Math.floor(Math.log2(bytes) / 10));
	return `${Number((bytes / 1024 ** step).toFixed(1))} ${units[step]}`;
}

/** The first bytes of a file, and all of it again. */
async function beginningOf(
	body: AsyncGenerator<Uint8Array>
): Promise<{ head: Uint8Array; whole: boolean; rest: AsyncIterable<Uint8Array> }> {
	const chunks: Uint8Array[] = [];
	let [size, whole] = [0, false];
	while (size < HEAD && !whole) {
		const { done, value } = await body.next();
		if (done) whole = true;
		else {
			chunks.push(value);
			size += value.byteLength;
		}
	}
	async function* rest() {
		for (const chunk of chunks.splice(0)) yield chunk;
		yield* body;
	}
	return { head: Buffer.concat(chunks).subarray(0, HEAD), whole: whole && size <= HEAD, rest: rest() };
}

function olderThan(cursor: string) {
	const [, createdAt, id] = /^(\d{1,15})\.(file_[0-9a-f]{20})$/.exec(cursor) ?? [];
	if (!createdAt || !id)
		throw new HeadwayError('bad_request', '`before` is not a cursor of this list. Use the `next` of the page before.');
	return or(lt(files.createdAt, Number(createdAt)), and(eq(files.createdAt, Number(createdAt)), lt(files.id, id)));
}
