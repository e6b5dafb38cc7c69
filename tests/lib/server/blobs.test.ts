import { createHash } from 'node:crypto';
import { mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { describe, expect, test } from 'vitest';
import { Blobs } from '$lib/server/blobs.ts';
import { ConfigError } from '$lib/server/config.ts';
import { makeApp, temporaryFolder } from '../../support/app.ts';
import { aRunningJob, makeCore } from './core.ts';

const file = (bytes: string | Uint8Array, name = 'report.md') => ({ name, mediaType: 'text/markdown', bytes });

async function makeBlobs() {
	const core = makeCore();
	const folder = join(core.folder, 'artifacts');
	const blobs = new Blobs(folder, core.db, core.clock);
	const { id } = await aRunningJob(core);
	const onDisk = () =>
		readdirSync(folder, { recursive: true, withFileTypes: true }).flatMap((entry) =>
			entry.isFile() ? [entry.name] : []
		);
	const stored = async (name = 'report.md') => text(blobs.read((await core.queries.artifact('local', id, name)).path));
	return { core, blobs, folder, id, onDisk, stored };
}

describe('artifacts', () => {
	test('RS-05 a file is stored under its hash and can be read again', async () => {
		const { blobs, id, onDisk, stored } = await makeBlobs();
		const bytes = 'Grüße, Welt.';
		const artifact = await blobs.put(id, file(bytes));
		expect(artifact).toEqual({
			...{ name: 'report.md', mediaType: 'text/markdown', size: Buffer.byteLength(bytes) },
			sha256: createHash('sha256').update(bytes).digest('hex'),
			url: `/api/jobs/${id}/artifacts/report.md`
		});
		expect(await stored()).toBe(bytes);
		expect(onDisk()).toHaveLength(1);
	});

	test('CX-05 an aborted write leaves no file and no row', async () => {
		const { core, blobs, id, onDisk } = await makeBlobs();
		await expect(blobs.put(id, file('x'.repeat(1_000_000)), AbortSignal.abort('user'))).rejects.toThrow();
		expect(onDisk()).toEqual([]);
		await expect(core.queries.artifact('local', id, 'report.md')).rejects.toMatchObject({ code: 'not_found' });
	});

	test('CX-05 a write that cannot be finished leaves nothing half-written', async () => {
		const { core, blobs, folder, id, onDisk } = await makeBlobs();
		await blobs.put(id, file('x'));
		const { path } = await core.queries.artifact('local', id, 'report.md');
		rmSync(join(folder, path));
		mkdirSync(join(folder, path));
		await expect(blobs.put(id, file('x'))).rejects.toThrow();
		expect(onDisk()).toEqual([]);
	});

	test('CX-05 a file for a job that is gone is not kept', async () => {
		const { blobs, onDisk } = await makeBlobs();
		await expect(blobs.put('job_gone', file('x'))).rejects.toThrow();
		expect(onDisk()).toEqual([]);
	});

	test('IR-10 a file of the same name replaces the one before, whose bytes go', async () => {
		const { blobs, id, onDisk, stored } = await makeBlobs();
		await blobs.put(id, file('first'));
		await blobs.put(id, file('second'));
		expect(await stored()).toBe('second');
		expect(onDisk()).toHaveLength(1);
	});

	test('IR-10 replacing a file by itself keeps it', async () => {
		const { blobs, id, stored } = await makeBlobs();
		await blobs.put(id, file('same'));
		await blobs.put(id, file('same'));
		expect(await stored()).toBe('same');
	});

	test('IR-10 two files of one job with the same bytes are both there', async () => {
		const { blobs, id, stored } = await makeBlobs();
		await blobs.put(id, file('same', 'a.md'));
		await blobs.put(id, file('same', 'b.md'));
		await blobs.put(id, file('other', 'a.md'));
		expect([await stored('a.md'), await stored('b.md')]).toEqual(['other', 'same']);
	});

	test('DC-07 a name from outside never becomes a path', async () => {
		const { core, blobs, folder, id, onDisk } = await makeBlobs();
		const { url } = await blobs.put(id, file('x', '../../../escape.md'));
		expect(url).toBe(`/api/jobs/${id}/artifacts/..%2F..%2F..%2Fescape.md`);
		expect((await core.queries.artifact('local', id, '../../../escape.md')).path).not.toContain('..');
		expect(onDisk()).toHaveLength(1);
		expect(readdirSync(join(folder, '..')).toSorted()).toEqual(expect.not.arrayContaining(['escape.md']));
	});

	test('CX-05 what a killed process left half-written is swept, and whole files stay', async () => {
		const { blobs, folder, id, onDisk, stored } = await makeBlobs();
		await blobs.put(id, file('whole'));
		mkdirSync(join(folder, 'zz'), { recursive: true });
		writeFileSync(join(folder, 'zz', 'job-abc.12345678.part'), 'half');
		expect(await blobs.sweep()).toBe(1);
		expect(onDisk()).toHaveLength(1);
		expect(await stored()).toBe('whole');
	});

	test('DC-06 the folder for files is made at the start', async () => {
		const { blobs, onDisk } = await makeBlobs();
		expect(onDisk).toThrow(/ENOENT/);
		expect(await blobs.sweep()).toBe(0);
		expect(onDisk()).toEqual([]);
	});

	test('DC-06 a folder for files that cannot be made ends the start with what to do', async () => {
		const dataDir = temporaryFolder();
		writeFileSync(join(dataDir, 'artifacts'), 'in the way');
		const failure = await makeApp({ dataDir }).catch((error: unknown) => error);
		expect(failure).toBeInstanceOf(ConfigError);
		expect((failure as ConfigError).message).toMatch(/artifacts cannot be written\. Make it .* HEADWAY_DATA/);
	});
});
