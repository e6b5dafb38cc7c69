import type { RequestEvent } from '@sveltejs/kit';
import { isTerminal } from '../../jobs/job.ts';
import { fileResponse } from './file-response.ts';

/** What a browser draws and does not run. */
const pictures = new Set(['image/png', 'image/jpeg', 'image/webp']);

/** `GET /api/jobs/:id/artifacts/:name?download`: a picture that a job made is shown where it is linked, unless `download` is asked for; anything else is a download. */
export async function getArtifact({ locals, params, request, url }: RequestEvent): Promise<Response> {
	const { app, owner } = locals;
	const id = params.id ?? '';
	const row = await app.queries.artifact(owner, id, params.name ?? '');
	const { status } = await app.queries.get(owner, id);
	return fileResponse(request, {
		...row,
		inline: pictures.has(row.mediaType) && !url.searchParams.has('download'),
		// While the job runs it may replace the file.
		settled: isTerminal(status),
		open: (range) => app.artifacts.open(row, range)
	});
}
