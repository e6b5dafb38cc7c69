import { z } from 'zod';
import { NAME_LIMIT } from '../conversations/projects.ts';
import { procedure, router } from './init.ts';

const id = z.string().min(1).max(64);
const name = z.string().trim().min(1, 'Write a name.').max(NAME_LIMIT);

/** Named groups of conversations, documents and memories. */
export const projectsRouter = router({
	list: procedure.query(({ ctx }) => ctx.app.conversations.projects.list(ctx.owner)),
	create: procedure
		.input(z.object({ name }))
		.mutation(({ ctx, input }) => ctx.app.conversations.projects.create(ctx.owner, input.name)),
	rename: procedure
		.input(z.object({ id, name }))
		.mutation(({ ctx, input }) => ctx.app.conversations.projects.rename(ctx.owner, input)),
	remove: procedure
		.input(z.object({ id }))
		.mutation(({ ctx, input }) => ctx.app.conversations.projects.remove(ctx.owner, input.id))
});
