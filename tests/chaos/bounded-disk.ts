import Database from 'better-sqlite3';
import { onTestFinished, vi } from 'vitest';

/** The database file of an app, made as large as it may become: what a full disk is to SQLite. */
export interface BoundedDisk {
	/** From now on the database may not grow. */
	fill(): void;
	/** It may grow again. */
	makeRoom(): void;
	/** What SQLite finds wrong with it: `ok` when nothing. */
	check(): unknown;
}

/** Makes an app whose database can be bounded: the connection itself, for only that one counts its pages. */
export async function withBoundedDisk<T>(make: () => Promise<T>): Promise<{ made: T; disk: BoundedDisk }> {
	const opened = vi.spyOn(Database.prototype, 'pragma');
	onTestFinished(() => opened.mockRestore());
	const made = await make();
	const settings = opened.mock.calls.findIndex(([pragma]) => pragma === 'journal_mode = WAL');
	const client = opened.mock.contexts[settings] as Database.Database;
	opened.mockRestore();
	return { made, disk: boundedDisk(client) };
}

/** The same of an open database. */
export function boundedDisk(client: Database.Database): BoundedDisk {
	return {
		fill() {
			client.pragma(`max_page_count = ${String(client.pragma('page_count', { simple: true }))}`);
		},
		makeRoom() {
			client.pragma('max_page_count = 1000000');
		},
		check: () => client.pragma('integrity_check', { simple: true })
	};
}
