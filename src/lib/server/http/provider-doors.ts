import type { RequestEvent } from '@sveltejs/kit';
import { HeadwayError } from '../../jobs/error.ts';
import { problem } from './problem.ts';
import { failureStatus } from './turn-outcome.ts';

/** `GET /api/providers`: how each provider stands. */
export async function listProviders({ locals }: RequestEvent): Promise<Response> {
	return Response.json({ providers: await locals.app.reports() });
}

/** `GET /api/providers/:id/models`: what it lists, for those who look for a name. */
export async function listModels({ locals, params, request }: RequestEvent): Promise<Response> {
	try {
		return Response.json({ models: await locals.app.providers.models(params['id'] ?? '', request.signal) });
	} catch (error) {
		if (!(error instanceof HeadwayError) || !error.code.startsWith('provider_')) throw error;
		return problem(error, {}, { status: failureStatus(error.code) });
	}
}

/** `POST /api/providers/:id/test`: asks it something that costs nothing; an answer lets everything through again. */
export async function testProvider({ locals, params, request }: RequestEvent): Promise<Response> {
	return Response.json(await locals.app.providers.test(params['id'] ?? '', request.signal));
}
