/** The value below which a share (0 to 1) of the values lies; NaN of none. */
export function quantile(values: readonly number[], share: number): number {
	const sorted = values.toSorted((a, b) => a - b);
	return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? Number.NaN;
}

export const median = (values: readonly number[]): number => quantile(values, 0.5);

/** A figure of the app beside the same figure of a baseline, in the same unit; each the median over the rounds. */
export interface Comparison {
	measure: string;
	unit: string;
	app: number;
	baseline: string;
	base: number;
	/** app ÷ base; null for a share of events delivered, where a ratio says nothing. */
	ratio: number | null;
}

/** A plain text table, one line a comparison. */
export function table(comparisons: readonly Comparison[]): string {
	const rows = comparisons.map(({ measure, unit, app, baseline, base, ratio }) => [
		measure,
		`${figure(app)} ${unit}`,
		`${figure(base)} ${unit}`,
		ratio === null ? '' : `${ratio.toFixed(2)} ×`,
		baseline
	]);
	const all = [['measure', 'Headway', 'baseline', 'ratio', 'baseline is'], ...rows];
	const widths = [0, 1, 2, 3, 4].map((column) => Math.max(...all.map((row) => row[column]?.length ?? 0)));
	return all
		.map((row) =>
			row
				.map((cell, column) => cell.padEnd(widths[column] ?? 0))
				.join('  ')
				.trimEnd()
		)
		.join('\n');
}

function figure(value: number): string {
	return value >= 100 ? value.toFixed(0) : value.toFixed(2);
}
