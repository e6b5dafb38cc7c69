import { door } from '$lib/server/http/door.ts';
import { testProvider } from '$lib/server/http/provider-doors.ts';

export const { POST, fallback } = door({ POST: testProvider });
