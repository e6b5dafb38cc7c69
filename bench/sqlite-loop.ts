import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { note } from './note.ts';

/** A table with a log in it, and nothing around it. */
export interface SqliteLog {
	/** Milliseconds to read the whole log and make each row an object. */
	readAll(): number;
	close(): void;
}

/** Fills a bare better-sqlite3 table, in the same mode as the app's, with `count` notes. */
export function openSqliteLog(count: number): SqliteLog {
	const folder = mkdtempSync(join(tmpdir(), 'headway-bench-sqlite-'));
	const db = new Database(join(folder, 'log.db'));
	db.pragma('journal_mode = WAL');
	db.pragma('synchronous = NORMAL');
	db.exec(
		'create table events (job text, seq integer, at integer, type text, data text, primary key (job, seq)) strict'
	);
	const insert = db.prepare('insert into events values (?, ?, ?, ?, ?)');
	db.transaction(() => {
		for (let seq = 1; seq <= count; seq++) insert.run('job', seq, Date.now(), 'note', JSON.stringify(note(seq)));
	})();
	const select = db.prepare<[string], { data: string }>('select * from events where job = ? order by seq');
	return {
		readAll() {
			const began = performance.now();
			const read = select.all('job').map((row) => ({ ...row, data: JSON.parse(row.data) as unknown }));
			if (read.length !== count) throw new Error(`${read.length} of ${count} rows`);
			return performance.now() - began;
		},
		close() {
			db.close();
			rmSync(folder, { recursive: true, force: true });
		}
	};
}
