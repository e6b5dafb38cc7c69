import { dollars } from '../jobs/dollars.ts';
import type { Cost, Usage } from '../jobs/event.ts';

export { dollars };

/** What a run cost, with its certainty: "$0.12 so far", "at least $0.12", "not known". */
export function describeCost(cost: Cost, running: boolean): string {
	if (cost.usd === null) return running ? 'not known yet' : 'not known';
	if (running) return `${dollars(cost.usd)} so far`;
	return cost.known ? dollars(cost.usd) : `at least ${dollars(cost.usd)}`;
}

/** Tokens in and out, as far as the provider said; null when it said nothing. */
export function describeTokens(usage: Usage | null): string | null {
	const total = (usage?.inputTokens ?? 0) + (usage?.outputTokens ?? 0);
	return total > 0 ? `${compact.format(total)} tokens` : null;
}

const compact = new Intl.NumberFormat('en', { notation: 'compact', maximumFractionDigits: 1 });
