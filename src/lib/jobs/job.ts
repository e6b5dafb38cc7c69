import { z } from 'zod';

/** Every status a job can have. "Cancelling" is `running` with `cancelRequestedAt`; see architecture section 3. */
export const jobStatus = z.enum(['queued', 'running', 'succeeded', 'failed', 'cancelled']);
export type JobStatus = z.infer<typeof jobStatus>;

const successors: Record<JobStatus, readonly JobStatus[]> = {
	queued: ['running', 'failed', 'cancelled'],
	running: ['succeeded', 'failed', 'cancelled'],
	succeeded: [],
	failed: [],
	cancelled: []
};

/** Whether a job may go from one status to another. A terminal status has no successor. */
export function mayFollow(from: JobStatus, to: JobStatus): boolean {
	return successors[from].includes(to);
}

/** Whether a job with this status has ended for good. */
export function isTerminal(status: JobStatus): boolean {
	return successors[status].length === 0;
}

/** Why a job was stopped (CX-11). `disconnect` is a caller who hung up a one-request stream and had asked for that; `budget`, that what its batch may cost was spent. */
export const cancelReason = z.enum(['user', 'disconnect', 'timeout', 'budget', 'error', 'shutdown']);
export type CancelReason = z.infer<typeof cancelReason>;

/** Choices of one run, beside its input. */
export const jobOptions = z.strictObject({
	/** `false` asks the provider for the result in one piece (OP-06). */
	stream: z.boolean().optional(),
	/** What hanging up a one-request stream does to the job (CX-16). Default: `detach`. */
	onDisconnect: z.enum(['cancel', 'detach']).optional(),
	/** A time limit for this run, in seconds; never above the operation's own (OP-07). */
	timeLimit: z.number().int().min(1).max(86_400).optional(),
	/** Higher runs earlier; waiting raises it (TS-19). */
	priority: z.number().int().min(-10).max(10).optional(),
	/** How freely the model chooses its words; left out where the model refuses it (TS-01). */
	temperature: z.number().min(0).max(2).optional(),
	/** How long the model may think, instead of what the operation asks for; left out where it is refused. */
	effort: z.enum(['none', 'minimal', 'low', 'medium', 'high', 'xhigh']).optional(),
	/** The most that the model may write in one answer, thinking included, in tokens. */
	maxOutputTokens: z.number().int().min(16).max(1_000_000).optional()
});
export type JobOptions = z.infer<typeof jobOptions>;
