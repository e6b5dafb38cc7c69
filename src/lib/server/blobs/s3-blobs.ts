import { Readable } from 'node:stream';
import {
	AbortMultipartUploadCommand,
	DeleteObjectCommand,
	GetObjectCommand,
	HeadBucketCommand,
	ListMultipartUploadsCommand,
	paginateListObjectsV2,
	S3Client,
	type ListMultipartUploadsCommandOutput
} from '@aws-sdk/client-s3';
import { Upload } from '@aws-sdk/lib-storage';
import { ConfigError } from '../config-error.ts';
import type { S3Settings } from './blob-settings.ts';
import { checkedKey, noSuchBlob, type BlobFacts, type Blobs, type BlobSum, type ByteRange } from './blobs.ts';
import { Source } from './source.ts';

/** Bytes of one part; two are on their way at a time. S3 takes no smaller ones. */
const PART = 5 * 1024 * 1024;
const CONNECT_MS = 10_000;
/** For one request and its answer: a part on a line of 40 KB a second has its time, and a server that fell silent holds nobody for ever. */
const ANSWER_MS = 300_000;
/** A start cannot wait for so long. */
const CHECK_MS = 10_000;

/** Files in a bucket of an S3-compatible server. An object appears when its last part has come, or not at all. */
export class S3Blobs implements Blobs {
	readonly #client: S3Client;
	readonly #bucket: string;
	readonly #prefix: string;

	constructor({ bucket, endpoint, region, prefix }: S3Settings) {
		this.#bucket = bucket;
		this.#prefix = prefix;
		this.#client = new S3Client({
			region,
			...(endpoint === null ? {} : { endpoint, forcePathStyle: true }),
			// Many compatible servers refuse the checksums that the SDK adds of itself.
			requestChecksumCalculation: 'WHEN_REQUIRED',
			responseChecksumValidation: 'WHEN_REQUIRED',
			requestHandler: { connectionTimeout: CONNECT_MS, requestTimeout: ANSWER_MS, throwOnRequestTimeout: true }
		});
	}

	async put(
		key: string,
		body: Uint8Array | AsyncIterable<Uint8Array>,
		{ mediaType }: BlobFacts,
		signal?: AbortSignal
	): Promise<BlobSum> {
		const source = new Source(body, signal);
		const object = this.#object(key);
		// The abort goes through the source, not to the upload: so all that is on its way has ended before the undoing begins.
		const params = { ...object, Body: Readable.from(source), ContentType: mediaType };
		const upload = new Upload({ client: this.#client, params, partSize: PART, queueSize: 2 });
		try {
			await upload.done();
			signal?.throwIfAborted();
			return source.sum();
		} catch (error) {
			await this.remove([key]).catch(() => undefined);
			throw error;
		}
	}

	async read(key: string, range?: ByteRange): Promise<Readable> {
		const Range = range && `bytes=${range.start}-${range.end}`;
		if (range && range.start > range.end) return Readable.from([]);
		try {
			const { Body } = await this.#client.send(new GetObjectCommand({ ...this.#object(key), Range }));
			return Body as Readable;
		} catch (error) {
			const { name } = error as Error;
			if (name === 'InvalidRange') return Readable.from([]);
			throw name === 'NoSuchKey' || name === 'NotFound' ? noSuchBlob() : error;
		}
	}

	async remove(keys: readonly string[]): Promise<void> {
		for (const object of keys.map((key) => this.#object(key))) await this.#client.send(new DeleteObjectCommand(object));
	}

	async list(prefix: string): Promise<string[]> {
		const found: string[] = [];
		const pages = paginateListObjectsV2(
			{ client: this.#client },
			{ Bucket: this.#bucket, Prefix: this.#prefix + prefix }
		);
		for await (const { Contents = [] } of pages)
			found.push(...Contents.flatMap(({ Key }) => (Key ? [Key.slice(this.#prefix.length)] : [])));
		return found.toSorted();
	}

	/** Rejects with a `ConfigError` where it may not. */
	async sweep(): Promise<number> {
		return this.#abortBegun().catch((error: unknown) => {
			throw this.#unusable(error);
		});
	}

	async #abortBegun(): Promise<number> {
		let count = 0;
		for (let more = true; more;) {
			const { Uploads = [], IsTruncated } = await this.#begun();
			for (const { Key, UploadId } of Uploads)
				await this.#client.send(new AbortMultipartUploadCommand({ Bucket: this.#bucket, Key, UploadId }));
			count += Uploads.length;
			more = IsTruncated === true && Uploads.length > 0;
		}
		return count;
	}

	/** Uploads that nobody completed, the first thousand of them. A server that cannot list them cannot be swept. */
	async #begun(): Promise<Pick<ListMultipartUploadsCommandOutput, 'Uploads' | 'IsTruncated'>> {
		try {
			return await this.#client.send(new ListMultipartUploadsCommand({ Bucket: this.#bucket, Prefix: this.#prefix }));
		} catch (error) {
			if ((error as Error).name === 'NotImplemented') return {};
			throw error;
		}
	}

	async check(patienceMs = CHECK_MS): Promise<void> {
		try {
			const abortSignal = AbortSignal.timeout(patienceMs);
			await this.#client.send(new HeadBucketCommand({ Bucket: this.#bucket }), { abortSignal });
		} catch (error) {
			throw this.#unusable(error);
		}
	}

	#unusable(error: unknown): ConfigError {
		return new ConfigError(
			`The bucket ${this.#bucket} cannot be used (${reasonOf(error)}). Check HEADWAY_S3_BUCKET, HEADWAY_S3_ENDPOINT, HEADWAY_S3_REGION and the credentials (AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY).`
		);
	}

	#object(key: string) {
		return { Bucket: this.#bucket, Key: this.#prefix + checkedKey(key) };
	}
}

/** The SDK's errors for a HEAD have no words: the status says more. */
function reasonOf(error: unknown): string {
	const { name, message, $metadata } = error as Error & { $metadata?: { httpStatusCode?: number } };
	if (name === 'AbortError') return 'no answer in time';
	if (name === 'Error') return message;
	return $metadata?.httpStatusCode ? `${name}, status ${$metadata.httpStatusCode}` : name;
}
