import { door } from '$lib/server/http/door.ts';
import { finishJob, quoteFinishing } from '$lib/server/http/job-doors.ts';

export const { GET, POST, fallback } = door({ GET: quoteFinishing, POST: finishJob });
