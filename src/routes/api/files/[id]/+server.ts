import { door } from '$lib/server/http/door.ts';
import { getFile, removeFile } from '$lib/server/http/file-door.ts';

export const { GET, DELETE, fallback } = door({ GET: getFile, DELETE: removeFile });
