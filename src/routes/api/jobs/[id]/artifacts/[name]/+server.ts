import { door } from '$lib/server/http/door.ts';
import { getArtifact } from '$lib/server/http/artifact-door.ts';

export const { GET, fallback } = door({ GET: getArtifact });
