import { startBatch } from '$lib/server/http/batch-door.ts';
import { door, starts } from '$lib/server/http/door.ts';

export const { POST, fallback } = door({ POST: starts(startBatch) });
