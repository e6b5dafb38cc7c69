import { isIncomplete as saysIncomplete, type JobSnapshot, type JobSummary } from '../jobs/snapshot.ts';

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

/** The facts that decide a status' name. A list tells whether a success is incomplete; a job's own result and notices do too. */
export type Standing = Pick<JobSummary, 'status' | 'cancelRequestedAt' | 'error'> &
	Partial<Pick<JobSnapshot, 'result' | 'notices' | 'question' | 'waitingFor'> & Pick<JobSummary, 'incomplete'>>;

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

/** A success that says itself that it is not whole. */
export function isIncomplete(job: Standing): boolean {
	return job.incomplete ?? saysIncomplete(job);
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
