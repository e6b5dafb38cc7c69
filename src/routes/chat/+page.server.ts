import type { PageServerLoad } from './$types';

export const load: PageServerLoad = async ({ locals: { app, owner }, url }) => {
	const [newest] = await app.knowledge.documents(owner);
	return { title: 'Chat', initial: url.searchParams.get('message') ?? '', document: newest?.title ?? null };
};
