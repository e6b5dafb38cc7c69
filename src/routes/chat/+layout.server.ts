import type { LayoutServerLoad } from './$types';

/** So many conversations the list begins with; older ones come when they are asked for. */
const LISTED = 50;

export const load: LayoutServerLoad = async ({ locals: { app, owner }, depends, url }) => {
	depends('headway:conversations');
	const projectId = url.searchParams.get('project');
	const [listed, projects] = await Promise.all([
		app.conversations.list(owner, { limit: LISTED, ...(projectId === null ? {} : { projectId }) }),
		app.conversations.projects.list(owner)
	]);
	return { conversations: listed, projects, projectId };
};
