import { z } from 'zod';
import { MIN_RUNS, WINDOW } from './history.ts';

const range = z.object({ low: z.number(), high: z.number() });
export type ForecastRange = z.infer<typeof range>;

/** What several jobs are foreseen to take and cost together: 10th to 90th percentile, in ms and in US dollars. */
export const partsForecast = z.object({
	parts: z.number().int(),
	/** So many of them run at the same time, where nothing else runs. */
	atOnce: z.number().int(),
	/** Null while one of the kinds has too few past runs. */
	ms: range.nullable(),
	/** Of the parts of which that can be said; null when it cannot be said of any. */
	usd: range.nullable(),
	/** How many parts `usd` is for. */
	paidParts: z.number().int(),
	kinds: z.array(
		z.object({
			model: z.string(),
			parts: z.number().int(),
			/** Past runs of this kind, and those of them of which the whole cost is known. */
			runs: z.number().int(),
			paidRuns: z.number().int(),
			/** Whether what its model costs is known at all, and whether that is nothing. */
			priced: z.boolean(),
			free: z.boolean()
		})
	)
});
export type PartsForecast = z.infer<typeof partsForecast>;

/** One past run: how long it took, and what it cost where all of that is known. */
export interface PastCost {
	totalMs: number;
	usd: number | null;
}

/** Parts that are alike: one operation on one model in one variant. */
export interface PartKind {
	model: string;
	/** Newest first. */
	past: readonly PastCost[];
	priced: boolean;
	/** It costs nothing, which needs no past run. */
	free?: boolean;
}

const DRAWS = 200;

/**
 * What parts take and cost together; `order` has the kind of each, by its place in `kinds`. It is drawn again and again from
 * the past runs: from a sample of them, so that few runs give a wide range, and on as many places as there are.
 */
export function foresee(kinds: readonly PartKind[], order: readonly number[], atOnce: number): PartsForecast {
	const random = generator(order.length);
	const recent = kinds.map(({ past }) => past.slice(0, WINDOW));
	const paid = recent.map((past, kind) => (kinds[kind]?.free ? [] : past.flatMap(({ usd }) => usd ?? [])));
	const enough = (sample: readonly unknown[] | undefined) => (sample?.length ?? 0) >= MIN_RUNS;
	const timed = order.length > 0 && order.every((kind) => enough(recent[kind]));
	const priced = order.filter((kind) => kinds[kind]?.free || enough(paid[kind]));
	const draws = Array.from({ length: DRAWS }, () => {
		const times = recent.map((past) => resampled(past, random).map(({ totalMs }) => totalMs));
		const costs = paid.map((past) => resampled(past, random));
		const of = (samples: number[][]) => (kind: number) => drawn(samples[kind] ?? [], random);
		return { ms: timed ? spanOf(order.map(of(times)), atOnce) : 0, usd: sum(priced.map(of(costs))) };
	});
	return {
		...{ parts: order.length, atOnce: Math.min(atOnce, Math.max(1, order.length)), paidParts: priced.length },
		ms: timed ? rangeOf(draws.map(({ ms }) => ms)) : null,
		usd: priced.length > 0 ? rangeOf(draws.map(({ usd }) => usd)) : null,
		kinds: kinds.map(({ model, priced: isPriced }, kind) => ({
			...{ model, priced: isPriced, parts: order.filter((one) => one === kind).length },
			...{ runs: recent[kind]?.length ?? 0, paidRuns: paid[kind]?.length ?? 0, free: kinds[kind]?.free ?? false }
		}))
	};
}

/** From the start of the first to the end of the last, each begun as soon as a place is free. */
function spanOf(times: readonly number[], atOnce: number): number {
	const free = new Array<number>(Math.max(1, Math.min(atOnce, times.length))).fill(0);
	for (const ms of times) {
		const next = free.indexOf(Math.min(...free));
		free[next] = (free[next] ?? 0) + ms;
	}
	return Math.max(...free);
}

function rangeOf(draws: readonly number[]): ForecastRange {
	const sorted = draws.toSorted((a, b) => a - b);
	const at = (level: number) => sorted[Math.round(level * (sorted.length - 1))] ?? 0;
	return { low: at(0.1), high: at(0.9) };
}

function resampled<T>(sample: readonly T[], random: () => number): T[] {
	return sample.map(() => sample[Math.floor(random() * sample.length)] as T);
}

function drawn(sample: readonly number[], random: () => number): number {
	return sample[Math.floor(random() * sample.length)] ?? 0;
}

const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);

/** Numbers from 0 to 1, the same for the same seed: a forecast that is asked twice says the same (mulberry32). */
function generator(seed: number): () => number {
	let state = seed + 0x9e3779b9;
	return () => {
		state = (state + 0x6d2b79f5) | 0;
		let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
		mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
		return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
	};
}
