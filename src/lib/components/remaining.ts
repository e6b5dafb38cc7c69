import { describeRange } from '../jobs/estimate.ts';
import type { JobSnapshot } from '../jobs/snapshot.ts';

/** The time left in words and what that rests on; `basis` may be empty. */
export interface Remaining {
	value: string;
	basis: string;
}

/** What can be said of the time left (PG-09): a range with its basis, or why there is none. */
export function describeRemaining({ remaining, estimate }: Pick<JobSnapshot, 'remaining' | 'estimate'>): Remaining {
	if (estimate.quiet) return { value: 'not known', basis: estimate.sentence };
	if (remaining && !estimate.overdue) {
		const range = describeRange(remaining);
		const value = range === 'wrapping up' ? range : `${range} left`;
		return { value, basis: `from ${estimate.runs} ${estimate.runs === 1 ? 'run' : 'runs'}` };
	}
	const [value = '', basis = ''] = estimate.sentence.split(/[:,] (.*)/s);
	return { value: value || 'no estimate yet', basis };
}
