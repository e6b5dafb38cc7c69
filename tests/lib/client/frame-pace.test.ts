import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { FramePace } from '../../../src/lib/client/frame-pace.ts';

describe('how often news is shown', () => {
	beforeEach(() => {
		vi.useFakeTimers({
			toFake: ['setTimeout', 'clearTimeout', 'performance', 'Date', 'requestAnimationFrame', 'cancelAnimationFrame']
		});
	});
	afterEach(() => void vi.useRealTimers());

	/** How often something is shown that is asked for each ms of 3 s, where showing it takes so many ms. */
	function shownIn3s(takesMs: number): number {
		let shown = 0;
		const pace = new FramePace(() => {
			shown += 1;
			vi.advanceTimersByTime(takesMs);
		});
		const end = performance.now() + 3_000;
		while (performance.now() < end) {
			pace.ask();
			vi.advanceTimersByTime(1);
		}
		return shown;
	}

	test('IR-03 what costs nothing to show is shown with each frame', () => {
		expect(shownIn3s(0)).toBeGreaterThan(85);
	});

	test('TS-18 what takes long to show is shown less often, so that it takes a small part of the time', () => {
		const shown = shownIn3s(8);
		expect(shown * 8).toBeLessThanOrEqual(3_000 / 10);
		expect(shown).toBeGreaterThanOrEqual(3 * 5);
	});

	test('IR-03 however long showing takes, a reader sees something new three times a second', () => {
		expect(shownIn3s(30)).toBeGreaterThanOrEqual(3 * 3 - 1);
	});
});
