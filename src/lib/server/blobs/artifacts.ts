import { randomBytes } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { access } from 'node:fs/promises';
import type { Readable } from 'node:stream';
import { and, eq } from 'drizzle-orm';
import type { Artifact } from '../../jobs/event.ts';
import type { ArtifactFile } from '../../operations/operation.ts';
import type { Clock } from '../clock.ts';
import type { Db } from '../db/open.ts';
import { artifacts } from '../db/schema.ts';
import type { Blobs, ByteRange } from './blobs.ts';
import { loosen, own, type LooseKeys } from './loose-keys.ts';
import { storeFault } from './store-fault.ts';

export type ArtifactRow = typeof artifacts.$inferSelect;

/** The files that jobs made: bytes in the blob store, a row for each. Names from outside never become keys. */
export class Artifacts {
	readonly #blobs: Blobs;
	readonly #loose: LooseKeys;
	readonly #db: Db;
	readonly #clock: Clock;

	constructor(parts: { blobs: Blobs; loose: LooseKeys; db: Db; clock: Clock }) {
		this.#blobs = parts.blobs;
		this.#loose = parts.loose;
		this.#db = parts.db;
		this.#clock = parts.clock;
	}

	/** Stores a file; resolves when its bytes are safe, and leaves nothing when it rejects. A file of the same name is replaced. */
	async put(jobId: string, file: ArtifactFile, signal?: AbortSignal): Promise<Artifact> {
		const { name, mediaType } = file;
		const path = newKey(jobId);
		// One that is not there is the run's own fault, not the store's.
		if ('path' in file) await access(file.path);
		try {
			await this.#loose.note(path);
			const sum = await this.#blobs.put(path, bodyOf(file), { mediaType }, signal);
			signal?.throwIfAborted();
			const row = { name, mediaType, ...sum };
			const replaced = this.#record({ jobId, ...row, path, createdAt: this.#clock.now() });
			await this.#loose.discard(replaced);
			return { ...row, url: `/api/jobs/${jobId}/artifacts/${encodeURIComponent(name)}` };
		} catch (error) {
			await this.#loose.discard([path]);
			throw signal?.aborted ? error : storeFault(error, 'stored');
		}
	}

	/** Puts the row in place, which then owns the key; gives the key that it had before. */
	#record(row: ArtifactRow): string[] {
		const named = and(eq(artifacts.jobId, row.jobId), eq(artifacts.name, row.name));
		return this.#db.transaction((tx) => {
			const before = tx.select({ path: artifacts.path }).from(artifacts).where(named).all();
			const replaced = before.map(({ path }) => path);
			const target = [artifacts.jobId, artifacts.name];
			tx.insert(artifacts).values(row).onConflictDoUpdate({ target, set: row }).run();
			own(tx, row.path);
			loosen(tx, replaced, row.createdAt);
			return replaced;
		});
	}

	/** The bytes, or a range of them. Rejects with `not_found` when the store has lost them, with `unavailable` when it fails. */
	async open(row: Pick<ArtifactRow, 'path'>, range?: ByteRange): Promise<Readable> {
		return this.#blobs.read(row.path, range).catch((error: unknown) => Promise.reject(storeFault(error, 'read')));
	}

	/** Removes the bytes of rows that are gone, whose keys `loosen` has written down. Never rejects. */
	async discard(paths: readonly string[]): Promise<void> {
		await this.#loose.discard(paths);
	}
}

/** Never used twice: a file is replaced by another key, so that nobody reads half of each. */
function newKey(jobId: string): string {
	const random = randomBytes(12).toString('hex');
	return `${random.slice(0, 2)}/${jobId}-${random}`;
}

function bodyOf(file: ArtifactFile): Uint8Array | AsyncIterable<Uint8Array> {
	if ('path' in file) return contentsOf(file.path);
	return typeof file.bytes === 'string' ? Buffer.from(file.bytes) : file.bytes;
}

/** Opened when it is read: an error before that would have nobody to hear it. */
async function* contentsOf(path: string): AsyncGenerator<Uint8Array> {
	yield* createReadStream(path);
}
