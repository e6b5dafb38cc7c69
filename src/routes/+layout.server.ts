import type { LayoutServerLoad } from './$types';

export const load: LayoutServerLoad = async ({ locals: { app, owner }, depends }) => {
	depends('headway:preferences');
	const [active, recent, preferences] = await Promise.all([
		app.jobs.list(owner, { status: ['queued', 'running'], limit: 100 }),
		app.jobs.list(owner, { parent: 'none', without: 'chat', limit: 50 }),
		app.preferences.of(owner)
	]);
	const ids = new Set(recent.jobs.map(({ id }) => id));
	// A job that runs for long may be older than the newest fifty.
	const list = [...recent.jobs, ...active.jobs.filter(({ id }) => !ids.has(id))];
	return { list, older: recent.next, preferences, system: app.system() };
};
