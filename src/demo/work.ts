import type { Studio } from './images/studio.ts';
import type { Responses } from './responses.ts';

/** What the demo has made, and is making. */
export interface Work {
	kept: Responses;
	studio: Studio;
}
