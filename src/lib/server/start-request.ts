/** A request to start a job, as it came from outside. */
export interface StartRequest {
	operation: string;
	input: unknown;
	options?: unknown;
	idempotencyKey?: string | undefined;
	retryOf?: string;
	/** The job that starts this one as a part of itself. */
	parentId?: string;
}
