import { door, starts } from '$lib/server/http/door.ts';
import { retryJob } from '$lib/server/http/job-doors.ts';

export const { POST, fallback } = door({ POST: starts(retryJob) });
