import type { JobSnapshot } from '../../jobs/snapshot.ts';
import type { ChatState } from './model.ts';
import { took } from '../../jobs/took.ts';

/** How a turn's answer stands: nothing yet, growing, or how it ended. */
export function streamStateOf(
	status: JobSnapshot['status'],
	answer: string
): 'connecting' | 'streaming' | 'complete' | 'stopped' | 'failed' {
	if (status === 'succeeded') return 'complete';
	if (status === 'cancelled') return 'stopped';
	if (status === 'failed') return 'failed';
	return answer === '' ? 'connecting' : 'streaming';
}

/** Whether the answering call has been made: before it, a text can neither connect nor come. */
export function hasBegunToAnswer({ stages }: Pick<ChatState, 'stages'>): boolean {
	return stages.some(({ stage }) => stage === 'generating');
}

/** How a turn ended, for the line above its answer; empty while it has not. */
export function endingWords({ status, elapsedMs }: Pick<JobSnapshot, 'status' | 'elapsedMs'>): string {
	if (status === 'succeeded') return `Answered in ${took(elapsedMs)}`;
	if (status === 'cancelled') return `Stopped after ${took(elapsedMs)}`;
	return status === 'failed' ? `Ended after ${took(elapsedMs)}` : '';
}
