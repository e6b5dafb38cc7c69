import { emptySnapshot, type JobSnapshot } from '../../src/lib/jobs/snapshot.ts';
import { analysis, type AnalysisResult, type AnalysisState } from '../../src/lib/operations/analysis/model.ts';
import { START, tell, type Told } from './snapshot.ts';

export const puzzle = {
	train: [
		{ input: [[1, 2]], output: [[2, 1]] },
		{ input: [[3, 0]], output: [[0, 3]] }
	],
	test: [{ input: [[4, 5]], output: [[5, 4]] }]
};

/** An analysis, folded by the app's own reducer from what it is told. `facts` then replaces fields of the snapshot. */
export function analysisJob(
	told: readonly Told[] = [],
	facts: Partial<JobSnapshot> = {}
): JobSnapshot<AnalysisState, AnalysisResult> {
	const seed = emptySnapshot({
		...{ id: 'job_00000000000000000007', operation: 'analysis', title: 'Puzzle of 2 pairs and 1 test' },
		...{ input: { puzzle }, options: {}, createdAt: START, logEpoch: 'e1' },
		...{ parentId: null, phases: analysis.phases, state: analysis.state() }
	});
	const folded = told.reduce<JobSnapshot>((job, event) => tell(job, event), seed);
	return { ...folded, ...facts } as JobSnapshot<AnalysisState, AnalysisResult>;
}

export const begun: Told[] = [
	['queued', { operation: 'analysis', title: 'Puzzle of 2 pairs and 1 test', retryOf: null }],
	['started', { epoch: 1, provider: 'demo', model: 'demo-research-1', adopted: false }],
	['phase', { phase: 'thinking', fraction: 0.02 }, 1]
];
export const thought: Told[] = [...begun, ['content', { target: 'reasoning', text: 'It looks mirrored.' }, 2]];
export const raw = '{"pattern": "Mirrored."';
export const writing: Told[] = [
	...thought,
	['phase', { phase: 'writing', fraction: 0.5 }, 3],
	['content', { target: 'answer', text: raw }, 4],
	['pattern', { text: 'Mirrored.' }, 4]
];

/** The fields up to this row of the prediction. */
export const predicted = (cells: number[]): Told[] => [
	...writing,
	['strategy', { text: 'Read each row from its end.' }, 5],
	['hint', { index: 0, text: 'Look at the ends.' }, 5],
	['row', { test: 0, row: 0, cells }, 6]
];

/** How it ends well, with this prediction and score. */
export function done(cells: number[], score: number | null): Told[] {
	const result = {
		...{ pattern: 'Mirrored.', strategy: 'Read each row from its end.', hints: ['Look at the ends.'] },
		...{ prediction: [[cells]], confidence: 90, score }
	};
	return [
		...predicted(cells),
		['confidence', { percent: 90, note: null }, 7],
		['done', { result, resultAvailable: true, cost: { usd: 0.02, known: true }, usage: null }, 8]
	];
}
