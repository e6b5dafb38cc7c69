import { door } from '$lib/server/http/door.ts';
import { listTools } from '$lib/server/http/tool-door.ts';

export const { GET, fallback } = door({ GET: listTools });
