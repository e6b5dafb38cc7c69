import { createHash, randomBytes } from 'node:crypto';
import { constants, createReadStream } from 'node:fs';
import { access, mkdir, open, readdir, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Readable } from 'node:stream';
import { and, eq } from 'drizzle-orm';
import type { Artifact } from '../jobs/event.ts';
import type { Clock } from './clock.ts';
import { ConfigError } from './config.ts';
import type { Db } from './db/open.ts';
import { artifacts } from './db/schema.ts';

const TEMPORARY = '.part';

/** Files of jobs under the data folder: written to a temporary name, synced, renamed, then recorded. Names from outside never become paths. */
export class Blobs {
	readonly #folder: string;
	readonly #db: Db;
	readonly #clock: Clock;

	constructor(folder: string, db: Db, clock: Clock) {
		this.#folder = folder;
		this.#db = db;
		this.#clock = clock;
	}

	/** Stores a file; resolves when its bytes are safe. A file of the same name is replaced. */
	async put(
		jobId: string,
		file: { name: string; mediaType: string; bytes: Uint8Array | string },
		signal?: AbortSignal
	): Promise<Artifact> {
		const bytes = typeof file.bytes === 'string' ? Buffer.from(file.bytes) : file.bytes;
		const sha256 = createHash('sha256').update(bytes).digest('hex');
		// Of the name too: two files of one job may have the same bytes, and each goes by itself.
		const address = createHash('sha256').update(`${sha256} ${file.name}`).digest('hex');
		const path = join(address.slice(0, 2), `${jobId}-${address.slice(0, 24)}`);
		await this.#write(path, bytes, signal);
		const row = { name: file.name, mediaType: file.mediaType, size: bytes.byteLength, sha256 };
		await this.#record(jobId, { ...row, path, createdAt: this.#clock.now() });
		return { ...row, url: `/api/jobs/${jobId}/artifacts/${encodeURIComponent(file.name)}` };
	}

	/** Puts the row in place; whichever bytes no row knows then are removed. */
	async #record(jobId: string, facts: Omit<typeof artifacts.$inferInsert, 'jobId'>): Promise<void> {
		const named = and(eq(artifacts.jobId, jobId), eq(artifacts.name, facts.name));
		const before = this.#db.select({ path: artifacts.path }).from(artifacts).where(named).get();
		try {
			const target = [artifacts.jobId, artifacts.name];
			this.#db
				.insert(artifacts)
				.values({ jobId, ...facts })
				.onConflictDoUpdate({ target, set: facts })
				.run();
		} catch (error) {
			if (before?.path !== facts.path) await this.remove([facts.path]);
			throw error;
		}
		if (before && before.path !== facts.path) await this.remove([before.path]);
	}

	async #write(path: string, bytes: Uint8Array, signal?: AbortSignal): Promise<void> {
		const target = join(this.#folder, path);
		const temporary = `${target}.${randomBytes(4).toString('hex')}${TEMPORARY}`;
		await mkdir(dirname(target), { recursive: true });
		try {
			const handle = await open(temporary, 'wx');
			try {
				await handle.writeFile(bytes, signal ? { signal } : {});
				await handle.sync();
			} finally {
				await handle.close();
			}
			await rename(temporary, target);
		} catch (error) {
			await rm(temporary, { force: true });
			throw error;
		}
	}

	read(path: string): Readable {
		return createReadStream(join(this.#folder, path));
	}

	async remove(paths: readonly string[]): Promise<void> {
		await Promise.all(paths.map((path) => rm(join(this.#folder, path), { force: true })));
	}

	/** Removes what a killed process left half-written. Call before any job runs. Throws a `ConfigError` when no file can be kept. */
	async sweep(): Promise<number> {
		await this.#makeFolder();
		const names = await readdir(this.#folder, { recursive: true });
		const parts = names.filter((name) => name.endsWith(TEMPORARY));
		await this.remove(parts);
		return parts.length;
	}

	async #makeFolder(): Promise<void> {
		try {
			await mkdir(this.#folder, { recursive: true });
			await access(this.#folder, constants.R_OK | constants.W_OK | constants.X_OK);
		} catch {
			throw new ConfigError(
				`The folder ${this.#folder} cannot be written. Make it a folder that this user may write, or set HEADWAY_DATA to another.`
			);
		}
	}
}
