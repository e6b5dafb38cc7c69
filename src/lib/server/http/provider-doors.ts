import type { RequestEvent } from '@sveltejs/kit';

/** `GET /api/providers`: how each provider stands. */
export async function listProviders({ locals }: RequestEvent): Promise<Response> {
	return Response.json({ providers: await locals.app.reports() });
}

/** `POST /api/providers/:id/test`: asks it something that costs nothing; an answer lets everything through again. */
export async function testProvider({ locals, params, request }: RequestEvent): Promise<Response> {
	return Response.json(await locals.app.providers.test(params['id'] ?? '', request.signal));
}
