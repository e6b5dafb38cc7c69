import type { PageServerLoad } from './$types';

export const load: PageServerLoad = async ({ locals: { app, owner } }) => ({
	title: 'Statistics',
	statistics: await app.statistics(owner)
});
