import type { HeadwayError } from '../../jobs/error.ts';

/** How one connection went. */
export interface Stretch {
	ended: boolean;
	/** It brought something, a keepalive at least. */
	alive: boolean;
	/** It brought something new. */
	progressed: boolean;
	/** It brought something of the answer. */
	said: boolean;
	error: HeadwayError | null;
}

/** One that has brought nothing yet. */
export function fresh(): Stretch {
	return { ended: false, alive: false, progressed: false, said: false, error: null };
}
