import { eq, sql } from 'drizzle-orm';
import type { Rows } from './db/open.ts';
import { jobs, type JobRow } from './db/schema.ts';

/** Who may claim, and how much of each kind may run at once. */
export interface ClaimTerms {
	runner: string;
	leaseMs: number;
	limits: { server: number; owner: number; operation: Record<string, number> };
	/** Whether a runner of this machine is known to be gone, so that its lease need not be waited for. */
	isGone(runner: string): boolean;
}

/** Waiting this long counts as one step of priority, so that nobody waits for ever (TS-19). */
const AGING_MS = 60_000;

/** The job that is to run next: one whose runner is gone, else the first of the queue that the limits allow. */
export function nextClaim(rows: Rows, terms: ClaimTerms, now: number): JobRow | undefined {
	return orphan(rows, terms, now) ?? firstAllowed(rows, terms, now);
}

function orphan(rows: Rows, terms: ClaimTerms, now: number): JobRow | undefined {
	const running = rows.select().from(jobs).where(eq(jobs.status, 'running')).all();
	return running.find((row) => (row.leaseUntil ?? 0) < now || terms.isGone(row.runner ?? ''));
}

function firstAllowed(rows: Rows, { limits }: ClaimTerms, now: number): JobRow | undefined {
	const shares = { owner: jobs.owner, operation: jobs.operation };
	const running = rows.select(shares).from(jobs).where(eq(jobs.status, 'running')).all();
	if (running.length >= limits.server) return undefined;
	const count = (key: 'owner' | 'operation', value: string) => running.filter((row) => row[key] === value).length;
	const allowed = ({ owner, operation }: JobRow) =>
		count('owner', owner) < limits.owner &&
		count('operation', operation) < (limits.operation[operation] ?? limits.server);
	return queueOf(rows, now).find(allowed);
}

/** Queued jobs in the order in which they run: by priority, raised by waiting, then as they came. */
export function queueOf(rows: Rows, now: number): JobRow[] {
	const rank = sql`${jobs.priority} + (${now} - ${jobs.createdAt}) / ${AGING_MS}`;
	const queued = rows.select().from(jobs).where(eq(jobs.status, 'queued'));
	return queued
		.orderBy(sql`${rank} desc`, jobs.createdAt, sql`rowid`)
		.limit(500)
		.all();
}
