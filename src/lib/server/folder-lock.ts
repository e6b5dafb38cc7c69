import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { ConfigError } from './config-error.ts';
import { folderFault, makeFolder } from './data-folder.ts';

/** Whether a process of this machine runs. One that is not ours to signal does; one that ended and was not waited for does not. */
export function isAlive(pid: number): boolean {
	try {
		process.kill(pid, 0);
		return !isZombie(pid);
	} catch (error) {
		return (error as { code?: string }).code === 'EPERM';
	}
}

/** Only Linux tells; elsewhere nothing is taken for one. */
function isZombie(pid: number): boolean {
	try {
		return /^\d+ \(.*\) Z /s.test(readFileSync(`/proc/${pid}/stat`, 'latin1'));
	} catch {
		return false;
	}
}

/** A data folder that is ours. */
export interface FolderHold {
	/** The process that had it before did not let it go: it was killed, or its machine went down. */
	unclean: boolean;
	release(): void;
}

/**
 * Takes a data folder for this process: a second server on it would run half of the jobs without being heard by the first.
 * The system itself holds the lock and drops it with the process, however that ends, so that neither a zombie nor a
 * reused process number keeps the folder. Throws a `ConfigError` that names the process, or says why the folder cannot be used.
 */
export function takeFolder(folder: string): FolderHold {
	try {
		makeFolder(folder);
		return take(folder);
	} catch (error) {
		throw folderFault(folder, error);
	}
}

function take(folder: string): FolderHold {
	const file = join(folder, 'headway.lock');
	const mine = `${hostname()}:${process.pid}`;
	const holder = readHolder(file);
	const unlock = lock(folder);
	if (!unlock && holder !== mine) throw new ConfigError(inUse(folder, holder));
	try {
		writeFileSync(file, mine);
	} catch (error) {
		unlock?.();
		throw error;
	}
	return {
		unclean: holder !== '',
		release() {
			if (readHolder(file) === mine) rmSync(file, { force: true });
			unlock?.();
		}
	};
}

/** Collected as garbage, a connection would let its lock go without a word. */
const holds = new Set<Database.Database>();

/** SQLite’s own lock on an empty file: exclusive, and the system’s. Null when another process has it. */
function lock(folder: string): (() => void) | null {
	const held = new Database(join(folder, 'folder.lock'), { timeout: 0 });
	try {
		held.exec('begin exclusive');
		holds.add(held);
		return () => {
			holds.delete(held);
			held.close();
		};
	} catch (error) {
		held.close();
		if ((error as { code?: string }).code === 'SQLITE_BUSY') return null;
		throw error;
	}
}

function inUse(folder: string, holder: string): string {
	const [host, pid] = holder.split(':');
	const who = pid === undefined ? '' : ` (process ${pid}${host === hostname() ? '' : ` on ${host}`})`;
	return `Another Headway${who} uses the data folder ${folder}. Stop it, or set HEADWAY_DATA to another folder.`;
}

function readHolder(file: string): string {
	try {
		return readFileSync(file, 'utf8').trim();
	} catch {
		return '';
	}
}
