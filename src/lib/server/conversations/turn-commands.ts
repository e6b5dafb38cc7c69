import { HeadwayError } from '../../jobs/error.ts';
import { isTerminal } from '../../jobs/job.ts';
import type { JobSnapshot } from '../../jobs/snapshot.ts';
import type { Jobs } from '../jobs.ts';
import type { Conversations } from './conversations.ts';

/** What commands to turns are given to. */
export interface TurnPlaces {
	jobs: Pick<Jobs, 'cancel' | 'wait' | 'remove' | 'snapshot'>;
	conversations: Conversations;
}

/** A stop comes with its receipt within 10 s; who deletes waits a little longer. */
const STOP_MS = 15_000;

/** Stops a turn, also before its first token: what was on the page stays, `shown` UTF-16 units of the answer. One that has ended stays as it is. Throws `not_found`. */
export async function stopTurn(
	{ jobs, conversations }: TurnPlaces,
	owner: string,
	{ jobId, shown }: { jobId: string; shown: number }
): Promise<JobSnapshot> {
	// Before the cancel: a turn that waits in the queue ends with it.
	await conversations.stamp(owner, jobId, shown);
	return jobs.cancel(owner, jobId);
}

/** Deletes a conversation with its turns, their logs and files; turns that run are stopped first. Throws `not_found`, and `conflict` when one does not stop. */
export async function removeConversation(
	{ jobs, conversations }: TurnPlaces,
	owner: string,
	id: string
): Promise<void> {
	const ids = await conversations.jobsOf(owner, id);
	await Promise.all(ids.map((jobId) => stopped(jobs, owner, jobId)));
	// From the newest on: the last one takes the conversation along.
	for (const jobId of ids) await jobs.remove(owner, jobId).catch(passGone);
}

async function stopped(jobs: TurnPlaces['jobs'], owner: string, jobId: string): Promise<void> {
	const { status } = await jobs.snapshot(owner, jobId);
	if (isTerminal(status)) return;
	await jobs.cancel(owner, jobId);
	const ended = await jobs.wait(owner, jobId, STOP_MS, AbortSignal.timeout(STOP_MS));
	if (isTerminal(ended.status)) return;
	throw new HeadwayError(
		'conflict',
		'An answer of this conversation is still being stopped. Delete it once it has ended.'
	);
}

/** Another tab may have been faster. */
function passGone(error: unknown): void {
	if (!(error instanceof HeadwayError && error.code === 'not_found')) throw error;
}
