import { createHash } from 'node:crypto';
import { buffer } from 'node:stream/consumers';
import { describe, expect, test } from 'vitest';
import type { Blobs } from '$lib/server/blobs/blobs.ts';
import { heldInBuffers } from '../../../support/memory.ts';

/** A store under test: `debris` lists what lies in it physically beside whole files, such as parts of unfinished ones. */
export interface StoreUnderTest {
	blobs: Blobs;
	debris(): Promise<string[]>;
}

const MB = 1024 * 1024;
const facts = { mediaType: 'application/octet-stream' };
/** More than one part in every store. */
const LARGE = 18 * MB;

const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');
const patterned = (size: number) => Buffer.alloc(size, 'abcdefghijklmnopqrstuvwxyz0123456789');

async function* chunked(bytes: Uint8Array, size = 300_000): AsyncGenerator<Uint8Array> {
	for (let from = 0; from < bytes.byteLength; from += size) yield bytes.subarray(from, from + size);
}

/** So many megabytes, and then what `after` does. */
async function* megabytes(count: number, after: (signal?: AbortSignal) => Promise<void> | void) {
	for (let n = 0; n < count; n += 1) yield Buffer.alloc(MB, n);
	await after();
}

/** What every store of files must do. */
export function blobConformance(name: string, make: () => Promise<StoreUnderTest>): void {
	describe(`the blob store ${name}`, () => {
		test.each([
			['an empty file', 0],
			['a small file', 12],
			['a file of several parts', LARGE],
			['a file of exactly so many parts', 15 * MB]
		])('BY-14 %s comes back as it was, with its size and its hash', async (_, size) => {
			const { blobs, debris } = await make();
			const bytes = patterned(size);
			expect(await blobs.put('ab/file-1', chunked(bytes), facts)).toEqual({ size, sha256: sha256(bytes) });
			expect(sha256(await buffer(await blobs.read('ab/file-1')))).toBe(sha256(bytes));
			expect(await blobs.list('')).toEqual(['ab/file-1']);
			expect(await debris()).toEqual([]);
		});

		test('BY-14 a file may be given in one piece', async () => {
			const { blobs } = await make();
			const bytes = Buffer.from('Grüße, Welt.');
			expect(await blobs.put('one', bytes, facts)).toEqual({ size: bytes.byteLength, sha256: sha256(bytes) });
			expect(await buffer(await blobs.read('one'))).toEqual(bytes);
		});

		test('BY-14 a range gives its bytes and no others, and nothing past the end', async () => {
			const { blobs } = await make();
			await blobs.put('ab/file', Buffer.from('0123456789'), facts);
			const range = async (start: number, end: number) =>
				(await buffer(await blobs.read('ab/file', { start, end }))).toString();
			expect(await range(0, 0)).toBe('0');
			expect(await range(3, 5)).toBe('345');
			expect(await range(9, 9)).toBe('9');
			expect(await range(7, 100)).toBe('789');
			expect(await range(10, 12)).toBe('');
			expect(await range(5, 4)).toBe('');
		});

		test('CX-07 a cancel in the middle of a file leaves no part of it, though its source never ends', async () => {
			const { blobs, debris } = await make();
			const stop = new AbortController();
			const source = megabytes(LARGE / MB, () => {
				stop.abort(new Error('cancelled'));
				return new Promise<void>(() => undefined);
			});
			await expect(blobs.put('ab/file', source, facts, stop.signal)).rejects.toThrow('cancelled');
			expect(await blobs.list('')).toEqual([]);
			expect(await debris()).toEqual([]);
		});

		test('CX-07 a cancel before the first byte writes nothing', async () => {
			const { blobs, debris } = await make();
			const put = blobs.put('ab/file', Buffer.from('x'), facts, AbortSignal.abort(new Error('cancelled')));
			await expect(put).rejects.toThrow('cancelled');
			expect([await blobs.list(''), await debris()]).toEqual([[], []]);
		});

		test.each([1, LARGE])(
			'CX-07 whenever a cancel comes, a file of %i bytes is there exactly when its put has succeeded',
			async (size) => {
				const { blobs, debris } = await make();
				for (const delay of [0, 0, 1, 2, 4, 8, 16]) {
					const stop = new AbortController();
					const source = chunked(patterned(size), MB);
					const put = blobs.put('ab/file', source, facts, stop.signal);
					setTimeout(() => stop.abort(new Error('cancelled')), delay);
					const [outcome] = await Promise.allSettled([put]);
					expect(await blobs.list('')).toEqual(outcome.status === 'fulfilled' ? ['ab/file'] : []);
					expect(await debris()).toEqual([]);
					await blobs.remove(['ab/file']);
				}
			},
			20_000
		);

		test.each([2, LARGE / MB])('CX-07 a source that fails after %i MB leaves nothing', async (count) => {
			const { blobs, debris } = await make();
			const source = megabytes(count, () => {
				throw new Error('the source broke');
			});
			await expect(blobs.put('ab/file', source, facts)).rejects.toThrow('the source broke');
			expect([await blobs.list(''), await debris()]).toEqual([[], []]);
		});

		test('BY-14 a file put again under its key is replaced', async () => {
			const { blobs, debris } = await make();
			await blobs.put('ab/file', Buffer.from('the first, which is longer'), facts);
			await blobs.put('ab/file', Buffer.from('the second'), facts);
			expect((await buffer(await blobs.read('ab/file'))).toString()).toBe('the second');
			expect([await blobs.list(''), await debris()]).toEqual([['ab/file'], []]);
		});

		test('BY-14 keys are listed by their beginning, in order, and a removal may come twice', async () => {
			const { blobs } = await make();
			for (const key of ['cd/3', 'ab/2', 'ab/1', 'abc', 'ab/4']) await blobs.put(key, Buffer.from(key), facts);
			expect(await blobs.list('ab/')).toEqual(['ab/1', 'ab/2', 'ab/4']);
			await blobs.remove(['ab/1', 'ab/4', 'never-there']);
			await blobs.remove(['ab/1']);
			expect(await blobs.list('')).toEqual(['ab/2', 'abc', 'cd/3']);
			await blobs.remove([]);
			await expect(blobs.read('ab/1')).rejects.toMatchObject({ code: 'not_found' });
		});

		test.each(['', '/x', 'x/', 'a//b', '../x', 'a/../b', '.hidden', 'a.part', 'a\\b', 'a\0b', 'a b', 'x'.repeat(201)])(
			'BY-14 the unsafe key %j is refused everywhere',
			async (key) => {
				const { blobs, debris } = await make();
				await expect(blobs.put(key, Buffer.from('x'), facts)).rejects.toThrow('Not a key');
				await expect(blobs.read(key)).rejects.toThrow('Not a key');
				await expect(blobs.remove([key])).rejects.toThrow('Not a key');
				expect([await blobs.list(''), await debris()]).toEqual([[], []]);
			}
		);

		test('IM-13 a file of 80 MB passes through without lying in memory', async () => {
			const { blobs } = await make();
			const held = [heldInBuffers()];
			async function* source() {
				for (let n = 0; n < 80; n += 1) {
					yield Buffer.alloc(MB, n);
					if (n % 8 === 7) held.push(heldInBuffers());
				}
			}
			expect(await blobs.put('ab/large', source(), facts)).toMatchObject({ size: 80 * MB });
			expect(held).toHaveLength(11);
			// What other tests held may go meanwhile: the lowest is nearest to what the file does not need.
			expect(Math.max(...held) - Math.min(...held)).toBeLessThan(40 * MB);
			await blobs.remove(['ab/large']);
		}, 60_000);

		test('CX-07 a sweep removes no whole file', async () => {
			const { blobs } = await make();
			await blobs.put('ab/whole', Buffer.from('whole'), facts);
			await blobs.check();
			expect(await blobs.sweep()).toBe(0);
			expect(await blobs.list('')).toEqual(['ab/whole']);
		});

		test('BY-14 a reader that goes away in the middle disturbs nobody', async () => {
			const { blobs } = await make();
			await blobs.put('ab/file', chunked(patterned(LARGE)), facts);
			for await (const chunk of await blobs.read('ab/file')) {
				expect((chunk as Uint8Array).byteLength).toBeGreaterThan(0);
				break;
			}
			expect(sha256(await buffer(await blobs.read('ab/file')))).toBe(sha256(patterned(LARGE)));
		});
	});
}
