import { door } from '$lib/server/http/door.ts';
import { listProviders } from '$lib/server/http/provider-doors.ts';

export const { GET, fallback } = door({ GET: listProviders });
