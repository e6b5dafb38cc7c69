import { randomBytes } from 'node:crypto';
import { constants, createReadStream } from 'node:fs';
import { access, mkdir, open, readdir, rename, rm } from 'node:fs/promises';
import { dirname, join, sep } from 'node:path';
import { Readable } from 'node:stream';
import { ConfigError } from '../config.ts';
import { checkedKey, noSuchBlob, type BlobFacts, type Blobs, type BlobSum, type ByteRange } from './blobs.ts';
import { Source } from './source.ts';

/** No key has a dot, so that no whole file can look like a half-written one. */
const TEMPORARY = '.part';

/** Files in a folder: written to a temporary name, synced, renamed. */
export class LocalBlobs implements Blobs {
	readonly #folder: string;

	constructor(folder: string) {
		this.#folder = folder;
	}

	async put(
		key: string,
		body: Uint8Array | AsyncIterable<Uint8Array>,
		_facts: BlobFacts,
		signal?: AbortSignal
	): Promise<BlobSum> {
		const target = this.#path(key);
		const temporary = `${target}.${randomBytes(4).toString('hex')}${TEMPORARY}`;
		const source = new Source(body, signal);
		await mkdir(dirname(target), { recursive: true });
		try {
			await write(temporary, source);
			await rename(temporary, target);
			return source.sum();
		} catch (error) {
			await rm(temporary, { force: true });
			throw error;
		}
	}

	async read(key: string, range?: ByteRange): Promise<Readable> {
		const path = this.#path(key);
		if (range && range.start > range.end) return Readable.from([]);
		const handle = await open(path, 'r').catch((error: { code?: string }) => {
			throw error.code === 'ENOENT' ? noSuchBlob() : error;
		});
		return createReadStream(path, { fd: handle, ...range });
	}

	async remove(keys: readonly string[]): Promise<void> {
		await Promise.all(keys.map((key) => rm(this.#path(key), { force: true })));
	}

	async list(prefix: string): Promise<string[]> {
		const files = await this.#files();
		return files.filter((name) => !name.endsWith(TEMPORARY) && name.startsWith(prefix)).toSorted();
	}

	async sweep(): Promise<number> {
		const parts = (await this.#files()).filter((name) => name.endsWith(TEMPORARY));
		await Promise.all(parts.map((name) => rm(join(this.#folder, name), { force: true })));
		return parts.length;
	}

	async check(): Promise<void> {
		try {
			await mkdir(this.#folder, { recursive: true });
			await access(this.#folder, constants.R_OK | constants.W_OK | constants.X_OK);
		} catch {
			throw new ConfigError(
				`The folder ${this.#folder} cannot be written. Make it a folder that this user may write, or set HEADWAY_DATA to another.`
			);
		}
	}

	#path(key: string): string {
		return join(this.#folder, checkedKey(key));
	}

	async #files(): Promise<string[]> {
		const entries = await readdir(this.#folder, { recursive: true, withFileTypes: true });
		const files = entries.filter((entry) => entry.isFile());
		return files.map(({ parentPath, name }) =>
			join(parentPath, name).slice(join(this.#folder, sep).length).replaceAll(sep, '/')
		);
	}
}

/** Resolves once the bytes are on the disk. */
async function write(path: string, source: Source): Promise<void> {
	const handle = await open(path, 'wx');
	try {
		for await (const chunk of source) await handle.writeFile(chunk);
		await handle.sync();
	} finally {
		await handle.close();
	}
}
