import { expect, test } from 'vitest';
import { estimate } from '../../../src/lib/jobs/estimate.ts';
import type { PastRun } from '../../../src/lib/jobs/estimate.ts';

const run = (search: number, write: number): PastRun => ({ totalMs: search + write, phases: { search, write } });

test('BY-03 the range rests on the past runs whose phase lasted this long too, not on those that were over by now', () => {
	// Two kinds of search: of about 10 s and of about 100 s.
	const history = Array.from({ length: 20 }, (_, i) => run(i % 2 === 0 ? 9_500 + 50 * i : 95_000 + 500 * i, 5_000));
	const remainingAt = (ms: number) =>
		estimate({
			...{
				phases: [
					{ name: 'search', weight: 9 },
					{ name: 'write', weight: 1 }
				],
				history,
				forecasts: []
			},
			...{ phase: 'search', elapsedMs: ms, inPhaseMs: ms, measured: null, floor: 0, priorMs: null },
			...{ silentMs: 0, quietAfterMs: 30_000 }
		}).remaining;
	expect(remainingAt(1_000)?.low).toBeLessThan(20_000);
	expect(remainingAt(40_000)?.low).toBeGreaterThan(50_000);
	expect(remainingAt(40_000)?.high).toBeLessThan(80_000);
});
