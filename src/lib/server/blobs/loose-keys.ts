import { eq, inArray } from 'drizzle-orm';
import type { Clock } from '../clock.ts';
import type { Db, Rows } from '../db/open.ts';
import { looseBlobs } from '../db/schema.ts';
import type { RunLog } from '../../operations/operation.ts';
import type { Blobs } from './blobs.ts';

/** SQLite takes a limited number of values in one statement. */
const BATCH = 500;

/** In the transaction that takes the rows away: from here on nobody owns these keys. */
export function loosen(tx: Rows, paths: readonly string[], at: number): void {
	for (const path of paths) tx.insert(looseBlobs).values({ path, at }).onConflictDoNothing().run();
}

/** In the transaction that puts a row in place: from here on it owns the key. */
export function own(tx: Rows, path: string): void {
	tx.delete(looseBlobs).where(eq(looseBlobs.path, path)).run();
}

/**
 * The keys in the store that no row owns yet, or any more. A key is written down before its bytes come, and struck off
 * after they are gone, so that a process may be killed at any point and the next one finds what it left.
 */
export class LooseKeys {
	readonly #db: Db;
	readonly #clock: Clock;
	readonly #blobs: Blobs;
	readonly #log: Pick<RunLog, 'warn'>;

	constructor(parts: { db: Db; clock: Clock; blobs: Blobs; log: Pick<RunLog, 'warn'> }) {
		this.#db = parts.db;
		this.#clock = parts.clock;
		this.#blobs = parts.blobs;
		this.#log = parts.log;
	}

	/** Call before the bytes are written. */
	async note(path: string): Promise<void> {
		loosen(this.#db, [path], this.#clock.now());
	}

	/** Removes the bytes of loose keys, then the keys. What the store cannot remove now stays for the next start. Never rejects. */
	async discard(paths: readonly string[]): Promise<void> {
		if (paths.length === 0) return;
		try {
			await this.#blobs.remove(paths);
			this.#db
				.delete(looseBlobs)
				.where(inArray(looseBlobs.path, [...paths]))
				.run();
		} catch (error) {
			this.#log.warn({ error: String(error), files: paths.length }, 'files could not be removed; the next start will');
		}
	}

	/** Discards everything that is loose, and counts it. Call before any job runs. */
	async discardAll(): Promise<number> {
		const paths = this.#db
			.select()
			.from(looseBlobs)
			.all()
			.map(({ path }) => path);
		for (let from = 0; from < paths.length; from += BATCH) await this.discard(paths.slice(from, from + BATCH));
		return paths.length;
	}
}
