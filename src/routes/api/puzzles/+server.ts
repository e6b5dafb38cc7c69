import { door } from '$lib/server/http/door.ts';
import { listPuzzles } from '$lib/server/http/puzzle-door.ts';

export const { GET, fallback } = door({ GET: listPuzzles });
