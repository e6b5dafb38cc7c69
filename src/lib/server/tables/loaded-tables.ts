import { mkdtemp, rm, stat } from 'node:fs/promises';
import { createWriteStream } from 'node:fs';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { HeadwayError } from '../../jobs/error.ts';
import type { UploadedFile } from '../../operations/operation.ts';
import type { Table } from '../../operations/tables.ts';
import type { Clock } from '../clock.ts';

/** A file's tables as they lie in a database of their own. */
export interface LoadedTables {
	readonly database: string;
	readonly tables: readonly Table[];
}

/** What a file is loaded with: the copy in a folder of its own becomes a database there. */
export type Loader = (
	of: { source: string; folder: string; name: string },
	signal: AbortSignal
) => Promise<LoadedTables>;

/** One that nobody used for so long goes. */
const IDLE_MS = 10 * 60_000;
/** All that are kept together; more are kept only while they are used. */
const MOST_BYTES = 4 * 1024 ** 3;

interface Entry {
	readonly loading: Promise<LoadedTables>;
	readonly stop: AbortController;
	folder: string | null;
	bytes: number;
	users: number;
	usedAt: number;
	stopWaiting: () => void;
}

/** Files as databases, kept for a while by what is in them, so that each question does not read the file again. */
export class TableShelf {
	readonly #root: string;
	readonly #clock: Clock;
	readonly #load: Loader;
	readonly #entries = new Map<string, Entry>();

	constructor(root: string, clock: Clock, load: Loader) {
		this.#root = root;
		this.#clock = clock;
		this.#load = load;
	}

	/** How many are kept or being made. */
	get size(): number {
		return this.#entries.size;
	}

	/** Works with a file's tables; they are loaded once for all who ask at the same time, as long as one of them waits. */
	async use<T>(file: UploadedFile, signal: AbortSignal, work: (tables: LoadedTables) => Promise<T>): Promise<T> {
		signal.throwIfAborted();
		// The table is called after the file.
		const key = `${file.sha256} ${file.name}`;
		const entry = this.#entries.get(key) ?? this.#begin(key, file);
		entry.users += 1;
		entry.stopWaiting();
		const { promise: gone, reject } = Promise.withResolvers<never>();
		const leave = () => reject(signal.reason as Error);
		signal.addEventListener('abort', leave, { once: true });
		try {
			return await work(await Promise.race([entry.loading, gone]));
		} finally {
			// One that is left there stays for as long as the server, whose end is one of the signal's reasons.
			signal.removeEventListener('abort', leave);
			entry.users -= 1;
			this.#rest(key, entry);
		}
	}

	/** Removes everything. */
	async close(): Promise<void> {
		await Promise.all([...this.#entries].map(([key, entry]) => this.#remove(key, entry)));
	}

	#begin(key: string, file: UploadedFile): Entry {
		const stop = new AbortController();
		const { promise, resolve } = Promise.withResolvers<Entry>();
		const entry: Entry = {
			...{ stop, folder: null, bytes: 0, users: 0, usedAt: this.#clock.now(), stopWaiting: () => undefined },
			loading: promise.then((begun) => this.#make(begun, file))
		};
		this.#entries.set(key, entry);
		resolve(entry);
		// What failed is not kept: the next one may have more luck, or a better sentence.
		entry.loading.catch(() => this.#remove(key, entry)).catch(() => undefined);
		return entry;
	}

	async #make(entry: Entry, file: UploadedFile): Promise<LoadedTables> {
		const folder = await mkdtemp(join(this.#root, 'table-'));
		entry.folder = folder;
		const source = join(folder, 'source');
		await copied(file, source, entry.stop.signal);
		const loaded = await this.#load({ source, folder, name: file.name }, entry.stop.signal);
		entry.bytes = (await stat(loaded.database)).size;
		return loaded;
	}

	#rest(key: string, entry: Entry): void {
		if (entry.users > 0 || this.#entries.get(key) !== entry) return;
		// Nobody waits for it any more.
		if (entry.bytes === 0) return void this.#remove(key, entry);
		entry.usedAt = this.#clock.now();
		entry.stopWaiting = this.#clock.after(IDLE_MS, () => void this.#remove(key, entry));
		const idle = [...this.#entries].filter(([, { users, bytes }]) => users === 0 && bytes > 0);
		let total = idle.reduce((sum, [, { bytes }]) => sum + bytes, 0);
		for (const [other, found] of idle.toSorted(([, a], [, b]) => a.usedAt - b.usedAt)) {
			if (total <= MOST_BYTES) return;
			total -= found.bytes;
			void this.#remove(other, found);
		}
	}

	async #remove(key: string, entry: Entry): Promise<void> {
		if (this.#entries.get(key) === entry) this.#entries.delete(key);
		entry.stopWaiting();
		entry.stop.abort(new HeadwayError('unavailable', 'The server is stopping. Try again.'));
		await entry.loading.catch(() => undefined);
		if (entry.folder) await rm(entry.folder, { recursive: true, force: true }).catch(() => undefined);
	}
}

async function copied(file: UploadedFile, path: string, signal: AbortSignal): Promise<void> {
	try {
		await pipeline(file.stream(), createWriteStream(path), { signal });
	} catch (error) {
		signal.throwIfAborted();
		if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error;
		throw new HeadwayError('unavailable', 'There is no room on the disk for the table. Try again later.', {
			cause: error
		});
	}
}
