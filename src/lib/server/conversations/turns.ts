import { and, eq, isNull } from 'drizzle-orm';
import { HeadwayError } from '../../jobs/error.ts';
import { isTerminal } from '../../jobs/job.ts';
import type { JobSnapshot } from '../../jobs/snapshot.ts';
import type { chat, ChatResult } from '../../operations/chat/model.ts';
import type { InputOf } from '../../operations/operation.ts';
import type { Rows } from '../db/open.ts';
import { conversations, jobs, projects, turns, type ConversationRow, type JobRow } from '../db/schema.ts';
import { turnOf } from './turn-tree.ts';

type ChatInput = InputOf<typeof chat>;

/** Where a turn goes: into which conversation, null for a new one, and after which turn. */
interface Place {
	conversation: ConversationRow | null;
	after: string | null;
}

/** The conversation of that id. Throws `not_found` also for another owner's. */
export function ownedConversation(rows: Rows, owner: string, id: string): ConversationRow {
	const mine = and(eq(conversations.id, id), eq(conversations.owner, owner));
	const row = rows.select().from(conversations).where(mine).get();
	if (!row) throw new HeadwayError('not_found', 'There is no such conversation. It may have been deleted.');
	return row;
}

/** Throws `not_found` for a project that is not the owner's. */
export function checkProject(rows: Rows, owner: string, id: string | null | undefined): void {
	if (id === null || id === undefined) return;
	const mine = and(eq(projects.id, id), eq(projects.owner, owner));
	if (!rows.select({ id: projects.id }).from(projects).where(mine).get())
		throw new HeadwayError('not_found', 'There is no such project. It may have been deleted.');
}

/** Makes a turn of a job that is being enqueued. Throws `not_found`, `conflict` and `invalid_input`: the job is then not enqueued. */
export function joinTurn(tx: Rows, row: JobRow): void {
	const input = row.input as ChatInput;
	if (input.history) return refusePlace(input);
	const { conversation, after } = placeOf(tx, row, input);
	const { id: jobId, owner, createdAt } = row;
	if (after !== null) checkEnded(tx, after);
	const times = { createdAt, updatedAt: createdAt };
	if (!conversation) {
		const projectId = input.projectId ?? null;
		tx.insert(conversations)
			.values({ id: jobId, owner, projectId, title: row.title, head: jobId, ...times })
			.run();
	}
	const conversationId = conversation?.id ?? jobId;
	tx.insert(turns).values({ jobId, conversationId, after, message: input.message, createdAt }).run();
	const renamed = after === null && !conversation?.named ? { title: row.title } : {};
	tx.update(conversations)
		.set({ head: jobId, updatedAt: createdAt, ...renamed })
		.where(eq(conversations.id, conversationId))
		.run();
}

/** Who brings what was said before keeps the conversation: there is none here to join. */
function refusePlace({ conversationId, after }: ChatInput): void {
	if (conversationId === undefined && after === undefined) return;
	const message = 'Name a conversation or send its history, not both.';
	throw new HeadwayError('invalid_input', message, { fields: [{ path: 'input.history', message }] });
}

function placeOf(tx: Rows, row: JobRow, input: ChatInput): Place {
	const again = row.retryOf === null ? undefined : turnOf(tx, row.owner, row.retryOf);
	if (again) return { conversation: ownedConversation(tx, row.owner, again.conversationId), after: again.after };
	if (input.conversationId === undefined) return newPlace(tx, row, input);
	const conversation = ownedConversation(tx, row.owner, input.conversationId);
	const after = input.after === undefined ? conversation.head : input.after;
	if (after !== null && turnOf(tx, row.owner, after)?.conversationId !== conversation.id)
		throw new HeadwayError('not_found', 'There is no such turn in this conversation. It may have been deleted.');
	return { conversation, after };
}

function newPlace(tx: Rows, { owner }: JobRow, { projectId, after }: ChatInput): Place {
	checkProject(tx, owner, projectId);
	if (!after) return { conversation: null, after: null };
	const message = 'Say in `conversationId` which conversation the turn is of.';
	throw new HeadwayError('invalid_input', message, { fields: [{ path: 'input.after', message }] });
}

/** One that is being stopped has said its last word: the next need not wait for the receipt. */
function checkEnded(tx: Rows, after: string): void {
	const { status, cancelRequestedAt } = jobs;
	const row = tx.select({ status, cancelRequestedAt }).from(jobs).where(eq(jobs.id, after)).get();
	if (row && !isTerminal(row.status) && row.cancelRequestedAt === null)
		throw new HeadwayError('conflict', 'Wait for the answer, or stop it.');
}

/** Notes what a turn answered, in the transaction that ends its job. */
export function endTurn(tx: Rows, row: JobRow, snapshot: JobSnapshot): void {
	const turn = tx.select().from(turns).where(eq(turns.jobId, row.id)).get();
	if (!turn) return;
	const text = snapshot.status === 'succeeded' ? (snapshot.result as ChatResult | null)?.text : undefined;
	const answer = turn.shown === null && text !== undefined ? text : shownAnswer(snapshot, turn);
	tx.update(turns).set({ answer }).where(eq(turns.id, turn.id)).run();
	tx.update(conversations)
		.set({ updatedAt: snapshot.endedAt ?? row.updatedAt })
		.where(eq(conversations.id, turn.conversationId))
		.run();
}

/** What a turn has said, up to where it was stopped. */
export function shownAnswer({ content }: Pick<JobSnapshot, 'content'>, { shown }: { shown: number | null }): string {
	const said = content.answer ?? '';
	if (shown === null || shown >= said.length) return said;
	// Between the halves of an emoji there is nothing to show.
	return said.slice(0, /[\uD800-\uDBFF]/.test(said[shown - 1] ?? '') ? shown - 1 : shown);
}

/** Notes how much of a running turn's answer was on the page when it was stopped; of several at once the first stands. */
export function stampShown(tx: Rows, owner: string, jobId: string, shown: number): void {
	const job = tx
		.select({ status: jobs.status })
		.from(jobs)
		.where(and(eq(jobs.id, jobId), eq(jobs.owner, owner)))
		.get();
	if (!job || isTerminal(job.status)) return;
	tx.update(turns)
		.set({ shown })
		.where(and(eq(turns.jobId, jobId), isNull(turns.shown)))
		.run();
}
