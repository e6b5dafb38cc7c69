import type { ChatJob, ConversationView, TurnView } from '../../src/lib/client/conversation.ts';
import { turnFrom } from '../../src/lib/client/conversation.ts';
import { emptySnapshot, type JobSnapshot } from '../../src/lib/jobs/snapshot.ts';
import { chat, type Cited } from '../../src/lib/operations/chat/model.ts';
import type { ToolEvent } from '../../src/lib/tools/call.ts';
import { START, tell, type Told } from './snapshot.ts';

/** A turn's job, folded by the app's own reducer from what it is told. `facts` then replaces fields of the snapshot. */
export function chatJob(told: readonly Told[] = [], facts: Partial<JobSnapshot> = {}): ChatJob {
	const seed = emptySnapshot({
		...{ id: facts.id ?? 'job_00000000000000000001', operation: 'chat', title: 'How high is the tide?' },
		...{ input: { message: 'How high is the tide?', files: [] }, options: {}, createdAt: START, logEpoch: 'e1' },
		...{ phases: chat.phases, state: chat.state() }
	});
	const folded = told.reduce<JobSnapshot>((snapshot, event) => tell(snapshot, event), seed);
	return { ...folded, ...facts } as ChatJob;
}

/** The same job with more events. */
export const further = (job: ChatJob, ...told: Told[]) =>
	told.reduce<JobSnapshot>((snapshot, event) => tell(snapshot, event), job) as ChatJob;

/** The beginnings of a turn, for the tests to go on from. */
export const started: Told[] = [
	['queued', { operation: 'chat', title: 'How high is the tide?', retryOf: null }],
	['started', { epoch: 1, provider: 'demo', model: 'demo-research-1', adopted: false }]
];

/** A stage begins or ends. */
export const stage = (name: string, state: 'started' | 'completed', message: string, seconds = 1): Told => [
	'stage',
	{ stage: name, state, message, count: null, ms: state === 'completed' ? 1 : null },
	seconds
];

/** A stretch of the answer. */
export const words = (text: string, seconds = 2): Told => ['content', { target: 'answer', text }, seconds];

/** A plan of one call. */
export const plan = (...calls: { id: string; tool: string }[]): Told => [
	'plan',
	{
		plan: { goal: 'Find it out', calls: calls.map((call) => ({ ...call, arguments: {}, after: [], why: 'It knows' })) },
		attempt: 1,
		problems: []
	}
];

/** How a call stands. */
export const toolEvent = (facts: Partial<ToolEvent> = {}): ToolEvent => ({
	...{ id: 'c1', tool: 'calculator', title: 'Work out 1 + 1', state: 'executing', arguments: { expression: '1 + 1' } },
	...{ summary: null, text: null, problem: null, jobId: null, ms: null },
	...facts
});

/** A passage that may be cited. */
export const cited = (number: number, facts: Partial<Cited> = {}): Cited => ({
	...{ number, passageId: number, documentId: 'doc_1', title: 'Tide tables', ordinal: 3, page: 2, heading: 'Springs' },
	text: 'The tide rises 4.2 metres.',
	...facts
});

/** How a turn ends well. */
export function answered(text: string, seconds = 3): Told {
	const timing = {
		...{ firstTokenMs: 200, answerFirstTokenMs: 100, helperMs: 50, answerMs: 900 },
		tokens: { count: 12, counted: true }
	};
	const result = { text, citations: [], plan: null, tools: [], memories: [], timing, complete: true };
	return ['done', { result, resultAvailable: true, cost: { usd: 0.01, known: true }, usage: null }, seconds];
}

/** A turn as a page shows it. */
export const turnView = (facts: Partial<TurnView> = {}): TurnView => ({
	...turnFrom(chatJob([...started, answered('4.2 metres.')])),
	answer: '4.2 metres.',
	...facts
});

/** A conversation of these turns, each after the one before it. */
export function conversationOf(...turns: TurnView[]): ConversationView {
	const linked = turns.map((turn, place) => ({ ...turn, after: turns[place - 1]?.jobId ?? null }));
	const head = linked.at(-1)?.jobId ?? null;
	return { id: turns[0]?.jobId ?? 'job_x', title: 'Tides', projectId: null, head, turns: linked, earlier: 0 };
}
