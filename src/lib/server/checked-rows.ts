import type { Database, Statement } from 'better-sqlite3';

/** A forgotten log is only checked again. */
const KNOWN_LOGS = 10_000;

/** A stretch of a log: the rows after `after` up to `last`. */
interface Stretch {
	after: number;
	last: number;
}

/**
 * The stretch of each log that is known to be JSON. SQLite takes a third of a read's time to say so of every row, and rows do
 * not change: it is asked once, and again after anybody else has written to the file (https://sqlite.org/pragma.html#pragma_data_version).
 */
export class CheckedRows {
	readonly #dataVersion: Statement<[], number>;
	readonly #known = new Map<string, Stretch>();
	#version: number | undefined;

	constructor(client: Database) {
		this.#dataVersion = client.prepare<[], number>('pragma data_version').pluck();
	}

	/** Whether all these rows were found to be JSON. */
	has(jobId: string, { after, last }: Stretch): boolean {
		const version = this.#dataVersion.get();
		if (version !== this.#version) this.#known.clear();
		this.#version = version;
		const known = this.#known.get(jobId);
		return known !== undefined && known.after <= after && last <= known.last;
	}

	/** These were found to be JSON just now. */
	add(jobId: string, { after, last }: Stretch): void {
		const known = this.#known.get(jobId);
		const meets = known !== undefined && known.after <= after && after <= known.last;
		if (this.#known.size >= KNOWN_LOGS) this.#known.clear();
		this.#known.set(jobId, meets ? { after: known.after, last: Math.max(known.last, last) } : { after, last });
	}
}
