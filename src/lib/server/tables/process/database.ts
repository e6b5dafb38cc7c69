import { constants, DatabaseSync } from 'node:sqlite';
import { pathToFileURL } from 'node:url';

const { SQLITE_DENY, SQLITE_FUNCTION, SQLITE_OK, SQLITE_READ, SQLITE_RECURSIVE, SQLITE_SELECT } = constants;
const reading = new Set([SQLITE_SELECT, SQLITE_READ, SQLITE_RECURSIVE]);
/** Functions that reach out of the database, where a build of SQLite has them. */
const forbidden = new Set(['load_extension', 'fts3_tokenizer', 'readfile', 'writefile', 'edit']);

/** What one value, one query and its parts may come to: characters, or counts. */
const limits = { length: 16_000_000, sqlLength: 100_000, exprDepth: 500, likePatternLength: 1_000, attach: 0 };

/**
 * A database file as nothing can change it: opened for reading, its views and triggers trusted with nothing, everything it
 * needs on the way in memory, which is watched.
 */
export function openForReading(path: string): DatabaseSync {
	const url = pathToFileURL(path);
	// Nobody writes to it; one that was in WAL mode could not be opened without writing beside it.
	url.searchParams.set('immutable', '1');
	const options = { readOnly: true, defensive: true, limits };
	const database = new DatabaseSync(url, options as ConstructorParameters<typeof DatabaseSync>[1]);
	database.exec(
		'PRAGMA temp_store = MEMORY; PRAGMA trusted_schema = OFF; PRAGMA query_only = ON; PRAGMA cell_size_check = ON'
	);
	return database;
}

/** From here on, statements may only read tables: no other file, no setting, no change. */
export function forbidAllButReading(database: DatabaseSync): void {
	database.setAuthorizer((action, _first, name) => {
		const allowed = action === SQLITE_FUNCTION ? !forbidden.has(String(name).toLowerCase()) : reading.has(action);
		return allowed ? SQLITE_OK : SQLITE_DENY;
	});
}
