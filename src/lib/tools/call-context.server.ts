import { HeadwayError } from '../jobs/error.ts';
import type { JobSnapshot } from '../jobs/snapshot.ts';
import type { Passage } from '../operations/operation.ts';
import type { TimeLimit } from './time-limit.ts';
import type { ToolContext } from './tool.ts';
import type { Toolbox, ToolboxContext } from './toolbox.server.ts';

/** What a running call tells of itself. */
export interface CallReports {
	started(jobId: string): void;
	progress(fraction: number | null, message: string): void;
	cite(passages: readonly Passage[]): void;
}

/** The context that a tool is given for one call. `signal` aborts with the run, and when the limit is over. */
export function callContext(
	{ ctx, reach }: Toolbox,
	call: { id: string; limit: TimeLimit; signal: AbortSignal },
	reports: CallReports
): ToolContext {
	let children = 0;
	return {
		...{ jobId: ctx.jobId, knowledge: ctx.knowledge, tables: ctx.tables, log: ctx.log, signal: call.signal },
		...{ projectId: reach.projectId, files: reach.files },
		file: (id) => (reach.files.includes(id) ? ctx.file(id) : Promise.reject(notAlong(id))),
		job: (id) => ctx.job(id),
		now: () => ctx.now(),
		progress: (fraction, message) => reports.progress(fraction, message),
		cite: (passages) => reports.cite(passages),
		vector: (text) => vectorOf(ctx, reach.projectId, { text, step: `embed-${call.id}` }),
		child(operation, input) {
			children += 1;
			// A run that is taken up again finds the job that it started: the key has to be the same then.
			const key = children === 1 ? call.id : `${call.id}-${children}`;
			return call.limit.without(() => childOf(ctx, { key, operation, input }, reports));
		}
	};
}

function notAlong(id: string): HeadwayError {
	return new HeadwayError('not_found', `The file “${id}” did not come along.`);
}

/** Starts a job on the run's own provider, where that can do it, and waits for its result. */
async function childOf(
	ctx: ToolboxContext,
	{ key, operation, input }: { key: string; operation: string; input: unknown },
	reports: CallReports
): Promise<{ jobId: string; result: unknown }> {
	const elsewhere = operation === 'image' && !ctx.provider.can.images;
	const on = elsewhere ? {} : { provider: ctx.provider.id };
	const child = await ctx.child(key, operation, { ...on, ...(input as object) });
	reports.started(child.id);
	let last: JobSnapshot | null = null;
	for await (last of child.watch()) reports.progress(last.progress.fraction, activityOf(last));
	if (last?.status === 'succeeded') return { jobId: child.id, result: last.result };
	if (last?.status === 'cancelled') throw new HeadwayError('incomplete', 'Its job was stopped.');
	throw new HeadwayError(
		last?.error?.code ?? 'internal',
		`Its job failed: ${last?.error?.message ?? 'no reason is known.'}`
	);
}

function activityOf({ activity, phase, phases }: JobSnapshot): string {
	return activity ?? phases.find(({ name }) => name === phase)?.label ?? 'Waiting for its turn';
}

/** Null where the documents have no vectors that a question could be compared with; a search goes on by words then. */
async function vectorOf(
	{ provider, knowledge, signal, log }: ToolboxContext,
	projectId: string | null,
	{ text, step }: { text: string; step: string }
): Promise<{ model: string; vector: Float32Array } | null> {
	if (!provider.can.embeddings) return null;
	const wanted = await knowledge.embeddingModel({ projectId });
	if (wanted === null) return null;
	try {
		const { model, vectors } = await provider.embed([text], step);
		return model === wanted && vectors[0] ? { model, vector: vectors[0] } : null;
	} catch (error) {
		signal.throwIfAborted();
		log.warn({ error: String(error) }, 'the question has no vector');
		return null;
	}
}
