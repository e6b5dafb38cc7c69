import { and, eq, lt, or, type SQL } from 'drizzle-orm';
import { HeadwayError } from '../jobs/error.ts';
import { jobs, type JobRow } from './db/schema.ts';

/** The first `limit` of jobs that were read newest first, one more than the page holds; `next` continues, null at the end. */
export function pageOf<Row extends Pick<JobRow, 'id' | 'createdAt'>>(
	rows: readonly Row[],
	limit: number
): { rows: Row[]; next: string | null } {
	const last = rows[limit - 1];
	return { rows: rows.slice(0, limit), next: rows.length > limit && last ? `${last.createdAt}.${last.id}` : null };
}

/** What is on the pages after the one whose `next` this is. Throws `bad_request` for any other text. */
export function olderThan(cursor: string): SQL | undefined {
	const [, createdAt, id] = /^(\d{1,15})\.(job_[0-9a-f]{20})$/.exec(cursor) ?? [];
	if (!createdAt || !id)
		throw new HeadwayError('bad_request', '`before` is not a cursor of this list. Use the `next` of the page before.');
	return or(lt(jobs.createdAt, Number(createdAt)), and(eq(jobs.createdAt, Number(createdAt)), lt(jobs.id, id)));
}
