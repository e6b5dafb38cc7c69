import type { JobSnapshot } from '../jobs/snapshot.ts';
import { isActive, statusOf, type Standing } from './status.ts';

const endings = {
	succeeded: 'is done',
	incomplete: 'is ready, but not complete',
	failed: 'failed',
	unknown: 'ended with an unknown outcome',
	interrupted: 'was interrupted',
	cancelled: 'was cancelled'
} as const;

/** How a job ended, as a clause: "is done", "failed"; null while it has not. */
export function endingOf(job: Standing): string | null {
	const name = statusOf(job);
	return name in endings ? endings[name as keyof typeof endings] : null;
}

/**
 * What a listener is told of the job on screen between two looks at it, or null: endings, changes of phase and a few
 * milestones; never a percent, a digit that ticks or a growing text.
 */
export function announcementBetween(before: JobSnapshot, after: JobSnapshot): string | null {
	if (isActive(before.status) && !isActive(after.status)) return ending(after);
	if (before.cancelRequestedAt === null && after.cancelRequestedAt !== null) return 'Cancelling.';
	if (before.finishRequestedAt === null && after.finishRequestedAt !== null) return 'Finishing early.';
	if (after.question && after.question.questionId !== before.question?.questionId)
		return `Waiting for you. ${after.question.prompt}`;
	if (after.phase !== before.phase && after.phase !== null) return phaseOf(after);
	if (before.status === 'queued' && after.status === 'running') return 'Started.';
	const notice = after.notices.length > before.notices.length ? after.notices.at(-1) : undefined;
	if (notice) return notice.message;
	return after.estimate.quiet && !before.estimate.quiet ? 'The provider has gone quiet.' : null;
}

function ending(job: JobSnapshot): string {
	const clause = endingOf(job);
	const result = job.status === 'succeeded' ? ' The result is on this page.' : '';
	return `${job.title} ${clause}.${result}`;
}

function phaseOf({ phases, phase }: JobSnapshot): string {
	const index = phases.findIndex(({ name }) => name === phase);
	return `${phases[index]?.label ?? phase}, phase ${index + 1} of ${phases.length}.`;
}
