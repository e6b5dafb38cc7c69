/** One request that the demo has had. */
export interface LedgerEntry {
	/** Milliseconds since 1970. */
	at: number;
	method: string;
	path: string;
	/** 0 as long as nothing has been answered, and for ever when nothing ever was. */
	status: number;
	responseId?: string;
	/** `metadata.job_id` of the response. */
	jobId?: string;
	/** The faults that struck, joined by a comma. */
	fault?: string;
}

// Enough for any test, small enough to be forgotten about.
const MAX_ENTRIES = 10_000;

/** The requests that the demo has had, oldest first. */
export class Ledger {
	#entries: LedgerEntry[] = [];

	/** Opens an entry; the caller fills it in as the request goes on. */
	open(entry: LedgerEntry): LedgerEntry {
		this.#entries.push(entry);
		if (this.#entries.length > MAX_ENTRIES) this.#entries.shift();
		return entry;
	}

	entries(): LedgerEntry[] {
		return this.#entries;
	}

	clear(): void {
		this.#entries = [];
	}
}
