import { expect, test } from 'vitest';
import type { Usage } from '../../../../src/lib/jobs/event.ts';
import { priceFor, priceOf, prices } from '../../../../src/lib/server/providers/prices.ts';

function used(facts: Partial<Usage> = {}): Usage {
	return { inputTokens: 100_000, cachedTokens: 0, outputTokens: 10_000, reasoningTokens: 0, searches: 0, ...facts };
}

const million = { inputTokens: 100_000, outputTokens: 1_000_000 };

test('CX-10 input, cached input and output each have their price', () => {
	// 60,000 at $10, 40,000 at $1, 10,000 at $50, for a million each.
	expect(priceOf('gpt-6-astra', used({ cachedTokens: 40_000 }))).toEqual({
		usd: expect.closeTo(1.14, 10),
		known: true
	});
});

test('CX-10 reasoning is part of the output and not counted again', () => {
	expect(priceOf('gpt-6-astra', used({ reasoningTokens: 9_000 }))).toEqual(priceOf('gpt-6-astra', used()));
});

test('CX-10 a thousand web searches cost ten dollars', () => {
	const none = priceOf('gpt-5.5', used()).usd ?? 0;
	expect(priceOf('gpt-5.5', used({ searches: 1_000 })).usd).toBeCloseTo(none + 10, 10);
});

test('CX-10 what is written to the cache costs a quarter more', () => {
	expect(priceOf('gpt-6-astra', used(), { usd: null, cacheWriteTokens: 100_000 }).usd).toBeCloseTo(1.25 + 0.5, 10);
});

test('CX-10 a very long input makes the whole request dearer', () => {
	expect(priceOf('gpt-6-astra', used({ inputTokens: 272_000, outputTokens: 0 })).usd).toBeCloseTo(2.72, 10);
	expect(priceOf('gpt-6-astra', used({ inputTokens: 1_000_000, outputTokens: 0 })).usd).toBeCloseTo(20, 10);
	expect(priceOf('gpt-6-astra', used({ ...million, inputTokens: 300_000 })).usd).toBeCloseTo(6 + 75, 10);
	expect(priceOf('grok-4.7', used({ ...million, inputTokens: 200_000 })).usd).toBeCloseTo(0.8 + 12, 10);
});

test.each([
	['gpt-5.4-mini', 'gpt-5.4-mini'],
	['gpt-5.4-mini-2026-03-17', 'gpt-5.4-mini'],
	['gpt-5.4-2026-03-17', 'gpt-5.4'],
	['gpt-5.5-pro-preview', 'gpt-5.5-pro'],
	['gpt-5.40', undefined],
	['llama-4', undefined]
])('CX-10 the price of %s is that of %s', (model, row) => {
	expect(priceFor(model)?.model).toBe(row);
});

test('CX-10 what the provider says it billed wins over the table', () => {
	expect(priceOf('gpt-6-astra', used(), { usd: 0.42, cacheWriteTokens: null })).toEqual({ usd: 0.42, known: true });
	expect(priceOf('nobody-knows', null, { usd: 0, cacheWriteTokens: null })).toEqual({ usd: 0, known: true });
});

test('CX-10 a model without a price, or a run without a count, has an unknown cost and not zero', () => {
	expect(priceOf('nobody-knows', used())).toEqual({ usd: null, known: false });
	expect(priceOf('gpt-6-astra', null)).toEqual({ usd: null, known: false });
	expect(priceOf('gpt-6-astra', used({ outputTokens: null }))).toEqual({ usd: null, known: false });
});

test('CX-10 counts that the provider left out make a lower bound', () => {
	const cost = priceOf('gpt-6-astra', used({ cachedTokens: null, searches: null }));
	expect(cost).toEqual({ usd: expect.closeTo(0.1 + 0.5, 10), known: false });
});

test('CX-10 the demo costs nothing, and that is known', () => {
	expect(priceOf('headway-demo-1', null)).toEqual({ usd: 0, known: true });
});

test('CX-10 every price says where it comes from and when it was read', () => {
	for (const price of prices)
		expect(price).toMatchObject({
			source: expect.stringMatching(/./),
			asOf: expect.stringMatching(/^2026-\d\d-\d\d$/)
		});
});
