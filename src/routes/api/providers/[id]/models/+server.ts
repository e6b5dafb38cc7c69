import { door } from '$lib/server/http/door.ts';
import { listModels } from '$lib/server/http/provider-doors.ts';

export const { GET, fallback } = door({ GET: listModels });
