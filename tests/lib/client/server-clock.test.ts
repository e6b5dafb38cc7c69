import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { ServerClock } from '$lib/client/server-clock.svelte.ts';

const SERVER = Date.UTC(2026, 10, 20, 12);
const HOUR = 3_600_000;

beforeEach(() => void vi.useFakeTimers({ now: SERVER + HOUR }));
afterEach(() => void vi.useRealTimers());

test('PG-08 the clock shows the time of the server and ticks each second while something runs', () => {
	const clock = new ServerClock(SERVER);
	clock.run(true);
	clock.run(true);
	expect(vi.getTimerCount()).toBe(1);
	vi.advanceTimersByTime(2_999);
	expect(clock.now).toBe(SERVER + 2_000);
	vi.advanceTimersByTime(1);
	expect(clock.now).toBe(SERVER + 3_000);
	clock.run(false);
	vi.advanceTimersByTime(10_000);
	expect(clock.now).toBe(SERVER + 3_000);
	expect(vi.getTimerCount()).toBe(0);
});

test('PG-08 the reading that was the least late counts, so that elapsed time does not jump back', () => {
	const clock = new ServerClock(SERVER);
	clock.read(SERVER - 2_000);
	expect(clock.now).toBe(SERVER);
	clock.read(SERVER + 300);
	expect(clock.now).toBe(SERVER + 300);
	clock.read(SERVER + 100);
	expect(clock.now).toBe(SERVER + 300);
});

test('PG-08 a clock that was set back by more than a minute is followed', () => {
	const clock = new ServerClock(SERVER);
	clock.read(SERVER - HOUR);
	expect(clock.now).toBe(SERVER - HOUR);
});

test('PG-08 while it ticks by itself, a reading that is no truer than the last moves nothing: the second does', () => {
	const clock = new ServerClock(SERVER);
	clock.run(true);
	vi.advanceTimersByTime(700);
	clock.read(SERVER + 650);
	expect(clock.now).toBe(SERVER);
	vi.advanceTimersByTime(300);
	expect(clock.now).toBe(SERVER + 1_000);
	clock.run(false);
});
