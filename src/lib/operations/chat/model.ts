import { z } from 'zod';
import { countedAny } from '../../text/counted.ts';
import { shortened } from '../../text/shortened.ts';
import { mergeTool, toolCall, toolEvent, toolProgress, type ToolView } from '../../tools/call.ts';
import { defineOperation } from '../operation.ts';
import { whereFields } from '../where.ts';

/** The most that one message may have, in UTF-16 units. */
export const MESSAGE_LIMIT = 100_000;

const id = z.string().min(1).max(64);

const input = z.strictObject({
	message: z
		.string()
		.refine((text) => text.trim() !== '', 'Write a message first.')
		.refine(
			(text) => text.length <= MESSAGE_LIMIT,
			`A message may have at most ${MESSAGE_LIMIT.toLocaleString('en')} characters. Add longer text as a document.`
		),
	/** Absent: this turn begins a conversation, whose id is the job's own. */
	conversationId: id.optional(),
	/** The turn that it follows; null begins the conversation anew (an edited first message). Absent: the branch that was looked at last. */
	after: id.nullable().optional(),
	/** The project of a new conversation. */
	projectId: id.optional(),
	/** Files that came with it: tables to ask, documents to read. */
	files: z.array(id).max(10, 'At most 10 files may go with a message.').default([]),
	/** What was said before, where the caller keeps the conversation itself (the OpenAI-compatible door); such a turn belongs to no conversation. */
	history: z
		.array(z.strictObject({ role: z.enum(['system', 'user', 'assistant']), text: z.string().max(MESSAGE_LIMIT) }))
		.max(200)
		.optional(),
	...whereFields
});

/** The steps of a turn, in order (AG-01). */
export const stepName = z.enum([
	'start',
	'context',
	'analyzing',
	'planning',
	'validation',
	'execution',
	'memory',
	'completion'
]);
export type StepName = z.infer<typeof stepName>;

/** What is to be done, before it is done: calls of tools, and then the answer. */
export const plan = z.object({
	/** What the person wants, in one sentence. */
	goal: z.string(),
	calls: z.array(toolCall)
});
export type Plan = z.infer<typeof plan>;

/** A passage that an answer may cite as `[n]`. */
export const cited = z.object({
	number: z.number().int().positive(),
	passageId: z.number().int(),
	documentId: z.string(),
	title: z.string(),
	ordinal: z.number().int(),
	page: z.number().int().nullable(),
	heading: z.string().nullable(),
	text: z.string()
});
export type Cited = z.infer<typeof cited>;

const memory = z.object({ id: z.string(), text: z.string(), projectId: z.string().nullable() });

/** How long what took, in milliseconds (CH-12). */
export const turnTiming = z.object({
	/** From the start of the run to the first text or reasoning that was shown; null when none was. */
	firstTokenMs: z.number().nullable(),
	/** The same from the start of the answering call. */
	answerFirstTokenMs: z.number().nullable(),
	/** What the helper calls (plan, repair, rerank, memory) took in all. */
	helperMs: z.number(),
	/** From the first text to the last. */
	answerMs: z.number().nullable(),
	/** Of the answer: as the provider counted, or estimated while it is not known. */
	tokens: z.object({ count: z.number().int(), counted: z.boolean() })
});
export type TurnTiming = z.infer<typeof turnTiming>;

const result = z.object({
	text: z.string(),
	/** Those that the text cites. */
	citations: z.array(cited),
	/** Null for a turn that needed none. */
	plan: plan.nullable(),
	tools: z.array(toolEvent),
	memories: z.array(memory),
	timing: turnTiming,
	/** False when the model stopped before its end. */
	complete: z.boolean()
});
export type ChatResult = z.infer<typeof result>;

const events = {
	/** The begin and the end of each step. */
	step: z.object({
		step: stepName,
		state: z.enum(['started', 'completed', 'skipped', 'failed']),
		message: z.string(),
		details: z.record(z.string(), z.unknown())
	}),
	/** What a person is told while they wait (CH-04); each gives way to the next. */
	stage: z.object({
		stage: z.enum(['classifying', 'searching', 'reranking', 'working', 'generating']),
		state: z.enum(['started', 'completed']),
		message: z.string(),
		/** Candidates, passages, calls: what the stage counts. */
		count: z.number().int().nullable(),
		/** How long it took; null at its beginning. */
		ms: z.number().nullable()
	}),
	/** Sent before it runs; again when it was repaired. `problems` says what is wrong with one that cannot run. */
	plan: z.object({ plan, attempt: z.number().int(), problems: z.array(z.string()) }),
	tool: toolEvent,
	tool_progress: toolProgress,
	/** What the answer may cite, before it is written. */
	passages: z.object({ passages: z.array(cited) }),
	/** The answer has cited it, for the first time. */
	citation: cited,
	/** What was kept of this turn. */
	memory,
	/** Sent with the first token, with the last, and at the end, however the turn ends. */
	timing: turnTiming
};

/** What a turn has shown so far. Its texts are in `content`: `answer` and `reasoning`. */
export interface ChatState {
	steps: {
		step: StepName;
		state: 'started' | 'completed' | 'skipped' | 'failed';
		message: string;
		details: Record<string, unknown>;
		startedAt: number;
		endedAt: number | null;
	}[];
	stages: {
		stage: string;
		message: string;
		count: number | null;
		ms: number | null;
		startedAt: number;
		endedAt: number | null;
	}[];
	plans: { plan: Plan; attempt: number; problems: string[]; at: number }[];
	tools: ToolView[];
	passages: Cited[];
	citations: Cited[];
	memories: (z.infer<typeof memory> & { at: number })[];
	timing: TurnTiming | null;
}

/** One turn of a conversation. */
export const chat = defineOperation({
	id: 'chat',
	title: 'Chat',
	description: 'Plans, searches your own documents, uses tools, and answers with its sources.',
	icon: 'message-circle',
	input,
	result,
	phases: [
		{ name: 'start', label: 'Starting', weight: 1 },
		{ name: 'context', label: 'Reading the conversation', weight: 2 },
		{ name: 'analyzing', label: 'Understanding the request', weight: 5 },
		{ name: 'planning', label: 'Planning', weight: 15 },
		{ name: 'validation', label: 'Checking the plan', weight: 2 },
		{ name: 'execution', label: 'Working and answering', weight: 65 },
		{ name: 'memory', label: 'Remembering', weight: 8 },
		{ name: 'completion', label: 'Finishing', weight: 2 }
	],
	events,
	state: (): ChatState => ({
		...{ steps: [], stages: [], plans: [], tools: [], passages: [], citations: [], memories: [] },
		timing: null
	}),
	reduce(state, event) {
		const { at } = event;
		switch (event.type) {
			case 'step':
				return { ...state, steps: mergeStep(state.steps, event.data, at) };
			case 'stage':
				return { ...state, stages: mergeStage(state.stages, event.data, at) };
			case 'plan':
				return {
					...state,
					plans: [...state.plans.filter(({ attempt }) => attempt !== event.data.attempt), { ...event.data, at }]
				};
			case 'tool':
				return { ...state, tools: mergeTool(state.tools, event.data, at) };
			case 'tool_progress':
				return {
					...state,
					tools: state.tools.map((tool) => (tool.id === event.data.id ? { ...tool, progress: event.data } : tool))
				};
			case 'passages':
				return { ...state, passages: event.data.passages };
			case 'citation':
				return {
					...state,
					citations: [...state.citations.filter(({ number }) => number !== event.data.number), event.data]
				};
			case 'memory':
				return {
					...state,
					memories: [...state.memories.filter(({ id: known }) => known !== event.data.id), { ...event.data, at }]
				};
			case 'timing':
				return { ...state, timing: event.data };
		}
	},
	pageOf: (jobId, { conversationId }) => `/chat/${conversationId ?? jobId}`,
	titleOf: ({ message }) => shortened(message, 80),
	refersTo: ({ files }) => ({ files }),
	keptOf: (_state, { answer = '' }) =>
		countedAny([answer.length, 'character of the answer', 'characters of the answer']),
	limits: { timeoutMs: 60 * 60_000, running: 32, interactive: true },
	can: { finishNow: false, resumable: true, repeatable: false },
	typicalMs: 8_000
});

function mergeStep(
	steps: ChatState['steps'],
	{ step, state, message, details }: z.output<(typeof events)['step']>,
	at: number
): ChatState['steps'] {
	const known = steps.find((each) => each.step === step);
	const endedAt = state === 'started' ? null : at;
	const next = {
		step,
		state,
		message,
		details: { ...known?.details, ...details },
		startedAt: known?.startedAt ?? at,
		endedAt
	};
	return known ? steps.map((each) => (each === known ? next : each)) : [...steps, next];
}

function mergeStage(
	stages: ChatState['stages'],
	{ stage, state, message, count, ms }: z.output<(typeof events)['stage']>,
	at: number
): ChatState['stages'] {
	const known = stages.find((each) => each.stage === stage);
	const endedAt = state === 'started' ? null : at;
	const next = { stage, message, count, ms, startedAt: state === 'started' ? at : (known?.startedAt ?? at), endedAt };
	return known ? stages.map((each) => (each === known ? next : each)) : [...stages, next];
}
