import { z } from 'zod';
import type { JobOptions } from '../../jobs/job.ts';
import { operations, type Operations } from '../../operations/index.ts';
import type { JobSnapshot } from '../../jobs/snapshot.ts';
import type { AnyModel, ResultOf, StateOf } from '../../operations/operation.ts';
import { router, startProcedure } from './init.ts';

/** One operation's procedures: its input in, its state and result out, all typed by its model. */
function operationRouter<M extends AnyModel>(model: M) {
	const request = z.object({
		input: z.custom<z.input<M['input']>>(() => true),
		options: z.custom<JobOptions>(() => true).optional(),
		/** Made by the client, so that a repeated start finds the first job. */
		key: z.string().min(1).max(200).optional()
	});
	return router({
		start: startProcedure.input(request).mutation(async ({ ctx, input }) => {
			// `Jobs` checks input and options with the schemas of the model: one check, one set of sentences, for every door.
			const { snapshot } = await ctx.app.jobs.start(ctx.owner, {
				operation: model.id,
				input: input.input,
				options: input.options,
				idempotencyKey: input.key
			});
			return snapshot as JobSnapshot<StateOf<M>, ResultOf<M>>;
		})
	});
}

type OperationRouters = { [Id in keyof Operations]: ReturnType<typeof operationRouter<Operations[Id]>> };

/** `operations.<id>.start` for every operation of the list. The one cast gives the mapped record its types back. */
export const operationsRouter = router(
	Object.fromEntries(Object.entries(operations).map(([id, model]) => [id, operationRouter(model)])) as OperationRouters
);
