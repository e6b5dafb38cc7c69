import { z } from 'zod';
import { procedure, router } from './init.ts';

/** How the providers stand. */
export const providersRouter = router({
	list: procedure.query(({ ctx }) => ctx.app.reports()),
	test: procedure
		.input(z.object({ id: z.string().min(1).max(40) }))
		.mutation(({ ctx, input }) => ctx.app.providers.test(input.id, ctx.signal))
});
