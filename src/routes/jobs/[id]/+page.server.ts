import { HeadwayError } from '$lib/jobs/error.ts';
import { error } from '@sveltejs/kit';
import type { PageServerLoad } from './$types';

export const load: PageServerLoad = async ({ locals: { app, owner }, params }) => {
	try {
		const snapshot = await app.jobs.snapshot(owner, params.id);
		return { snapshot, title: snapshot.title };
	} catch (cause) {
		if (!(cause instanceof HeadwayError) || cause.code === 'internal') throw cause;
		error(404, { message: 'There is no job with this id.', code: cause.code });
	}
};
