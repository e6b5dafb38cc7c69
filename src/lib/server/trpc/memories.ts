import { z } from 'zod';
import { MEMORY_LIMIT } from '../conversations/memories.ts';
import { procedure, router } from './init.ts';

const id = z.string().min(1).max(64);
const text = z.string().trim().min(1, 'Write what is to be remembered.').max(MEMORY_LIMIT);

/** What is remembered for a person and for their projects. Whether anything is, is the preference `memory`. */
export const memoriesRouter = router({
	list: procedure.query(({ ctx }) => ctx.app.conversations.memories.list(ctx.owner)),
	add: procedure
		.input(z.object({ text, projectId: id.nullable() }))
		.mutation(({ ctx, input }) => ctx.app.conversations.memories.add(ctx.owner, input)),
	edit: procedure
		.input(z.object({ id, text }))
		.mutation(({ ctx, input }) => ctx.app.conversations.memories.edit(ctx.owner, input)),
	remove: procedure
		.input(z.object({ id }))
		.mutation(({ ctx, input }) => ctx.app.conversations.memories.remove(ctx.owner, input.id))
});
