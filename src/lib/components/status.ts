import type { JobSnapshot, JobSummary } from '../jobs/snapshot.ts';

/** What a job's status is called, few and distinct; each has its own icon too. */
export type StatusName =
	| 'queued'
	| 'running'
	| 'waiting'
	| 'cancelling'
	| 'succeeded'
	| 'incomplete'
	| 'failed'
	| 'unknown'
	| 'interrupted'
	| 'cancelled';

const words: Record<StatusName, string> = {
	queued: 'Queued',
	running: 'Running',
	waiting: 'Waiting for you',
	cancelling: 'Cancelling…',
	succeeded: 'Done',
	incomplete: 'Incomplete',
	failed: 'Failed',
	unknown: 'Outcome unknown',
	interrupted: 'Interrupted',
	cancelled: 'Cancelled'
};

/** The facts that decide a status' name; a list has no result and no notices to tell an incomplete success by. */
export type Standing = Pick<JobSummary, 'status' | 'cancelRequestedAt' | 'error'> &
	Partial<Pick<JobSnapshot, 'result' | 'notices' | 'question' | 'waitingFor'>>;

/** The status as a person sees it: running splits into waiting and cancelling, failed into what a person treats differently. */
export function statusOf(job: Standing): StatusName {
	const { status, cancelRequestedAt, error } = job;
	if (isActive(status) && cancelRequestedAt !== null) return 'cancelling';
	if (isActive(status)) return waitsForPerson(job) ? 'waiting' : (status as 'queued' | 'running');
	if (error?.code === 'unknown_outcome') return 'unknown';
	if (error?.code === 'interrupted') return 'interrupted';
	if (isIncomplete(job)) return 'incomplete';
	return status as 'succeeded' | 'failed' | 'cancelled';
}

/** A success that says itself that it is not whole: by its result, or by a notice. */
export function isIncomplete({ status, result, notices }: Standing): boolean {
	if (status !== 'succeeded') return false;
	const partial = typeof result === 'object' && result !== null && 'complete' in result && result.complete === false;
	return partial || (notices?.some(({ code }) => code === 'incomplete') ?? false);
}

/** Whether a job goes on only once the person has answered. A list has no question to tell it by; where there is one it is fresher. */
export function waitsForPerson({ status, question, waitingFor }: Standing): boolean {
	if (status !== 'running') return false;
	return question === undefined ? waitingFor === 'person' : question !== null;
}

/** The word for a status. */
export const wordOf = (name: StatusName) => words[name];

/** Whether a job waits or runs. */
export function isActive(status: JobSummary['status']): boolean {
	return status === 'queued' || status === 'running';
}
