import { existsSync, mkdirSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { ConfigError } from './config-error.ts';
import { isFull } from './room.ts';

/**
 * Makes a folder, and those above it that are missing. Throws the system's error. Node's own `recursive` goes round in a
 * circle for ever where a folder that exists says of a new one that it does not, as `/proc` does.
 */
export function makeFolder(folder: string): void {
	if (existsSync(folder)) {
		if (!statSync(folder).isDirectory()) throw notFolder(folder);
		return;
	}
	const parent = dirname(folder);
	if (parent !== folder) makeFolder(parent);
	try {
		mkdirSync(folder);
	} catch (error) {
		// Another process was faster, unless it is a link that leads nowhere.
		if ((error as { code?: string }).code !== 'EEXIST' || !statSync(folder).isDirectory()) throw error;
	}
}

function notFolder(path: string): Error {
	return Object.assign(new Error(`${path} is no folder`), { code: 'ENOTDIR', path });
}

/** What SQLite says of a file that it may not write, or cannot; anything else is a fault of ours. */
const brokenDatabase = /^SQLITE_(CANTOPEN|READONLY|PERM|IOERR)/;

/** An error of the disk below a data folder as what ends the start: a `ConfigError` that says what to do. Any other error as it is. */
export function folderFault(folder: string, error: unknown): unknown {
	if (error instanceof ConfigError) return error;
	if (isFull(error))
		return new ConfigError(`The disk of the data folder ${folder} is full. Make room, then start again.`);
	const { code, path } = factsOf(error);
	if (code === 'ENOTDIR')
		return new ConfigError(
			`The data folder ${folder} cannot be made: ${path} is a file. Set HEADWAY_DATA to a folder.`
		);
	if (path === undefined && !brokenDatabase.test(code)) return error;
	const reason = path === undefined || path === folder ? code : `${code} at ${path}`;
	return new ConfigError(
		`The data folder ${folder} cannot be written (${reason}). Make it writable for this user, or set HEADWAY_DATA to another folder.`
	);
}

/** What the system or SQLite says; drizzle wraps SQLite's errors. */
function factsOf(error: unknown): { code: string; path?: string | undefined } {
	if (!(error instanceof Error)) return { code: '' };
	const { code, path } = error as { code?: unknown; path?: string };
	return typeof code === 'string' ? { code, path } : factsOf(error.cause);
}
