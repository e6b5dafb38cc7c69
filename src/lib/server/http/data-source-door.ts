import type { RequestEvent } from '@sveltejs/kit';

/** `GET /api/data-sources`: what a chart can be made from without a file. Addresses are not told. */
export function listDataSources({ locals }: RequestEvent): Promise<Response> {
	return Promise.resolve(Response.json({ sources: locals.app.tables.sources.list() }));
}
