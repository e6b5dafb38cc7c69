import { and, eq, isNull, ne, or, sql, type SQL } from 'drizzle-orm';
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

/** A job that waits for its slot goes before one that has not begun: what it was promised counts as taken. */
function firstAllowed(rows: Rows, { limits }: ClaimTerms, now: number): JobRow | undefined {
	const taken = shares(rows, or(isNull(jobs.waitingFor), eq(jobs.waitingFor, 'slot')));
	if (taken.length >= limits.server) return undefined;
	return queueOf(rows, now).find((row) => hasRoom(row, taken, limits));
}

/** Whether a running job that gave up its slot may have it back. */
export function mayGoOn(rows: Rows, row: JobRow, limits: ClaimTerms['limits']): boolean {
	const taken = shares(rows, and(isNull(jobs.waitingFor), ne(jobs.id, row.id)));
	return taken.length < limits.server && hasRoom(row, taken, limits);
}

type Share = Pick<JobRow, 'owner' | 'operation'>;

function shares(rows: Rows, which: SQL | undefined): Share[] {
	const columns = { owner: jobs.owner, operation: jobs.operation };
	return rows
		.select(columns)
		.from(jobs)
		.where(and(eq(jobs.status, 'running'), which))
		.all();
}

function hasRoom({ owner, operation }: Share, taken: readonly Share[], limits: ClaimTerms['limits']): boolean {
	const count = (key: keyof Share, value: string) => taken.filter((share) => share[key] === value).length;
	const most = limits.operation[operation] ?? limits.server;
	return count('owner', owner) < limits.owner && count('operation', operation) < most;
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
