import { HeadwayError } from '$lib/jobs/error.ts';
import { problem } from '$lib/server/http/problem.ts';
import type { RequestHandler } from './$types';

/** Anything under /api that has no door of its own. */
const nothing: RequestHandler = () =>
	problem(new HeadwayError('not_found', 'There is nothing at this address. The README lists the HTTP API.'));

export { nothing as GET, nothing as fallback };
