import { createHash } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { expect, test } from 'vitest';
import { Artifacts } from '$lib/server/blobs/artifacts.ts';
import type { Blobs } from '$lib/server/blobs/blobs.ts';
import { LocalBlobs } from '$lib/server/blobs/local-blobs.ts';
import { LooseKeys } from '$lib/server/blobs/loose-keys.ts';
import { looseBlobs } from '$lib/server/db/schema.ts';
import { temporaryFolder } from '../../../support/app.ts';
import { aRunningJob, makeCore, succeeded } from '../core.ts';

const file = (bytes: string | Uint8Array, name = 'report.md') => ({ name, mediaType: 'text/markdown', bytes });

/** A store whose removals fail until it is mended. */
function frail(blobs: Blobs) {
	const state = { broken: false };
	const remove = async (keys: readonly string[]) => {
		if (state.broken) throw new Error('the store is away');
		await blobs.remove(keys);
	};
	return { state, blobs: { ...methodsOf(blobs), remove } };
}

function methodsOf(blobs: Blobs): Blobs {
	return {
		put: (...args) => blobs.put(...args),
		read: (...args) => blobs.read(...args),
		remove: (keys) => blobs.remove(keys),
		list: (prefix) => blobs.list(prefix),
		sweep: () => blobs.sweep(),
		check: () => blobs.check()
	};
}

async function make() {
	const core = makeCore();
	const local = new LocalBlobs(join(core.folder, 'artifacts'));
	await local.check();
	const { blobs, state } = frail(local);
	const warnings: string[] = [];
	const log = { warn: (_facts: object, message: string) => void warnings.push(message) };
	const loose = new LooseKeys({ blobs, db: core.db, clock: core.clock, log });
	const artifacts = new Artifacts({ blobs, loose, db: core.db, clock: core.clock });
	const { id } = await aRunningJob(core);
	const row = (name = 'report.md') => core.queries.artifact('local', id, name);
	const stored = async (name?: string) => text(await artifacts.open(await row(name)));
	const looseKeys = () => core.db.select().from(looseBlobs).all();
	return { core, artifacts, loose, id, row, stored, looseKeys, state, warnings, keys: () => local.list('') };
}

test('RS-05 a file is stored with its hash and can be read again, whole and in part', async () => {
	const { artifacts, id, row, stored, keys, looseKeys } = await make();
	const bytes = 'Grüße, Welt.';
	expect(await artifacts.put(id, file(bytes))).toEqual({
		...{ name: 'report.md', mediaType: 'text/markdown', size: Buffer.byteLength(bytes) },
		sha256: createHash('sha256').update(bytes).digest('hex'),
		url: `/api/jobs/${id}/artifacts/report.md`
	});
	expect(await stored()).toBe(bytes);
	expect(await text(await artifacts.open(await row(), { start: 0, end: 1 }))).toBe('Gr');
	expect(await keys()).toHaveLength(1);
	expect(looseKeys()).toEqual([]);
});

test('CX-08 a file of the run’s folder is streamed into the store, and a missing one leaves nothing', async () => {
	const { artifacts, id, stored, keys, looseKeys } = await make();
	const path = join(temporaryFolder(), 'whole.pdf');
	writeFileSync(path, 'x'.repeat(300_000));
	const facts = { name: 'whole.pdf', mediaType: 'application/pdf' };
	expect(await artifacts.put(id, { ...facts, path })).toMatchObject({ size: 300_000 });
	expect(await stored('whole.pdf')).toHaveLength(300_000);
	await expect(artifacts.put(id, { ...facts, path: `${path}.gone` })).rejects.toMatchObject({ code: 'ENOENT' });
	expect([await keys(), looseKeys()]).toEqual([[expect.any(String)], []]);
});

test('CX-07 a cancelled put leaves no file, no row and no loose key', async () => {
	const { core, artifacts, id, keys, looseKeys } = await make();
	const put = artifacts.put(id, file('x'.repeat(1_000_000)), AbortSignal.abort('user'));
	await expect(put).rejects.toBe('user');
	expect([await keys(), looseKeys()]).toEqual([[], []]);
	await expect(core.queries.artifact('local', id, 'report.md')).rejects.toMatchObject({ code: 'not_found' });
});

test('CX-07 a file for a job that is gone is not kept', async () => {
	const { artifacts, keys, looseKeys } = await make();
	await expect(artifacts.put('job_gone', file('x'))).rejects.toThrow();
	expect([await keys(), looseKeys()]).toEqual([[], []]);
});

test('IR-10 a file of the same name replaces the one before, whose bytes go; the same bytes may come again', async () => {
	const { artifacts, id, stored, keys, looseKeys } = await make();
	await artifacts.put(id, file('first'));
	const [before] = await keys();
	await artifacts.put(id, file('second'));
	await artifacts.put(id, file('second'));
	expect(await stored()).toBe('second');
	expect(await keys()).toEqual([expect.not.stringMatching(String(before))]);
	expect(looseKeys()).toEqual([]);
});

test('IR-10 two files of one job with the same bytes are both there, and each goes by itself', async () => {
	const { artifacts, id, stored } = await make();
	await artifacts.put(id, file('same', 'a.md'));
	await artifacts.put(id, file('same', 'b.md'));
	await artifacts.put(id, file('other', 'a.md'));
	expect([await stored('a.md'), await stored('b.md')]).toEqual(['other', 'same']);
});

test('DC-07 a name from outside never becomes a key', async () => {
	const { artifacts, id, row, keys } = await make();
	const { url } = await artifacts.put(id, file('x', '../../../escape.md'));
	expect(url).toBe(`/api/jobs/${id}/artifacts/..%2F..%2F..%2Fescape.md`);
	expect((await row('../../../escape.md')).path).toMatch(/^[0-9a-f]{2}\/job_[0-9a-f]{20}-[0-9a-f]{24}$/);
	expect(await keys()).toHaveLength(1);
});

test('OP-01 deleting a job makes its keys loose with its row, and the bytes follow', async () => {
	const { core, artifacts, id, keys, looseKeys } = await make();
	await artifacts.put(id, file('a', 'a.md'));
	await artifacts.put(id, file('b', 'b.md'));
	await core.store.finish(id, 1, succeeded);
	const paths = await core.store.remove('local', id);
	expect(looseKeys().map(({ path }) => path)).toEqual(paths);
	expect(await keys()).toEqual(paths.toSorted());
	await artifacts.discard(paths);
	expect([await keys(), looseKeys()]).toEqual([[], []]);
});

test('CX-07 what a store that is away cannot remove stays written down, and goes at the next start', async () => {
	const { artifacts, loose, id, state, keys, looseKeys, warnings } = await make();
	await artifacts.put(id, file('first'));
	state.broken = true;
	await artifacts.put(id, file('second'));
	expect(await keys()).toHaveLength(2);
	expect(looseKeys()).toHaveLength(1);
	expect(warnings).toEqual(['files could not be removed; the next start will']);
	state.broken = false;
	expect(await loose.discardAll()).toBe(1);
	expect(await keys()).toHaveLength(1);
	expect(looseKeys()).toEqual([]);
});
