import { door } from '$lib/server/http/door.ts';
import { getDocument, removeDocument } from '$lib/server/http/knowledge-door.ts';

export const { GET, DELETE, fallback } = door({ GET: getDocument, DELETE: removeDocument });
