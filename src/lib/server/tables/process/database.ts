import { constants, DatabaseSync } from 'node:sqlite';
import { dirname } from 'node:path';
import { pathToFileURL } from 'node:url';

const { SQLITE_DENY, SQLITE_FUNCTION, SQLITE_OK, SQLITE_PRAGMA, SQLITE_READ, SQLITE_RECURSIVE, SQLITE_SELECT } =
	constants;
const reading = new Set([SQLITE_SELECT, SQLITE_READ, SQLITE_RECURSIVE]);
/** Functions that reach out of the database, where a build of SQLite has them. */
const forbidden = new Set(['load_extension', 'fts3_tokenizer', 'readfile', 'writefile', 'edit']);

/** What one value, one statement and its parts may come to: characters, or counts. A table of many columns is declared in a long one, too. */
const limits = { length: 16_000_000, sqlLength: 1_000_000, exprDepth: 500, likePatternLength: 1_000, attach: 0 };

/**
 * A database file as nothing can change it: opened for reading, its views and triggers trusted with nothing. What it sorts
 * and groups goes to nameless files beside it, which end with the process: what it writes is watched.
 */
export function openForReading(path: string): DatabaseSync {
	process.env.SQLITE_TMPDIR = dirname(path);
	const url = pathToFileURL(path);
	// Nobody writes to it; one that was in WAL mode could not be opened without writing beside it.
	url.searchParams.set('immutable', '1');
	const options = { readOnly: true, defensive: true, limits };
	const database = new DatabaseSync(url, options as ConstructorParameters<typeof DatabaseSync>[1]);
	database.exec(
		'PRAGMA temp_store = FILE; PRAGMA trusted_schema = OFF; PRAGMA query_only = ON; PRAGMA cell_size_check = ON'
	);
	return database;
}

/** From here on, statements may only read tables: no other file, no setting, no change. */
export function forbidAllButReading(database: DatabaseSync): void {
	database.setAuthorizer((action, first, name) => {
		// The search in texts (FTS5) asks this one itself, whether anything was changed.
		const isHarmless = action === SQLITE_PRAGMA && first === 'data_version' && name === null;
		const isReading = reading.has(action) || isHarmless;
		const allowed = action === SQLITE_FUNCTION ? !forbidden.has(String(name).toLowerCase()) : isReading;
		return allowed ? SQLITE_OK : SQLITE_DENY;
	});
}
