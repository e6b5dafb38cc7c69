import { unknownCost, type Cost, type Usage } from '../jobs/event.ts';
import type { Bill } from './db/schema.ts';

/** What was billed for each of a job's requests, by step. */
export type Bills = Record<string, Bill>;

/** What is said of a request that did not tell what it used. */
export const unknownBill: Readonly<Bill> = { usage: null, cost: unknownCost };

/** Before the first request. */
export const nothingBilled: Readonly<Bill> = { usage: null, cost: { usd: 0, known: true } };

/** Everything together. A request without a price, or that did not tell its usage, makes the sum a lower bound. */
export function totalOf(bills: Bills): Bill {
	const all = Object.values(bills);
	return { usage: totalUsage(all.map(({ usage }) => usage)), cost: totalCost(all.map(({ cost }) => cost)) };
}

/** The sum of costs; nothing at all costs nothing. */
export function totalCost(costs: readonly Cost[]): Cost {
	const usd = costs.reduce((sum, cost) => sum + (cost.usd ?? 0), 0);
	const known = costs.every((cost) => cost.known);
	// "At least nothing" says nothing.
	return { usd: known || usd > 0 ? usd : null, known };
}

function totalUsage(usages: readonly (Usage | null)[]): Usage | null {
	const told = usages.filter((usage) => usage !== null);
	if (told.length === 0) return null;
	const sum = (field: keyof Usage) => {
		const counts = told.flatMap((usage) => usage[field] ?? []);
		return counts.length === 0 ? null : counts.reduce((total, count) => total + count, 0);
	};
	return {
		inputTokens: sum('inputTokens'),
		cachedTokens: sum('cachedTokens'),
		outputTokens: sum('outputTokens'),
		reasoningTokens: sum('reasoningTokens'),
		searches: sum('searches')
	};
}
