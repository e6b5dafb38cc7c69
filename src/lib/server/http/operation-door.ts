import type { RequestEvent } from '@sveltejs/kit';
import { z } from 'zod';

/** `GET /api/operations`: what this server can do, with the JSON Schema of each input. */
export async function listOperations({ locals }: RequestEvent): Promise<Response> {
	const operations = Object.values(locals.app.models).map(({ id, title, description, phases, input, can }) => ({
		...{ id, title, description, phases, can },
		input: z.toJSONSchema(input, { io: 'input' })
	}));
	return Response.json({ operations });
}
