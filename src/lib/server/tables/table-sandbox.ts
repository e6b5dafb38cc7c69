import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { HeadwayError } from '../../jobs/error.ts';
import type { QueryResult, Table, Tables, TableSource, UploadedFile } from '../../operations/operation.ts';
import { systemClock, type Clock } from '../clock.ts';
import { certificatesIn } from '../data-sources/data-source-settings.ts';
import { DataSources } from '../data-sources/data-sources.ts';
import { shippedFile } from '../data-sources/shipped.ts';
import { TableShelf, type LoadedTables, type Loader } from './loaded-tables.ts';
import type { ColumnTypes, DatabaseDialect, DatabaseRequest } from './process/request.ts';
import { writeProgram, type Program } from './program.ts';
import { askProcess } from './table-process.ts';
import { Turns } from './turns.ts';

/** What the sandbox is made of. */
export interface TableSandboxParts {
	fileOf(owner: string, id: string): Promise<UploadedFile>;
	/** Where it may put what it makes of a file. What lies there from before is removed. */
	folder: string;
	/** What can be asked by its name; absent: what ships with Headway. */
	sources?: DataSources;
	/** For tests. */
	clock?: Clock;
	limits?: Partial<TableLimits>;
}

/** Times in ms, memory and what is written in MB. */
interface TableLimits {
	readonly queryMs: number;
	readonly queryMemory: number;
	/** For sorting and grouping what does not fit into the memory. */
	readonly queryWritten: number;
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
	...{ queryMs: 10_000, queryMemory: 256, queryWritten: 2_048 },
	...{ rows: 10_000, characters: 8 * 1024 ** 2 },
	...{ loadMs: 300_000, loadMemory: 768, fileBytes: GB, databaseBytes: 4 * GB }
};

/** Processes that may run at once: each takes a processor. */
const QUERIES = 4;
const LOADS = 2;
/** A table is written as it was read, once more with its types, and sorted where that is needed to tell of it. */
const LOADING = 3;

/** Beside the statement itself: a connection, and all looks at a schema. */
const CONNECTING_MS = 10_000;
const DESCRIBING_MS = 40_000;

/** Reads tables in processes of their own: one for each file that is loaded and one for each query of a file or a database. */
export class TableSandbox {
	/** What can be asked by its name. */
	readonly sources: DataSources;
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
		this.sources = parts.sources ?? new DataSources([]);
		this.#limits = { ...usual, ...parts.limits };
		this.#shelf = new TableShelf(parts.folder, parts.clock ?? systemClock, this.#load);
		this.#swept = rm(parts.folder, { recursive: true, force: true }).catch(() => undefined);
	}

	/** The tables in one owner's files, and in the sources that everybody may ask. */
	of(owner: string): Tables {
		return {
			dialectOf: (source) => ('name' in source ? this.sources.get(source.name).dialect : 'SQLite'),
			describe: (source, signal) => this.#describe(owner, source, this.#either(signal)),
			query: (source, sql, options) =>
				this.#query(owner, source, { ...options, sql, signal: this.#either(options.signal) })
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

	async #describe(owner: string, source: TableSource, signal: AbortSignal): Promise<readonly Table[]> {
		const database = this.#databaseOf(source);
		if (database !== null) {
			const asked = { do: 'describe database' as const, sql: '', maxRows: 0, timeoutMs: this.#limits.queryMs };
			const tables = (await this.#askDatabase({ ...database, ...asked }, signal)) as readonly Table[];
			if (tables.length > 0) return tables;
			throw new HeadwayError('invalid_input', 'The database has no tables that its role may read.');
		}
		const file = await this.#file(owner, source);
		return this.#shelf.use(file, signal, async ({ tables }) => tables);
	}

	async #query(
		owner: string,
		source: TableSource,
		{ sql, signal, maxRows = Infinity, timeoutMs = Infinity }: Parameters<Tables['query']>[2] & { sql: string }
	): Promise<QueryResult> {
		const { queryMs, queryMemory: memoryMb, queryWritten: writtenMb, rows, characters: maxCharacters } = this.#limits;
		const most = { sql, maxRows: Math.min(rows, maxRows), timeoutMs: Math.min(queryMs, timeoutMs) };
		const database = this.#databaseOf(source);
		if (database !== null)
			return (await this.#askDatabase({ do: 'query database', ...database, ...most }, signal)) as QueryResult;
		const file = await this.#file(owner, source);
		return this.#shelf.use(file, signal, (loaded) =>
			this.#queries.take(signal, async () => {
				const request = { do: 'query' as const, database: loaded.database, maxCharacters, types: typesOf(loaded) };
				const terms = { program: await this.#ready(), signal, memoryMb, writtenMb, reads: [loaded.database] };
				const asked = { ...request, sql, maxRows: most.maxRows };
				return (await askProcess(asked, { ...terms, timeoutMs: most.timeoutMs })) as QueryResult;
			})
		);
	}

	/** The process has a moment longer than each statement, whose end the database tells better. */
	#askDatabase(request: Omit<DatabaseRequest, 'maxCharacters' | 'driver'>, signal: AbortSignal) {
		return this.#queries.take(signal, async () => {
			const program = await this.#ready();
			const { characters: maxCharacters, queryMemory: memoryMb } = this.#limits;
			const driver = program.drivers[request.dialect];
			const timeoutMs = request.timeoutMs + (request.do === 'describe database' ? DESCRIBING_MS : CONNECTING_MS);
			const limits = { signal, memoryMb, writtenMb: 16, timeoutMs };
			const terms = {
				program,
				...limits,
				reads: [driver.folder, ...certificatesIn(request.url)],
				network: true as const
			};
			return askProcess({ ...request, maxCharacters, driver: driver.url }, terms);
		});
	}

	/** Null for a file, and for what ships. */
	#databaseOf(source: TableSource): { url: string; dialect: DatabaseDialect } | null {
		if (!('name' in source)) return null;
		const { name, dialect } = this.sources.get(source.name);
		const url = this.sources.addressOf(name);
		return url === null || dialect === 'SQLite' ? null : { url, dialect };
	}

	async #file(owner: string, source: TableSource): Promise<UploadedFile> {
		const file = await ('name' in source ? shippedFile(source.name) : this.#parts.fileOf(owner, source.fileId));
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
			const writtenMb = LOADING * Math.ceil(mostBytes / 1024 ** 2);
			const terms = { program, signal, timeoutMs, memoryMb, writtenMb, reads: [], writes: of.folder };
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
