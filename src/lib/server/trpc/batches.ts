import { z } from 'zod';
import type { batch, BatchResult, BatchState } from '../../operations/batch/model.ts';
import type { JobOptions } from '../../jobs/job.ts';
import type { JobSnapshot, JobSummary } from '../../jobs/snapshot.ts';
import { beginBatch, foreseeBatch, readBatch } from '../http/batch-door.ts';
import { procedure, router, startProcedure } from './init.ts';

type Batch = JobSnapshot<BatchState, BatchResult>;
/** Its options are those of any job; `onDisconnect` and `priority` are the whole batch's, the others each part's. */
type BatchRequest = Omit<z.input<(typeof batch)['input']>, 'options'> & { options?: JobOptions };

const request = z.object({
	// `Jobs` checks it, with the schemas of the batch and of each part.
	input: z.custom<BatchRequest>((value) => typeof value === 'object' && value !== null),
	/** Made by the client, so that a repeated start finds the first batch. */
	key: z.string().min(1).max(200).optional()
});

/** Several jobs from one request. */
export const batchesRouter = router({
	start: startProcedure
		.input(request)
		.mutation(
			async ({ ctx, input }) =>
				(await beginBatch(ctx.app.jobs, ctx.owner, { ...input.input }, input.key)).snapshot as Batch
		),
	/** A mutation, because an address has no room for 200 inputs. */
	forecast: procedure
		.input(request.pick({ input: true }))
		.mutation(({ ctx, input }) => foreseeBatch(ctx.app, ctx.owner, { ...input.input })),
	get: procedure
		.input(z.object({ id: z.string().min(1).max(64) }))
		.query(
			async ({ ctx, input }) =>
				(await readBatch(ctx.app.jobs, ctx.owner, input.id)) as Batch & { children: JobSummary[] }
		)
});
