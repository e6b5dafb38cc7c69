import { door } from '$lib/server/http/door.ts';
import { listDataSources } from '$lib/server/http/data-source-door.ts';

export const { GET, fallback } = door({ GET: listDataSources });
