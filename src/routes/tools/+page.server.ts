import { appRouter } from '$lib/server/trpc/index.ts';
import type { PageServerLoad } from './$types';

export const load: PageServerLoad = async ({ locals: { app, owner }, request, depends }) => {
	depends('headway:tools');
	const caller = appRouter.createCaller({ app, owner, signal: request.signal });
	return { title: 'Tools', ...(await caller.tools.list()) };
};
