import type { JobSnapshot } from '../jobs/snapshot.ts';
import { isTerminal } from '../jobs/job.ts';
import type { ChatResult, ChatState, Plan } from '../operations/chat/model.ts';
import type { ToolEvent, ToolView } from '../tools/call.ts';

/** A turn's job. */
export type ChatJob = JobSnapshot<ChatState, ChatResult>;

/** What a list shows of a conversation. Times in ms since 1970. */
export interface ConversationSummary {
	id: string;
	title: string;
	projectId: string | null;
	updatedAt: number;
	/** One of its turns has not ended. */
	running: boolean;
}

/** What a turn has kept. One that was forgotten since may have no text. */
export type KeptMemory = ChatResult['memories'][number] & { forgotten?: boolean };

/** One turn as a page shows it. */
export interface TurnView {
	jobId: string;
	/** The turn that it follows; null for one that begins the conversation. */
	after: string | null;
	/** The turns that follow the same one, this one included, oldest first. */
	siblings: readonly string[];
	message: string;
	files: readonly { fileId: string; name: string }[];
	/** Markdown; of a stopped turn, what was on screen. */
	answer: string;
	reasoning: string;
	status: ChatJob['status'];
	cancelRequestedAt: number | null;
	error: ChatJob['error'];
	notices: ChatJob['notices'];
	/** False when the model stopped before its end. */
	complete: boolean;
	plan: Plan | null;
	/** Why the plan could not run, as sentences. */
	problems: readonly string[];
	tools: readonly (ToolEvent | ToolView)[];
	citations: ChatResult['citations'];
	memories: readonly KeptMemory[];
	timing: ChatResult['timing'] | null;
	cost: ChatJob['cost'];
	elapsedMs: number;
	createdAt: number;
}

/** A conversation's branch, oldest turn first. */
export interface ConversationView {
	id: string;
	title: string;
	projectId: string | null;
	/** The turn that ends the branch. */
	head: string | null;
	turns: readonly TurnView[];
	/** How many turns of the branch stand before them. */
	earlier: number;
}

/** The turn that a job begins. `siblings` are those that were there before it. */
export function turnFrom(job: ChatJob, siblings: readonly string[] = []): TurnView {
	const { message, after = null } = job.input as { message: string; after?: string | null };
	const bare: TurnView = {
		...{ jobId: job.id, after, siblings: [...siblings, job.id], message, files: [] },
		...{ answer: '', reasoning: '', status: job.status, cancelRequestedAt: null, error: null, notices: [] },
		...{ complete: true, plan: null, problems: [], tools: [], citations: [], memories: [], timing: null },
		...{ cost: job.cost, elapsedMs: 0, createdAt: job.createdAt }
	};
	return withJob(bare, job, null);
}

/** A turn as its job tells of it now. What the server has said of an ended one stands; `cut` is where a stop cut its answer, in UTF-16 units. */
export function withJob(turn: TurnView, job: ChatJob, cut: number | null): TurnView {
	const { state, content, result } = job;
	const proposed = state.plans.at(-1);
	const said = result?.text ?? content.answer ?? '';
	return {
		...turn,
		status: job.status,
		cancelRequestedAt: job.cancelRequestedAt,
		error: job.error,
		notices: job.notices,
		complete: result?.complete ?? true,
		answer: isTerminal(turn.status) ? turn.answer : cut === null ? said : said.slice(0, cut),
		reasoning: content.reasoning ?? turn.reasoning,
		plan: proposed?.plan ?? result?.plan ?? turn.plan,
		problems: proposed?.problems ?? turn.problems,
		tools: state.tools.length > 0 ? state.tools : turn.tools,
		// A text that grows may cite what its result has not settled yet.
		citations: result?.citations ?? (state.citations.length > 0 ? state.citations : turn.citations),
		memories: isTerminal(turn.status) ? turn.memories : state.memories,
		timing: result?.timing ?? state.timing ?? turn.timing,
		cost: job.cost,
		elapsedMs: job.elapsedMs
	};
}

/** The turn with those marked that were forgotten. */
export function withoutForgotten(turn: TurnView, forgotten: readonly string[]): TurnView {
	if (!turn.memories.some(({ id }) => forgotten.includes(id))) return turn;
	const memories = turn.memories.map((memory) =>
		forgotten.includes(memory.id) ? { ...memory, forgotten: true } : memory
	);
	return { ...turn, memories };
}
