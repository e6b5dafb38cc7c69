import { and, eq, inArray } from 'drizzle-orm';
import type { AnyModel } from '../../operations/operation.ts';
import type { Rows } from '../db/open.ts';
import { jobs } from '../db/schema.ts';

/** The title of an unfinished job of the owner whose input refers to the file; null when there is none. */
export function userOf(
	tx: Rows,
	models: Record<string, AnyModel>,
	{ owner, id }: { owner: string; id: string }
): string | null {
	const unfinished = and(eq(jobs.owner, owner), inArray(jobs.status, ['queued', 'running']));
	const rows = tx.select().from(jobs).where(unfinished).all();
	const refers = ({ operation, input }: (typeof rows)[number]) =>
		models[operation]?.refersTo?.(input)?.files?.includes(id) === true;
	return rows.find(refers)?.title ?? null;
}
