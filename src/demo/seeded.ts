import { createHash } from 'node:crypto';

/** A stream of numbers in [0, 1) that is the same for the same seed. */
export function seededRandom(seed: string): () => number {
	let state = createHash('sha256').update(seed).digest().readUInt32LE(0);
	return () => {
		// mulberry32: small, fast and even enough for timings.
		state = (state + 0x6d2b79f5) | 0;
		let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
		mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
		return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
	};
}

/** A provider-like id: the prefix and 48 hexadecimal digits that follow from the seed. */
export function seededId(prefix: string, seed: string): string {
	return `${prefix}_${createHash('sha256').update(`${prefix}:${seed}`).digest('hex').slice(0, 48)}`;
}
