import type { JobSnapshot } from '../jobs/snapshot.ts';
import type { Rows } from './db/open.ts';
import type { JobRow } from './db/schema.ts';
import type { Snapshots } from './snapshots.ts';

/** Written beside a job's end, in its transaction. */
export type Alongside = (tx: Rows, row: JobRow, snapshot: JobSnapshot) => void;

/** What a store of jobs is made of, beside the database. */
export interface StoreParts {
	snapshots: Snapshots;
	/** What is written beside a job's end, by its operation. */
	alongside?: Record<string, Alongside>;
	/** Operations that have places of their own. */
	interactive?: readonly string[];
}
