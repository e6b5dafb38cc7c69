/** A value and how much it counts; weights are positive and need not add up to one. */
export interface Weighted {
	value: number;
	weight: number;
}

const byValue = (a: Weighted, b: Weighted) => a.value - b.value;
const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);

/** The weighted median; 0 for an empty sample. */
export function median(sample: readonly Weighted[]): number {
	const half = sum(sample.map((item) => item.weight)) / 2;
	let below = 0;
	for (const { value, weight } of sample.toSorted(byValue)) {
		below += weight;
		if (below >= half) return value;
	}
	return 0;
}

/**
 * The value that one more draw stays below with probability `level` (0 to 1, exclusive), from a sample of values >= 0.
 * That draw has a place among the n others, which widens small samples. Beyond the outermost values it goes on as a
 * normal distribution would upwards, and as a log-normal one downwards, so never below 0.
 */
export function predict(sample: readonly Weighted[], level: number): number {
	const sorted = sample.toSorted(byValue);
	const scores = plottingScores(sorted.map((item) => item.weight));
	const score = normalScore(level);
	const valueAt = (index: number) => sorted[index]?.value ?? 0;
	const scoreAt = (index: number) => scores[index] ?? score;

	const last = sorted.length - 1;
	const { mean, deviation } = momentsOf(sorted);
	if (score >= scoreAt(last)) return valueAt(last) + deviation * (score - scoreAt(last));
	if (score <= scoreAt(0)) return mean > 0 ? valueAt(0) * Math.exp((deviation / mean) * (score - scoreAt(0))) : 0;
	const above = scores.findIndex((other) => other > score);
	const part = (score - scoreAt(above - 1)) / (scoreAt(above) - scoreAt(above - 1));
	return valueAt(above - 1) + (valueAt(above) - valueAt(above - 1)) * part;
}

// The i-th of n draws stands at i / (n + 1). With weights n is the effective number of draws, (sum w)² / sum w².
function plottingScores(weights: readonly number[]): number[] {
	const whole = sum(weights);
	const effective = whole ** 2 / sum(weights.map((weight) => weight ** 2));
	let below = 0;
	return weights.map((weight) => {
		const middle = (below + weight / 2) / whole;
		below += weight;
		return normalScore((middle * effective + 0.5) / (effective + 1));
	});
}

function momentsOf(sample: readonly Weighted[]): { mean: number; deviation: number } {
	const whole = sum(sample.map((item) => item.weight));
	if (whole === 0) return { mean: 0, deviation: 0 };
	const mean = sum(sample.map((item) => item.value * item.weight)) / whole;
	const variance = sum(sample.map((item) => item.weight * (item.value - mean) ** 2)) / whole;
	return { mean, deviation: Math.sqrt(variance) };
}

/** The standard normal quantile of a level between 0 and 1, to within 0.0005 (Abramowitz and Stegun, 26.2.23). */
export function normalScore(level: number): number {
	const t = Math.sqrt(-2 * Math.log(Math.min(level, 1 - level)));
	const over = 2.515517 + 0.802853 * t + 0.010328 * t ** 2;
	const under = 1 + 1.432788 * t + 0.189269 * t ** 2 + 0.001308 * t ** 3;
	return level < 0.5 ? over / under - t : t - over / under;
}

/** The slope of the weighted least-squares line; 0 where `x` does not vary. */
export function slope(points: readonly { x: number; y: number; weight: number }[]): number {
	const whole = sum(points.map((point) => point.weight));
	const mean = (of: (point: { x: number; y: number }) => number) =>
		sum(points.map((point) => of(point) * point.weight)) / whole;
	const x = mean((point) => point.x);
	const y = mean((point) => point.y);
	const variance = mean((point) => (point.x - x) ** 2);
	return variance > 0 ? mean((point) => (point.x - x) * (point.y - y)) / variance : 0;
}
