import type { LayoutServerLoad } from './$types';

export const load: LayoutServerLoad = async ({ locals: { app, owner } }) => {
	const [active, recent] = await Promise.all([
		app.jobs.list(owner, { status: ['queued', 'running'], limit: 100 }),
		app.jobs.list(owner, { limit: 50 })
	]);
	const ids = new Set(recent.jobs.map(({ id }) => id));
	// A job that runs for long may be older than the newest fifty.
	const list = [...recent.jobs, ...active.jobs.filter(({ id }) => !ids.has(id))];
	return { list, system: app.system() };
};
