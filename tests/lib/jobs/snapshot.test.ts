import { describe, expect, test } from 'vitest';
import type { JobEvent } from '$lib/jobs/event.ts';
import { emptySnapshot, jobSnapshot, type JobSnapshot } from '$lib/jobs/snapshot.ts';
import { reduceJob } from '$lib/operations/index.ts';
import { steps } from '../../support/operations.ts';
import { everyEvent } from './sample-events.ts';

const seed = {
	...{ id: 'job_1', operation: 'steps', title: 'work', input: {}, options: {}, createdAt: 1_000, logEpoch: 'e' },
	...{ phases: steps.phases, state: steps.state() }
};
const sample = (type: string) => everyEvent.find((event) => event.type === type)?.data as Record<string, unknown>;
const fold = (...events: [string, unknown][]): JobSnapshot => foldFrom(emptySnapshot(seed), ...events);
const phase = (name: string, fraction: number): [string, unknown] => ['phase', { phase: name, fraction }];
const tick = (fraction: number, basis = 'estimated'): [string, unknown] => [
	'progress',
	{ ...sample('progress'), fraction, basis }
];
const started: [string, unknown] = ['started', sample('started')];
const queued: [string, unknown] = ['queued', sample('queued')];

function foldFrom(from: JobSnapshot, ...events: [string, unknown][]): JobSnapshot {
	return events.reduce((snapshot, [type, data]) => {
		const event: JobEvent = { jobId: 'job_1', seq: snapshot.seq + 1, at: 1_000 * (snapshot.seq + 2), type, data };
		return reduceJob(snapshot, event, { steps });
	}, from);
}
const statuses = (snapshot: JobSnapshot) => snapshot.phases.map(({ status }) => status);

describe('the phases of a snapshot', () => {
	test('PG-06 before anything has run, every phase is to come', () => {
		expect(statuses(fold(queued, started))).toEqual(['todo', 'todo', 'todo']);
	});

	test('PG-04 PG-05 PG-06 in the second phase the first is done, the second current, the third to come', () => {
		const snapshot = fold(queued, started, phase('first', 0), phase('second', 0.2));
		expect(snapshot.phase).toBe('second');
		expect(statuses(snapshot)).toEqual(['done', 'current', 'todo']);
		expect(snapshot.phases.map(({ startedAt, endedAt }) => [startedAt, endedAt])).toEqual([
			[4_000, 5_000],
			[5_000, null],
			[null, null]
		]);
	});

	test('PG-05 a phase that was skipped is done all the same', () => {
		expect(statuses(fold(queued, started, phase('third', 0.7)))).toEqual(['done', 'done', 'current']);
	});

	test('PG-01 a phase event that goes back changes nothing: the furthest stands', () => {
		const forth = fold(queued, started, phase('first', 0), phase('third', 0.7));
		const back = foldFrom(forth, phase('second', 0.7), phase('first', 0.7));
		expect([back.phase, back.phases]).toEqual([forth.phase, forth.phases]);
	});

	test('PG-05 after success every phase is done; after a failure the current one stays where it was', () => {
		const running = fold(queued, started, phase('first', 0), phase('second', 0.2));
		expect(statuses(foldFrom(running, ['done', sample('done')]))).toEqual(['done', 'done', 'done']);
		expect(statuses(foldFrom(running, ['error', sample('error')]))).toEqual(['done', 'current', 'todo']);
		expect(statuses(foldFrom(running, ['cancelled', sample('cancelled')]))).toEqual(['done', 'current', 'todo']);
	});

	test('PG-10 the weights of the phases add up to one', () => {
		const weights = emptySnapshot({
			...seed,
			phases: [
				{ name: 'a', label: 'A', weight: 3 },
				{ name: 'b', label: 'B', weight: 1 }
			]
		}).phases;
		expect(weights.map(({ weight }) => weight)).toEqual([0.75, 0.25]);
	});
});

describe('the bar of a snapshot', () => {
	test('PG-07 BY-04 the fraction never falls, whatever order the figures come in', () => {
		const figures = [0.3, 0.1, 0.5, 0.2, 0.5, 0.05].map((fraction) => tick(fraction));
		let snapshot = fold(queued, started);
		const shown = figures.map((figure) => (snapshot = foldFrom(snapshot, figure)).progress.fraction);
		expect(shown).toEqual([0.3, 0.3, 0.5, 0.5, 0.5, 0.5]);
	});

	test('PG-07 a phase event carries the highest fraction, so that a reload does not fall behind it', () => {
		expect(fold(queued, started, phase('first', 0), phase('second', 0.4)).progress).toEqual({
			fraction: 0.4,
			basis: 'estimated'
		});
		expect(fold(queued, started, tick(0.6), phase('second', 0.4)).progress.fraction).toBe(0.6);
	});

	test('BY-04 a fraction always has its basis, and an unknown one leaves what was shown', () => {
		expect(fold(queued, started).progress).toEqual({ fraction: null, basis: 'unknown' });
		expect(fold(queued, started, tick(0.4, 'measured')).progress).toEqual({ fraction: 0.4, basis: 'measured' });
		const unknown: [string, unknown] = ['progress', { ...sample('progress'), fraction: null, basis: 'unknown' }];
		expect(fold(queued, started, tick(0.4, 'measured'), unknown).progress).toEqual({
			fraction: 0.4,
			basis: 'measured'
		});
	});

	test('BY-04 only success makes it 1, and success always does', () => {
		const running = fold(queued, started, tick(0.42));
		expect(foldFrom(running, ['done', sample('done')]).progress).toEqual({ fraction: 1, basis: 'measured' });
		expect(foldFrom(running, ['error', sample('error')]).progress.fraction).toBe(0.42);
		expect(foldFrom(running, ['cancelled', sample('cancelled')]).progress.fraction).toBe(0.42);
	});

	test('BY-12 PG-09 a tick brings the time left, how many runs it rests on and whether the provider is quiet', () => {
		const quiet: [string, unknown] = ['progress', { ...sample('progress'), state: 'quiet', message: 'nothing heard' }];
		const snapshot = fold(queued, started, quiet);
		expect(snapshot.remaining).toEqual({ low: 1_000, high: 9_000 });
		expect(snapshot.estimate).toEqual({ runs: 12, overdue: false, quiet: true, sentence: 'nothing heard' });
	});
});

describe('what events do to a snapshot', () => {
	test('OP-02 content appends to its own target and replaces on demand', () => {
		const content = (target: string, text: string, replace?: boolean): [string, unknown] => [
			'content',
			{ target, text, ...(replace && { replace }) }
		];
		const snapshot = fold(content('a', 'one '), content('b', 'x'), content('a', 'two'), content('b', 'y', true));
		expect(snapshot.content).toEqual({ a: 'one two', b: 'y' });
	});

	test('IR-06 a notice says when it came; an artifact of the same name replaces the one before', () => {
		const snapshot = fold(
			['notice', sample('notice')],
			['artifact', sample('artifact')],
			['artifact', { ...sample('artifact'), size: 9 }]
		);
		expect(snapshot.notices).toEqual([{ at: 2_000, level: 'info', code: 'reconnected', message: 'Reconnected.' }]);
		expect(snapshot.artifacts.map(({ size }) => size)).toEqual([9]);
	});

	test('CX-05 CX-10 a cancelled job keeps its texts and state, with the cost and usage of its receipt', () => {
		const snapshot = fold(
			queued,
			started,
			['note', { text: 'kept' }],
			['content', sample('content')],
			['cancelling', sample('cancelling')],
			['cancelled', sample('cancelled')]
		);
		expect(snapshot).toMatchObject({
			...{
				status: 'cancelled',
				content: { report: 'Once ' },
				state: { notes: ['kept'] },
				cost: { usd: 0.25, known: true }
			},
			...{ cancelReason: 'user', receipt: { provider: 'confirmed' }, remaining: null, activity: null }
		});
		expect(snapshot.usage?.outputTokens).toBe(20);
	});

	test('PG-08 elapsed time runs from the first start to the end, also when another process went on', () => {
		const snapshot = fold(
			queued,
			started,
			['started', { ...sample('started'), epoch: 2, adopted: true }],
			['done', sample('done')]
		);
		expect(snapshot).toMatchObject({ startedAt: 3_000, endedAt: 5_000, elapsedMs: 2_000 });
	});

	test('RS-06 an error leaves its code and its sentence', () => {
		expect(fold(queued, started, ['error', sample('error')])).toMatchObject({
			status: 'failed',
			error: { code: 'timeout', message: 'Too late.', retryable: true }
		});
	});

	test('CX-13 nothing changes a job that has ended', () => {
		const ended = fold(queued, started, ['done', sample('done')]);
		const after = foldFrom(
			ended,
			['error', sample('error')],
			['content', sample('content')],
			['cancelled', sample('cancelled')]
		);
		expect(after).toEqual({ ...ended, seq: ended.seq + 3, serverNow: after.serverNow });
	});

	test('IR-12 a broken event and an unknown one are counted and passed over; those after them still count', () => {
		const snapshot = fold(
			['content', { target: 'a', text: 'one' }],
			['content', { target: 'a' }],
			['unheard_of', {}],
			['note', { text: 7 }],
			['content', { target: 'a', text: ' two' }]
		);
		expect(snapshot).toMatchObject({ content: { a: 'one two' }, unreadable: 3, seq: 5 });
	});

	test('IR-12 an own reducer that throws costs its one event and no other', () => {
		const angry = {
			...steps,
			reduce: () => {
				throw new Error('no');
			}
		};
		const events = ['note', 'content'].map((type, index): JobEvent => ({
			jobId: 'job_1',
			seq: index + 1,
			at: 1,
			type,
			data: type === 'note' ? { text: 'x' } : sample(type)
		}));
		const snapshot = events.reduce((s, event) => reduceJob(s, event, { steps: angry }), emptySnapshot(seed));
		expect(snapshot).toMatchObject({ unreadable: 1, seq: 2, content: { report: 'Once ' } });
	});

	test('RS-12 every snapshot on the way is a valid one', () => {
		let snapshot = emptySnapshot(seed);
		for (const { type, data } of everyEvent) {
			snapshot = foldFrom(snapshot, [type, data]);
			expect(jobSnapshot.safeParse(snapshot).error?.issues ?? [], type).toEqual([]);
		}
	});
});
