import { createHash } from 'node:crypto';
import type { BlobSum } from './blobs.ts';

/** A file on its way into a store: it is counted and hashed as it is read, and fails as soon as the signal aborts, even while nothing comes. */
export class Source implements AsyncIterable<Uint8Array> {
	readonly #body: AsyncIterable<Uint8Array> | Iterable<Uint8Array>;
	readonly #signal: AbortSignal | undefined;
	readonly #hash = createHash('sha256');
	#size = 0;

	constructor(body: Uint8Array | AsyncIterable<Uint8Array>, signal?: AbortSignal) {
		this.#body = body instanceof Uint8Array ? [body] : body;
		this.#signal = signal;
	}

	async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array> {
		this.#signal?.throwIfAborted();
		for await (const chunk of stoppable(this.#body, this.#signal)) {
			this.#size += chunk.byteLength;
			this.#hash.update(chunk);
			yield chunk;
		}
		this.#signal?.throwIfAborted();
	}

	/** The same in pieces of `size` bytes, the last one smaller or of the same size; an empty file is one empty piece. */
	async *pieces(size: number): AsyncGenerator<{ bytes: Buffer; last: boolean }> {
		const pending: Uint8Array[] = [];
		let length = 0;
		for await (const chunk of this) {
			for (let from = 0; from < chunk.byteLength;) {
				if (length === size) {
					length = 0;
					// Emptied before it goes: whoever sends a piece is not to hold it twice.
					yield { bytes: Buffer.concat(pending.splice(0)), last: false };
				}
				const part = chunk.subarray(from, from + size - length);
				pending.push(part);
				length += part.byteLength;
				from += part.byteLength;
			}
		}
		yield { bytes: Buffer.concat(pending), last: true };
	}

	/** What has been read so far; once only. */
	sum(): BlobSum {
		return { size: this.#size, sha256: this.#hash.digest('hex') };
	}
}

/** The same items, until the signal aborts: then it fails at once, even while nothing comes. */
export async function* stoppable<T>(source: AsyncIterable<T> | Iterable<T>, signal?: AbortSignal): AsyncGenerator<T> {
	const iterator = Symbol.asyncIterator in source ? source[Symbol.asyncIterator]() : source[Symbol.iterator]();
	let over = false;
	try {
		for (;;) {
			const { done, value } = await nextOf(iterator, signal);
			over = done === true;
			if (over) return;
			yield value as T;
		}
	} finally {
		// Not awaited: a source that hangs would hold up the stop.
		if (!over) void Promise.resolve(iterator.return?.()).catch(() => undefined);
	}
}

/** Not `Promise.race` with one promise for the abort: that would hold every chunk until the end. */
function nextOf<T>(iterator: AsyncIterator<T> | Iterator<T>, signal?: AbortSignal): Promise<IteratorResult<T>> {
	return new Promise((resolve, reject) => {
		const stop = () => reject(signal?.reason as Error);
		if (signal?.aborted) return stop();
		signal?.addEventListener('abort', stop, { once: true });
		void (async () => iterator.next())()
			.then(resolve, reject)
			.finally(() => signal?.removeEventListener('abort', stop));
	});
}
