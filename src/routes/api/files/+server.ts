import { door } from '$lib/server/http/door.ts';
import { listFiles, postFile } from '$lib/server/http/file-door.ts';

export const { GET, POST, fallback } = door({ GET: listFiles, POST: postFile });
