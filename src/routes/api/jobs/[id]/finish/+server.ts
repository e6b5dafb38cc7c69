import { door } from '$lib/server/http/door.ts';
import { finishJob } from '$lib/server/http/job-doors.ts';

export const { POST, fallback } = door({ POST: finishJob });
