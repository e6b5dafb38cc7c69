import { door } from '$lib/server/http/door.ts';
import { jobEvents } from '$lib/server/http/job-doors.ts';

export const { GET, fallback } = door({ GET: (event) => jobEvents(event) });
