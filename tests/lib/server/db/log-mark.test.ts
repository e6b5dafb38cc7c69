import { copyFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { LogMark } from '$lib/server/db/log-mark.ts';
import { openDb } from '$lib/server/db/open.ts';
import { meta } from '$lib/server/db/schema.ts';
import { FakeClock } from '../../../support/fake-clock.ts';
import { temporaryFolder } from '../../../support/app.ts';

/** Opens the log of a folder with its mark, and closes it after `work`; gives its epoch. */
function opened(folder: string, work: (mark: LogMark, write: () => void) => void = () => undefined): string {
	const { db, logEpoch, close } = openDb(join(folder, 'headway.db'));
	const mark = new LogMark(db, join(folder, 'headway.mark'), logEpoch);
	let written = 0;
	work(mark, () =>
		db
			.insert(meta)
			.values({ key: `test ${mark.logEpoch} ${++written} ${Math.random()}`, value: '' })
			.run()
	);
	db.$client.pragma('wal_checkpoint(TRUNCATE)');
	close();
	return mark.logEpoch;
}

test('PG-12 a log that was stopped, or killed at any point, keeps its epoch', () => {
	const folder = temporaryFolder();
	const first = opened(folder);
	expect(opened(folder, (mark, write) => (write(), mark.advance(), write()))).toBe(first);
	expect(opened(folder)).toBe(first);
});

test('PG-12 an older database put back gets another epoch, also one of the same run of the server', () => {
	const folder = temporaryFolder();
	const [database, backup] = [join(folder, 'headway.db'), join(folder, 'backup.db')];
	const first = opened(folder);
	copyFileSync(database, backup);
	expect(opened(folder, (_, write) => write())).toBe(first);
	copyFileSync(backup, database);
	const second = opened(folder);
	expect(second).not.toBe(first);
	expect(opened(folder)).toBe(second);
	opened(folder, (mark, write) => {
		write();
		mark.advance();
		const { db, close } = openDb(database);
		db.$client.pragma('wal_checkpoint(TRUNCATE)');
		close();
		copyFileSync(database, backup);
		write();
		mark.advance();
	});
	copyFileSync(backup, database);
	expect(opened(folder)).not.toBe(second);
});

test('PG-12 a database that comes without its mark, or with another’s, gets another epoch', () => {
	const [folder, other] = [temporaryFolder(), temporaryFolder()];
	const first = opened(folder);
	opened(other);
	rmSync(join(folder, 'headway.mark'));
	const second = opened(folder);
	expect(second).not.toBe(first);
	copyFileSync(join(other, 'headway.mark'), join(folder, 'headway.mark'));
	expect(opened(folder)).not.toBe(second);
});

test('PG-12 the mark moves every minute while something is written, and not otherwise', async () => {
	const clock = new FakeClock();
	const file = join(temporaryFolder(), 'headway.mark');
	const { db, logEpoch, close } = openDb(join(temporaryFolder(), 'headway.db'));
	onTestFinished(close);
	const mark = new LogMark(db, file, logEpoch);
	const over = new AbortController();
	void mark.keep(clock, over.signal);
	// Only a mark that moves writes the file anew.
	rmSync(file);
	await clock.advance(60_000);
	expect(() => rmSync(file)).toThrow(/ENOENT/);
	db.insert(meta).values({ key: 'test', value: '' }).run();
	await clock.advance(60_000);
	rmSync(file);
	over.abort();
	await clock.advance(60_000);
	expect(clock.pending).toBe(0);
});
