import { error } from '@sveltejs/kit';
import type { PageServerLoad } from './$types';

export const load: PageServerLoad = ({ locals: { app }, params }) => {
	const document = app.demo?.library.document(params.slug);
	if (!document) error(404, { message: 'The library has no such document.' });
	const { slug, title, passages } = document;
	return { title, document: { slug, title, passages } };
};
