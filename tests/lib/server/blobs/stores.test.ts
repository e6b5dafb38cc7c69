import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import type { Blobs } from '$lib/server/blobs/blobs.ts';
import { openBlobs } from '$lib/server/blobs/open.ts';
import { dataPaths, readConfig } from '$lib/server/config.ts';
import { ended, makeApp, runsOf, start, temporaryFolder, until } from '../../../support/app.ts';
import { stepsThat } from '../../../support/operations.ts';
import { serveRoutes } from '../../../support/route-server.ts';
import { S3Process } from './s3-process.ts';
import { VercelServer } from './vercel-server.ts';

const s3 = new S3Process();
const folder = mkdtempSync(join(tmpdir(), 'headway-vercel-'));
const vercel = new VercelServer(folder);
beforeAll(async () => {
	await Promise.all([s3.start(), vercel.listen()]);
	vi.stubEnv('VERCEL_BLOB_API_URL', vercel.url);
	vi.stubEnv('VERCEL_BLOB_RETRIES', '0');
}, 20_000);
afterAll(() => {
	s3.stop();
	vercel.close();
	rmSync(folder, { recursive: true, force: true });
});

const bytes = Buffer.alloc(24 * 1024 * 1024, 'a picture of several parts ');
const sha256 = createHash('sha256').update(bytes).digest('hex');

/** Writes its file into the run's own folder, says so, and stores it. */
const filing = stepsThat(async (ctx) => {
	ctx.phase('first');
	const path = join(await ctx.folder(), 'picture.png');
	await writeFile(path, bytes);
	ctx.phase('second');
	await ctx.artifact({ name: 'picture.png', mediaType: 'image/png', path });
	return { sum: 1 };
});

let made = 0;
const environments = {
	files: () => ({}),
	s3: () => ({
		...{ HEADWAY_BLOBS: 's3', HEADWAY_S3_BUCKET: s3.bucket, HEADWAY_S3_ENDPOINT: s3.endpoint },
		HEADWAY_S3_PREFIX: `app-${++made}/`
	}),
	vercel: () => ({ HEADWAY_BLOBS: 'vercel', BLOB_READ_WRITE_TOKEN: vercel.token })
};

describe.each(['files', 's3', 'vercel'] as const)('an app whose files lie in %s', (kind) => {
	async function serve() {
		const env: Record<string, string> = environments[kind]();
		const dataDir = temporaryFolder();
		const app = await makeApp({ dataDir, env, runs: runsOf(filing) });
		const store: Blobs = await openBlobs(readConfig(env).blobs, dataPaths(dataDir).artifacts);
		return { app, store, url: await serveRoutes(app) };
	}

	test('CX-07 a job that is cancelled while its file goes into the store leaves no part of it', async () => {
		const { app, store } = await serve();
		const { id } = await start(app, 'steps', {});
		await until(app, id, ({ phase }) => phase === 'second');
		await app.jobs.cancel('local', id);
		expect(await ended(app, id)).toMatchObject({ status: 'cancelled', artifacts: [] });
		await expect.poll(() => store.list(''), { timeout: 5_000 }).toEqual([]);
		expect(await store.sweep()).toBe(0);
		if (kind === 's3') expect(s3.unfinished()).toEqual([]);
		if (kind === 'vercel') expect(vercel.pending()).toEqual([]);
	});

	test('IM-11 a job that ends has its file, which can be read whole and in part, and goes with it', async () => {
		const { app, store, url } = await serve();
		const { id } = await start(app, 'steps', {});
		const { artifacts } = await ended(app, id);
		expect(artifacts).toMatchObject([{ name: 'picture.png', size: bytes.length, sha256 }]);
		const address = `${url}${artifacts[0]?.url}`;
		const whole = Buffer.from(await (await fetch(address)).arrayBuffer());
		expect(createHash('sha256').update(whole).digest('hex')).toBe(sha256);
		const part = await fetch(address, { headers: { range: 'bytes=2-8' } });
		expect([part.status, await part.text()]).toEqual([206, 'picture']);
		expect(await store.list('')).toHaveLength(1);
		await app.jobs.remove('local', id);
		expect(await store.list('')).toEqual([]);
	});

	test('CX-07 an uploaded file is there, and goes when it is deleted', async () => {
		const { app, store, url } = await serve();
		const init = { method: 'POST', headers: { 'content-type': 'text/plain' }, body: bytes };
		const stored = (await (await fetch(`${url}/api/files?name=a.txt`, init)).json()) as { url: string; sha256: string };
		expect(stored.sha256).toBe(sha256);
		expect(await store.list('')).toHaveLength(1);
		expect((await fetch(url + stored.url, { method: 'DELETE' })).status).toBe(204);
		expect([await store.list(''), (await app.uploads.list('local')).rows]).toEqual([[], []]);
	});
});
