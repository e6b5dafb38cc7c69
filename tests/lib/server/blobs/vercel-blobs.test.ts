import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
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
