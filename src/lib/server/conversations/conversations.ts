import { and, desc, eq, inArray } from 'drizzle-orm';
import { HeadwayError } from '../../jobs/error.ts';
import type { JobSnapshot } from '../../jobs/snapshot.ts';
import type { Conversation } from '../../operations/operation.ts';
import type { Clock } from '../clock.ts';
import type { Db, Rows } from '../db/open.ts';
import { conversations, jobs, projects, turns, type ConversationRow, type JobRow } from '../db/schema.ts';
import type { Preferences } from '../preferences.ts';
import type { Snapshots } from '../snapshots.ts';
import {
	listConversations,
	searchConversations,
	summaries,
	summaryOf,
	type ConversationFilter,
	type ConversationSummary,
	type FoundConversation
} from './conversation-list.ts';
import { asMarkdown } from './markdown.ts';
import { Memories } from './memories.ts';
import { Projects } from './projects.ts';
import { TurnConversation } from './turn-conversation.ts';
import { branchTo, depthOf, leafBelow, siblingsOf, turnOf } from './turn-tree.ts';
import { checkProject, endTurn, joinTurn, ownedConversation, stampShown } from './turns.ts';
import {
	fileNames,
	filesOf,
	memoriesOf,
	memoryTexts,
	viewOf,
	type ConversationView,
	type TurnView
} from './turn-view.ts';

/** The most characters that a title may have. */
export const TITLE_LIMIT = 200;
/** How many turns of a branch are read at once. */
const PAGE = 100;
/** An export has all of a branch, within reason. */
const EXPORTED = 10_000;

const IMMEDIATE = { behavior: 'immediate' } as const;

/** Which part of a conversation: the branch that ends at `head` (the one looked at last), up to the turn before `before`. */
export interface ViewRequest {
	id: string;
	head?: string | undefined;
	before?: string | undefined;
}

/** What `Conversations` is made of. */
export interface ConversationsParts {
	db: Db;
	clock: Clock;
	snapshots: Snapshots;
	preferences: Preferences;
}

/** Conversations, their turns and what is remembered of them. Each call is confined to one owner: what is another's is `not_found`. */
export class Conversations {
	readonly projects: Projects;
	readonly memories: Memories;
	readonly #parts: ConversationsParts;
	readonly #db: Db;

	constructor(parts: ConversationsParts) {
		this.#parts = parts;
		this.#db = parts.db;
		this.projects = new Projects(parts.db, parts.clock);
		this.memories = new Memories(parts.db, parts.clock);
	}

	/** Makes a turn of a job that is being enqueued, in its transaction. Throws `not_found` and `conflict`; the job is then not enqueued. */
	join(tx: Rows, row: JobRow): void {
		joinTurn(tx, row);
	}

	/** Refuses, in the transaction that enqueues a job, a project that is not its owner's. Throws `not_found`. */
	checkProject(tx: Rows, { owner, input }: JobRow): void {
		checkProject(tx, owner, (input as { projectId?: string }).projectId);
	}

	/** Notes what a turn answered, in the transaction that ends its job. */
	ended(tx: Rows, row: JobRow, snapshot: JobSnapshot): void {
		endTurn(tx, row, snapshot);
	}

	/** The conversation as a turn's run sees it. Throws `not_found` for a job that is no turn. */
	async of(owner: string, jobId: string): Promise<Conversation> {
		const turn = turnOf(this.#db, owner, jobId);
		if (!turn) throw new HeadwayError('not_found', 'This job is no turn of a conversation.');
		const conversation = ownedConversation(this.#db, owner, turn.conversationId);
		return new TurnConversation({ ...this.#parts, memories: this.memories }, conversation, turn);
	}

	/** Which conversation a turn is of, and what it answered where it has ended; null for a job that is no turn. */
	async turn(owner: string, jobId: string): Promise<{ conversationId: string; answer: string | null } | null> {
		const turn = turnOf(this.#db, owner, jobId);
		return turn ? { conversationId: turn.conversationId, answer: turn.answer } : null;
	}

	/** The one that was used last first. */
	async list(
		owner: string,
		filter: ConversationFilter = {}
	): Promise<{ conversations: ConversationSummary[]; next: string | null }> {
		return listConversations(this.#db, owner, filter);
	}

	/** Those with all of the words, the newest first. */
	async search(
		owner: string,
		query: { query: string; projectId?: string | null | undefined }
	): Promise<FoundConversation[]> {
		return searchConversations(this.#db, owner, query);
	}

	/** A branch with its turns. `id` may also be that of any of its turns. */
	async get(owner: string, request: ViewRequest): Promise<ConversationView> {
		return this.#view(owner, request, PAGE);
	}

	#view(owner: string, { id, head: asked, before }: ViewRequest, limit: number): ConversationView {
		const row = this.#find(owner, id);
		const head = asked ?? row.head;
		const last = before === undefined ? head : this.#turn(row, before).after;
		if (asked !== undefined) this.#turn(row, asked);
		const ids = last === null ? [] : branchTo(this.#db, last, limit);
		const { title, named, projectId, createdAt, updatedAt } = row;
		return {
			...{ id: row.id, title, named, projectId, head, createdAt, updatedAt },
			project: this.#project(row),
			turns: this.#turns(row, ids),
			earlier: ids[0] === undefined ? 0 : depthOf(this.#db, ids[0])
		};
	}

	#find(owner: string, id: string): ConversationRow {
		return ownedConversation(this.#db, owner, turnOf(this.#db, owner, id)?.conversationId ?? id);
	}

	#turn({ id, owner }: ConversationRow, jobId: string) {
		const turn = turnOf(this.#db, owner, jobId);
		if (turn?.conversationId === id) return turn;
		throw new HeadwayError('not_found', 'There is no such turn in this conversation. It may have been deleted.');
	}

	#project({ projectId }: ConversationRow): ConversationView['project'] {
		if (projectId === null) return null;
		const { id, name } = projects;
		return this.#db.select({ id, name }).from(projects).where(eq(id, projectId)).get() ?? null;
	}

	#turns({ id, owner }: ConversationRow, ids: readonly string[]): TurnView[] {
		const found = this.#db
			.select({ turn: turns, job: jobs })
			.from(turns)
			.innerJoin(jobs, eq(jobs.id, turns.jobId))
			.where(inArray(turns.jobId, [...ids]))
			.all();
		const read = found.map(({ turn, job }) => {
			// The row knows of a start or a stop before the log does.
			const { status, cancelRequestedAt } = job;
			return { turn, job: { ...this.#parts.snapshots.of(job), status, cancelRequestedAt } };
		});
		const nameOf = fileNames(this.#db, [...new Set(read.flatMap(({ job }) => filesOf(job)))]);
		const textOf = memoryTexts(
			this.#db,
			owner,
			read.flatMap(({ job }) => memoriesOf(job))
		);
		const siblings = siblingsOf(this.#db, id);
		const byId = new Map(read.map((each) => [each.turn.jobId, each]));
		return ids
			.flatMap((jobId) => byId.get(jobId) ?? [])
			.map(({ turn, job }) => viewOf(turn, job, { siblings: siblings(turn), nameOf, textOf }));
	}

	/** Gives it a title that its messages no longer change. */
	async rename(owner: string, { id, title }: { id: string; title: string }): Promise<ConversationSummary> {
		this.#change(owner, id, { title, named: true });
		return this.#summary(owner, id);
	}

	/** Puts it into a project, or with null into none. */
	async move(owner: string, { id, projectId }: { id: string; projectId: string | null }): Promise<ConversationSummary> {
		checkProject(this.#db, owner, projectId);
		this.#change(owner, id, { projectId });
		return this.#summary(owner, id);
	}

	/** Looks at another branch: the newest one that this turn is on. */
	async choose(owner: string, { id, head }: { id: string; head: string }): Promise<ConversationView> {
		const row = ownedConversation(this.#db, owner, id);
		this.#change(owner, id, { head: leafBelow(this.#db, this.#turn(row, head).jobId) });
		return this.get(owner, { id });
	}

	#change(owner: string, id: string, patch: Partial<ConversationRow>): void {
		ownedConversation(this.#db, owner, id);
		this.#db
			.update(conversations)
			.set(patch)
			.where(and(eq(conversations.id, id), eq(conversations.owner, owner)))
			.run();
	}

	#summary(owner: string, id: string): ConversationSummary {
		const row = summaries(this.#db, owner, [eq(conversations.id, id)]).get();
		if (!row) throw new HeadwayError('not_found', 'There is no such conversation. It may have been deleted.');
		return summaryOf(row);
	}

	/** A branch as a file. */
	async markdown(owner: string, request: ViewRequest): Promise<{ name: string; markdown: string }> {
		const view = this.#view(owner, request, EXPORTED);
		return { name: fileName(view.title), markdown: asMarkdown(view) };
	}

	/** Notes how much of a turn's answer was on the page when it was stopped; nothing for one that has ended. */
	async stamp(owner: string, jobId: string, shown: number): Promise<void> {
		this.#db.transaction((tx) => stampShown(tx, owner, jobId, shown), IMMEDIATE);
	}

	/** The jobs of all turns, the newest first. */
	async jobsOf(owner: string, id: string): Promise<string[]> {
		const row = ownedConversation(this.#db, owner, id);
		return this.#db
			.select({ jobId: turns.jobId })
			.from(turns)
			.where(eq(turns.conversationId, row.id))
			.orderBy(desc(turns.id))
			.all()
			.map(({ jobId }) => jobId);
	}
}

/** A name that every system takes. */
function fileName(title: string): string {
	const plain = title
		.replace(/[^\p{L}\p{N}]+/gu, ' ')
		.trim()
		.slice(0, 60)
		.trim();
	return `${plain.toWellFormed() || 'conversation'}.md`;
}
