import { describe, expect, test } from 'vitest';
import { readCursor, writeCursor, type JobCursor } from '$lib/server/trpc/cursor.ts';
import { seeded } from '../../jobs/generated-runs.ts';

const random = seeded(41);
const whole = (below: number) => Math.floor(random() * below);
const cursors = (count: number): JobCursor[] =>
	Array.from({ length: count }, (_, index) => ({ jobId: `job_${index}${whole(1e9).toString(16)}`, after: whole(1e6) }));

describe('the cursor of a live connection', () => {
	test('RS-07 whatever was written is read again, for up to 100 jobs (300 random cursors)', () => {
		for (let run = 0; run < 300; run += 1) {
			const written = cursors(whole(101));
			const asked = written.map(({ jobId }) => ({ jobId, after: 0 })).toSorted(() => random() - 0.5);
			const read = readCursor(writeCursor('epoch', written), 'epoch', asked);
			expect(new Map(read.map(({ jobId, after }) => [jobId, after]))).toEqual(
				new Map(written.map(({ jobId, after }) => [jobId, after]))
			);
		}
	});

	test('RS-07 a cursor of 100 jobs fits the header that carries it', () => {
		const written = Array.from({ length: 100 }, () => ({ jobId: `job_${'f'.repeat(20)}`, after: 999_999 }));
		expect(writeCursor('9f2c1a00', written).length).toBeLessThan(8_000);
	});

	test('RS-07 without an id the reader is where it says it is', () => {
		const follow = cursors(3);
		expect(readCursor(undefined, 'epoch', follow)).toEqual(follow);
		expect(readCursor('', 'epoch', follow)).toEqual(follow);
	});

	test('RS-07 a job that the id does not name keeps its own cursor', () => {
		expect(readCursor('epoch;job_a:5', 'epoch', [{ jobId: 'job_b', after: 3 }])).toEqual([
			{ jobId: 'job_b', after: 3 }
		]);
	});

	test('PG-12 an id of another log puts its jobs into the future, for which there is a snapshot', () => {
		const [{ after } = { after: 0 }] = readCursor('other;job_a:5', 'epoch', [{ jobId: 'job_a', after: 3 }]);
		expect(after).toBeGreaterThan(1e15);
	});

	test.each([
		'nonsense',
		';;;',
		'epoch;',
		'epoch;job_a',
		'epoch;job_a:x',
		'epoch;job_a:-1',
		'epoch;job_a:1e9',
		'epoch;,:,'
	])('RS-07 an id that is nonsense neither fails nor skips an event: %j', (id) => {
		const [{ after } = { after: -1 }] = readCursor(id, 'epoch', [{ jobId: 'job_a', after: 3 }]);
		expect(after === 3 || after > 1e15).toBe(true);
	});
});
