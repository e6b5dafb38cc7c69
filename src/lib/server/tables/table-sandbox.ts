import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { HeadwayError } from '../../jobs/error.ts';
import type { QueryResult, Table, Tables, UploadedFile } from '../../operations/operation.ts';
import { systemClock, type Clock } from '../clock.ts';
import { TableShelf, type LoadedTables, type Loader } from './loaded-tables.ts';
import type { ColumnTypes } from './process/request.ts';
import { writeProgram, type Program } from './program.ts';
import { askProcess } from './table-process.ts';
import { Turns } from './turns.ts';

/** What the sandbox is made of. */
export interface TableSandboxParts {
	fileOf(owner: string, id: string): Promise<UploadedFile>;
	/** Where it may put what it makes of a file. What lies there from before is removed. */
	folder: string;
	/** For tests. */
	clock?: Clock;
	limits?: Partial<TableLimits>;
}

/** Times in ms, memory in MB. */
interface TableLimits {
	readonly queryMs: number;
	readonly queryMemory: number;
	readonly rows: number;
	/** Of a result, in characters of JSON. */
	readonly characters: number;
	readonly loadMs: number;
	readonly loadMemory: number;
	/** The largest file, and the largest database that comes of one, in bytes. */
	readonly fileBytes: number;
	readonly databaseBytes: number;
}

const GB = 1024 ** 3;

const usual: TableLimits = {
	...{ queryMs: 10_000, queryMemory: 256, rows: 10_000, characters: 8 * 1024 ** 2 },
	...{ loadMs: 300_000, loadMemory: 768, fileBytes: GB, databaseBytes: 4 * GB }
};

/** Processes that may run at once: each takes a processor. */
const QUERIES = 4;
const LOADS = 2;

/** Reads tables in processes of their own: one for each file that is loaded and one for each query. */
export class TableSandbox {
	readonly #parts: TableSandboxParts;
	readonly #limits: TableLimits;
	readonly #shelf: TableShelf;
	readonly #closed = new AbortController();
	readonly #queries = new Turns(QUERIES);
	readonly #loads = new Turns(LOADS);
	readonly #swept: Promise<void>;
	#program: Promise<Program> | null = null;

	constructor(parts: TableSandboxParts) {
		this.#parts = parts;
		this.#limits = { ...usual, ...parts.limits };
		this.#shelf = new TableShelf(parts.folder, parts.clock ?? systemClock, this.#load);
		this.#swept = rm(parts.folder, { recursive: true, force: true }).catch(() => undefined);
	}

	/** The tables in one owner's files. */
	of(owner: string): Tables {
		return {
			describe: (source, signal) => this.#describe(owner, source.fileId, signal),
			query: (source, sql, options) => this.#query(owner, source.fileId, { ...options, sql })
		};
	}

	/** How many files are kept as databases, or are being made so. */
	get loaded(): number {
		return this.#shelf.size;
	}

	/** Ends its processes, and removes what they made. */
	async close(): Promise<void> {
		this.#closed.abort(new HeadwayError('unavailable', 'The server is stopping. Try again.'));
		await this.#swept;
		await this.#shelf.close();
		await this.#program?.catch(() => undefined);
		await rm(this.#parts.folder, { recursive: true, force: true }).catch(() => undefined);
	}

	async #describe(owner: string, fileId: string, signal: AbortSignal): Promise<readonly Table[]> {
		const file = await this.#file(owner, fileId);
		return this.#shelf.use(file, this.#either(signal), async ({ tables }) => tables);
	}

	async #query(
		owner: string,
		fileId: string,
		{ sql, signal, maxRows = Infinity, timeoutMs = Infinity }: Parameters<Tables['query']>[2] & { sql: string }
	): Promise<QueryResult> {
		const file = await this.#file(owner, fileId);
		const { queryMs, queryMemory: memoryMb, rows, characters: maxCharacters } = this.#limits;
		const either = this.#either(signal);
		return this.#shelf.use(file, either, (loaded) =>
			this.#queries.take(either, async () => {
				const request = { do: 'query' as const, database: loaded.database, sql, maxCharacters, types: typesOf(loaded) };
				const terms = { program: await this.#ready(), signal: either, memoryMb, reads: [loaded.database] };
				const asked = { ...request, maxRows: Math.min(rows, maxRows) };
				return (await askProcess(asked, { ...terms, timeoutMs: Math.min(queryMs, timeoutMs) })) as QueryResult;
			})
		);
	}

	async #file(owner: string, fileId: string): Promise<UploadedFile> {
		const file = await this.#parts.fileOf(owner, fileId);
		await this.#ready();
		if (file.size <= this.#limits.fileBytes) return file;
		const most = `${Number((this.#limits.fileBytes / GB).toFixed(2))} GB`;
		throw new HeadwayError('invalid_input', `The file is larger than ${most}. Bring a smaller part of it.`);
	}

	readonly #load: Loader = (of, signal) =>
		this.#loads.take(signal, async () => {
			const { loadMs: timeoutMs, loadMemory: memoryMb, databaseBytes: mostBytes } = this.#limits;
			const program = await this.#ready();
			const database = join(of.folder, 'tables.db');
			const request = { ...{ do: 'load' as const, source: of.source, name: of.name }, database, mostBytes };
			const terms = { program, signal, timeoutMs, memoryMb, reads: [], writes: of.folder };
			const tables = await askProcess({ ...request, packages: program.packages }, terms);
			return { database, tables: tables as readonly Table[] };
		});

	#ready(): Promise<Program> {
		this.#program ??= this.#prepare();
		return this.#program;
	}

	async #prepare(): Promise<Program> {
		await this.#swept;
		await mkdir(this.#parts.folder, { recursive: true });
		return writeProgram(join(this.#parts.folder, 'program'));
	}

	/** Who asked, or the server, which may stop. */
	#either(signal: AbortSignal): AbortSignal {
		return AbortSignal.any([signal, this.#closed.signal]);
	}
}

/** What is known of the columns, as a query finds them. */
function typesOf({ tables }: LoadedTables): ColumnTypes {
	return Object.fromEntries(
		tables.map(({ name, columns }) => [
			name.toLowerCase(),
			Object.fromEntries(columns.map((column) => [column.name.toLowerCase(), column.type]))
		])
	);
}
