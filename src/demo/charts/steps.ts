import type { Column } from './schema.ts';

/** About so many steps make a distribution that can be read. */
const STEPS = 15;

/** 1, 2 or 5 and noughts, for about fifteen steps from the least to the greatest. */
export function niceStep({ range, type }: Column): number {
	const [from, to] = (range ?? ['0', '15']).map(Number);
	const wanted = ((to ?? 15) - (from ?? 0)) / STEPS || 1;
	const size = 10 ** Math.floor(Math.log10(wanted));
	const step = ([1, 2, 5, 10].find((one) => one * size >= wanted) ?? 10) * size;
	return type === 'integer' ? Math.max(1, Math.round(step)) : Number(step.toPrecision(2));
}
