import { z } from 'zod';
import { TITLE_LIMIT } from '../conversations/conversations.ts';
import { removeConversation, stopTurn } from '../conversations/turn-commands.ts';
import { procedure, router } from './init.ts';

const id = z.string().min(1).max(64);
const projectId = id.nullable();
const list = z.object({
	projectId: projectId.optional(),
	before: z.string().max(100).optional(),
	limit: z.number().int().min(1).max(200).optional()
});
const view = z.object({ id, head: id.optional(), before: id.optional() });
/** Longer than any answer, in UTF-16 units. */
const SHOWN_LIMIT = 10_000_000;
/** On one line. */
const title = z
	.string()
	.transform((text) => text.replace(/\s+/g, ' ').trim())
	.pipe(z.string().min(1, 'Write a title.').max(TITLE_LIMIT));

/** Conversations: what they are, and commands to them. */
export const conversationsRouter = router({
	list: procedure.input(list.optional()).query(({ ctx, input }) => ctx.app.conversations.list(ctx.owner, input ?? {})),
	search: procedure
		.input(z.object({ query: z.string().max(1_000), projectId: projectId.optional() }))
		.query(async ({ ctx, input }) => ({ found: await ctx.app.conversations.search(ctx.owner, input) })),
	get: procedure.input(view).query(({ ctx, input }) => ctx.app.conversations.get(ctx.owner, input)),
	markdown: procedure
		.input(view.omit({ before: true }))
		.query(({ ctx, input }) => ctx.app.conversations.markdown(ctx.owner, input)),
	rename: procedure
		.input(z.object({ id, title }))
		.mutation(({ ctx, input }) => ctx.app.conversations.rename(ctx.owner, input)),
	move: procedure
		.input(z.object({ id, projectId }))
		.mutation(({ ctx, input }) => ctx.app.conversations.move(ctx.owner, input)),
	choose: procedure
		.input(z.object({ id, head: id }))
		.mutation(({ ctx, input }) => ctx.app.conversations.choose(ctx.owner, input)),
	remove: procedure
		.input(z.object({ id }))
		.mutation(({ ctx, input }) => removeConversation(ctx.app, ctx.owner, input.id)),
	/** `shown`: how many UTF-16 units of the answer are on the page. */
	stop: procedure
		.input(
			z.object({
				jobId: id,
				shown: z.number().int().min(0).max(SHOWN_LIMIT)
			})
		)
		.mutation(async ({ ctx, input }) => {
			await stopTurn(ctx.app, ctx.owner, input);
		})
});
