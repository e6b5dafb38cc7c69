import type { PastRun } from '../../../src/lib/jobs/estimate.ts';

export interface GeneratedPhase {
	name: string;
	typicalMs: number;
	/** Spread of the logarithm of the duration. */
	spread: number;
	/** Probability that a run skips the phase. */
	skipped?: number;
}

export interface GeneratedOperation {
	phases: readonly GeneratedPhase[];
	/** Spread of the pace that all phases of one run share: what correlates them. */
	pace: number;
	/** The jump in mid-history multiplies durations by this. */
	jump: number;
}

/** Operations of different length, spread and correlation; the image skips phases, the document becomes faster. */
export const operations = {
	research: {
		phases: [
			{ name: 'analyze', typicalMs: 12_000, spread: 0.4 },
			{ name: 'search', typicalMs: 120_000, spread: 0.45 },
			{ name: 'read', typicalMs: 90_000, spread: 0.5 },
			{ name: 'write', typicalMs: 60_000, spread: 0.3 }
		],
		pace: 0.3,
		jump: 1.8
	},
	image: {
		phases: [
			{ name: 'prompt', typicalMs: 2_000, spread: 0.6, skipped: 0.3 },
			{ name: 'generate', typicalMs: 25_000, spread: 0.25 },
			{ name: 'finalize', typicalMs: 1_500, spread: 0.5, skipped: 0.1 }
		],
		pace: 0.15,
		jump: 1.8
	},
	document: {
		phases: [
			{ name: 'content', typicalMs: 40_000, spread: 0.7 },
			{ name: 'create', typicalMs: 20_000, spread: 0.2 },
			{ name: 'upload', typicalMs: 5_000, spread: 0.8 }
		],
		pace: 0.5,
		jump: 1 / 1.8
	}
} satisfies Record<string, GeneratedOperation>;

/** One of the operations, by turns. */
export function operationAt(index: number): GeneratedOperation {
	const list = Object.values(operations);
	return list[index % list.length] ?? operations.research;
}

/** A repeatable source of uniform numbers from 0 to 1 (mulberry32). */
export function seeded(seed: number): () => number {
	let state = seed;
	return () => {
		state = (state + 0x6d2b79f5) | 0;
		let bits = Math.imul(state ^ (state >>> 15), 1 | state);
		bits = (bits + Math.imul(bits ^ (bits >>> 7), 61 | bits)) ^ bits;
		return ((bits ^ (bits >>> 14)) >>> 0) / 4294967296;
	};
}

function gaussian(random: () => number): number {
	return Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
}

/** Day and night: a cycle of 24 runs, ±20 %. */
export function cycle(index: number): number {
	return 1 + 0.2 * Math.sin((2 * Math.PI * index) / 24);
}

/** The cycle over a slow trend, +60 % from the first run to the last. */
function drift(index: number, count: number): number {
	return (1 + (0.6 * index) / count) * cycle(index);
}

/** Runs in the order in which they ran: log-normal phases, correlated within a run, that drift, and jump half-way. */
export function generateRuns(
	operation: GeneratedOperation,
	count: number,
	seed: number,
	drifting: (index: number, count: number) => number = drift
): PastRun[] {
	const random = seeded(seed);
	return Array.from({ length: count }, (_, index) => {
		const conditions = drifting(index, count) * (index >= count / 2 ? operation.jump : 1);
		const pace = Math.exp(operation.pace * gaussian(random));
		const phases: Record<string, number> = {};
		for (const { name, typicalMs, spread, skipped } of operation.phases) {
			const isSkipped = random() < (skipped ?? 0);
			phases[name] = isSkipped ? 0 : typicalMs * conditions * pace * Math.exp(spread * gaussian(random));
		}
		return { totalMs: Object.values(phases).reduce((total, ms) => total + ms, 0), phases };
	});
}
