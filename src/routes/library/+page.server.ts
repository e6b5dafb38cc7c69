import { error } from '@sveltejs/kit';
import type { PageServerLoad } from './$types';

const LISTED = 20;

export const load: PageServerLoad = ({ locals: { app }, url }) => {
	if (!app.demo) error(404, { message: 'The library belongs to the demo provider, which is not in use here.' });
	const query = url.searchParams.get('q')?.trim().slice(0, 500) ?? '';
	return {
		title: query ? `“${query}” in the library` : 'Library',
		query,
		passages: query ? app.demo.library.search(query, LISTED) : [],
		documents: query ? [] : app.demo.library.documents().map(({ slug, title }) => ({ slug, title }))
	};
};
