import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { systemClock } from '$lib/server/clock.ts';

const DAY_MS = 86_400_000;
beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

test('OP-07 a time longer than one timer can hold passes whole before the task is called, once', () => {
	const called: number[] = [];
	const begun = Date.now();
	systemClock.after(60 * DAY_MS, () => called.push(Date.now() - begun));
	vi.advanceTimersByTime(60 * DAY_MS - 1);
	expect(called).toEqual([]);
	vi.advanceTimersByTime(60 * DAY_MS);
	expect(called).toEqual([60 * DAY_MS]);
});

test('OP-07 what stops a long time stops it in its second timer too', () => {
	const called: number[] = [];
	const stop = systemClock.after(60 * DAY_MS, () => called.push(1));
	vi.advanceTimersByTime(30 * DAY_MS);
	expect(vi.getTimerCount()).toBe(1);
	stop();
	vi.advanceTimersByTime(60 * DAY_MS);
	expect([called, vi.getTimerCount()]).toEqual([[], 0]);
});
