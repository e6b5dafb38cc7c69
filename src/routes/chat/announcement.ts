import type { ChatJob, TurnView } from '$lib/client/conversation.ts';
import type { JobSnapshot } from '$lib/jobs/snapshot.ts';
import { stageWords } from '$lib/operations/chat/stage-words.ts';

const endings = { succeeded: 'The answer is complete.', cancelled: 'Stopped.' };

/** What a listener is told of the turn as it stands: its stage, a question to them, its end; never a token. */
export function announcementOf(turn: TurnView, job: JobSnapshot | null): string {
	if (turn.status === 'failed') return turn.error?.message ?? 'The answer failed.';
	if (turn.status === 'succeeded' || turn.status === 'cancelled') return endings[turn.status];
	if (job?.question) return `Waiting for you. ${job.question.prompt}`;
	return job ? `${stageWords(job as ChatJob)}.` : '';
}
