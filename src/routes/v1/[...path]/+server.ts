import { HeadwayError } from '$lib/jobs/error.ts';
import { openAiError } from '$lib/server/http/openai-error.ts';
import type { RequestHandler } from './$types';

/** What OpenAI's clients may ask elsewhere. */
const nothing: RequestHandler = () =>
	openAiError(
		new HeadwayError('not_found', 'Headway has POST /v1/chat/completions and GET /v1/models here, and nothing else.')
	);

export { nothing as GET, nothing as fallback };
