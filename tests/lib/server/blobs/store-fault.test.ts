import { writeFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { HeadwayError } from '$lib/jobs/error.ts';
import { storeFault } from '$lib/server/blobs/store-fault.ts';

test('DC-06 a full disk is named as such, whoever met it first', async () => {
	const real = await writeFile('/dev/full', 'x').catch((error: unknown) => error);
	const database = Object.assign(new Error('database or disk is full'), { code: 'SQLITE_FULL' });
	for (const cause of [real, database]) {
		const fault = storeFault(cause, 'stored');
		expect(fault).toMatchObject({ code: 'unavailable', cause });
		expect(fault.message).toBe("The file could not be stored: the server's disk is full. Try again later.");
	}
});

test('DC-06 what has words of its own keeps them', () => {
	const refusal = new HeadwayError('too_large', 'The file is larger than 1 GB.');
	expect(storeFault(refusal, 'stored')).toBe(refusal);
});
