import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import Database from 'better-sqlite3';
import { expect, test } from 'vitest';
import { makeApp, runsOf, start, ended, temporaryFolder } from '../../../support/app.ts';
import { steps } from '../../../support/operations.ts';
import { defineRun } from '$lib/operations/operation.ts';

const script = fileURLToPath(new URL('killed.ts', import.meta.url));

/** An operation that leaves one file. */
const filing = defineRun(steps, async (_input, ctx) => {
	await ctx.artifact({ name: 'kept.txt', mediaType: 'text/plain', bytes: 'kept' });
	return { sum: 1 };
});

/** Files on the disk of a data folder that nobody uses. */
const onDisk = (dataDir: string) =>
	readdirSync(join(dataDir, 'artifacts'), { recursive: true, withFileTypes: true }).flatMap((entry) =>
		entry.isFile() ? [entry.name] : []
	);

function looseIn(dataDir: string): unknown[] {
	const db = new Database(join(dataDir, 'headway.db'), { readonly: true });
	try {
		return db.prepare('select * from loose_blobs').all();
	} finally {
		db.close();
	}
}

/** Runs the deed in a process of its own, and kills that at its worst moment. */
async function killIn(what: string, dataDir: string, jobId: string): Promise<void> {
	const child = spawn(process.execPath, [script, what, dataDir, jobId], { stdio: ['ignore', 'pipe', 'inherit'] });
	const died = once(child, 'exit');
	expect(String((await once(child.stdout, 'data'))[0])).toBe('now\n');
	child.kill('SIGKILL');
	await died;
}

/** A data folder with one ended job that has one file. */
async function withOneJob() {
	const dataDir = temporaryFolder();
	const app = await makeApp({ dataDir, runs: runsOf(filing) });
	const { id } = await start(app, 'steps', { name: 'work' });
	expect(await ended(app, id)).toMatchObject({ status: 'succeeded' });
	await app.close();
	return { dataDir, id };
}

test.each(['in the middle of a file', 'after the bytes and before the row', 'in the middle of an upload'])(
	'CX-07 CX-08 a kill -9 %s leaves nothing once the server has started again',
	async (what) => {
		const { dataDir, id } = await withOneJob();
		const before = onDisk(dataDir);
		await killIn(what, dataDir, id);
		expect(onDisk(dataDir)).toHaveLength(2);
		expect(looseIn(dataDir)).toHaveLength(1);
		const app = await makeApp({ dataDir, runs: runsOf(filing) });
		expect(onDisk(dataDir)).toEqual(before);
		expect(looseIn(dataDir)).toEqual([]);
		expect((await app.uploads.list('local')).rows).toEqual([]);
		expect((await app.jobs.snapshot('local', id)).artifacts).toHaveLength(1);
	},
	20_000
);

test('CX-07 OP-01 a kill -9 after the row is gone and before the bytes are leaves nothing once the server has started again', async () => {
	const { dataDir, id } = await withOneJob();
	await killIn('after the row is gone and before the bytes are', dataDir, id);
	expect(onDisk(dataDir)).toHaveLength(1);
	expect(looseIn(dataDir)).toHaveLength(1);
	const app = await makeApp({ dataDir, runs: runsOf(filing) });
	await expect(app.jobs.snapshot('local', id)).rejects.toMatchObject({ code: 'not_found' });
	expect(onDisk(dataDir)).toEqual([]);
	expect(looseIn(dataDir)).toEqual([]);
}, 20_000);
