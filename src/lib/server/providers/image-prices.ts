import { unknownCost, type Cost, type Usage } from '../../jobs/event.ts';
import { longestMatch, reportedUsd } from './prices.ts';
import { number, record, type Wire } from './wire.ts';

/** What an image model costs, in US dollars for 1,000,000 tokens. A date says when the source was read. */
export interface ImagePrice {
	/** A model id, or the beginning of ids, up to a hyphen. */
	readonly model: string;
	readonly textIn: number;
	readonly imageIn: number;
	readonly imageOut: number;
	/** For text that it wrote beside the picture; null where that is not known. */
	readonly textOut: number | null;
	readonly source: string;
	/** YYYY-MM-DD. */
	readonly asOf: string;
}

const second = { textIn: 5, imageIn: 8, imageOut: 30, textOut: null };
const openaiPage = { source: "OpenAI's model page of gpt-image-2.6", asOf: '2026-11-20' };
const thirdParty = { source: 'third parties', asOf: '2026-11-20' };

/** Prices by model; a model without a row has an unknown cost. */
export const imagePrices: readonly ImagePrice[] = [
	{ model: 'gpt-image-2.6', ...second, ...openaiPage },
	{ model: 'gpt-image-2.5', ...second, ...thirdParty },
	{ model: 'gpt-image-2', ...second, ...thirdParty },
	{
		...{ model: 'gpt-image-1.5', textIn: 5, imageIn: 8, imageOut: 32, textOut: 10 },
		...{ source: 'genai-prices 0.1.8', asOf: '2026-09-23' }
	}
];

/** The usage of pictures, in OpenAI's names or those of OpenRouter; null when there is none. Nothing was searched for a picture. */
export function imageUsage(wire: unknown): Usage | null {
	if (typeof wire !== 'object' || wire === null) return null;
	const usage = record(wire);
	return {
		inputTokens: number(usage['input_tokens']) ?? number(usage['prompt_tokens']),
		cachedTokens: null,
		outputTokens: number(usage['output_tokens']) ?? number(usage['completion_tokens']),
		reasoningTokens: null,
		searches: 0
	};
}

/** What pictures cost in US dollars: the provider's own bill where it sends one. Counts that it left out make a lower bound, `known: false`. */
export function imageCost(model: string, wire: unknown, table: readonly ImagePrice[] = imagePrices): Cost {
	const billed = reportedUsd(record(wire));
	if (billed !== null) return { usd: billed, known: true };
	const price = longestMatch(model, table);
	const usage = imageUsage(wire);
	if (!price || !usage || usage.inputTokens === null || usage.outputTokens === null) return unknownCost;
	const input = inputCost(price, usage.inputTokens, record(record(wire)['input_tokens_details']));
	const output = outputCost(price, usage.outputTokens, record(record(wire)['output_tokens_details']));
	return { usd: (input.usd + output.usd) / 1_000_000, known: input.known && output.known };
}

interface Part {
	readonly usd: number;
	readonly known: boolean;
}

function inputCost(price: ImagePrice, tokens: number, details: Wire): Part {
	const image = number(details['image_tokens']);
	const text = number(details['text_tokens']);
	// Not told which are which, the least that they can have cost is as if all were text.
	if (image === null && text === null) return { usd: tokens * price.textIn, known: tokens === 0 };
	const ofImages = image ?? tokens - (text ?? 0);
	return { usd: ofImages * price.imageIn + (tokens - ofImages) * price.textIn, known: true };
}

function outputCost(price: ImagePrice, tokens: number, details: Wire): Part {
	const text = number(details['text_tokens']) ?? 0;
	const known = text === 0 || price.textOut !== null;
	return { usd: (tokens - text) * price.imageOut + text * (price.textOut ?? 0), known };
}
