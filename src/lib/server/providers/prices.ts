import { unknownCost, type Cost, type Usage } from '../../jobs/event.ts';
import { number, type Wire } from './wire.ts';

/** What a model costs, in US dollars for 1,000,000 tokens. A date says when the source was read: every figure ages. */
export interface Price {
	/** A model id, or the beginning of ids, up to a hyphen. */
	readonly model: string;
	readonly in: number;
	/** For input found in the provider's cache; null where there is no discount. */
	readonly cached: number | null;
	readonly out: number;
	/** For one billable web search; null where it is not known. */
	readonly search: number | null;
	/** A request with at least `from` input tokens costs this many times as much, all of it. */
	readonly long: { readonly from: number; readonly input: number; readonly output: number } | null;
	readonly source: string;
	/** YYYY-MM-DD. */
	readonly asOf: string;
}

/** What the provider itself said beside the plain counts. */
export interface Reported {
	/** Its own bill in US dollars: it wins over any table. */
	readonly usd: number | null;
	/** Input tokens that were written to its cache, which cost 1.25 times the input price. */
	readonly cacheWriteTokens: number | null;
}

const genaiPrices = { source: 'genai-prices 0.1.8', asOf: '2026-09-23' };
const thirdParty = { source: 'third parties, uncertain', asOf: '2026-10-31' };
const xaiDocs = { source: 'docs.x.ai', asOf: '2026-11-20' };
const openaiPages = { source: 'developers.openai.com, model pages', asOf: '2026-07-03' };
/** Vectors are paid by what goes in. */
const vectorTerms = { cached: null, out: 0, search: 0, long: null };
const openaiTerms = { search: 0.01, long: { from: 272_001, input: 2, output: 1.5 } };
const xaiTerms = { search: 0.005, long: null };

/** Prices by model; `headway-demo` is the demo, which costs nothing. */
export const prices: readonly Price[] = [
	{
		model: 'headway-demo',
		in: 0,
		cached: 0,
		out: 0,
		search: 0,
		long: null,
		source: 'no language model',
		asOf: '2026-11-20'
	},
	{ model: 'gpt-6-astra', in: 10, cached: 1, out: 50, ...openaiTerms, ...genaiPrices },
	{ model: 'gpt-6.1-sol', in: 2, cached: 0.1, out: 10, ...openaiTerms, ...thirdParty },
	{ model: 'gpt-6.1-terra', in: 1, cached: 0.05, out: 5, ...openaiTerms, ...thirdParty },
	{ model: 'gpt-6-sol', in: 2, cached: 0.2, out: 10, ...openaiTerms, ...genaiPrices },
	{ model: 'gpt-6-luna', in: 0.1, cached: 0.01, out: 0.5, ...openaiTerms, ...genaiPrices },
	{ model: 'gpt-5.6-sol', in: 4, cached: 0.4, out: 20, ...openaiTerms, ...genaiPrices },
	{ model: 'gpt-5.6-terra', in: 2, cached: 0.2, out: 12, ...openaiTerms, ...genaiPrices },
	{ model: 'gpt-5.6-luna', in: 0.2, cached: 0.02, out: 1.2, ...openaiTerms, ...genaiPrices },
	{ model: 'gpt-5.5', in: 5, cached: 0.5, out: 30, ...openaiTerms, ...genaiPrices },
	{ model: 'gpt-5.5-pro', in: 30, cached: null, out: 180, ...openaiTerms, ...genaiPrices },
	{ model: 'gpt-5.4', in: 2.5, cached: 0.25, out: 15, ...openaiTerms, ...genaiPrices },
	{ model: 'gpt-5.4-mini', in: 0.75, cached: 0.075, out: 4.5, ...openaiTerms, ...genaiPrices },
	{ model: 'gpt-5.4-nano', in: 0.2, cached: 0.02, out: 1.25, ...openaiTerms, ...genaiPrices },
	{ model: 'gpt-5.2', in: 1.75, cached: 0.175, out: 14, ...openaiTerms, ...genaiPrices },
	{ model: 'text-embedding-3-small', in: 0.02, ...vectorTerms, ...openaiPages },
	{ model: 'text-embedding-3-large', in: 0.13, ...vectorTerms, ...openaiPages },
	{ model: 'text-embedding-ada-002', in: 0.1, ...vectorTerms, ...openaiPages },
	{
		model: 'grok-4.7',
		in: 2,
		cached: 0.5,
		out: 6,
		search: 0.005,
		long: { from: 200_000, input: 2, output: 2 },
		...xaiDocs
	},
	{ model: 'grok-4.5', in: 2, cached: 0.5, out: 6, ...xaiTerms, ...thirdParty },
	{ model: 'grok-4.3', in: 1.25, cached: 0.2, out: 2.5, ...xaiTerms, ...xaiDocs }
];

/** What a use of `model` cost, in US dollars. A count that the provider did not give makes it a lower bound, `known: false`. */
export function priceOf(
	model: string,
	usage: Usage | null,
	reported?: Reported | null,
	table: readonly Price[] = prices
): Cost {
	if (reported?.usd != null) return { usd: reported.usd, known: true };
	const price = priceFor(model, table);
	if (price && isFree(price)) return { usd: 0, known: true };
	if (!price || !usage || usage.inputTokens === null || usage.outputTokens === null) return unknownCost;
	return { usd: tokensCost(price, usage, reported) + searchesCost(price, usage), known: isComplete(price, usage) };
}

/** The provider's own bill in US dollars; null when it sends none. xAI counts in ten-thousand-millionths of a dollar. */
export function reportedUsd(usage: Wire): number | null {
	const ticks = number(usage['cost_in_usd_ticks']);
	return ticks === null ? number(usage['cost']) : ticks / 1e10;
}

/** The price of a model; null when there is none. */
export function priceFor(model: string, table: readonly Price[] = prices): Price | null {
	return longestMatch(model, table);
}

/** The row whose model is the longest beginning of this one, dates aside. */
export function longestMatch<R extends { readonly model: string }>(model: string, table: readonly R[]): R | null {
	const id = model.replace(/-\d{4}-\d{2}-\d{2}$/, '');
	const rows = table.filter((row) => id === row.model || id.startsWith(`${row.model}-`));
	return rows.reduce<R | null>((best, row) => (best && best.model.length >= row.model.length ? best : row), null);
}

function tokensCost(price: Price, usage: Usage, reported?: Reported | null): number {
	const input = usage.inputTokens ?? 0;
	const long = price.long && input >= price.long.from ? price.long : { input: 1, output: 1 };
	const write = Math.min(reported?.cacheWriteTokens ?? 0, input);
	// Not told how much was cached, the least that it can have cost is as if all of it was.
	const cached = Math.min(usage.cachedTokens ?? input, input - write);
	const inputCost = (input - cached - write) * price.in + cached * (price.cached ?? price.in) + write * price.in * 1.25;
	return (inputCost * long.input + (usage.outputTokens ?? 0) * price.out * long.output) / 1_000_000;
}

function searchesCost(price: Price, usage: Usage): number {
	return (usage.searches ?? 0) * (price.search ?? 0);
}

function isComplete(price: Price, usage: Usage): boolean {
	const searches = usage.searches === 0 || (usage.searches !== null && price.search !== null);
	return searches && (usage.cachedTokens !== null || price.cached === null);
}

function isFree(price: Price): boolean {
	return price.in === 0 && price.out === 0 && price.search === 0;
}
