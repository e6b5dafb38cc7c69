import type { Readable } from 'node:stream';
import { HeadwayError } from '../../jobs/error.ts';

/** What is known of a file before its bytes have come. */
export interface BlobFacts {
	mediaType: string;
	/** In bytes, where it is known. */
	size?: number;
}

/** What came: bytes counted and hashed on their way. */
export interface BlobSum {
	size: number;
	/** In hex. */
	sha256: string;
}

/** Bytes from `start` to `end`, both counted from 0 and both included, as in HTTP. */
export interface ByteRange {
	start: number;
	end: number;
}

/** Where files lie: a flat space of keys that we make ourselves. Every method throws on a key that is not of that form. */
export interface Blobs {
	/** Stores a file whole, or not at all: when it rejects, for an abort, a broken source or a fault of the store, nothing is left under the key. A key that exists is replaced. */
	put(
		key: string,
		body: Uint8Array | AsyncIterable<Uint8Array>,
		facts: BlobFacts,
		signal?: AbortSignal
	): Promise<BlobSum>;
	/** The bytes, or those of a range that are there. Rejects with `not_found`. Destroying the stream ends the transfer. */
	read(key: string, range?: ByteRange): Promise<Readable>;
	/** Removing what is not there is no error. */
	remove(keys: readonly string[]): Promise<void>;
	/** The keys that begin with `prefix`, sorted; what is half-written is not among them. */
	list(prefix: string): Promise<string[]>;
	/** Removes what killed processes left half-written, and counts it. Call before anything is put. */
	sweep(): Promise<number>;
	/** Rejects with a `ConfigError` that says what to do when the store cannot be used. */
	check(): Promise<void>;
}

const safeKey = /^[a-z0-9][a-z0-9_-]*(\/[a-z0-9][a-z0-9_-]*)*$/i;

/** The key, if it can harm no store: letters, digits, `_`, `-` and `/` between them; otherwise an Error. */
export function checkedKey(key: string): string {
	if (key.length > 200 || !safeKey.test(key)) throw new Error(`Not a key of a blob: ${JSON.stringify(key)}`);
	return key;
}

/** What a store says that does not have the key. */
export function noSuchBlob(): HeadwayError {
	return new HeadwayError('not_found', 'This file is not in the storage any more.');
}
