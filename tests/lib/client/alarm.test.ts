import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { Alarm } from '../../../src/lib/client/alarm.ts';

describe('an alarm', () => {
	beforeEach(() => void vi.useFakeTimers());
	afterEach(() => void vi.useRealTimers());

	test('TS-11 one that is put off by each piece of a text goes off when nothing has come for so long, and not before', () => {
		const silent = vi.fn();
		const alarm = new Alarm();
		for (let piece = 0; piece < 1_000; piece += 1) {
			alarm.set(20_000, silent);
			vi.advanceTimersByTime(25);
		}
		vi.advanceTimersByTime(19_974);
		expect(silent).not.toHaveBeenCalled();
		vi.advanceTimersByTime(1);
		expect(silent).toHaveBeenCalledOnce();
		expect(alarm.pending).toBe(false);
	});

	test('TS-18 a thousand pieces set two timers, not a thousand', () => {
		const timers = vi.spyOn(globalThis, 'setTimeout');
		const alarm = new Alarm();
		for (let piece = 0; piece < 1_000; piece += 1) {
			alarm.set(20_000, () => undefined);
			vi.advanceTimersByTime(25);
		}
		expect(timers).toHaveBeenCalledTimes(2);
		alarm.clear();
		expect(vi.getTimerCount()).toBe(0);
	});

	test('TS-11 one that is set nearer than before goes off at the nearer time, with the newer task', () => {
		const [far, near] = [vi.fn(), vi.fn()];
		const alarm = new Alarm();
		alarm.set(10_000, far);
		alarm.set(1_000, near);
		vi.advanceTimersByTime(1_000);
		expect(near).toHaveBeenCalledOnce();
		vi.advanceTimersByTime(60_000);
		expect(far).not.toHaveBeenCalled();
	});

	test('TS-11 a clock that is put back by an hour puts it off once more at the most', () => {
		const silent = vi.fn();
		const alarm = new Alarm();
		alarm.set(20_000, silent);
		vi.setSystemTime(Date.now() - 3_600_000);
		vi.advanceTimersByTime(40_000);
		expect(silent).toHaveBeenCalledOnce();
	});
});
