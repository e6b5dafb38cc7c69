import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { eq, sql } from 'drizzle-orm';
import { pause, type Clock } from '../clock.ts';
import { newLogEpoch, type Db } from './open.ts';
import { meta } from './schema.ts';

/** How often the mark moves while something is written. A backup that is younger than this looks like the log itself. */
const MARK_MS = 60_000;
const KEY = 'log_mark';

/**
 * Tells a log that was rewound (an older database file put back) from one that only stopped: a count that grows in the
 * database and, after it, in a file beside it. A database that counts less than the file is an older one. Its log then
 * gets a new epoch, so that readers take a snapshot instead of waiting for events that they had before.
 */
export class LogMark {
	readonly #db: Db;
	readonly #file: string;
	/** The epoch of the log, as of now. */
	readonly logEpoch: string;
	#count: number;
	#changes = -1;

	constructor(db: Db, file: string, logEpoch: string) {
		this.#db = db;
		this.#file = file;
		const own = Number(this.#stored() ?? 0);
		const [epoch, count] = readMark(file);
		const rewound = count === null ? own > 0 : epoch !== logEpoch || own < count;
		this.logEpoch = rewound ? newLogEpoch(db) : logEpoch;
		this.#count = Math.max(own, count ?? 0);
		this.advance();
	}

	/** Moves the mark if anything was written since the last time. Throws when the disk takes no more. */
	advance(): void {
		if (this.#total() === this.#changes) return;
		const value = String(++this.#count);
		this.#db.insert(meta).values({ key: KEY, value }).onConflictDoUpdate({ target: meta.key, set: { value } }).run();
		this.#changes = this.#total();
		// After the database, and whole or not at all: a crash between the two must not look like a rewind.
		writeFileSync(`${this.#file}.new`, `${this.logEpoch} ${value}`);
		renameSync(`${this.#file}.new`, this.#file);
	}

	/** Moves it from time to time until the signal aborts. A full disk is tried again. */
	async keep(clock: Clock, signal: AbortSignal): Promise<void> {
		for (;;) {
			await pause(clock, MARK_MS, signal);
			if (signal.aborted) return;
			this.attempt();
		}
	}

	/** The same, without a word when it cannot be: the mark then stands where it was. */
	attempt(): void {
		try {
			this.advance();
		} catch {
			return;
		}
	}

	#stored(): string | undefined {
		return this.#db.select().from(meta).where(eq(meta.key, KEY)).get()?.value;
	}

	#total(): number {
		return this.#db.get<{ n: number }>(sql`select total_changes() as n`).n;
	}
}

function readMark(file: string): [string, number] | [null, null] {
	try {
		const [, epoch = '', count = ''] = /^(\w+) (\d+)$/.exec(readFileSync(file, 'utf8').trim()) ?? [];
		return epoch ? [epoch, Number(count)] : [null, null];
	} catch {
		return [null, null];
	}
}
