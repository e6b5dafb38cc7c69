import { getBatch } from '$lib/server/http/batch-door.ts';
import { door } from '$lib/server/http/door.ts';

export const { GET, fallback } = door({ GET: getBatch });
