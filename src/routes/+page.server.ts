import { forecastsOf } from './forecasts.server.ts';
import { operations } from '$lib/operations/index.ts';
import type { PageServerLoad } from './$types';

/** How many ended jobs a form offers to go on from. */
const FINISHED = 100;

export const load: PageServerLoad = async ({ locals: { app, owner }, url }) => {
	const like = url.searchParams.get('like');
	// A job that is gone is no reason to refuse an empty form.
	const earlier = like === null ? null : await app.jobs.snapshot(owner, like).catch(() => null);
	const forecasts = await Promise.all(
		Object.values(operations).map(async (model) => [model.id, await forecastsOf(app, owner, model)] as const)
	);
	const { jobs: finished } = await app.jobs.list(owner, { status: ['succeeded'], limit: FINISHED });
	return {
		title: 'New',
		finished,
		chosen: url.searchParams.get('operation'),
		initial: earlier && { operation: earlier.operation, input: earlier.input, options: earlier.options },
		forecasts: Object.fromEntries(forecasts)
	};
};
