import { door } from '$lib/server/http/door.ts';
import { getPuzzle } from '$lib/server/http/puzzle-door.ts';

export const { GET, fallback } = door({ GET: getPuzzle });
