import { inArray, sql } from 'drizzle-orm';
import type { Conversation, Memory, Turn } from '../../operations/operation.ts';
import type { Db } from '../db/open.ts';
import { jobs, turns, type ConversationRow, type TurnRow } from '../db/schema.ts';
import type { Preferences } from '../preferences.ts';
import type { Snapshots } from '../snapshots.ts';
import type { Memories } from './memories.ts';
import { branchTo } from './turn-tree.ts';
import { shownAnswer } from './turns.ts';

/** How many turns before it a run reads. */
const HISTORY = 100;

/** What a turn's view of its conversation is made of. */
export interface TurnConversationParts {
	db: Db;
	snapshots: Snapshots;
	memories: Memories;
	preferences: Preferences;
}

/** A conversation as one of its turns sees it while it runs. */
export class TurnConversation implements Conversation {
	readonly #parts: TurnConversationParts;
	readonly #conversation: ConversationRow;
	readonly #turn: TurnRow;

	constructor(parts: TurnConversationParts, conversation: ConversationRow, turn: TurnRow) {
		this.#parts = parts;
		this.#conversation = conversation;
		this.#turn = turn;
	}

	get id(): string {
		return this.#conversation.id;
	}

	get projectId(): string | null {
		return this.#conversation.projectId;
	}

	async history(): Promise<Turn[]> {
		const { db } = this.#parts;
		if (this.#turn.after === null) return [];
		const ids = branchTo(db, this.#turn.after, HISTORY);
		const found = db.select().from(turns).where(inArray(turns.jobId, ids)).all();
		const byId = new Map(found.map((turn) => [turn.jobId, turn]));
		const files = this.#filesOf(ids);
		return ids.flatMap((id) => byId.get(id) ?? []).map((turn) => this.#told(turn, files.get(turn.jobId)));
	}

	#told({ jobId, message, answer, createdAt, shown }: TurnRow, files: readonly string[] = []): Turn {
		const said = { jobId, message, answer: answer ?? this.#unfinished(jobId, shown), at: createdAt };
		return files.length > 0 ? { ...said, files } : said;
	}

	/** What came with the messages of these turns. */
	#filesOf(ids: readonly string[]): Map<string, string[]> {
		const rows = this.#parts.db
			.select({ id: jobs.id, files: sql<string | null>`json_extract(${jobs.input}, '$.files')` })
			.from(jobs)
			.where(inArray(jobs.id, [...ids]))
			.all();
		return new Map(rows.map(({ id, files }) => [id, files === null ? [] : (JSON.parse(files) as string[])]));
	}

	/** The turn before may still be on its way to its receipt: what it had said when it was stopped stands. */
	#unfinished(jobId: string, shown: number | null): string {
		const { db, snapshots } = this.#parts;
		const [row] = db
			.select()
			.from(jobs)
			.where(inArray(jobs.id, [jobId]))
			.all();
		return row ? shownAnswer(snapshots.of(row), { shown }) : '';
	}

	async memories(): Promise<Memory[]> {
		const { memories } = this.#parts;
		return (await this.remembers()) ? memories.inReach(this.#conversation.owner, this.projectId) : [];
	}

	async remembers(): Promise<boolean> {
		return (await this.#parts.preferences.of(this.#conversation.owner)).memory;
	}

	async remember(texts: readonly string[]): Promise<Memory[]> {
		if (!(await this.remembers())) return [];
		const { owner, projectId } = this.#conversation;
		return this.#parts.memories.keep(owner, texts, { projectId, jobId: this.#turn.jobId });
	}
}
