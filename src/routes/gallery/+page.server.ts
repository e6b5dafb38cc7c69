import { HeadwayError } from '$lib/jobs/error.ts';
import { error } from '@sveltejs/kit';
import type { PageServerLoad } from './$types';

export const load: PageServerLoad = async ({ locals: { app, owner }, url }) => {
	const before = url.searchParams.get('before') ?? undefined;
	try {
		return { title: 'Gallery', older: before !== undefined, ...(await app.gallery.page(owner, before)) };
	} catch (cause) {
		if (!(cause instanceof HeadwayError) || cause.code !== 'bad_request') throw cause;
		error(400, { message: 'This is no page of the gallery.', code: cause.code });
	}
};
