import { Readable } from 'node:stream';
import type { ReadableStream } from 'node:stream/web';
import { setTimeout } from 'node:timers/promises';
import {
	BlobNotFoundError,
	completeMultipartUpload,
	createMultipartUpload,
	del,
	head,
	list,
	put,
	uploadPart,
	type Part
} from '@vercel/blob';
import { ConfigError } from '../config-error.ts';
import type { VercelSettings } from './blob-settings.ts';
import { checkedKey, noSuchBlob, type BlobFacts, type Blobs, type BlobSum, type ByteRange } from './blobs.ts';
import { Source } from './source.ts';

/** Bytes of one part, of which one is held at a time: the SDK's own streaming would hold up to 128 MB. Vercel takes no smaller ones. */
const PART = 5 * 1024 * 1024;
/** The SDK tries ten times, ever more slowly: a start cannot wait for so long. */
const CHECK_MS = 10_000;

/** Files in a Vercel Blob store. A file appears when it is complete, or not at all. */
export class VercelBlobs implements Blobs {
	readonly #token: string;
	readonly #access: 'private' | 'public';

	constructor({ token, access }: VercelSettings) {
		this.#token = token;
		this.#access = access;
	}

	async put(
		key: string,
		body: Uint8Array | AsyncIterable<Uint8Array>,
		{ mediaType }: BlobFacts,
		signal?: AbortSignal
	): Promise<BlobSum> {
		const source = new Source(body, signal);
		checkedKey(key);
		try {
			await this.#send(key, source, mediaType, signal);
			signal?.throwIfAborted();
			return source.sum();
		} catch (error) {
			await this.remove([key]).catch(() => undefined);
			throw error;
		}
	}

	/** What makes the file appear is not aborted: whether it took place would be unknown. It is awaited, and then undone. */
	async #send(key: string, source: Source, contentType: string, signal?: AbortSignal): Promise<void> {
		const options = {
			...{ token: this.#token, access: this.#access, contentType },
			...{ addRandomSuffix: false, allowOverwrite: true }
		};
		const abortable = { ...options, ...(signal ? { abortSignal: signal } : {}) };
		let upload: { key: string; uploadId: string } | undefined;
		const parts: Part[] = [];
		for await (const { bytes, last } of source.pieces(PART)) {
			if (last && !upload) return void (await put(key, bytes, options));
			upload ??= await createMultipartUpload(key, abortable);
			parts.push(await uploadPart(key, bytes, { ...abortable, ...upload, partNumber: parts.length + 1 }));
		}
		if (upload) await completeMultipartUpload(key, parts, { ...options, ...upload });
	}

	async read(key: string, range?: ByteRange): Promise<Readable> {
		if (range && range.start > range.end) return Readable.from([]);
		const { url } = await this.#head(key);
		const response = await fetch(url, {
			headers: {
				authorization: `Bearer ${this.#token}`,
				...(range ? { range: `bytes=${range.start}-${range.end}` } : {})
			}
		});
		if (response.status === 416) return Readable.from([]);
		if (response.status === 404) throw noSuchBlob();
		if (!response.ok) throw new Error(`Vercel Blob answered with ${response.status}`);
		return Readable.fromWeb((response.body ?? new Blob([]).stream()) as ReadableStream);
	}

	async #head(key: string) {
		return head(checkedKey(key), { token: this.#token }).catch((error: unknown) => {
			throw error instanceof BlobNotFoundError ? noSuchBlob() : error;
		});
	}

	async remove(keys: readonly string[]): Promise<void> {
		if (keys.length > 0) await del(keys.map(checkedKey), { token: this.#token });
	}

	async list(prefix: string): Promise<string[]> {
		const found: string[] = [];
		let cursor: string | undefined;
		do {
			const page = await list({ token: this.#token, prefix, ...(cursor ? { cursor } : {}) });
			found.push(...page.blobs.map(({ pathname }) => pathname));
			cursor = page.hasMore ? page.cursor : undefined;
		} while (cursor);
		return found.toSorted();
	}

	/** A multipart upload that was not completed is no file; Vercel's API can neither list nor end one. */
	async sweep(): Promise<number> {
		return 0;
	}

	async check(patienceMs = CHECK_MS): Promise<void> {
		const asking = new AbortController();
		// The SDK takes a signal that ran out for a fault of the network, and tries again.
		const late = setTimeout(patienceMs, undefined, { signal: asking.signal }).then(() => {
			throw new Error('no answer in time');
		});
		try {
			await Promise.race([list({ token: this.#token, limit: 1, abortSignal: asking.signal }), late]);
		} catch (error) {
			throw new ConfigError(
				`The Vercel Blob store cannot be used (${(error as Error).message}). Check BLOB_READ_WRITE_TOKEN.`
			);
		} finally {
			asking.abort();
		}
	}
}
