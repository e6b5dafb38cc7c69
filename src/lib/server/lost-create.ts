import { unknownCost, type Cost, type Usage } from '../jobs/event.ts';
import { totalCost, totalOf } from './bills.ts';
import type { JobRow } from './db/schema.ts';
import type { StopFault } from './fault.ts';
import type { RunDeps } from './run-deps.ts';

type Known = Pick<RunDeps, 'queries' | 'providerFor'>;

/** An unknown outcome with what may have been billed (BY-02): the most that runs like it have cost here. Any other fault as it is. */
export function withPossibleBill<F extends StopFault>(fault: F, row: JobRow, known: Known): F {
	if (fault.code !== 'unknown_outcome') return fault;
	return { ...fault, message: `${fault.message} ${sentenceOf(mostOf(row, known))}` };
}

/** What the bills of a job tell, whose process was lost: without what a request that was open then has cost. */
export function billSoFar({ bills, providerState, providerStep }: JobRow): { usage: Usage | null; cost: Cost } {
	const { usage, cost } = totalOf(bills ?? {});
	const open = providerState !== 'none' && !bills?.[providerStep];
	return { usage, cost: open ? totalCost([cost, unknownCost]) : cost };
}

function mostOf(row: JobRow, { queries, providerFor }: Known): number | null {
	if (isFree(row, providerFor)) return 0;
	return queries.highestCost({ operation: row.operation, model: row.model ?? '', variant: row.variant });
}

/** A provider that is not configured any more is none that is known to be free. */
function isFree({ provider }: JobRow, providerFor: Known['providerFor']): boolean {
	try {
		return providerFor(provider ?? undefined).demo;
	} catch {
		return false;
	}
}

function sentenceOf(most: number | null): string {
	if (most === null) return 'How much is not known: no run like it has told its cost here yet.';
	if (most === 0) return 'Runs like it cost nothing here.';
	return `Runs like it have cost up to $${most.toFixed(most < 0.01 ? 4 : 2)} here.`;
}
