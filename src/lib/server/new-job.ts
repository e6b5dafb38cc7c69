import { createHash, randomBytes } from 'node:crypto';
import { and, eq } from 'drizzle-orm';
import type { JobOptions } from '../jobs/job.ts';
import type { Rows } from './db/open.ts';
import { jobs, type JobRow } from './db/schema.ts';

/** What to enqueue. `input` has passed the operation's schema. */
export interface NewJob {
	owner: string;
	operation: string;
	title: string;
	variant: string;
	input: unknown;
	options: JobOptions;
	/** Where it will run; null or absent for one that asks no provider itself. */
	provider?: string | null;
	/** The input as it was sent, which the idempotency key is bound to. */
	request: unknown;
	idempotencyKey?: string;
	retryOf?: string;
	/** The running job that starts this one as a part of itself. */
	parentId?: string;
	/** How many unfinished jobs its owner may have; those that this one is a part of do not count. */
	mostUnfinished?: number;
}

/** The same for two requests that ask for the same. */
export function hashOf({ operation, request, options }: NewJob): string {
	return createHash('sha256')
		.update(JSON.stringify([operation, request, options], inOrder))
		.digest('hex');
}

/** The same fields in another order are the same request. */
function inOrder(_key: string, value: unknown): unknown {
	if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
	return Object.fromEntries(Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1)));
}

/** The job that an owner's key began. */
export function findByKey(rows: Rows, owner: string, key: string): JobRow | undefined {
	return rows
		.select()
		.from(jobs)
		.where(and(eq(jobs.owner, owner), eq(jobs.idempotencyKey, key)))
		.get();
}

/** An id that tells nothing, and that nobody can guess. */
export function newJobId(): string {
	return `job_${randomBytes(10).toString('hex')}`;
}
