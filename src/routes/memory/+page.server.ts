import { appRouter } from '$lib/server/trpc/index.ts';
import type { PageServerLoad } from './$types';

export const load: PageServerLoad = async ({ locals: { app, owner }, request, depends }) => {
	depends('headway:memory');
	const caller = appRouter.createCaller({ app, owner, signal: request.signal });
	const [memories, projects] = await Promise.all([caller.memories.list(), caller.projects.list()]);
	return { title: 'Memory', memories, projects };
};
