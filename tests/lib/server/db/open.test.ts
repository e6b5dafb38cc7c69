import { mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { openDb } from '$lib/server/db/open.ts';
import { ConfigError } from '$lib/server/config.ts';
import { makeApp, temporaryFolder } from '../../../support/app.ts';

function refusal(file: string): Error {
	try {
		openDb(file).close();
	} catch (error) {
		return error as Error;
	}
	throw new Error('it opened');
}

describe('opening the database', () => {
	test('DC-02 DC-06 the file and its folder are made, with every table, in WAL mode', () => {
		const file = join(temporaryFolder(), 'a', 'b', 'headway.db');
		const { db, close } = openDb(file);
		const tables = db.$client.prepare(`select name from sqlite_master where type = 'table'`).pluck().all();
		expect(tables).toEqual(expect.arrayContaining(['jobs', 'events', 'artifacts', 'timings', 'meta']));
		expect(db.$client.pragma('journal_mode', { simple: true })).toBe('wal');
		expect(db.$client.pragma('foreign_keys', { simple: true })).toBe(1);
		close();
		expect(statSync(file).size).toBeGreaterThan(0);
	});

	test('PG-12 a database keeps its log epoch; a new one has another', () => {
		const [folder, other] = [temporaryFolder(), temporaryFolder()];
		const epochs = [folder, folder, other].map((each) => {
			const { logEpoch, close } = openDb(join(each, 'headway.db'));
			close();
			return logEpoch;
		});
		expect(epochs[0]).toBe(epochs[1]);
		expect(epochs[0]).not.toBe(epochs[2]);
	});

	test('DC-06 a file that is no database ends the start with a sentence that says what to do, and stays as it is', () => {
		const file = join(temporaryFolder(), 'headway.db');
		writeFileSync(file, 'this is no database, and never was one. '.repeat(100));
		const error = refusal(file);
		expect(error).toBeInstanceOf(ConfigError);
		expect(error.message).toBe(
			`The database ${file} is damaged. Move it away to start with an empty one, or put a backup in its place.`
		);
		expect(readFileSync(file, 'utf8')).toContain('never was one');
	});

	test('DC-06 a database with damaged pages ends the start in the same way', () => {
		const file = join(temporaryFolder(), 'headway.db');
		const { db, close } = openDb(file);
		db.$client.pragma('wal_checkpoint(TRUNCATE)');
		close();
		const bytes = readFileSync(file);
		bytes.fill(0x5a, 100, 8_192);
		writeFileSync(file, bytes);
		expect(refusal(file).message).toMatch(/is damaged\. Move it away/);
	});

	test('DC-06 a data folder that cannot be one ends the start with a sentence', async () => {
		const file = join(temporaryFolder(), 'taken');
		writeFileSync(file, '');
		const message = `The data folder ${file} cannot be made: ${file} is a file. Set HEADWAY_DATA to a folder.`;
		expect(refusal(join(file, 'headway.db')).message).toBe(message);
		await expect(makeApp({ dataDir: file })).rejects.toThrow(message);
	});

	test('DC-06 a disk that has no room for new tables ends the start with a sentence', () => {
		const folder = temporaryFolder();
		const migration = [
			'CREATE TABLE large (bytes blob);',
			'PRAGMA max_page_count = 20;',
			'INSERT INTO large VALUES (zeroblob(1000000));'
		];
		mkdirSync(join(folder, 'meta'));
		writeFileSync(join(folder, '0000_large.sql'), migration.join('--> statement-breakpoint\n'));
		const entries = [{ idx: 0, version: '6', when: 1, tag: '0000_large', breakpoints: true }];
		writeFileSync(join(folder, 'meta', '_journal.json'), JSON.stringify({ dialect: 'sqlite', entries }));
		const file = join(folder, 'headway.db');
		expect(() => openDb(file, folder)).toThrow(
			new ConfigError(`The disk of ${file} is full. Make room, then start again.`)
		);
	});

	test('DC-06 a folder in the place of the database file ends the start with a sentence', () => {
		const file = join(temporaryFolder(), 'headway.db');
		mkdirSync(file);
		expect(refusal(file)).toBeInstanceOf(ConfigError);
		expect(refusal(file).message).toMatch(/cannot be opened for writing/);
	});
});
