import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { LocalBlobs } from '$lib/server/blobs/local-blobs.ts';
import { ConfigError } from '$lib/server/config.ts';
import { temporaryFolder } from '../../../support/app.ts';
import { blobConformance } from './conformance.ts';

const facts = { mediaType: 'text/plain' };

async function make() {
	const folder = temporaryFolder();
	const blobs = new LocalBlobs(folder);
	await blobs.check();
	const debris = async () => {
		const whole = new Set(await blobs.list(''));
		const entries = readdirSync(folder, { recursive: true, withFileTypes: true });
		const files = entries.filter((entry) => entry.isFile());
		return files
			.map(({ parentPath, name }) => join(parentPath, name).slice(folder.length + 1))
			.filter((path) => !whole.has(path));
	};
	return { blobs, debris, folder };
}

blobConformance('of local files', make);

test('CX-07 what a killed process left half-written is swept, and whole files stay', async () => {
	const { blobs, debris, folder } = await make();
	await blobs.put('zz/whole', Buffer.from('whole'), facts);
	writeFileSync(join(folder, 'zz', 'job_1-ab.12345678.part'), 'half');
	expect(await blobs.list('')).toEqual(['zz/whole']);
	expect(await blobs.sweep()).toBe(1);
	expect(await debris()).toEqual([]);
	expect(await blobs.list('')).toEqual(['zz/whole']);
});

test('CX-07 a file that cannot take its name leaves nothing half-written', async () => {
	const { blobs, debris, folder } = await make();
	mkdirSync(join(folder, 'ab', 'taken'), { recursive: true });
	await expect(blobs.put('ab/taken', Buffer.from('x'), facts)).rejects.toThrow();
	expect(await debris()).toEqual([]);
});

test('DC-06 a folder that cannot be used ends the start with what to do', async () => {
	const { folder } = await make();
	writeFileSync(join(folder, 'in-the-way'), '');
	const failure = await new LocalBlobs(join(folder, 'in-the-way')).check().catch((error: unknown) => error);
	expect(failure).toBeInstanceOf(ConfigError);
	expect((failure as Error).message).toMatch(/in-the-way cannot be written\. Make it .* HEADWAY_DATA/);
});
