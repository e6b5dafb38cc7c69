import { and, desc, eq, inArray } from 'drizzle-orm';
import { HeadwayError } from '../jobs/error.ts';
import type { Rows } from './db/open.ts';
import { events } from './db/schema.ts';

/** Throws `conflict` unless the job waits for an answer to this question now. Asked in the transaction that records the answer, so that of several at once one is taken. */
export function checkOpen(tx: Rows, jobId: string, questionId: string): void {
	const last = tx
		.select({ type: events.type, data: events.data })
		.from(events)
		.where(and(eq(events.jobId, jobId), inArray(events.type, ['question', 'answer'])))
		.orderBy(desc(events.seq))
		.get();
	const asked = last?.type === 'question' ? (JSON.parse(last.data) as { questionId: string }).questionId : null;
	if (asked !== questionId)
		throw new HeadwayError('conflict', 'This job does not wait for an answer to that question.');
}
