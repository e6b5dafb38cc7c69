import { describe, expect, test } from 'vitest';
import { foresee, type PartKind } from '$lib/jobs/parts-forecast.ts';

const kind = (past: PartKind['past'], facts: Partial<PartKind> = {}): PartKind => ({
	...{ model: 'one', priced: true, past },
	...facts
});
const alike = (count: number, totalMs = 1_000, usd: number | null = 0.01) =>
	Array.from({ length: count }, () => ({ totalMs, usd }));
const order = (count: number, of = 0) => new Array<number>(count).fill(of);

describe('what several jobs take and cost together', () => {
	test('BY-08 parts that are alike take as many rounds as their places need, and cost the sum', () => {
		const found = foresee([kind(alike(5))], order(10), 4);
		expect(found).toMatchObject({ parts: 10, atOnce: 4, paidParts: 10, ms: { low: 3_000, high: 3_000 } });
		expect(found.usd?.low).toBeCloseTo(0.1);
		expect(found.usd?.high).toBeCloseTo(0.1);
	});

	test('BY-08 no more run at once than there are parts', () => {
		expect(foresee([kind(alike(5))], order(3), 20)).toMatchObject({ atOnce: 3, ms: { low: 1_000, high: 1_000 } });
	});

	test('BY-08 with too few runs of one kind no time is said, and the cost is of the others', () => {
		const found = foresee([kind(alike(5)), kind(alike(4), { model: 'two' })], [0, 1, 0, 1], 2);
		expect(found).toMatchObject({ ms: null, paidParts: 2, kinds: [{ runs: 5 }, { runs: 4, parts: 2 }] });
		expect(found.usd?.high).toBeCloseTo(0.02);
		expect(foresee([kind(alike(4))], order(2), 2)).toMatchObject({ ms: null, usd: null, paidParts: 0 });
	});

	test('BY-08 runs of which the whole cost is not known say nothing of it, but of the time', () => {
		const past = [...alike(4), ...alike(3, 1_000, null)];
		expect(foresee([kind(past)], order(1), 1)).toMatchObject({
			ms: { low: 1_000 },
			usd: null,
			kinds: [{ runs: 7, paidRuns: 4 }]
		});
	});

	test('BY-08 what costs nothing needs no past run to be known', () => {
		expect(foresee([kind([], { free: true })], order(3), 1)).toMatchObject({
			ms: null,
			usd: { low: 0, high: 0 },
			paidParts: 3
		});
	});

	test('BY-08 the range holds 8 in 10 times where the parts come from the same runs', () => {
		let seed = 1;
		// A generator of the test's own (Park and Miller).
		const random = () => (seed = (seed * 48_271) % 2_147_483_647) / 2_147_483_647;
		const draw = () => 1_000 * Math.exp(random() + random() + random());
		let held = 0;
		for (let round = 0; round < 200; round += 1) {
			const past = Array.from({ length: 20 }, () => ({ totalMs: draw(), usd: null }));
			const range = foresee([kind(past)], order(30), 1).ms;
			const took = Array.from({ length: 30 }, draw).reduce((sum, ms) => sum + ms, 0);
			if (range && took >= range.low && took <= range.high) held += 1;
		}
		expect(held / 200).toBeGreaterThan(0.7);
		expect(held / 200).toBeLessThan(0.9);
	});

	test('BY-08 asked twice it says the same', () => {
		const past = [100, 900, 400, 2_000, 700].map((totalMs) => ({ totalMs, usd: totalMs / 1e5 }));
		expect(foresee([kind(past)], order(9), 2)).toEqual(foresee([kind(past)], order(9), 2));
	});
});
