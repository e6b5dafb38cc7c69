import { HeadwayError } from '$lib/jobs/error.ts';
import { appRouter } from '$lib/server/trpc/index.ts';
import { error } from '@sveltejs/kit';
import type { PageServerLoad } from './$types';
import { PAGE } from './passage-pages.svelte.ts';

export const load: PageServerLoad = async ({ locals: { app, owner }, params: { id }, url, request }) => {
	const caller = appRouter.createCaller({ app, owner, signal: request.signal });
	const asked = Number(url.searchParams.get('from') ?? 0);
	const from = Number.isSafeInteger(asked) && asked > 0 ? Math.floor(asked / PAGE) * PAGE : 0;
	try {
		const [{ document, passages }, projects] = await Promise.all([
			caller.knowledge.passages({ documentId: id, from, limit: PAGE }),
			caller.projects.list()
		]);
		return { title: document.title, document, passages, from, projects };
	} catch (cause) {
		const known = cause instanceof Error ? cause.cause : null;
		if (!(known instanceof HeadwayError) || known.code === 'internal') throw cause;
		error(404, { message: 'There is no document with this id.', code: known.code });
	}
};
