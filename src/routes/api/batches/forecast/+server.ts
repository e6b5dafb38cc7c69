import { forecastBatch } from '$lib/server/http/batch-door.ts';
import { door } from '$lib/server/http/door.ts';

export const { POST, fallback } = door({ POST: forecastBatch });
