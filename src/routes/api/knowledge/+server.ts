import { door, starts } from '$lib/server/http/door.ts';
import { addDocument, listDocuments } from '$lib/server/http/knowledge-door.ts';

export const { GET, POST, fallback } = door({ GET: listDocuments, POST: starts(addDocument) });
