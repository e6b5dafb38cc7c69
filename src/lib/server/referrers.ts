import { and, eq, inArray } from 'drizzle-orm';
import type { AnyModel } from '../operations/operation.ts';
import type { Rows } from './db/open.ts';
import { jobs } from './db/schema.ts';

type Models = Record<string, AnyModel>;

/** Uploaded files or jobs, by their ids. */
export interface Referred {
	owner: string;
	kind: 'files' | 'jobs';
	ids: readonly string[];
}

/** The title of an unfinished job of the owner whose input, or that of a part which it will start, refers to one of these; null when there is none. */
export function referrerOf(tx: Rows, models: Models, { owner, kind, ids }: Referred): string | null {
	const unfinished = and(eq(jobs.owner, owner), inArray(jobs.status, ['queued', 'running']));
	const rows = tx.select().from(jobs).where(unfinished).all();
	const refers = (row: { operation: string; input: unknown }) =>
		referencesOf(models, row, kind).some((id) => ids.includes(id));
	return rows.find(refers)?.title ?? null;
}

function referencesOf(
	models: Models,
	{ operation, input }: { operation: string; input: unknown },
	kind: Referred['kind']
): readonly string[] {
	const model = models[operation];
	const own = model?.refersTo?.(input)?.[kind] ?? [];
	const parts = model?.partsOf?.(input) ?? [];
	return [...own, ...parts.flatMap((part) => referencesOf(models, { ...part, input: read(models, part) }, kind))];
}

/** A part's input is as it was sent: it was checked when its parent was started. */
function read(models: Models, { operation, input }: { operation: string; input: unknown }): unknown {
	return models[operation]?.input.safeParse(input).data ?? input;
}
