import { accessSync, constants } from 'node:fs';
import { dirname } from 'node:path';
import { randomBytes } from 'node:crypto';
import Database from 'better-sqlite3';
import { drizzle, type BetterSQLite3Database } from 'drizzle-orm/better-sqlite3';
import { migrate } from 'drizzle-orm/better-sqlite3/migrator';
import { eq } from 'drizzle-orm';
import type { BaseSQLiteDatabase } from 'drizzle-orm/sqlite-core';
import { ConfigError } from '../config-error.ts';
import { folderFault, makeFolder } from '../data-folder.ts';
import * as schema from './schema.ts';
import { loadVectors } from './vectors.ts';

export type Db = BetterSQLite3Database<typeof schema> & { $client: Database.Database };

/** What reads and writes rows: the database, or one transaction of it. */
export type Rows = BaseSQLiteDatabase<'sync', Database.RunResult, typeof schema>;

/** An open database: `logEpoch` names this incarnation of the log; a database made anew has another. */
export interface OpenDb {
	db: Db;
	logEpoch: string;
	/** Whether it can compare vectors. */
	vectors: boolean;
	close(): void;
}

/** Opens the file (made if missing) and brings its tables up to date; with `check` its pages are looked through first. Throws a `ConfigError` that says what to do. */
export function openDb(file: string, migrationsFolder = 'drizzle', { check = false } = {}): OpenDb {
	if (file !== ':memory:') makeWritable(dirname(file));
	try {
		const client = new Database(file);
		setPragmas(client);
		if (check) quickCheck(client);
		const db = drizzle(client, { schema, casing: 'snake_case' }) as Db;
		migrate(db, { migrationsFolder });
		return { db, logEpoch: readLogEpoch(db), vectors: loadVectors(client), close: () => client.close() };
	} catch (error) {
		throw explained(file, error);
	}
}

function makeWritable(folder: string): void {
	try {
		makeFolder(folder);
		accessSync(folder, constants.W_OK | constants.X_OK);
	} catch (error) {
		throw folderFault(folder, error);
	}
}

function setPragmas(client: Database.Database): void {
	client.pragma('journal_mode = WAL');
	// NORMAL lost no acknowledged row in 60 kill -9 runs (transport-and-storage.md C1); a power cut may lose the last commits.
	client.pragma('synchronous = NORMAL');
	client.pragma('busy_timeout = 5000');
	client.pragma('foreign_keys = ON');
}

/** What SQLite itself finds wrong is an error like those that it throws. */
function quickCheck(client: Database.Database): void {
	const found = client.pragma('quick_check(1)', { simple: true });
	if (found !== 'ok') throw Object.assign(new Error(String(found)), { code: 'SQLITE_CORRUPT' });
}

function readLogEpoch(db: Db): string {
	const known = db.select().from(schema.meta).where(eq(schema.meta.key, 'log_epoch')).get();
	return known?.value ?? newLogEpoch(db);
}

/** Gives the log another epoch: every reader of the one before is sent a snapshot. */
export function newLogEpoch(db: Db): string {
	const value = randomBytes(4).toString('hex');
	const row = { key: 'log_epoch', value };
	db.insert(schema.meta).values(row).onConflictDoUpdate({ target: schema.meta.key, set: { value } }).run();
	return value;
}

const corrupt = ['SQLITE_CORRUPT', 'SQLITE_NOTADB'];

function explained(file: string, error: unknown): unknown {
	const code = causeCode(error);
	if (corrupt.some((prefix) => code.startsWith(prefix)))
		return new ConfigError(
			`The database ${file} is damaged. Move it away to start with an empty one, or put a backup in its place.`
		);
	if (code.startsWith('SQLITE_CANTOPEN') || code.startsWith('SQLITE_READONLY'))
		return new ConfigError(
			`The database ${file} cannot be opened for writing. Check who owns it, or set HEADWAY_DATA to another folder.`
		);
	// SQLite gives the whole transaction up where it found no room, and drizzle's rollback then hides why.
	const isGivenUp = error instanceof Error && /cannot rollback/.test(`${error.message} ${String(error.cause)}`);
	// The file that its processes share cannot be made as large as it must be.
	if (code.startsWith('SQLITE_FULL') || code === 'SQLITE_IOERR_SHMSIZE' || isGivenUp)
		return new ConfigError(`The disk of ${file} is full. Make room, then start again.`);
	if (code.startsWith('SQLITE_BUSY'))
		return new ConfigError(`Another program holds the database ${file}. Close it there, then start again.`);
	if (code.startsWith('SQLITE_IOERR'))
		return new ConfigError(`The disk of ${file} failed (${code}). Check it, then start again.`);
	return error;
}

/** drizzle wraps SQLite's error as the cause of its own. */
function causeCode(error: unknown): string {
	if (!(error instanceof Error)) return '';
	const { code } = error as { code?: unknown };
	return typeof code === 'string' ? code : causeCode(error.cause);
}
