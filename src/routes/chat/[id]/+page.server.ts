import { HeadwayError } from '$lib/jobs/error.ts';
import { isTerminal } from '$lib/jobs/job.ts';
import { error, redirect } from '@sveltejs/kit';
import type { PageServerLoad } from './$types';

export const load: PageServerLoad = async ({ locals: { app, owner }, params, url }) => {
	const conversation = await app.conversations.get(owner, { id: params.id }).catch((cause: unknown) => {
		if (!(cause instanceof HeadwayError) || cause.code === 'internal') throw cause;
		error(404, { message: 'There is no conversation with this id.', code: cause.code });
	});
	// A turn's id leads to its conversation.
	if (conversation.id !== params.id) redirect(307, `/chat/${conversation.id}${url.search}#turn-${params.id}`);
	const running = conversation.turns.filter(({ status }) => !isTerminal(status));
	const snapshots = await Promise.all(running.map(({ jobId }) => app.jobs.snapshot(owner, jobId)));
	return { conversation, snapshots, title: conversation.title };
};
