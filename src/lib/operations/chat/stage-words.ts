import type { JobSnapshot } from '../../jobs/snapshot.ts';
import type { ChatState } from './model.ts';

const usual: Record<string, string> = {
	classifying: 'Understanding the request',
	searching: 'Searching your documents',
	reranking: 'Choosing the best passages',
	working: 'Using tools',
	generating: 'Writing the answer'
};

/** What a running turn is doing, in a few words (CH-04); empty once it has ended. */
export function stageWords(
	job: Pick<JobSnapshot<ChatState>, 'status' | 'state' | 'question' | 'cancelRequestedAt'>
): string {
	const { status, state, question, cancelRequestedAt } = job;
	if (status !== 'queued' && status !== 'running') return '';
	if (cancelRequestedAt !== null) return 'Stopping';
	if (status === 'queued') return 'Waiting for its turn';
	if (question) return 'Waiting for you';
	const open = [
		...state.steps.filter(({ step }) => step !== 'execution').map((each) => ({ ...each, words: each.message })),
		...state.stages.map((each) => ({ ...each, words: each.message || (usual[each.stage] ?? each.stage) }))
	].filter(({ endedAt, words }) => endedAt === null && words !== '');
	const [first, ...others] = open;
	if (!first) return 'Working';
	// Of those that are open, the one that began last tells most; a stage more than the step that it is a part of.
	return others.reduce((latest, each) => (each.startedAt >= latest.startedAt ? each : latest), first).words;
}
