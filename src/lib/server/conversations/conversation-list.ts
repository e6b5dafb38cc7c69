import { and, desc, eq, exists, inArray, isNull, lt, max, or, sql, type SQL } from 'drizzle-orm';
import { HeadwayError } from '../../jobs/error.ts';
import type { Rows } from '../db/open.ts';
import { conversations, jobs, turns } from '../db/schema.ts';
import { hasAll, searchWords, snippetOf, type SearchWords } from './search-words.ts';

/** A conversation as lists show it. */
export interface ConversationSummary {
	id: string;
	title: string;
	/** A person gave it its title. */
	named: boolean;
	projectId: string | null;
	createdAt: number;
	updatedAt: number;
	/** One of its turns has not ended. */
	running: boolean;
}

/** One that a search found, with where: the turn, or null when it is the title. */
export type FoundConversation = ConversationSummary & { snippet: string; jobId: string | null };

/** Which conversations: those of a project, those of none (null), or all. */
export interface ConversationFilter {
	projectId?: string | null | undefined;
	/** The `next` of the page before. */
	before?: string | undefined;
	limit?: number | undefined;
}

const PAGE = 50;
/** How many a search gives. */
const MOST_FOUND = 50;

/** The one looked at last first; `next` continues, null at the end. */
export function listConversations(
	rows: Rows,
	owner: string,
	{ projectId, before, limit = PAGE }: ConversationFilter
): { conversations: ConversationSummary[]; next: string | null } {
	const found = summaries(rows, owner, [ofProject(projectId), before === undefined ? undefined : olderThan(before)])
		.limit(limit + 1)
		.all();
	const last = found[limit - 1];
	const next = found.length > limit && last ? `${last.updatedAt}.${last.id}` : null;
	return { conversations: found.slice(0, limit).map(summaryOf), next };
}

/** The conversations with all of a query's words in a turn or in the title: at most 50, the newest first. */
export function searchConversations(
	rows: Rows,
	owner: string,
	{ query, projectId }: { query: string; projectId?: string | null | undefined }
): FoundConversation[] {
	const words = searchWords(query);
	if (words.all.length === 0) return [];
	const byTurn = new Map(turnsWith(rows, owner, words).map((turn) => [turn.conversationId, turn]));
	return summaries(rows, owner, [ofProject(projectId)])
		.all()
		.filter(({ id, title }) => byTurn.has(id) || hasAll(title, words))
		.slice(0, MOST_FOUND)
		.map((row) => {
			const turn = byTurn.get(row.id);
			const snippet = turn ? snippetOf(wordsOf(rows, turn.id), words) : '';
			return { ...summaryOf(row), snippet, jobId: turn?.jobId ?? null };
		});
}

/** Of each conversation the newest turn that has the words. */
function turnsWith(rows: Rows, owner: string, { match, patterns }: SearchWords) {
	const indexed =
		match === null ? undefined : sql`${turns.id} in (select rowid from turns_fts where turns_fts match ${match})`;
	const like = (pattern: string) =>
		sql`(${turns.message} like ${pattern} escape '\\' or ${turns.answer} like ${pattern} escape '\\')`;
	return rows
		.select({ id: max(turns.id), jobId: turns.jobId, conversationId: turns.conversationId })
		.from(turns)
		.innerJoin(conversations, eq(conversations.id, turns.conversationId))
		.where(and(eq(conversations.owner, owner), indexed, ...patterns.map((cases) => or(...cases.map(like)))))
		.groupBy(turns.conversationId)
		.all();
}

function wordsOf(rows: Rows, id: number | null): string[] {
	const { message, answer } = turns;
	const row = rows
		.select({ message, answer })
		.from(turns)
		.where(eq(turns.id, id ?? 0))
		.get();
	return row ? [row.message, row.answer ?? ''] : [];
}

/** The conversations of an owner that fit, the newest first. */
export function summaries(rows: Rows, owner: string, which: readonly (SQL | undefined)[]) {
	const { id, title, named, projectId, createdAt, updatedAt } = conversations;
	const open = rows
		.select({ id: turns.id })
		.from(turns)
		.innerJoin(jobs, eq(jobs.id, turns.jobId))
		.where(and(eq(turns.conversationId, conversations.id), inArray(jobs.status, ['queued', 'running'])));
	return rows
		.select({ id, title, named, projectId, createdAt, updatedAt, running: sql<number>`${exists(open)}` })
		.from(conversations)
		.where(and(eq(conversations.owner, owner), ...which))
		.orderBy(desc(updatedAt), desc(id));
}

/** SQLite knows no booleans of its own. */
export function summaryOf(row: Omit<ConversationSummary, 'running'> & { running: number }): ConversationSummary {
	return { ...row, running: Boolean(row.running) };
}

function ofProject(projectId: string | null | undefined): SQL | undefined {
	if (projectId === undefined) return undefined;
	return projectId === null ? isNull(conversations.projectId) : eq(conversations.projectId, projectId);
}

function olderThan(cursor: string): SQL | undefined {
	const [, at, id] = /^(\d{1,15})\.(job_[0-9a-f]{20})$/.exec(cursor) ?? [];
	if (!at || !id)
		throw new HeadwayError('bad_request', '`before` is not a cursor of this list. Use the `next` of the page before.');
	const { updatedAt } = conversations;
	return or(lt(updatedAt, Number(at)), and(eq(updatedAt, Number(at)), lt(conversations.id, id)));
}
