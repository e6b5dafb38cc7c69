import { door } from '$lib/server/http/door.ts';
import { listOperations } from '$lib/server/http/operation-door.ts';

export const { GET, fallback } = door({ GET: listOperations });
