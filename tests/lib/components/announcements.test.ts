import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { announcementBetween } from '../../../src/lib/components/announcements.ts';
import { Announcer, PACE_MS } from '../../../src/lib/components/announcer.svelte.ts';
import { begun, done, phase, reasoning, researchJob, search, tell, tick, type Told } from '../../support/snapshot.ts';

/** What is said while events come one by one. */
function spoken(told: readonly Told[]): string[] {
	const said: string[] = [];
	let job = researchJob(begun);
	for (const event of told) {
		const next = tell(job, event) as typeof job;
		const sentence = announcementBetween(job, next);
		if (sentence) said.push(sentence);
		job = next;
	}
	return said;
}

describe('announcements', () => {
	test('PG-13 a change of phase is announced, with its place', () => {
		expect(spoken([phase('searching', 0.1), phase('reading', 0.5)])).toEqual([
			'Searching web, phase 2 of 4.',
			'Reading sources, phase 3 of 4.'
		]);
	});

	test('PG-13 BY-11 percents, digits, searches and growing text are never announced', () => {
		const ticks = [0.1, 0.2, 0.3, 0.4].map((fraction, index) => tick({ fraction, elapsedMs: index * 1000 }));
		const rest: Told[] = [search('tides'), reasoning(0, 'Plan'), ['content', { target: 'report', text: 'Tides' }]];
		expect(spoken([...ticks, ...rest])).toEqual([]);
	});

	test('BY-11 a question to the person is announced, with its words', () => {
		const question = { questionId: 'outline', prompt: 'Is this outline right?', schema: {} };
		expect(spoken([['question', question]])).toEqual(['Waiting for you. Is this outline right?']);
	});

	test('BY-11 endings and milestones are announced', () => {
		expect(
			spoken([
				['notice', { level: 'info', code: 'reconnected', message: 'Reconnected to the provider.' }],
				['cancelling', { reason: 'user', requestedAt: 1 }]
			])
		).toEqual(['Reconnected to the provider.', 'Cancelling.']);
		expect(spoken([done('x')])).toEqual(['How do tides work? is done. The result is on this page.']);
	});

	test('BY-11 a provider that goes quiet is announced once', () => {
		expect(spoken([tick({ state: 'quiet' }), tick({ state: 'quiet' })])).toEqual(['The provider has gone quiet.']);
	});
});

describe('the page’s one voice', () => {
	beforeEach(() => void vi.useFakeTimers());
	afterEach(() => void vi.useRealTimers());

	test('BY-11 at most one announcement every 5 s; a newer one about the same job takes the place of one that waits', () => {
		const announcer = new Announcer();
		announcer.say('a', 'first');
		announcer.say('a', 'second');
		announcer.say('a', 'third');
		announcer.say('b', 'other');
		expect(announcer.spoken).toBe('first');
		vi.advanceTimersByTime(PACE_MS - 1);
		expect(announcer.spoken).toBe('first');
		vi.advanceTimersByTime(1);
		expect(announcer.spoken).toBe('third');
		vi.advanceTimersByTime(PACE_MS);
		expect(announcer.spoken).toBe('other');
	});

	test('BY-11 the same sentence said again is heard again', () => {
		const announcer = new Announcer();
		announcer.say('a', 'Started.');
		vi.advanceTimersByTime(PACE_MS);
		announcer.say('a', 'Started.');
		expect(announcer.spoken).not.toBe('Started.');
		expect(announcer.spoken.trim()).toBe('Started.');
	});
});
