import { mkdir, mkdtemp, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';

/** Folders that runs work in, below the data folder. Each goes with its run; what a killed process left goes at the next start. */
export class TemporaryFolders {
	readonly #root: string;

	constructor(root: string) {
		this.#root = root;
	}

	/** A new empty folder. */
	async make(jobId: string): Promise<string> {
		await mkdir(this.#root, { recursive: true });
		return mkdtemp(join(this.#root, `${jobId}-`));
	}

	async remove(folder: string): Promise<void> {
		await rm(folder, { recursive: true, force: true });
	}

	/** Removes all of them. Call before any job runs. */
	async sweep(): Promise<number> {
		await mkdir(this.#root, { recursive: true });
		const names = await readdir(this.#root).catch(() => []);
		await Promise.all(names.map((name) => this.remove(join(this.#root, name))));
		return names.length;
	}
}
