import type { z } from 'zod';
import type { ErrorCode } from '../jobs/error.ts';
import type { Cost, Receipt, Usage } from '../jobs/event.ts';
import type { CancelReason } from '../jobs/job.ts';
import { waitedMsOf, type JobSnapshot } from '../jobs/snapshot.ts';
import type { Bill, JobRow, timings } from './db/schema.ts';
import type { NewEvent } from './event-log.ts';
import { invalidResult } from './fault.ts';

/** How a job ends. */
export type Ending =
	| { status: 'succeeded'; result: unknown; cost: Cost; usage: Usage | null }
	| {
			status: 'failed';
			code: ErrorCode;
			message: string;
			retryable: boolean;
			cost: Cost;
			usage: Usage | null;
			receipt: Receipt | null;
	  }
	| { status: 'cancelled'; receipt: Receipt };

/** How a run ends that gave a result: well, or as `invalid_result` where its schema or JSON has no place for it; `told` is why, for the log. */
export function endingWith(result: unknown, schema: z.ZodType, bill: Bill, told: (issues: unknown) => void): Ending {
	const { cost, usage } = bill;
	const parsed = schema.safeParse(result);
	const issues = parsed.success ? whyUnwritable(parsed.data) : parsed.error.issues;
	if (issues === null) return { status: 'succeeded', result: parsed.data, cost, usage };
	told(issues);
	return { status: 'failed', ...invalidResult, cost, usage, receipt: null };
}

/** Null when JSON can hold it; it cannot hold a circle or a bigint. */
function whyUnwritable(result: unknown): string | null {
	try {
		JSON.stringify(result);
		return null;
	} catch (error) {
		return String(error);
	}
}

/** The event that ends the log. */
export function terminalEvent(ending: Ending): NewEvent {
	switch (ending.status) {
		case 'succeeded':
			return {
				type: 'done',
				data: { result: ending.result, resultAvailable: ending.result !== null, cost: ending.cost, usage: ending.usage }
			};
		case 'failed': {
			const { code, message, retryable, cost, usage, receipt } = ending;
			return { type: 'error', data: { code, message, retryable, cost, usage, receipt } };
		}
		case 'cancelled':
			return { type: 'cancelled', data: { reason: ending.receipt.reason, receipt: ending.receipt } };
	}
}

/** Why a job was stopped (CX-11); null when it came to its end by itself, also when that end is its own failure. */
export function stopReasonOf(ending: Ending): CancelReason | null {
	if (ending.status === 'succeeded') return null;
	const reason = ending.receipt?.reason ?? null;
	return ending.status === 'failed' && reason === 'error' ? null : reason;
}

/** What the row keeps of a failure or a stop. */
export function faultOf(ending: Ending): Partial<JobRow> {
	if (ending.status === 'failed')
		return { errorCode: ending.code, errorMessage: ending.message, receipt: ending.receipt };
	return ending.status === 'cancelled' ? { receipt: ending.receipt } : {};
}

/** The receipt of a job that was stopped while it was queued. */
export function nothingRan(reason: CancelReason, now: number): Receipt {
	const none = { acknowledgedAt: null, cleanedUp: [], usage: null, kept: ['the question'] };
	return { reason, requestedAt: now, provider: 'not_needed', stoppedAt: now, cost: { usd: 0, known: true }, ...none };
}

/** The row of history that an ended job leaves. */
export function timingOf(row: JobRow, ending: Ending, snapshot: JobSnapshot): typeof timings.$inferInsert {
	// A person's time to answer is not the run's.
	const totalMs = Math.max(0, snapshot.elapsedMs - waitedMsOf(snapshot));
	const range = row.forecast;
	return {
		...{
			jobId: row.id,
			owner: row.owner,
			operation: row.operation,
			model: row.model ?? '',
			variant: row.variant,
			totalMs
		},
		outcome: ending.status,
		reason: stopReasonOf(ending),
		phases: phaseTimes(snapshot),
		costUsd: snapshot.cost.usd,
		...{ low: range ? Math.round(range.low) : null, high: range ? Math.round(range.high) : null },
		held: range && ranWhole(row, ending) ? totalMs >= range.low && totalMs <= range.high : null,
		endedAt: snapshot.endedAt ?? 0
	};
}

/** A run that was told to finish early says nothing of how well its end was foreseen. */
function ranWhole({ finishRequestedAt }: JobRow, { status }: Ending): boolean {
	return status === 'succeeded' && finishRequestedAt === null;
}

function phaseTimes(snapshot: JobSnapshot): Record<string, number> {
	const spent = snapshot.phases.filter((phase) => phase.startedAt !== null && phase.endedAt !== null);
	return Object.fromEntries(
		spent.map((phase) => [phase.name, Math.max(0, (phase.endedAt ?? 0) - (phase.startedAt ?? 0) - phase.waitedMs)])
	);
}

/** The bar of a job that failed or was stopped stays where it was shown: ticks are not in the log, but the row knows the highest. */
export function withHighest(snapshot: JobSnapshot, { fraction }: JobRow): JobSnapshot {
	if (fraction === null || fraction <= (snapshot.progress.fraction ?? 0)) return snapshot;
	return { ...snapshot, progress: { fraction, basis: 'estimated' } };
}
