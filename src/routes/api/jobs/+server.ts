import { door, starts } from '$lib/server/http/door.ts';
import { listJobs, startJob } from '$lib/server/http/job-doors.ts';

export const { GET, POST, fallback } = door({ GET: listJobs, POST: starts(startJob) });
