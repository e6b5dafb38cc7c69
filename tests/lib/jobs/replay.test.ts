import { describe, expect, test } from 'vitest';
import type { JobEvent } from '$lib/jobs/event.ts';
import { emptySnapshot, type JobSnapshot } from '$lib/jobs/snapshot.ts';
import { reduceJob } from '$lib/operations/index.ts';
import { steps } from '../../support/operations.ts';
import { seeded } from './generated-runs.ts';
import { everyEvent } from './sample-events.ts';

const empty = () =>
	emptySnapshot({
		...{ id: 'job_1', operation: 'steps', title: 'work', input: {}, options: {}, createdAt: 0, logEpoch: 'e' },
		...{ phases: steps.phases, state: steps.state() }
	});
const fold = (from: JobSnapshot, events: readonly JobEvent[]) =>
	events.reduce((snapshot, event) => reduceJob(snapshot, event, { steps }), from);
const pick = <T>(random: () => number, from: readonly T[]): T => from[Math.floor(random() * from.length)] as T;

/** A log as a run could have written it: some own events, some broken, sometimes ended in the middle. */
function randomLog(random: () => number): JobEvent[] {
	const kinds = [
		...everyEvent.filter(({ type }) => !['done', 'error', 'cancelled'].includes(type) || random() < 0.1),
		...[
			{ type: 'note', data: { text: 'n' } },
			{ type: 'note', data: {} },
			{ type: 'unheard_of', data: 1 }
		],
		...['first', 'second', 'third'].map((phase) => ({ type: 'phase', data: { phase, fraction: random() } }))
	];
	const length = 1 + Math.floor(random() * 60);
	return Array.from({ length }, (_, index) => ({
		jobId: 'job_1',
		seq: index + 1,
		at: 10 * index,
		...pick(random, kinds)
	}));
}

describe('replay', () => {
	test('PG-12 from whatever seq a reader goes on, it ends with the same snapshot (500 random logs, cut at random)', () => {
		const random = seeded(12);
		for (let run = 0; run < 500; run += 1) {
			const log = randomLog(random);
			const whole = fold(empty(), log);
			const cut = Math.floor(random() * (log.length + 1));
			// What a page does: it takes the server's snapshot as JSON and adds the events after its seq.
			const sent = JSON.parse(JSON.stringify(fold(empty(), log.slice(0, cut)))) as JobSnapshot;
			expect(fold(sent, log.slice(sent.seq)), `log ${run} cut at ${cut}`).toEqual(whole);
		}
	});

	test('RS-07 RS-11 events that arrive again change nothing (500 random logs, repeated at random)', () => {
		const random = seeded(7);
		for (let run = 0; run < 500; run += 1) {
			const log = randomLog(random);
			const stuttered = log.flatMap((event, index) => [
				event,
				...log.slice(Math.floor(random() * (index + 1)), index + 1)
			]);
			expect(fold(empty(), stuttered), `log ${run}`).toEqual(fold(empty(), log));
		}
	});

	test('PG-12 folding leaves the snapshot that it began with untouched', () => {
		const random = seeded(3);
		const before = fold(empty(), randomLog(random));
		const copy = structuredClone(before);
		fold(
			before,
			randomLog(random).map((event) => ({ ...event, seq: (event.seq ?? 0) + before.seq }))
		);
		expect(before).toEqual(copy);
	});

	test('PG-07 a transient tick moves the bar without a seq, and is lost on nobody who comes later', () => {
		const log = everyEvent
			.slice(0, 4)
			.map((event, index): JobEvent => ({ jobId: 'job_1', seq: index + 1, at: 1, ...event }));
		const tick: JobEvent = { jobId: 'job_1', seq: null, at: 2, ...(everyEvent[4] as { type: string; data: unknown }) };
		const ticked = fold(fold(empty(), log), [tick]);
		expect(ticked).toMatchObject({ seq: 4, progress: { fraction: 0.2 } });
	});
});
