import { z } from 'zod';
import { procedure, router } from './init.ts';

/** Facts about the server and its history. */
export const systemRouter = router({
	info: procedure.query(({ ctx }) => ctx.app.system()),
	forecast: procedure
		.input(z.object({ operation: z.string().max(100), variant: z.string().max(100) }))
		.query(({ ctx, input }) => ctx.app.forecast(ctx.owner, input.operation, { variant: input.variant })),
	statistics: procedure.query(({ ctx }) => ctx.app.statistics(ctx.owner))
});
