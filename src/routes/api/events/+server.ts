import { door } from '$lib/server/http/door.ts';
import { eventsByResponse } from '$lib/server/http/job-doors.ts';

export const { GET, fallback } = door({ GET: eventsByResponse });
