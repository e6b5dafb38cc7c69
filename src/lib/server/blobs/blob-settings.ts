import { ConfigError } from '../config-error.ts';

/** A bucket, and where it is. Credentials come by the SDK's own standard variables and files. */
export interface S3Settings {
	bucket: string;
	/** Another server than Amazon's; then buckets are addressed by path. */
	endpoint: string | null;
	region: string;
	/** Before every key, such as `headway/`: nobody else may write under it. */
	prefix: string;
}

/** A store, named by its token. Its access was chosen when it was made: in a public one, who knows a file's address can read it. */
export interface VercelSettings {
	token: string;
	access: 'private' | 'public';
}

/** Where files lie. */
export type BlobSettings = { kind: 'files' } | ({ kind: 's3' } & S3Settings) | ({ kind: 'vercel' } & VercelSettings);

/** What the environment says about where files lie. */
export interface BlobVariables {
	HEADWAY_BLOBS: 'files' | 's3' | 'vercel';
	HEADWAY_S3_BUCKET?: string | undefined;
	HEADWAY_S3_ENDPOINT?: string | undefined;
	HEADWAY_S3_REGION: string;
	HEADWAY_S3_PREFIX: string;
	BLOB_READ_WRITE_TOKEN?: string | undefined;
	HEADWAY_VERCEL_ACCESS: 'private' | 'public';
}

/** Where files lie, as it was configured. Throws a `ConfigError` that names what is missing. */
export function readBlobs(v: BlobVariables): BlobSettings {
	if (v.HEADWAY_BLOBS === 'files') return { kind: 'files' };
	if (v.HEADWAY_BLOBS === 's3') {
		const { HEADWAY_S3_BUCKET: bucket, HEADWAY_S3_REGION: region, HEADWAY_S3_PREFIX: prefix } = v;
		if (bucket) return { kind: 's3', bucket, endpoint: v.HEADWAY_S3_ENDPOINT ?? null, region, prefix };
		throw new ConfigError('HEADWAY_S3_BUCKET must name a bucket, because HEADWAY_BLOBS is s3.');
	}
	const { BLOB_READ_WRITE_TOKEN: token, HEADWAY_VERCEL_ACCESS: access } = v;
	if (token) return { kind: 'vercel', token, access };
	throw new ConfigError("BLOB_READ_WRITE_TOKEN must be the store's token, because HEADWAY_BLOBS is vercel.");
}
