import { describeRange, MIN_RUNS } from '$lib/jobs/estimate.ts';

/** "usually 4–7 min, from 12 runs", or why that cannot be said yet; null where nothing was asked. */
export function describeUsual(
	forecast: { low: number | null; high: number | null; runs: number } | undefined
): string | null {
	if (!forecast) return null;
	const { low, high, runs } = forecast;
	if (low === null || high === null) {
		return runs === 0 ? 'No history yet.' : `No estimate yet: ${runs} of ${MIN_RUNS} runs.`;
	}
	const range = describeRange({ low, high });
	const usual = range === 'wrapping up' ? 'a few seconds' : range.replace(/^about /, '');
	return `Usually ${usual}, from ${runs} runs.`;
}
