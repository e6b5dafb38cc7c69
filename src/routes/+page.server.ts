import { forecastsOf } from './forecasts.server.ts';
import { operations } from '$lib/operations/index.ts';
import { presentUpload } from '$lib/server/blobs/uploads.ts';
import { redirect } from '@sveltejs/kit';
import type { PageServerLoad } from './$types';

/** How many ended jobs a form offers to go on from. */
const FINISHED = 100;
/** How many files that were sent before it offers. */
const SENT = 100;

export const load: PageServerLoad = async ({ locals: { app, owner }, url }) => {
	const like = url.searchParams.get('like');
	// A job that is gone is no reason to refuse an empty form.
	const earlier = like === null ? null : await app.jobs.snapshot(owner, like).catch(() => null);
	if ((earlier?.operation ?? url.searchParams.get('operation')) === 'chat') redirect(307, chatLike(earlier?.input));
	const forecasts = await Promise.all(
		Object.values(operations).map(async (model) => [model.id, await forecastsOf(app, owner, model)] as const)
	);
	const { jobs: finished } = await app.jobs.list(owner, { status: ['succeeded'], without: 'chat', limit: FINISHED });
	const { rows } = await app.uploads.list(owner, { limit: SENT });
	return {
		title: 'New',
		finished,
		files: rows.map(presentUpload),
		sources: app.tables.sources.list(),
		chosen: url.searchParams.get('operation'),
		initial: earlier && { operation: earlier.operation, input: earlier.input, options: earlier.options },
		forecasts: Object.fromEntries(forecasts)
	};
};

/** A new conversation that begins with the words of an earlier one. */
function chatLike(input: unknown): string {
	const { message = '' } = (input ?? {}) as { message?: string };
	// An address has room for so much.
	return message === '' || message.length > 2_000 ? '/chat' : `/chat?message=${encodeURIComponent(message)}`;
}
