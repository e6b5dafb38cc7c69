import { describe, expect, test } from 'vitest';
import { Bell, jobKey } from '$lib/server/bell.ts';
import { Transients } from '$lib/server/transients.ts';
import { FakeClock, settle } from '../../support/fake-clock.ts';

const MINUTE = 60_000;

function makeTransients() {
	const clock = new FakeClock();
	const bell = new Bell();
	const transients = new Transients(bell, clock);
	const publish = (type: string, data: unknown, jobId = 'job_1') =>
		transients.publish({ jobId, at: clock.now(), type, data });
	const held = (jobId = 'job_1') => transients.since(jobId, 0).map(({ event }) => event.data);
	return { clock, bell, transients, publish, held };
}

describe('transient events', () => {
	test('TS-18 only the newest of each type is held, however many were sent', () => {
		const { publish, held } = makeTransients();
		for (let n = 1; n <= 1_000; n += 1) publish('preview', n);
		publish('progress', 'p');
		expect(held()).toEqual([1_000, 'p']);
	});

	test('RS-12 a transient event has the envelope, without a seq', () => {
		const { publish, transients, clock } = makeTransients();
		publish('preview', 1);
		expect(transients.since('job_1', 0)[0]?.event).toEqual({
			jobId: 'job_1',
			seq: null,
			at: clock.now(),
			type: 'preview',
			data: 1
		});
	});

	test('RS-11 a reader that has seen a version is sent only what is newer, oldest first', () => {
		const { publish, transients } = makeTransients();
		publish('a', 1);
		publish('b', 2);
		const version = transients.since('job_1', 0).at(-1)?.version ?? 0;
		expect(transients.since('job_1', version)).toEqual([]);
		publish('b', 3);
		publish('a', 4);
		expect(transients.since('job_1', version).map(({ event }) => event.data)).toEqual([3, 4]);
	});

	test('RS-09 publishing wakes those who watch the job', async () => {
		const { publish, bell } = makeTransients();
		const gone = AbortSignal.timeout(1_000);
		const rung = bell.listen([jobKey('job_1')]).next(gone);
		publish('preview', 1);
		await rung;
		await settle();
		expect(gone.aborted).toBe(false);
	});

	test('IR-10 they are let go of at once on success', () => {
		const { publish, transients, held } = makeTransients();
		publish('preview', 1);
		publish('preview', 2, 'job_2');
		transients.release('job_1', true);
		expect(held()).toEqual([]);
		expect(held('job_2')).toEqual([2]);
	});

	test('IR-10 after a failure the newest is held for 15 minutes and not longer', async () => {
		const { publish, transients, held, clock } = makeTransients();
		publish('preview', 1);
		transients.release('job_1', false);
		await clock.advance(15 * MINUTE - 1);
		expect(held()).toEqual([1]);
		await clock.advance(1);
		expect(held()).toEqual([]);
	});

	test('IM-10 IM-13 what ended jobs hold together is bounded: the oldest goes first, a running job keeps its own', () => {
		const { publish, transients, held } = makeTransients();
		const preview = 'A'.repeat(20 * 1024 * 1024);
		publish('preview', 'running', 'job_0');
		for (const job of ['job_1', 'job_2', 'job_3', 'job_4']) {
			publish('preview', preview, job);
			transients.release(job, false);
		}
		expect(held('job_1')).toEqual([]);
		expect(held('job_2')).toHaveLength(1);
		expect(held('job_4')).toHaveLength(1);
		expect(held('job_0')).toEqual(['running']);
	});

	test('IM-10 a job that was deleted holds nothing', () => {
		const { publish, transients, held } = makeTransients();
		publish('preview', 1);
		transients.release('job_1', false);
		transients.forget('job_1');
		expect(held()).toEqual([]);
	});
});
