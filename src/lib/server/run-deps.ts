import type { JobSnapshot } from '../jobs/snapshot.ts';
import type {
	Conversation,
	Knowledge,
	Programs,
	Provider,
	RemoteTools,
	RunLog,
	Tables,
	UploadedFile
} from '../operations/operation.ts';
import type { Bell } from './bell.ts';
import type { Artifacts } from './blobs/artifacts.ts';
import type { Children } from './children.ts';
import type { ClaimTerms } from './claim.ts';
import type { Clock } from './clock.ts';
import type { JobRow } from './db/schema.ts';
import type { Ending } from './ending.ts';
import type { EventLog } from './event-log.ts';
import type { JobQueries } from './job-queries.ts';
import type { JobStore } from './job-store.ts';
import type { Foreseeing } from './parts-forecast.ts';
import type { Slots } from './slots.ts';
import type { Snapshots } from './snapshots.ts';
import type { TemporaryFolders } from './temporary-folders.ts';
import type { Transients } from './transients.ts';

/** The machinery that every run shares. */
export interface RunDeps {
	store: JobStore;
	slots: Slots;
	queries: JobQueries;
	events: EventLog;
	snapshots: Snapshots;
	transients: Transients;
	artifacts: Artifacts;
	folders: TemporaryFolders;
	children: Children;
	bell: Bell;
	clock: Clock;
	log: RunLog;
	limits: ClaimTerms['limits'];
	idleMs: number;
	quietAfterMs: number;
	silenceFor(model: string): number;
	providerFor(id: string | undefined): Provider;
	timeoutFor(operation: string, declaredMs: number): number;
	/** What an owner's runs may reach beside their own job. */
	knowledgeOf(owner: string): Knowledge;
	tablesOf(owner: string): Tables;
	conversationOf(owner: string, jobId: string): Promise<Conversation>;
	foresee: Foreseeing;
	programs: Programs;
	remoteTools: RemoteTools;
	fileOf(owner: string, id: string): Promise<UploadedFile>;
	/** A job as its owner sees it. */
	snapshotOf(owner: string, id: string): Promise<JobSnapshot>;
	ended(row: JobRow, ending: Ending): void;
	/** Told when a run goes on after its provider's stream, or the process that had it, was lost. */
	interrupted(of: 'provider' | 'process'): void;
}
