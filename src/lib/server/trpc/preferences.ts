import { preferencePatch } from '../preferences.ts';
import { procedure, router } from './init.ts';

/** What a person prefers. */
export const preferencesRouter = router({
	get: procedure.query(({ ctx }) => ctx.app.preferences.of(ctx.owner)),
	set: procedure.input(preferencePatch).mutation(({ ctx, input }) => ctx.app.preferences.set(ctx.owner, input))
});
