import { describe, expect, test } from 'vitest';
import { baseEvents, endsJob, envelope, parseEvent } from '$lib/jobs/event.ts';
import { steps } from '../../support/operations.ts';
import { everyEvent } from './sample-events.ts';

const usage = { inputTokens: 1, cachedTokens: null, outputTokens: 2, reasoningTokens: null, searches: null };

describe('job events', () => {
	test('RS-12 there is a sample of every base event, so that the tests below leave none out', () => {
		expect(everyEvent.map(({ type }) => type).toSorted()).toEqual(Object.keys(baseEvents).toSorted());
	});

	test.each(everyEvent)('RS-12 OP-02 $type goes through JSON in the one envelope and parses as it was', (event) => {
		const sent = { jobId: 'job_1', seq: 7, at: 1_000, ...event };
		const received: unknown = JSON.parse(JSON.stringify(sent));
		expect(envelope.parse(received)).toEqual(sent);
		expect(parseEvent(received as typeof sent)).toEqual(event);
	});

	test.each([{ seq: 0 }, { seq: -1 }, { seq: 1.5 }, { at: 'now' }, { jobId: 7 }, { type: null }])(
		'RS-12 an envelope with %j is none',
		(wrong) =>
			expect(envelope.safeParse({ jobId: 'job_1', seq: 1, at: 1, type: 'note', data: {}, ...wrong }).success).toBe(
				false
			)
	);

	test('RS-12 a transient event has the same envelope, without a seq', () => {
		expect(
			envelope.safeParse({ jobId: 'job_1', seq: null, at: 1, type: 'activity', data: { message: 'x' } }).success
		).toBe(true);
	});

	test('OP-02 progress, content, done and error are four families, each with its own typed body', () => {
		const families = ['progress', 'content', 'done', 'error'] as const;
		for (const type of families)
			for (const other of families.filter((name) => name !== type)) {
				const body = everyEvent.find((event) => event.type === other)?.data;
				expect(parseEvent({ type, data: body }), `${other} is no ${type}`).toBeNull();
			}
	});

	test('OP-02 a progress event tells the operation, the percentage, a message, the state and more', () => {
		const { shape } = baseEvents.progress.options[0];
		expect(Object.keys(shape)).toEqual(
			expect.arrayContaining(['operation', 'fraction', 'basis', 'message', 'state', 'metadata'])
		);
	});

	test.each<[{ fraction: number | null; basis?: string }, string]>([
		[{ fraction: 0.5 }, 'a fraction without its basis'],
		[{ fraction: 0.5, basis: 'unknown' }, 'a fraction that is unknown'],
		[{ fraction: null, basis: 'measured' }, 'a measurement without a fraction'],
		[{ fraction: 1.1, basis: 'measured' }, 'more than all'],
		[{ fraction: -0.1, basis: 'estimated' }, 'less than nothing']
	])('BY-04 %j is refused: %s', (part) => {
		const sound = {
			operation: 'steps',
			message: '',
			state: 'active',
			metadata: { elapsedMs: 1, remaining: null, runs: 0, overdue: false }
		};
		expect(parseEvent({ type: 'progress', data: { ...sound, fraction: 0.5, basis: 'measured' } })).not.toBeNull();
		expect(parseEvent({ type: 'progress', data: { ...sound, ...part } })).toBeNull();
	});

	test('IR-12 an unknown type and a broken body are null, not an exception', () => {
		expect(parseEvent({ type: 'unheard_of', data: {} })).toBeNull();
		expect(parseEvent({ type: 'content', data: { target: 'report' } })).toBeNull();
		expect(parseEvent({ type: 'usage', data: { usage, cost: { usd: 'much', known: true } } })).toBeNull();
		expect(parseEvent({ type: 'note', data: { text: 'x' } })).toBeNull();
	});

	test('OP-01 an operation adds its own events, and none of them can take the place of a base event', () => {
		expect(parseEvent({ type: 'note', data: { text: 'x' } }, steps.events)).toEqual({
			type: 'note',
			data: { text: 'x' }
		});
		expect(parseEvent({ type: 'note', data: { text: 7 } }, steps.events)).toBeNull();
		expect(parseEvent({ type: 'activity', data: { text: 'x' } }, { activity: steps.events.note })).toBeNull();
	});

	test('RS-05 RS-06 done, error and cancelled end a job, and no other event does', () => {
		expect(Object.keys(baseEvents).filter(endsJob)).toEqual(['done', 'error', 'cancelled']);
	});
});
