import { CreateMultipartUploadCommand, S3Client, UploadPartCommand } from '@aws-sdk/client-s3';
import { once } from 'node:events';
import { createServer as createHttpServer } from 'node:http';
import { createServer, type AddressInfo } from 'node:net';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { S3Blobs } from '$lib/server/blobs/s3-blobs.ts';
import { ConfigError } from '$lib/server/config.ts';
import { blobConformance } from './conformance.ts';
import { S3Process } from './s3-process.ts';

const server = new S3Process();
const { bucket } = server;
let made = 0;

beforeAll(() => server.start(), 20_000);
afterAll(() => server.stop());

const settings = () => ({ bucket, endpoint: server.endpoint, region: 'us-east-1', prefix: `test-${++made}/` });

/** Each store has a prefix of its own in the one bucket. */
async function make() {
	return { blobs: new S3Blobs(settings()), debris: async () => server.unfinished() };
}

blobConformance('of S3', make);

test('CX-07 uploads that a killed process began are ended by the sweep, those of others are not', async () => {
	const { debris } = await make();
	const mine = settings();
	const client = new S3Client({
		endpoint: server.endpoint,
		forcePathStyle: true,
		region: 'us-east-1',
		requestChecksumCalculation: 'WHEN_REQUIRED'
	});
	const begin = async (Key: string) => {
		const { UploadId } = await client.send(new CreateMultipartUploadCommand({ Bucket: bucket, Key }));
		await client.send(new UploadPartCommand({ Bucket: bucket, Key, UploadId, PartNumber: 1, Body: Buffer.alloc(100) }));
	};
	await begin(`${mine.prefix}ab/file-1`);
	await begin(`${mine.prefix}ab/file-2`);
	await begin('of-another/file');
	expect(await debris()).toHaveLength(3);
	expect(await new S3Blobs(mine).sweep()).toBe(2);
	expect(await debris()).toHaveLength(1);
	expect(await new S3Blobs({ ...mine, prefix: 'of-another/' }).sweep()).toBe(1);
});

test('DC-06 a bucket that is not there, and a server that is not there, end the start with what to check', async () => {
	for (const wrong of [{ bucket: 'no-such-bucket' }, { endpoint: 'http://127.0.0.1:9' }]) {
		const failure = await new S3Blobs({ ...settings(), ...wrong }).check().catch((error: unknown) => error);
		expect(failure).toBeInstanceOf(ConfigError);
		expect((failure as Error).message).toMatch(/^The bucket \S+ cannot be used \(.+\)\. Check HEADWAY_S3_BUCKET, /);
	}
});

test('DC-06 a bucket whose unfinished uploads may not be listed ends the start with what to check', async () => {
	const strict = createHttpServer(({ method }, res) => {
		if (method === 'HEAD') return res.end();
		res.writeHead(403, { 'content-type': 'application/xml' });
		return res.end('<Error><Code>AccessDenied</Code><Message>Access Denied</Message></Error>');
	}).listen(0, '127.0.0.1');
	await once(strict, 'listening');
	const endpoint = `http://127.0.0.1:${(strict.address() as AddressInfo).port}`;
	const blobs = new S3Blobs({ ...settings(), endpoint });
	await blobs.check();
	const failure = await blobs.sweep().catch((error: unknown) => error);
	strict.close();
	expect(failure).toBeInstanceOf(ConfigError);
	expect((failure as Error).message).toMatch(/^The bucket \S+ cannot be used \(AccessDenied, status 403\)\. Check /);
});

test('DC-06 a bucket whose server takes connections and never answers ends the start as well', async () => {
	const silent = createServer(() => undefined).listen(0, '127.0.0.1');
	await once(silent, 'listening');
	const endpoint = `http://127.0.0.1:${(silent.address() as AddressInfo).port}`;
	const blobs = new S3Blobs({ ...settings(), endpoint });
	await expect(blobs.check(200)).rejects.toThrow(/^The bucket \S+ cannot be used \(no answer in time\)\. /);
	silent.close();
});
