import type { JobSummary } from '../jobs/snapshot.ts';

/** What a job's status is called, few and distinct; each has its own icon too. */
export type StatusName =
	'queued' | 'running' | 'cancelling' | 'succeeded' | 'failed' | 'unknown' | 'interrupted' | 'cancelled';

const words: Record<StatusName, string> = {
	queued: 'Queued',
	running: 'Running',
	cancelling: 'Cancelling…',
	succeeded: 'Done',
	failed: 'Failed',
	unknown: 'Outcome unknown',
	interrupted: 'Interrupted',
	cancelled: 'Cancelled'
};

/** The facts that decide a status' name. */
export type Standing = Pick<JobSummary, 'status' | 'cancelRequestedAt' | 'error'>;

/** The status as a person sees it: running splits into cancelling, failed into what a person treats differently. */
export function statusOf({ status, cancelRequestedAt, error }: Standing): StatusName {
	if (isActive(status)) return cancelRequestedAt === null ? (status as 'queued' | 'running') : 'cancelling';
	if (error?.code === 'unknown_outcome') return 'unknown';
	if (error?.code === 'interrupted') return 'interrupted';
	return status as 'succeeded' | 'failed' | 'cancelled';
}

/** The word for a status. */
export const wordOf = (name: StatusName) => words[name];

/** Whether a job waits or runs. */
export function isActive(status: JobSummary['status']): boolean {
	return status === 'queued' || status === 'running';
}
