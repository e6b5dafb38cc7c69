import type { AnyModel, RunLog } from '../../operations/operation.ts';
import type { Clock } from '../clock.ts';
import type { Config } from '../config.ts';
import type { Db } from '../db/open.ts';
import { Artifacts } from './artifacts.ts';
import type { Blobs } from './blobs.ts';
import { LocalBlobs } from './local-blobs.ts';
import { LooseKeys } from './loose-keys.ts';
import { Uploads } from './uploads.ts';

/** The files of jobs and of people, in the configured store. What killed processes left is removed first. Rejects with a `ConfigError`. */
export async function openFiles(
	config: Pick<Config, 'blobs' | 'maxUpload'>,
	folder: string,
	tools: { db: Db; clock: Clock; log: Pick<RunLog, 'warn'>; models: Record<string, AnyModel> }
): Promise<{ artifacts: Artifacts; uploads: Uploads }> {
	const blobs = await openBlobs(config.blobs, folder);
	const loose = new LooseKeys({ blobs, ...tools });
	await loose.discardAll();
	const parts = { blobs, loose, ...tools };
	return { artifacts: new Artifacts(parts), uploads: new Uploads({ ...parts, maxBytes: config.maxUpload }) };
}

/** The configured store, checked and swept. The clients of S3 and of Vercel are loaded only where they are used. */
export async function openBlobs(settings: Config['blobs'], folder: string): Promise<Blobs> {
	const store = await make(settings, folder);
	await store.check();
	await store.sweep();
	return store;
}

async function make(settings: Config['blobs'], folder: string): Promise<Blobs> {
	if (settings.kind === 's3') return new (await import('./s3-blobs.ts')).S3Blobs(settings);
	if (settings.kind === 'vercel') return new (await import('./vercel-blobs.ts')).VercelBlobs(settings);
	return new LocalBlobs(folder);
}
