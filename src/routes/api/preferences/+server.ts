import { door } from '$lib/server/http/door.ts';
import { getPreferences, putPreferences } from '$lib/server/http/preference-door.ts';

export const { GET, PUT, fallback } = door({ GET: getPreferences, PUT: putPreferences });
