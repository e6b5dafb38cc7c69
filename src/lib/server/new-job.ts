import type { JobOptions } from '../jobs/job.ts';

/** What to enqueue. `input` has passed the operation's schema. */
export interface NewJob {
	owner: string;
	operation: string;
	title: string;
	variant: string;
	input: unknown;
	options: JobOptions;
	/** The input as it was sent, which the idempotency key is bound to. */
	request: unknown;
	idempotencyKey?: string;
	retryOf?: string;
	/** The running job that starts this one as a part of itself. */
	parentId?: string;
	/** How many unfinished jobs its owner may have; those that this one is a part of do not count. */
	mostUnfinished?: number;
}
