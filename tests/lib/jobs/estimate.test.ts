import { describe, expect, test } from 'vitest';
import {
	coverage,
	describeRange,
	estimate,
	forecast,
	formatDuration,
	MIN_RUNS
} from '../../../src/lib/jobs/estimate.ts';
import type { EstimateInput, PastRun, Progress } from '../../../src/lib/jobs/estimate.ts';
import { generateRuns, operationAt, seeded } from './generated-runs.ts';

const phases = [
	{ name: 'search', weight: 5 },
	{ name: 'read', weight: 3 },
	{ name: 'write', weight: 2 }
];

const run = (search: number, read: number, write: number): PastRun => ({
	totalMs: search + read + write,
	phases: { search, read, write }
});

// Ten runs of 90 to 110 s: three fifths searching, three tenths reading, one tenth writing.
const steady = Array.from({ length: 10 }, (_, i) => run(54_000 + 1_333 * i, 27_000 + 667 * i, 9_000 + 222 * i));

const input = (change: Partial<EstimateInput> = {}): EstimateInput => ({
	phases,
	history: steady,
	forecasts: [],
	phase: 'search',
	elapsedMs: 10_000,
	inPhaseMs: 10_000,
	measured: null,
	silentMs: 0,
	quietAfterMs: 30_000,
	floor: 0,
	priorMs: 100_000,
	...change
});

function fractionOf(change: Partial<EstimateInput>): number {
	const { fraction } = estimate(input(change)).progress;
	if (fraction === null) throw new Error('no fraction');
	return fraction;
}

describe('PG-07', () => {
	/** The fractions shown at each tick of a run, each the floor of the next. */
	function watch(tickMs: number, ticks: number, at: (ms: number) => Partial<EstimateInput>): number[] {
		const shown: number[] = [];
		for (let tick = 1; tick <= ticks; tick++) {
			const floor = shown.at(-1) ?? 0;
			shown.push(fractionOf({ elapsedMs: tick * tickMs, floor, sinceFloorMs: tickMs, ...at(tick * tickMs) }));
		}
		return shown;
	}
	const isRising = (shown: readonly number[]) => shown.every((value, i) => i === 0 || value > (shown[i - 1] ?? 0));

	test('PG-07 with a tick each 2 s the fraction rises at every tick, even when the run takes ten times as long', () => {
		const shown = watch(2_000, 600, (ms) => ({ phase: 'search', inPhaseMs: ms }));
		expect(isRising(shown)).toBe(true);
		expect(shown.at(-1)).toBeLessThan(0.65);
	});

	test('PG-07 over random histories and walks the fraction rises at every tick and never reaches 1', () => {
		for (let seed = 1; seed <= 200; seed++) {
			const random = seeded(seed);
			const operation = operationAt(seed);
			const history = generateRuns(operation, Math.floor(random() * 40), seed);
			const priors = operation.phases.map(({ name, typicalMs }) => ({ name, weight: typicalMs * random() }));
			let index = 0;
			let enteredMs = 0;
			const shown = watch(2_000, 150, (ms) => {
				const isLeaving = random() < 0.03 && index < priors.length - 1;
				if (isLeaving) [index, enteredMs] = [index + 1, ms];
				if (random() < 0.02) history.unshift(...generateRuns(operation, 1, ms + seed));
				const measured = random() < 0.1 ? random() : null;
				return { phases: priors, history, phase: priors[index]?.name ?? null, inPhaseMs: ms - enteredMs, measured };
			});
			expect(isRising(shown), `seed ${seed}`).toBe(true);
			expect(shown.at(-1)).toBeLessThan(1);
		}
	});

	test('PG-07 an attempt that starts again goes on above what was shown, and keeps moving', () => {
		const before = 0.7;
		const shown = watch(5_000, 12, (ms) => ({
			phase: 'search',
			inPhaseMs: ms,
			...(ms === 5_000 && { floor: before })
		}));
		expect(shown[0]).toBeGreaterThan(before);
		expect(isRising(shown)).toBe(true);
		expect(shown.at(-1)).toBeLessThan(0.75);
	});

	test('PG-07 how often the estimate is asked does not change how fast a waiting bar moves', () => {
		const waiting = { measured: 0.25, phase: 'search', inPhaseMs: 1_000 };
		const often = watch(50, 1_200, () => waiting);
		const seldom = watch(5_000, 12, () => waiting);
		expect(often.at(-1)).toBeCloseTo(seldom.at(-1) ?? 0, 2);
	});

	test('PG-07 a bar that is a little ahead of a run of hours lets the run catch up', () => {
		const hours = Array.from({ length: 10 }, () => run(10_800_000, 3_600_000, 3_600_000));
		const ahead = (ms: number) => (ms === 2_000 ? { floor: 0.01 } : {});
		const shown = watch(2_000, 2_700, (ms) => ({ history: hours, phase: 'search', inPhaseMs: ms, ...ahead(ms) }));
		expect(shown.at(-1)).toBeCloseTo(0.6 * 0.8 * 0.5, 3);
	});

	test('PG-07 a fraction that falls below what was shown stays there', () => {
		expect(fractionOf({ measured: 0.1, floor: 0.5 })).toBe(0.5);
	});

	test('PG-07 the fraction is below 1 even when the last phase has measured its end', () => {
		const fraction = fractionOf({ phase: 'write', measured: 1 });
		expect(fraction).toBeLessThan(1);
		expect(fraction).toBeGreaterThan(0.99);
	});
});

describe('PG-10', () => {
	test('PG-10 a phase fills the bar by its share of the time in the past runs, not by the count of phases', () => {
		expect(fractionOf({ phase: 'read', inPhaseMs: 0 })).toBeCloseTo(0.6, 2);
		expect(fractionOf({ phase: 'write', inPhaseMs: 0 })).toBeCloseTo(0.9, 2);
	});

	test('PG-10 before there are five runs the declared weights count', () => {
		const history = steady.slice(0, MIN_RUNS - 1);
		expect(fractionOf({ history, phase: 'read', inPhaseMs: 0 })).toBeCloseTo(0.5, 6);
		expect(fractionOf({ history, phase: 'write', inPhaseMs: 0 })).toBeCloseTo(0.8, 6);
	});

	test('PG-10 phases declared without weights share the bar equally', () => {
		const unweighted = phases.map(({ name }) => ({ name, weight: 0 }));
		expect(fractionOf({ history: [], phases: unweighted, phase: 'read', inPhaseMs: 0 })).toBeCloseTo(1 / 3, 6);
	});

	test('PG-10 a skipped phase is jumped over', () => {
		const searching = fractionOf({ phase: 'search', inPhaseMs: 60_000 });
		expect(fractionOf({ phase: 'write', inPhaseMs: 0, floor: searching })).toBeCloseTo(0.9, 2);
	});

	test('PG-10 a phase that most runs skip still has a place to move in', () => {
		const history = steady.map((past, i) => (i < 8 ? run(60_000, 0, 10_000) : past));
		const entered = fractionOf({ history, phase: 'read', inPhaseMs: 0 });
		expect(fractionOf({ history, phase: 'read', inPhaseMs: 10_000 })).toBeGreaterThan(entered);
		expect(fractionOf({ history, phase: 'write', inPhaseMs: 0 })).toBeGreaterThan(entered);
	});

	test('PG-10 within a phase the bar fills in proportion to the usual time and does not reach the end of the phase', () => {
		const [quarter, half] = [15_000, 30_000].map((inPhaseMs) => fractionOf({ inPhaseMs })) as [number, number];
		expect(half).toBeCloseTo(2 * quarter, 6);
		expect(fractionOf({ inPhaseMs: 3_600_000 })).toBeLessThan(fractionOf({ phase: 'read', inPhaseMs: 0 }));
	});
});

describe('OP-09', () => {
	test('OP-09 what the operation measures within a phase is shown as it is, and called measured', () => {
		const { progress } = estimate(input({ measured: 0.5 }));
		expect(progress.basis).toBe('measured');
		expect(progress.fraction).toBeCloseTo(0.3, 2);
	});

	test('OP-09 a measurement far behind what was shown is no longer called measured', () => {
		expect(estimate(input({ measured: 0.1, floor: 0.5 })).progress.basis).toBe('estimated');
	});
});

describe('BY-04', () => {
	test('BY-04 a fraction without a basis, or an unknown one, does not type-check', () => {
		// @ts-expect-error a fraction never goes without its basis
		const bare: Progress = { fraction: 0.4 };
		// @ts-expect-error what is unknown has no fraction
		const unknown: Progress = { fraction: 0.4, basis: 'unknown' };
		// @ts-expect-error what is measured has a fraction
		const empty: Progress = { fraction: null, basis: 'measured' };
		const right: Progress[] = [
			{ fraction: 0.4, basis: 'measured' },
			{ fraction: null, basis: 'unknown' }
		];
		expect([bare, unknown, empty, ...right]).toHaveLength(5);
	});

	test('BY-04 time spent gives an estimated fraction', () => {
		expect(estimate(input()).progress.basis).toBe('estimated');
	});

	test('BY-04 with neither runs nor a typical duration nor a measurement the fraction is unknown', () => {
		const { progress } = estimate(input({ history: [], priorMs: null }));
		expect(progress).toEqual({ fraction: null, basis: 'unknown' });
	});

	test('BY-04 the typical duration that an operation declares makes it estimated', () => {
		const { progress } = estimate(input({ history: [], inPhaseMs: 25_000 }));
		expect(progress.basis).toBe('estimated');
		expect(progress.fraction).toBeCloseTo(0.5 * 0.5 * 0.8, 6);
	});

	test('BY-04 a fraction that was shown does not become unknown again', () => {
		const { progress } = estimate(input({ history: [], priorMs: null, floor: 0.2 }));
		expect(progress).toEqual({ fraction: 0.2, basis: 'estimated' });
	});
});

describe('PG-09', () => {
	test('PG-09 with four past runs there is no remaining time, and the sentence says why', () => {
		const { remaining, runs, sentence } = estimate(input({ history: steady.slice(0, 4) }));
		expect(remaining).toBeNull();
		expect(runs).toBe(4);
		expect(sentence).toBe('no estimate yet: 4 of 5 runs');
	});

	test('PG-09 from five past runs on there is one, and the sentence says how many it rests on', () => {
		const { remaining, sentence } = estimate(input({ history: steady.slice(0, 5) }));
		expect(remaining?.low).toBeGreaterThan(60_000);
		expect(remaining?.high).toBeLessThan(120_000);
		expect(sentence).toMatch(/^about \S+ (s|min) left, from 5 past runs$/);
	});

	test('PG-09 the forecast before the start spans the past totals', () => {
		const range = forecast(steady, []);
		expect(range?.runs).toBe(10);
		expect(range?.low).toBeGreaterThan(85_000);
		expect(range?.low).toBeLessThan(95_000);
		expect(range?.high).toBeGreaterThan(105_000);
		expect(range?.high).toBeLessThan(115_000);
		expect(forecast(steady.slice(0, 4), [])).toBeNull();
	});

	test('PG-09 the remaining time falls as the phases pass', () => {
		const searching = estimate(input({ phase: 'search', elapsedMs: 0, inPhaseMs: 0 })).remaining;
		const reading = estimate(input({ phase: 'read', elapsedMs: 60_000, inPhaseMs: 0 })).remaining;
		const writing = estimate(input({ phase: 'write', elapsedMs: 90_000, inPhaseMs: 0 })).remaining;
		expect(reading?.high).toBeLessThan(searching?.low ?? 0);
		expect(writing?.high).toBeLessThan(reading?.low ?? 0);
	});

	test('PG-09 a run that is slow so far is expected to stay slow where past runs did', () => {
		const paced = Array.from({ length: 30 }, (_, i) => run(20_000 * (1 + (i % 5)), 10_000 * (1 + (i % 5)), 5_000));
		const remainingAfter = (ms: number) =>
			estimate(input({ history: paced, phase: 'read', elapsedMs: ms, inPhaseMs: 0 })).remaining;
		expect(remainingAfter(100_000)?.low).toBeGreaterThan(remainingAfter(20_000)?.high ?? Infinity);
	});

	test('PG-09 the range is never negative nor upside down, wherever a run may be', () => {
		const random = seeded(7);
		for (let round = 0; round < 2_000; round++) {
			const operation = operationAt(round);
			const history = generateRuns(operation, MIN_RUNS + Math.floor(random() * 30), round);
			const inPhaseMs = random() < 0.2 ? 0 : Math.exp(random() * 15);
			const names = [null, 'never declared', ...operation.phases.map((phase) => phase.name)];
			const { remaining } = estimate(
				input({
					phases: operation.phases.map(({ name }) => ({ name, weight: 1 })),
					history,
					forecasts: Array.from({ length: 50 }, () => random() < 0.5),
					phase: names[Math.floor(random() * names.length)] ?? null,
					inPhaseMs,
					elapsedMs: inPhaseMs + random() * 100_000
				})
			);
			expect(remaining?.low).toBeGreaterThanOrEqual(0);
			expect(remaining?.high).toBeGreaterThanOrEqual(remaining?.low ?? Infinity);
			expect(remaining?.high).toBeLessThan(Infinity);
		}
	});

	test('PG-09 a run past its 90th percentile says so, and still has a range', () => {
		const late = estimate(input({ phase: 'write', elapsedMs: 130_000, inPhaseMs: 40_000 }));
		expect(late.overdue).toBe(true);
		expect(late.sentence).toBe('longer than 9 of 10 such runs');
		expect(late.remaining?.high).toBeGreaterThan(0);
		expect(estimate(input({ elapsedMs: 100_000, phase: 'write', inPhaseMs: 8_000 })).overdue).toBe(false);
	});

	test('PG-09 a phase past its 90th percentile says so, and expects more the longer it has lasted', () => {
		const at = (inPhaseMs: number) => estimate(input({ phase: 'read', elapsedMs: 50_000 + inPhaseMs, inPhaseMs }));
		expect(at(40_000).overdue).toBe(true);
		expect(at(40_000).sentence).toMatch(/ left, longer than 9 of 10 such runs in this phase$/);
		expect(at(400_000).remaining?.high).toBeGreaterThan(at(40_000).remaining?.high ?? Infinity);
	});
});

describe('RS-04', () => {
	const silent = (silentMs: number) =>
		estimate(input({ elapsedMs: 10_000 + silentMs, inPhaseMs: 10_000 + silentMs, sinceFloorMs: silentMs, silentMs }));

	test('RS-04 a run whose provider has gone silent stops moving after a while, and says so', () => {
		const [quiet, later] = [silent(60_000), silent(200_000)];
		expect(quiet.progress).toEqual(later.progress);
		expect(quiet.remaining).toEqual(later.remaining);
		expect(quiet.progress.fraction).toBeGreaterThan(silent(29_000).progress.fraction ?? 1);
		expect(quiet.quiet).toBe(true);
		expect(quiet.sentence).toBe('nothing heard from the provider for 1 min');
		expect(later.sentence).toBe('nothing heard from the provider for 3 min');
	});

	test('RS-04 a bar that is ahead of its run stops too', () => {
		const waiting = { measured: 0.1, floor: 0.3, elapsedMs: 100_000 };
		const at = (silentMs: number) => fractionOf({ ...waiting, silentMs, sinceFloorMs: silentMs });
		expect(at(20_000)).toBeGreaterThan(at(10_000));
		expect(at(90_000)).toBe(at(30_000));
	});

	test('RS-04 before the first phase the remaining time stops too', () => {
		const at = (silentMs: number) =>
			estimate(input({ phase: null, elapsedMs: 5_000 + silentMs, inPhaseMs: 0, silentMs })).remaining;
		expect(at(90_000)).toEqual(at(30_000));
		expect(at(30_000)?.high).toBeLessThan(at(10_000)?.high ?? 0);
	});

	test('RS-04 a shorter silence changes nothing', () => {
		expect(silent(30_000).quiet).toBe(false);
		expect(silent(30_000).progress.fraction).toBeGreaterThan(silent(28_000).progress.fraction ?? 1);
	});

	test('RS-04 a run that is heard again goes on from where it stood', () => {
		const floor = silent(60_000).progress.fraction ?? 1;
		expect(fractionOf({ elapsedMs: 70_000, inPhaseMs: 70_000, silentMs: 0, floor })).toBeGreaterThan(floor);
	});
});

describe('words', () => {
	test.each([
		[0, '00:00'],
		[-5, '00:00'],
		[59_999, '00:59'],
		[61_000, '01:01'],
		[3_599_000, '59:59'],
		[3_600_000, '1:00:00'],
		[36_065_000, '10:01:05']
	])('PG-08 %d ms reads %s', (ms, words) => {
		expect(formatDuration(ms)).toBe(words);
	});

	test.each([
		[115_000, 245_000, 'about 2–4 min'],
		[19_000, 41_000, 'about 20–40 s'],
		[6_200, 11_800, 'about 6–12 s'],
		[170_000, 190_000, 'about 3 min'],
		[1_000, 58_000, 'up to 60 s'],
		[5_300_000, 9_100_000, 'about 1.5–2.5 h'],
		[0, 4_900, 'wrapping up']
	])('PG-09 a range from %d to %d ms reads "%s"', (low, high, words) => {
		expect(describeRange({ low, high })).toBe(words);
	});

	test('BY-03 how often the ranges held is counted', () => {
		expect(coverage([true, false, true, true])).toEqual({ held: 3, of: 4 });
		expect(coverage([])).toEqual({ held: 0, of: 0 });
	});
});
