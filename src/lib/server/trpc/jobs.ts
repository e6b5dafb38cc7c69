import { z } from 'zod';
import { jobStatus } from '../../jobs/job.ts';
import { procedure, router, startProcedure } from './init.ts';

const id = z.object({ id: z.string().min(1).max(64) });
const list = z.object({
	status: z.array(jobStatus).max(5).optional(),
	operation: z.string().max(100).optional(),
	without: z.string().max(100).optional(),
	parent: z.string().max(64).optional(),
	before: z.string().max(100).optional(),
	limit: z.number().int().min(1).max(200).optional()
});

/** Commands and questions about jobs. */
export const jobsRouter = router({
	list: procedure.input(list.optional()).query(({ ctx, input }) => ctx.app.jobs.list(ctx.owner, input ?? {})),
	get: procedure.input(id).query(async ({ ctx, input }) => {
		const { state: _state, content: _content, ...head } = await ctx.app.jobs.snapshot(ctx.owner, input.id);
		return head;
	}),
	snapshot: procedure.input(id).query(({ ctx, input }) => ctx.app.jobs.snapshot(ctx.owner, input.id)),
	cancel: procedure.input(id).mutation(({ ctx, input }) => ctx.app.jobs.cancel(ctx.owner, input.id)),
	finishQuote: procedure.input(id).query(({ ctx, input }) => ctx.app.jobs.finishQuote(ctx.owner, input.id)),
	finish: procedure.input(id).mutation(({ ctx, input }) => ctx.app.jobs.finish(ctx.owner, input.id)),
	retry: startProcedure
		.input(id.extend({ key: z.string().min(1).max(200).optional() }))
		.mutation(async ({ ctx, input }) => (await ctx.app.jobs.retry(ctx.owner, input.id, input.key)).snapshot),
	answer: procedure
		.input(id.extend({ questionId: z.string().min(1).max(100), value: z.unknown() }))
		.mutation(({ ctx, input }) => ctx.app.jobs.answer(ctx.owner, input.id, input.questionId, input.value)),
	remove: procedure.input(id).mutation(({ ctx, input }) => ctx.app.jobs.remove(ctx.owner, input.id))
});
