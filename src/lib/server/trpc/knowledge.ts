import { z } from 'zod';
import { procedure, router } from './init.ts';

const id = z.string().min(1).max(64);

/** The person's documents. */
export const knowledgeRouter = router({
	/** All of them, those of a project, or with null those of none; newest first. */
	documents: procedure
		.input(z.object({ projectId: id.nullable().optional() }).optional())
		.query(async ({ ctx, input }) => ctx.app.knowledge.documents(ctx.owner, input?.projectId)),
	document: procedure
		.input(z.object({ id }))
		.query(async ({ ctx, input }) => ctx.app.knowledge.document(ctx.owner, input.id)),
	/** A stretch of a document, at most 200 passages from the one that is numbered `from`. */
	passages: procedure
		.input(
			z.object({
				documentId: id,
				from: z.number().int().min(0).default(0),
				limit: z.number().int().min(1).max(200).default(50)
			})
		)
		.query(async ({ ctx, input }) => ctx.app.knowledge.of(ctx.owner).read(input.documentId, input.from, input.limit)),
	/** What the passages say about a question, by its words: all of them, or those that a conversation of that project (or of none) has in reach. */
	search: procedure
		.input(
			z.object({
				question: z.string().trim().min(1).max(2_000),
				projectId: id.nullable().optional(),
				documents: z.array(id).max(100).optional(),
				limit: z.number().int().min(1).max(50).default(10)
			})
		)
		.query(async ({ ctx, input: { question, limit, projectId, documents } }) => {
			const within = projectId === undefined ? {} : { projectId };
			const among = documents ? { documents } : {};
			return ctx.app.knowledge.of(ctx.owner).search(question, { limit, ...within, ...among });
		}),
	/** Its passages and its file go with it. */
	remove: procedure.input(z.object({ id })).mutation(async ({ ctx, input }) => {
		await ctx.app.knowledge.remove(ctx.owner, input.id, ctx.app.uploads);
	}),
	/** Into a project, or with null into none. */
	move: procedure
		.input(z.object({ id, projectId: id.nullable() }))
		.mutation(async ({ ctx, input }) => ctx.app.knowledge.move(ctx.owner, input.id, input.projectId))
});
