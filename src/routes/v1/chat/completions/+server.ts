import { door, starts } from '$lib/server/http/door.ts';
import { complete } from '$lib/server/http/openai-door.ts';

export const { POST, fallback } = door({ POST: starts(complete) });
