import { door } from '$lib/server/http/door.ts';
import { forOpenAi, listModels } from '$lib/server/http/openai-door.ts';

export const { GET, fallback } = door({ GET: forOpenAi(listModels) });
