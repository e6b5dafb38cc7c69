import { describe, expect, test } from 'vitest';
import type { JobEvent } from '$lib/jobs/event.ts';
import { inOrder } from '$lib/jobs/order.ts';

const logged = (seq: number, at: number): JobEvent => ({ jobId: 'j', seq, at, type: `event ${seq}`, data: null });
const live = (at: number, type = 'preview'): JobEvent => ({ jobId: 'j', seq: null, at, type, data: null });

describe('what a reader is sent at once', () => {
	test('IM-10 what went by live stands before the end that came after it', () => {
		const [first, end] = [logged(1, 10), logged(2, 30)];
		expect(inOrder([first, end], [live(20)])).toEqual([first, live(20), end]);
	});

	test('IM-10 at the same moment it stands before the end as well', () => {
		expect(inOrder([logged(1, 10)], [live(10)])).toEqual([live(10), logged(1, 10)]);
	});

	test('RS-07 the events of the log keep their order, even where a clock was set back', () => {
		const events = [logged(1, 50), logged(2, 10), logged(3, 60)];
		expect(inOrder(events, [live(55)]).filter(({ seq }) => seq !== null)).toEqual(events);
	});

	test('RS-07 nothing is left out and nothing comes twice', () => {
		const lives = [live(5, 'a'), live(15, 'b'), live(25, 'c')];
		expect(inOrder([logged(1, 10), logged(2, 20)], lives).map(({ type }) => type)).toEqual([
			...['a', 'event 1', 'b', 'event 2', 'c']
		]);
		expect(inOrder([], lives)).toEqual(lives);
		expect(inOrder([logged(1, 1)], [])).toEqual([logged(1, 1)]);
	});
});
