import { door } from '$lib/server/http/door.ts';
import { ready } from '$lib/server/http/health.ts';

export const { GET, fallback } = door({ GET: ready });
