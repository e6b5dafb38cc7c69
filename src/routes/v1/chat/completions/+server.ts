import { door, starts } from '$lib/server/http/door.ts';
import { complete, forOpenAi } from '$lib/server/http/openai-door.ts';

export const { POST, fallback } = door({ POST: forOpenAi(starts(complete)) });
