import { describe, expect, test } from 'vitest';
import type { PartsForecast } from '$lib/jobs/parts-forecast.ts';
import { amountIn, faultOfBudget } from '$lib/operations/batch/budget.ts';
import { describeForecast, moneyRange, projected, verdictOf } from '$lib/operations/batch/forecast.ts';
import { totalsOf } from '$lib/operations/batch/results.ts';

const kind = (facts: Partial<PartsForecast['kinds'][number]> = {}) => ({
	...{ model: 'one', parts: 62, runs: 12, paidRuns: 12, priced: true, free: false, ...facts }
});
const forecast = (facts: Partial<PartsForecast> = {}): PartsForecast => ({
	...{ parts: 62, atOnce: 4, paidParts: 62, ms: { low: 240_000, high: 360_000 }, usd: { low: 0.2, high: 0.31 } },
	...{ kinds: [kind()], ...facts }
});

describe('a forecast in words', () => {
	test('BY-08 says the time, how many run at once, and the cost', () => {
		expect(describeForecast(forecast())).toEqual(['Usually 4–6 min for 62 parts, 4 at a time.', 'Costs $0.20–0.31.']);
		expect(describeForecast(forecast({ parts: 1, atOnce: 1, paidParts: 1, usd: { low: 0, high: 0 } }))).toEqual([
			...['Usually 4–6 min for 1 part.', 'It costs nothing.']
		]);
	});

	test('BY-08 says which model has no history and which has no price, and of how many parts the cost is', () => {
		const kinds = [kind({ parts: 31 }), kind({ model: 'two', parts: 31, runs: 2, paidRuns: 0, priced: false })];
		expect(describeForecast(forecast({ ms: null, paidParts: 31, kinds }))).toEqual([
			'Costs $0.20–0.31 for 31 of the 62 parts.',
			'No estimate yet for all: 2 of 5 runs on two.',
			'What two costs is not known here.'
		]);
	});

	test('BY-08 says that runs did not tell all that they cost, and nothing of the kind where that is nothing', () => {
		expect(describeForecast(forecast({ usd: null, paidParts: 0, kinds: [kind({ paidRuns: 2 })] }))).toContain(
			'Too few runs on one told all that they cost.'
		);
		const free = kind({ runs: 0, paidRuns: 0, free: true });
		expect(describeForecast(forecast({ ms: null, usd: { low: 0, high: 0 }, kinds: [free] }))).toEqual([
			...['It costs nothing.', 'No estimate yet: 0 of 5 runs on one.']
		]);
	});

	test.each([
		[{ low: 0.2, high: 0.204 }, '$0.20'],
		[{ low: 0.002, high: 0.5 }, '$0.0020–0.50'],
		[{ low: 0, high: 0 }, 'no cost']
	])('BY-08 %j is said as %s', (usd, said) => {
		expect(moneyRange(usd)).toBe(said);
	});
});

describe('what came of a forecast', () => {
	const known = (usd: number) => ({ usd, known: true });

	test.each([
		[300_000, 0.25, ['Took 05:00, within the foreseen 4–6 min.', 'Cost $0.25, within the foreseen $0.20–0.31.']],
		[200_000, 0.1, ['Took 03:20, less than the foreseen 4–6 min.', 'Cost $0.10, less than the foreseen $0.20–0.31.']],
		[600_000, 0.5, ['Took 10:00, more than the foreseen 4–6 min.', 'Cost $0.50, more than the foreseen $0.20–0.31.']]
	])('BY-08 %i ms at $%f', (ms, usd, said) => {
		expect(verdictOf(forecast(), ms, known(usd))).toEqual(said);
	});

	test('BY-08 what is in the range as it is said is within it', () => {
		const said = { ms: { low: 260_000, high: 350_000 }, usd: { low: 0.2049, high: 0.3051 } };
		expect(verdictOf(forecast(said), 245_000, known(0.2))).toEqual([
			'Took 04:05, within the foreseen 4–6 min.',
			'Cost $0.20, within the foreseen $0.20–0.31.'
		]);
		const short = forecast({ ms: { low: 3_000, high: 4_000 } });
		expect(verdictOf(short, 2_000, known(0.25))[0]).toBe('Took 00:02, within the foreseen few seconds.');
		expect(verdictOf(short, 20_000, known(0.25))[0]).toBe('Took 00:20, more than the foreseen few seconds.');
	});

	test('BY-08 a cost of which only some was foreseen is not compared, and one that is not whole says so', () => {
		expect(verdictOf(forecast({ paidParts: 31 }), 300_000, known(0.25))).toHaveLength(1);
		expect(verdictOf(forecast({ ms: null }), 300_000, { usd: 0.25, known: false })).toEqual([
			'Cost at least $0.25, within the foreseen $0.20–0.31.'
		]);
		expect(verdictOf(forecast({ ms: null, usd: { low: 0, high: 0 } }), 1, known(0))).toEqual([
			'Cost nothing, as foreseen.'
		]);
	});

	test('BY-08 what all will cost at this rate is said once five parts have ended', () => {
		const totals = (ended: number, usd: number | null) => ({ ...totalsOf([]), ended, cost: { usd, known: false } });
		expect(projected(10, totals(5, 0.5))).toBeCloseTo(1);
		expect(projected(10, totals(4, 0.5))).toBeNull();
		expect(projected(10, totals(5, null))).toBeNull();
		expect(projected(10, totals(10, 1))).toBeNull();
	});
});

describe('a budget as a person writes it', () => {
	test.each([
		['', null],
		['  ', null],
		['2', 2],
		['0.50', 0.5],
		['$ 2.5', 2.5],
		['2,50', 2.5],
		['.5', 0.5]
	])('BY-08 “%s” is %s', (text, amount) => {
		expect(amountIn(text)).toBe(amount);
		expect(faultOfBudget(text)).toBeNull();
	});

	test.each(['abc', '-1', '1e9', '1.000,5', '2,500', '2 3', '0x10', '0', '0.00', '9999999'])(
		'BY-08 “%s” is refused',
		(text) => {
			expect(faultOfBudget(text)).toMatch(/^(Write an amount|A budget is)/);
		}
	);
});
