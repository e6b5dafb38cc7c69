import type { z } from 'zod';
import { HeadwayError } from '../jobs/error.ts';

/** Parses what came from outside. Throws `invalid_input` that names each wrong field by its path under `root`. */
export function readInput(schema: z.ZodType, value: unknown, root: string): unknown {
	const parsed = schema.safeParse(value);
	if (parsed.success) return parsed.data;
	throw invalidInput(parsed.error, [root]);
}

/** What a schema refused, as `invalid_input` with the path of each wrong field under `root`. */
export function invalidInput(error: z.ZodError, root: readonly string[]): HeadwayError {
	const fields = error.issues
		.slice(0, 20)
		.map(({ path, message }) => ({ path: [...root, ...path].map(String).join('.'), message }));
	const [first] = fields;
	return new HeadwayError('invalid_input', first ? `${first.path}: ${first.message}` : 'The input is not valid.', {
		fields
	});
}
