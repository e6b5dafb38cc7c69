import type { Conversations } from './conversations/conversations.ts';
import type { Rows } from './db/open.ts';
import type { JobRow } from './db/schema.ts';

/** What is written, or refused, in the transaction that enqueues a job, by its operation. */
export function alongside(conversations: Conversations): Record<string, (tx: Rows, row: JobRow) => void> {
	const inProject = (tx: Rows, row: JobRow) => conversations.checkProject(tx, row);
	return { chat: (tx, row) => conversations.join(tx, row), ingest: inProject, tools: inProject };
}
