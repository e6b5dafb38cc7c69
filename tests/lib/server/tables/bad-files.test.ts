import { appendFileSync, existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { join } from 'node:path';
import { expect, test, vi } from 'vitest';
import { HeadwayError } from '$lib/jobs/error.ts';
import { temporaryFolder } from '../../../support/app.ts';
import { parquetFile } from './parquet-file.ts';
import { Bench } from './sandbox.ts';

// Each starts processes, which take their time on a busy machine.
vi.setConfig({ testTimeout: 60_000 });

/** What describing the file fails with. */
async function refusal(name: string, content: string | Uint8Array, bench = new Bench()): Promise<unknown> {
	const error = await bench.describe(bench.bring(name, content)).catch((error: unknown) => error);
	expect(error).toBeInstanceOf(HeadwayError);
	return { code: (error as HeadwayError).code, message: (error as HeadwayError).message };
}

const text = (pattern: RegExp) => ({ code: 'invalid_input', message: expect.stringMatching(pattern) as string });

test.each([
	['with nothing in it', 't.csv', '', /^The file is empty\.$/],
	['with blanks only', 't.csv', ' \n\n ', /^The file is empty\.$/],
	[
		'with a row that has a value too many',
		't.csv',
		'a,b\n1,2\n1,2,3\n',
		/^Line 3 has 3 values, but the first one has 2\./
	],
	['with a row that has one too few', 't.csv', 'a,b\n"x\ny",2\n1\n', /^Line 4 has 1 value, but the first one has 2\./],
	['with short and long rows', 't.csv', 'a,b\n1,2\n3\n4,5,6\n', /^Line 3 has 1 value, but the first one has 2\./],
	[
		'with a remark before its names',
		't.csv',
		'# a remark\na,b\n1,2\n',
		/^Line 2 has 2 values, but the first one has 1\./
	],
	['with a quote that is never closed', 't.csv', 'a,b\n1,"2\n3,4\n', /^A quote is opened and never closed\.$/],
	['of JSON lines, one of them broken', 't.jsonl', '{"a":1}\n{"a":', /^Line 2 is not valid JSON/],
	['of JSON lines, one of them no object', 't.jsonl', '{"a":1}\n7\n', /^Line 2 is not a JSON object/],
	['of a JSON list of numbers', 't.json', '[1, 2]', /^Entry 1 of the list is not a JSON object/],
	['that is a workbook', 't.xlsx', 'PK\u0003\u0004\u0000\u0000', /workbook or an archive\. Save the table as/],
	['that is compressed', 't.csv.gz', Buffer.from([0x1f, 0x8b, 8, 0, 0]), /compressed\. Unpack it/],
	['that is a picture', 't.csv', Buffer.from([0x89, 0x50, 0x4e, 0x47, 0, 1, 2]), /^The file is no table\./],
	['that is a web page', 't.csv', '<!doctype html><title>x</title>', /^The file is no table\./],
	[
		'that is called like SQLite and is a text',
		't.sqlite',
		'hello world',
		/^The file is called like a SQLite database, but it is none\./
	],
	[
		'that is called like Parquet and is a text',
		't.parquet',
		'a,b\n1,2\n',
		/^The file is called like a Parquet file, but it is none\./
	],
	['that only begins like SQLite', 't.db', `SQLite format 3\u0000${'x'.repeat(5_000)}`, /damaged, or encrypted/],
	['that only begins like Parquet', 't.parquet', `PAR1${'x'.repeat(5_000)}`, /^The Parquet file cannot be read: /]
] as [string, string, string | Uint8Array, RegExp][])(
	'OP-03 a file %s is refused in a sentence that says what is wrong',
	async (_, name, content, sentence) => expect(await refusal(name, content)).toEqual(text(sentence))
);

test('OP-03 a SQLite file without tables, and one that was cut off in the middle, are refused', async () => {
	const path = join(temporaryFolder(), 'x.db');
	const made = new DatabaseSync(path);
	made.exec('CREATE TABLE t (a); DROP TABLE t');
	made.close();
	const bench = new Bench();
	await expect(bench.describe(bench.bringPath(path))).rejects.toMatchObject(text(/no tables/));
	const large = new DatabaseSync(path);
	large.exec(
		'CREATE TABLE t (a); INSERT INTO t SELECT hex(randomblob(500)) FROM (WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT 500) SELECT i FROM n)'
	);
	large.close();
	expect(await refusal('cut.db', readFileSync(path).subarray(0, 100_000))).toEqual(text(/damaged, or encrypted/));
});

test('OP-03 a file that becomes larger than its limit as a table is refused, and leaves nothing', async () => {
	const bench = new Bench({ limits: { databaseBytes: 200_000 } });
	const rows = Array.from({ length: 20_000 }, (_, at) => `${at},some words`).join('\n');
	expect(await refusal('t.csv', `a,b\n${rows}`, bench)).toEqual(text(/larger than can be kept/));
	await expect.poll(() => readdirSync(bench.folder)).toEqual(['program']);
});

test('OP-03 a Parquet file that says it has a million million rows is refused, not waited for', async () => {
	const file = parquetFile([{ name: 'a', type: 'int32', values: [1, 2, 3] }], { rows: 1e12 });
	expect(await refusal('t.parquet', file)).toEqual(text(/^The Parquet file has fewer rows than it says\.$/));
});

test('OP-03 a file that takes too long or too much memory to read is given up in words', async () => {
	const rows = `{"a":"${'x'.repeat(100)}"}\n`.repeat(60_000);
	const slow = new Bench({ limits: { loadMs: 5 } });
	expect(await refusal('t.jsonl', rows, slow)).toMatchObject({
		code: 'timeout',
		message: expect.stringContaining('0 s')
	});
	const small = new Bench({ limits: { loadMemory: 30 } });
	expect(await refusal('t.jsonl', rows, small)).toEqual(text(/needed more than 30 MB of memory/));
});

test('OP-03 a file above the largest size is refused before it is read', async () => {
	const bench = new Bench({ limits: { fileBytes: 1024 ** 2 } });
	const path = join(temporaryFolder(), 'large.csv');
	writeFileSync(path, 'a,b\n');
	appendFileSync(path, '1,2\n'.repeat(300_000));
	await expect(bench.describe(bench.bringPath(path))).rejects.toMatchObject(text(/^The file is larger than 0 GB/));
	expect([bench.reads, existsSync(join(bench.folder, 'program'))]).toEqual([0, true]);
});
