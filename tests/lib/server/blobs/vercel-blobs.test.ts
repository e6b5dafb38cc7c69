import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import { afterAll, beforeAll, expect, onTestFinished, test, vi } from 'vitest';
import { VercelBlobs } from '$lib/server/blobs/vercel-blobs.ts';
import { ConfigError } from '$lib/server/config.ts';
import { blobConformance } from './conformance.ts';
import { VercelServer } from './vercel-server.ts';

const folder = mkdtempSync(join(tmpdir(), 'headway-vercel-'));
const server = new VercelServer(folder);

beforeAll(async () => {
	await server.listen();
	vi.stubEnv('VERCEL_BLOB_API_URL', server.url);
	vi.stubEnv('VERCEL_BLOB_RETRIES', '0');
});
afterAll(() => {
	server.close();
	rmSync(folder, { recursive: true, force: true });
});

async function make() {
	server.clear();
	const blobs = new VercelBlobs({ token: server.token, access: 'private' });
	return { blobs, debris: async () => server.pending() };
}

blobConformance('of Vercel Blob', make);

test('DC-06 a token that the store refuses ends the start with what to check', async () => {
	const failure = await new VercelBlobs({ token: 'vercel_blob_rw_other_x', access: 'private' })
		.check()
		.catch((error: unknown) => error);
	expect(failure).toBeInstanceOf(ConfigError);
	expect((failure as Error).message).toMatch(/cannot be used \(.*Access denied.*\)\. Check BLOB_READ_WRITE_TOKEN\.$/);
});

test('DC-06 a store that takes connections and never answers ends the start as well', async () => {
	const silent = createServer(() => undefined).listen(0, '127.0.0.1');
	await once(silent, 'listening');
	vi.stubEnv('VERCEL_BLOB_API_URL', `http://127.0.0.1:${(silent.address() as AddressInfo).port}`);
	vi.stubEnv('VERCEL_BLOB_RETRIES', '10');
	onTestFinished(() => {
		vi.stubEnv('VERCEL_BLOB_API_URL', server.url);
		vi.stubEnv('VERCEL_BLOB_RETRIES', '0');
		silent.close();
	});
	const blobs = new VercelBlobs({ token: server.token, access: 'private' });
	await expect(blobs.check(200)).rejects.toThrow(
		new ConfigError('The Vercel Blob store cannot be used (no answer in time). Check BLOB_READ_WRITE_TOKEN.')
	);
});
