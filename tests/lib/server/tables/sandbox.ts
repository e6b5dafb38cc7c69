import { createHash } from 'node:crypto';
import { createReadStream, readdirSync, readFileSync, statSync } from 'node:fs';
import { basename, join } from 'node:path';
import { onTestFinished } from 'vitest';
import { HeadwayError } from '$lib/jobs/error.ts';
import type { QueryResult, Table, UploadedFile } from '$lib/operations/operation.ts';
import { TableSandbox, type TableSandboxParts } from '$lib/server/tables/table-sandbox.ts';
import { temporaryFolder } from '../../../support/app.ts';

/** A sandbox with files that a test brings; they belong to `local`. */
export class Bench {
	readonly sandbox: TableSandbox;
	readonly folder: string;
	readonly #files = new Map<string, UploadedFile>();
	/** How often a file was read. */
	reads = 0;

	constructor(parts: Partial<TableSandboxParts> = {}) {
		this.folder = join(temporaryFolder(), 'tables');
		this.sandbox = new TableSandbox({ folder: this.folder, fileOf: (owner, id) => this.#find(owner, id), ...parts });
		onTestFinished(() => this.sandbox.close());
	}

	/** Brings a file; resolves its id. */
	bring(name: string, content: string | Uint8Array): string {
		return this.#add(name, Buffer.from(content));
	}

	/** Brings a file that lies on the disk, without reading it. */
	bringPath(path: string, name = basename(path)): string {
		const { size, mtimeMs } = statSync(path);
		return this.#keep(name, size, `${path} ${mtimeMs}`, () => createReadStream(path));
	}

	async describe(id: string, signal = new AbortController().signal): Promise<readonly Table[]> {
		return this.sandbox.of('local').describe({ fileId: id }, signal);
	}

	async query(
		id: string,
		sql: string,
		options: { maxRows?: number; timeoutMs?: number; signal?: AbortSignal } = {}
	): Promise<QueryResult> {
		const { signal = new AbortController().signal } = options;
		return this.sandbox.of('local').query({ fileId: id }, sql, { ...options, signal });
	}

	/** What a query fails with: its code and its sentence. */
	async failure(id: string, sql: string): Promise<{ code: string; message: string }> {
		const error = await this.query(id, sql).then(
			(result) => new Error(`it gave ${JSON.stringify(result).slice(0, 200)}`),
			(error: unknown) => error
		);
		if (!(error instanceof HeadwayError)) throw error;
		return { code: error.code, message: error.message };
	}

	#add(name: string, bytes: Buffer): string {
		const sha256 = createHash('sha256').update(bytes).digest('hex');
		return this.#keep(name, bytes.length, sha256, async function* () {
			yield bytes;
		});
	}

	#keep(name: string, size: number, sha256: string, stream: () => AsyncIterable<Uint8Array>): string {
		const id = `file_${this.#files.size + 1}`;
		const counted = () => ((this.reads += 1), stream());
		const bytes = async () => Buffer.concat(await Array.fromAsync(stream()));
		this.#files.set(id, { id, name, mediaType: 'text/plain', size, sha256, bytes, stream: counted });
		return id;
	}

	async #find(owner: string, id: string): Promise<UploadedFile> {
		const file = owner === 'local' ? this.#files.get(id) : undefined;
		if (!file) throw new HeadwayError('not_found', 'There is no such file.');
		return file;
	}
}

/** The processes of this machine whose command line holds `part`, by Linux's own list. */
export function processesWith(part: string): number[] {
	const ids = readdirSync('/proc').flatMap((name) => (/^\d+$/.test(name) ? Number(name) : []));
	return ids.filter((pid) => pid !== process.pid && commandLine(pid).includes(part));
}

function commandLine(pid: number): string {
	try {
		return readFileSync(`/proc/${pid}/cmdline`, 'utf8');
	} catch {
		return '';
	}
}
