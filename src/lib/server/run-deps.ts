import type { Provider, RunLog } from '../operations/operation.ts';
import type { Bell } from './bell.ts';
import type { Blobs } from './blobs.ts';
import type { Clock } from './clock.ts';
import type { JobRow } from './db/schema.ts';
import type { Ending } from './ending.ts';
import type { EventLog } from './event-log.ts';
import type { JobQueries } from './job-queries.ts';
import type { JobStore } from './job-store.ts';
import type { Snapshots } from './snapshots.ts';
import type { Transients } from './transients.ts';

/** The machinery that every run shares. */
export interface RunDeps {
	store: JobStore;
	queries: JobQueries;
	events: EventLog;
	snapshots: Snapshots;
	transients: Transients;
	blobs: Blobs;
	bell: Bell;
	clock: Clock;
	log: RunLog;
	idleMs: number;
	quietAfterMs: number;
	providerFor(id: string | undefined): Provider;
	timeoutFor(operation: string, declaredMs: number): number;
	ended(row: JobRow, ending: Ending): void;
}
