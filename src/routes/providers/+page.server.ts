import type { PageServerLoad } from './$types';

export const load: PageServerLoad = async ({ locals: { app } }) => ({
	title: 'Providers',
	providers: await app.reports()
});
