import { and, desc, eq, sql } from 'drizzle-orm';
import type { Rows } from '../db/open.ts';
import { conversations, turns, type TurnRow } from '../db/schema.ts';

/** A turn of the owner's, by its job; undefined for any other. */
export function turnOf(rows: Rows, owner: string, jobId: string): TurnRow | undefined {
	const found = rows
		.select({ turn: turns })
		.from(turns)
		.innerJoin(conversations, eq(conversations.id, turns.conversationId))
		.where(and(eq(turns.jobId, jobId), eq(conversations.owner, owner)))
		.get();
	return found?.turn;
}

/** The job ids of a branch that ends at `head`, oldest first: the newest `limit`. */
export function branchTo(rows: Rows, head: string, limit: number): string[] {
	const found = rows.all<{ jobId: string }>(sql`
		with recursive branch (job_id, before, depth) as (
			select job_id, "after", 0 from turns where job_id = ${head}
			union all
			select turns.job_id, turns."after", depth + 1
			from turns join branch on turns.job_id = branch.before
			where depth + 1 < ${limit}
		)
		select job_id as jobId from branch order by depth desc`);
	return found.map(({ jobId }) => jobId);
}

/** How many turns stand above this one on its branch. */
export function depthOf(rows: Rows, jobId: string): number {
	const found = rows.get<{ depth: number } | undefined>(sql`
		with recursive branch (before, depth) as (
			select "after", 0 from turns where job_id = ${jobId}
			union all
			select turns."after", depth + 1 from turns join branch on turns.job_id = branch.before
		)
		select max(depth) as depth from branch`);
	return found?.depth ?? 0;
}

/** The end of the newest branch below a turn; the turn itself when nothing follows it. */
export function leafBelow(rows: Rows, jobId: string): string {
	let leaf = jobId;
	for (;;) {
		const next = rows
			.select({ jobId: turns.jobId })
			.from(turns)
			.where(eq(turns.after, leaf))
			.orderBy(desc(turns.id))
			.limit(1)
			.get();
		if (!next) return leaf;
		leaf = next.jobId;
	}
}

/** What may stand at a turn's place on its branch: by job id, all turns that follow the same one, oldest first. */
export function siblingsOf(rows: Rows, conversationId: string): (turn: Pick<TurnRow, 'after'>) => string[] {
	const all = rows
		.select({ jobId: turns.jobId, after: turns.after })
		.from(turns)
		.where(eq(turns.conversationId, conversationId))
		.orderBy(turns.id)
		.all();
	const byParent = Map.groupBy(all, ({ after }) => after);
	return ({ after }) => (byParent.get(after) ?? []).map(({ jobId }) => jobId);
}
