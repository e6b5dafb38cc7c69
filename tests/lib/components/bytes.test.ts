import { expect, test } from 'vitest';
import { sizeOf } from '../../../src/lib/components/bytes.ts';

test.each([
	[0, '0 bytes'],
	[999, '999 bytes'],
	[1_000, '1.0 KB'],
	[12_345, '12 KB'],
	[1_234_567, '1.2 MB'],
	[52_000_000, '52 MB'],
	[1_000_000_000, '1.0 GB']
])('IM-11 a file of %i bytes is %s', (bytes, words) => expect(sizeOf(bytes)).toBe(words));
