import type { RequestEvent } from '@sveltejs/kit';
import { preferencePatch, type PreferenceValues } from '../preferences.ts';
import { readInput } from '../read-input.ts';
import { readBody } from './door.ts';

/** `GET /api/preferences`: what the caller prefers, all of it. */
export async function getPreferences({ locals }: RequestEvent): Promise<Response> {
	return Response.json(await locals.app.preferences.of(locals.owner));
}

/** `PUT /api/preferences`: changes those that the body names; answers with all of them. */
export async function putPreferences({ locals, request }: RequestEvent): Promise<Response> {
	const patch = readInput(preferencePatch, await readBody(request), 'body') as Partial<PreferenceValues>;
	return Response.json(await locals.app.preferences.set(locals.owner, patch));
}
