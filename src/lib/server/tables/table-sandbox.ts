import { HeadwayError } from '../../jobs/error.ts';
import type { Tables, UploadedFile } from '../../operations/operation.ts';

/** What the sandbox is made of. */
export interface TableSandboxParts {
	fileOf(owner: string, id: string): Promise<UploadedFile>;
	/** Where it may put what it makes of a file. */
	folder: string;
}

/** Reads tables in processes of their own. */
export class TableSandbox {
	readonly #parts: TableSandboxParts;

	constructor(parts: TableSandboxParts) {
		this.#parts = parts;
	}

	/** The tables in one owner's files. */
	of(_owner: string): Tables {
		throw new HeadwayError('internal', 'not built');
	}

	/** Ends its processes. */
	async close(): Promise<void> {}
}
