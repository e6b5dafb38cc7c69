import type { CancelReason } from '../jobs/job.ts';
import { coverage } from '../jobs/estimate.ts';
import type { AnyModel } from '../operations/operation.ts';
import type { JobQueries } from './job-queries.ts';

/** What the statistics page shows of an owner's jobs. Times in ms, money in US dollars; null where nothing is known. */
export interface Statistics {
	operations: {
		id: string;
		title: string;
		runs: number;
		succeeded: number;
		failed: number;
		cancelled: number;
		medianMs: number | null;
		/** Null also for what only starts others: its cost is theirs, and stands with them. */
		costUsd: number | null;
		ofParts: boolean;
	}[];
	cancellations: { reason: CancelReason; count: number }[];
	/** How often the published time ranges held, beside what they promise (BY-03). */
	coverage: { held: number; of: number; nominal: 0.8 };
}

/** Counts an owner's ended jobs, also those that were deleted since. */
export async function readStatistics(
	queries: JobQueries,
	models: readonly AnyModel[],
	owner: string
): Promise<Statistics> {
	const runs = await queries.outcomes(owner);
	return {
		operations: models.map((model) =>
			summarize(
				model,
				runs.filter(({ operation }) => operation === model.id)
			)
		),
		cancellations: await queries.cancellations(owner),
		coverage: { ...coverage(queries.held()), nominal: 0.8 }
	};
}

type Runs = Awaited<ReturnType<JobQueries['outcomes']>>;

function summarize({ id, title, partsOf }: AnyModel, runs: Runs): Statistics['operations'][number] {
	const count = (outcome: string) => runs.filter((run) => run.outcome === outcome).length;
	const ofParts = partsOf !== undefined;
	const costs = ofParts ? [] : runs.flatMap(({ costUsd }) => costUsd ?? []);
	return {
		...{
			id,
			title,
			runs: runs.length,
			succeeded: count('succeeded'),
			failed: count('failed'),
			cancelled: count('cancelled')
		},
		medianMs: median(runs.filter(({ outcome }) => outcome === 'succeeded').map(({ totalMs }) => totalMs)),
		costUsd: costs.length > 0 ? costs.reduce((sum, usd) => sum + usd, 0) : null,
		ofParts
	};
}

function median(values: number[]): number | null {
	const sorted = values.toSorted((a, b) => a - b);
	return sorted[Math.floor(sorted.length / 2)] ?? null;
}
