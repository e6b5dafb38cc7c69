import type { Cost, Usage } from '../../jobs/event.ts';
import { priceOf, reportedUsd, type Price } from './prices.ts';
import { number, record, type Wire } from './wire.ts';

/** What a chat completion used. `searched` says that it may have searched the web, which nobody counts there. */
export function chatUsage(usage: Wire, searched: boolean): Usage {
	return {
		inputTokens: number(usage['prompt_tokens']),
		cachedTokens: number(record(usage['prompt_tokens_details'])['cached_tokens']),
		outputTokens: outputOf(usage),
		reasoningTokens: number(record(usage['completion_tokens_details'])['reasoning_tokens']),
		searches: searched ? null : 0
	};
}

/** What it cost, by the provider's own bill or by the table. */
export function chatCost(model: string, usage: Usage | null, wire: Wire, prices: readonly Price[]): Cost {
	return priceOf(model, usage, { usd: reportedUsd(wire), cacheWriteTokens: null }, prices);
}

/** xAI's count of the completion leaves the reasoning out, its total has it: the total is right at every vendor. */
function outputOf(usage: Wire): number | null {
	const [prompt, completion] = [number(usage['prompt_tokens']), number(usage['completion_tokens'])];
	const total = number(usage['total_tokens']);
	if (prompt === null || total === null) return completion;
	return Math.max(completion ?? 0, total - prompt);
}
