import { and, eq, inArray } from 'drizzle-orm';
import { HeadwayError } from '../jobs/error.ts';
import { isTerminal } from '../jobs/job.ts';
import type { Rows } from './db/open.ts';
import { jobs, type JobRow } from './db/schema.ts';
import type { NewJob } from './new-job.ts';

type Newcomer = Pick<NewJob, 'owner' | 'parentId' | 'mostUnfinished'>;

/** A job, the one that it is a part of, and so on up. */
export function lineOf(rows: Rows, id: string): JobRow[] {
	const row = rows.select().from(jobs).where(eq(jobs.id, id)).get();
	if (!row) return [];
	return row.parentId === null ? [row] : [row, ...lineOf(rows, row.parentId)];
}

/** A job, its children, and so on down. */
export function familyOf(rows: Rows, row: JobRow): JobRow[] {
	const children = rows.select().from(jobs).where(eq(jobs.parentId, row.id)).all();
	return [row, ...children.flatMap((child) => familyOf(rows, child))];
}

/**
 * Whether a job may join those that wait. Throws `limit_reached` when its owner has too many unfinished ones, `conflict`
 * when what it would be a part of is to stop. Its parents do not count: however many of them wait for a part each, there
 * is room for one to go on.
 */
export function admit(rows: Rows, { owner, parentId, mostUnfinished = Infinity }: Newcomer): void {
	const parents = parentId === undefined ? [] : lineOf(rows, parentId);
	if (parents.some(({ status, cancelRequestedAt }) => status !== 'running' || cancelRequestedAt !== null))
		throw new HeadwayError('conflict', 'The job that this would be a part of is being stopped, or has ended.');
	const unfinished = and(eq(jobs.owner, owner), inArray(jobs.status, ['queued', 'running']));
	const ids = rows.select({ id: jobs.id }).from(jobs).where(unfinished).all();
	if (ids.filter((other) => !parents.some(({ id }) => id === other.id)).length < mostUnfinished) return;
	throw new HeadwayError(
		'limit_reached',
		`You already have ${mostUnfinished} unfinished jobs. Wait for one to end or cancel one.`,
		{ retryAfter: 10 }
	);
}

/** Throws `conflict` while a job, a part of it, or the one that it is a part of still runs. */
export function refuseRemoval(family: readonly JobRow[], parents: readonly JobRow[]): void {
	if (family.some(({ status }) => !isTerminal(status)))
		throw new HeadwayError('conflict', 'This job is still running. Cancel it first, then delete it.');
	if (parents.some(({ status }) => !isTerminal(status)))
		throw new HeadwayError(
			'conflict',
			'This job is a part of one that is still running. Delete it once that has ended.'
		);
}
