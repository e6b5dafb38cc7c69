import type Database from 'better-sqlite3';
import { getLoadablePath } from 'sqlite-vec';

/** Gives a connection SQLite's vector functions. False where this machine has no build of them. */
export function loadVectors(client: Database.Database): boolean {
	try {
		client.loadExtension(getLoadablePath());
		return true;
	} catch {
		return false;
	}
}
