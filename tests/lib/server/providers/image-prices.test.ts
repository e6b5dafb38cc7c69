import { expect, test } from 'vitest';
import { imageCost, imagePrices, imageUsage } from '../../../../src/lib/server/providers/image-prices.ts';

function used(facts: object = {}): object {
	const details = { input_tokens_details: { text_tokens: 100_000, image_tokens: 0 } };
	return { input_tokens: 100_000, output_tokens: 10_000, ...details, ...facts };
}

test('CX-10 text in, pictures in and pictures out each have their price', () => {
	// 40,000 at $5, 60,000 at $8, 10,000 at $30, for a million each.
	const mixed = used({ input_tokens_details: { text_tokens: 40_000, image_tokens: 60_000 } });
	expect(imageCost('gpt-image-2', mixed)).toEqual({ usd: expect.closeTo(0.98, 10), known: true });
});

test('CX-10 text that an image model wrote has its own price; where none is known the cost is a lower bound', () => {
	const wrote = used({ output_tokens_details: { text_tokens: 1_000, image_tokens: 9_000 } });
	expect(imageCost('gpt-image-1.5', wrote)).toEqual({ usd: expect.closeTo(0.5 + 0.288 + 0.01, 10), known: true });
	expect(imageCost('gpt-image-2', wrote)).toEqual({ usd: expect.closeTo(0.5 + 0.27, 10), known: false });
});

test('CX-10 input that was not told apart costs at least what text costs', () => {
	expect(imageCost('gpt-image-2', used({ input_tokens_details: null }))).toEqual({
		usd: expect.closeTo(0.5 + 0.3, 10),
		known: false
	});
});

test.each([
	['gpt-image-2', true],
	['gpt-image-2-2026-04-21', true],
	['gpt-image-2.5-sunburst', true],
	['gpt-image-2.6-flare', true],
	['gpt-image-1.5', true],
	['gpt-image-1-mini', false],
	['gpt-image-20', false],
	['grok-imagine-image', false]
])('CX-10 whether the cost of %s is known: %s; unknown is never zero', (model, known) => {
	expect(imageCost(model, used())).toEqual({ usd: known ? expect.any(Number) : null, known });
});

test('CX-10 without counts the cost is unknown, and what the provider billed wins', () => {
	expect(imageCost('gpt-image-2', null)).toEqual({ usd: null, known: false });
	expect(imageCost('gpt-image-2', { input_tokens: 5 })).toEqual({ usd: null, known: false });
	expect(imageCost('gpt-image-2', used({ cost: 0.42 }))).toEqual({ usd: 0.42, known: true });
	expect(imageCost('nobody-knows', { cost_in_usd_ticks: 10_000_000_000 })).toEqual({ usd: 1, known: true });
});

test('CX-10 the usage of a picture says what was not told, and that nothing was searched', () => {
	expect(imageUsage(undefined)).toBeNull();
	expect(imageUsage(used())).toEqual({
		...{ inputTokens: 100_000, cachedTokens: null, outputTokens: 10_000, reasoningTokens: null, searches: 0 }
	});
	expect(imageUsage({ prompt_tokens: 3, completion_tokens: 4 })).toMatchObject({ inputTokens: 3, outputTokens: 4 });
});

test('CX-10 every image price says where it comes from and when it was read', () => {
	for (const price of imagePrices)
		expect(price).toMatchObject({
			source: expect.stringMatching(/./),
			asOf: expect.stringMatching(/^2026-\d\d-\d\d$/)
		});
});
