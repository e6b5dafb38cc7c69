import { MOST_BUDGET } from './model.ts';

/** US dollars as a person writes them, e.g. `2`, `0.50`, `$2`, `2,50`; null for nothing, NaN for what is no amount, or could be two: `2,500`. */
export function amountIn(text: string): number | null {
	const bare = text.trim().replace(/^\$\s*/, '');
	if (bare === '') return null;
	return /^(?:\d*\.?\d+|\d*,\d{1,2})$/.test(bare) ? Number(bare.replace(',', '.')) : Number.NaN;
}

/** What is wrong with a budget, in a sentence; null when nothing is. */
export function faultOfBudget(text: string): string | null {
	const amount = amountIn(text);
	if (amount === null) return null;
	if (Number.isNaN(amount)) return 'Write an amount in US dollars, such as 2.50.';
	if (amount === 0) return 'A budget is more than 0. Leave it empty for none.';
	return amount > MOST_BUDGET ? `A budget is at most ${MOST_BUDGET} US dollars.` : null;
}
