import { door } from '$lib/server/http/door.ts';
import { cancelJob } from '$lib/server/http/job-doors.ts';

export const { POST, fallback } = door({ POST: cancelJob });
