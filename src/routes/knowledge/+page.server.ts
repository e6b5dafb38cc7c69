import { HeadwayError } from '$lib/jobs/error.ts';
import { appRouter } from '$lib/server/trpc/index.ts';
import { error } from '@sveltejs/kit';
import type { PageServerLoad } from './$types';

/** How many passages a search lists. */
const LISTED = 20;
/** As long as a question may be, in UTF-16 units. */
const LONGEST = 1_000;

export const load: PageServerLoad = async ({ locals: { app, owner }, url, request, depends }) => {
	depends('headway:knowledge');
	const caller = appRouter.createCaller({ app, owner, signal: request.signal });
	const query = url.searchParams.get('q')?.trim().slice(0, LONGEST) ?? '';
	const project = url.searchParams.get('project') || null;
	const reach = project ? { projectId: project } : {};
	try {
		const [documents, projects, found] = await Promise.all([
			caller.knowledge.documents(reach),
			caller.projects.list(),
			query ? caller.knowledge.search({ question: query, limit: LISTED, ...reach }) : null
		]);
		return { title: query ? `“${query}” in your knowledge` : 'Knowledge', query, project, documents, projects, found };
	} catch (cause) {
		const known = cause instanceof Error ? cause.cause : null;
		if (!(known instanceof HeadwayError) || known.code !== 'not_found') throw cause;
		error(404, { message: 'There is no project with this id.', code: known.code });
	}
};
