import { door } from '$lib/server/http/door.ts';
import { getJob, removeJob } from '$lib/server/http/job-doors.ts';

export const { GET, DELETE, fallback } = door({ GET: getJob, DELETE: removeJob });
