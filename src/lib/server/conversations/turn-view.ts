import { and, eq, inArray } from 'drizzle-orm';
import type { Cost, Usage } from '../../jobs/event.ts';
import type { JobStatus } from '../../jobs/job.ts';
import type { JobSnapshot } from '../../jobs/snapshot.ts';
import { shortened } from '../../text/shortened.ts';
import type { ChatResult, ChatState, Cited, Plan, TurnTiming } from '../../operations/chat/model.ts';
import type { ToolView } from '../../tools/call.ts';
import type { Rows } from '../db/open.ts';
import { files, memories, type TurnRow } from '../db/schema.ts';
import { shownAnswer } from './turns.ts';

/** Of what a tool gave, a transcript shows so many characters; the job's own page has all of it. */
const TOOL_TEXT = 4_000;

/** What a turn has kept, as it reads now. One that was deleted since has no text. */
export interface KeptMemory {
	id: string;
	text: string;
	projectId: string | null;
	forgotten: boolean;
}

/** One turn as a transcript shows it. Of one that runs it is what there is until now. */
export interface TurnView {
	jobId: string;
	after: string | null;
	/** The job ids of all turns with the same `after`, oldest first, this one included. */
	siblings: string[];
	message: string;
	/** Up to where it was stopped. */
	answer: string;
	/** How many UTF-16 units of the answer were on the page when it was stopped; null when it was not stopped there. */
	shown: number | null;
	reasoning: string;
	status: JobStatus;
	cancelRequestedAt: number | null;
	error: JobSnapshot['error'];
	notices: JobSnapshot['notices'];
	/** The model came to its end. */
	complete: boolean;
	/** The last one that was made, and what was wrong with it. */
	plan: Plan | null;
	problems: string[];
	tools: ToolView[];
	citations: Cited[];
	memories: KeptMemory[];
	timing: TurnTiming | null;
	cost: Cost;
	usage: Usage | null;
	model: string | null;
	provider: string | null;
	elapsedMs: number;
	files: { fileId: string; name: string }[];
	createdAt: number;
	endedAt: number | null;
}

/** A conversation with one of its branches. */
export interface ConversationView {
	id: string;
	title: string;
	/** A person gave it its title. */
	named: boolean;
	projectId: string | null;
	project: { id: string; name: string } | null;
	/** The turn that ends the branch. */
	head: string;
	/** Oldest first: the newest 100 of the branch, or the 100 before a given turn. */
	turns: TurnView[];
	/** How many turns of the branch stand before them. */
	earlier: number;
	createdAt: number;
	updatedAt: number;
}

/** What of a turn stands neither in its row nor in its job. */
export interface ViewFacts {
	siblings: string[];
	nameOf(fileId: string): string | undefined;
	/** What a memory says now; undefined for one that was deleted. */
	textOf(memoryId: string): string | undefined;
}

/** A turn by its row and its job's snapshot. */
export function viewOf(turn: TurnRow, job: JobSnapshot, { siblings, nameOf, textOf }: ViewFacts): TurnView {
	const state = job.state as ChatState;
	const result = job.result as ChatResult | null;
	const last = state.plans.at(-1);
	const { jobId, after, message, shown, createdAt } = turn;
	return {
		...{ jobId, after, siblings, message, shown, createdAt },
		answer: turn.answer ?? shownAnswer(job, turn),
		reasoning: job.content.reasoning ?? '',
		...{ status: job.status, cancelRequestedAt: job.cancelRequestedAt, error: job.error, notices: job.notices },
		complete: result?.complete ?? false,
		...{ plan: last?.plan ?? null, problems: last?.problems ?? [] },
		tools: state.tools.map((tool) => ({ ...tool, text: tool.text === null ? null : shortened(tool.text, TOOL_TEXT) })),
		citations: result?.citations ?? state.citations,
		memories: state.memories.map(({ id, projectId }) => {
			const text = textOf(id);
			return { id, text: text ?? '', projectId, forgotten: text === undefined };
		}),
		timing: result?.timing ?? state.timing,
		...{ cost: job.cost, usage: job.usage, model: job.model, provider: job.provider },
		...{ elapsedMs: job.elapsedMs, endedAt: job.endedAt },
		files: filesOf(job).map((fileId) => ({ fileId, name: nameOf(fileId) ?? 'a file that was deleted' }))
	};
}

/** The files that came with a turn's message. */
export function filesOf({ input }: Pick<JobSnapshot, 'input'>): readonly string[] {
	return (input as { files?: readonly string[] }).files ?? [];
}

/** What uploaded files are called. */
export function fileNames(rows: Rows, ids: readonly string[]): (id: string) => string | undefined {
	if (ids.length === 0) return () => undefined;
	const { id, name } = files;
	const known = rows
		.select({ id, name })
		.from(files)
		.where(inArray(files.id, [...ids]))
		.all();
	const byId = new Map(known.map((file) => [file.id, file.name]));
	return (fileId) => byId.get(fileId);
}

/** The ids of what a turn has kept. */
export function memoriesOf({ state }: Pick<JobSnapshot, 'state'>): readonly string[] {
	return (state as ChatState).memories.map(({ id }) => id);
}

/** What an owner's memories say. */
export function memoryTexts(rows: Rows, owner: string, ids: readonly string[]): (id: string) => string | undefined {
	if (ids.length === 0) return () => undefined;
	const { id, text } = memories;
	const known = rows
		.select({ id, text })
		.from(memories)
		.where(and(eq(memories.owner, owner), inArray(id, [...ids])))
		.all();
	const byId = new Map(known.map((memory) => [memory.id, memory.text]));
	return (memoryId) => byId.get(memoryId);
}
