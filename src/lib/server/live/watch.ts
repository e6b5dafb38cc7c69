import type { JobEvent } from '../../jobs/event.ts';
import type { JobSnapshot, JobSummary } from '../../jobs/snapshot.ts';
import type { RunLog } from '../../operations/operation.ts';
import type { Bell } from '../bell.ts';
import type { Clock } from '../clock.ts';
import type { EventLog } from '../event-log.ts';
import type { StreamDoor, StreamLimits } from '../open-streams.ts';
import type { Transients } from '../transients.ts';

/** What a reader watches: jobs with the last seq it has of each, and whether it wants its owner's list. */
export interface Watch {
	owner: string;
	follow: { jobId: string; after: number }[];
	feed: boolean;
	/** Far behind, or from another log: a snapshot instead of the whole log. The plain door always replays. */
	snapshots: boolean;
	/** Through which door; a stream without one is the server's own: it is neither limited nor renewed. */
	door?: StreamDoor;
	/** Its list is sent with each change, not four times a second at the most: for who waits for one change and is gone. */
	unpaced?: boolean;
	/** Its place was promised before what it shows was begun. */
	admitted?: boolean;
}

/** How a stream came to its end: with the last job, by the reader, to be picked up again, by the shutdown, by a fault. */
export const streamEnds = ['ended', 'left', 'renewed', 'drained', 'failed'] as const;
export type StreamEnd = (typeof streamEnds)[number];

/** What a reader is sent: everything new since its cursors, up to a bound. So a slow reader gets fewer and larger frames. */
export interface Frame {
	/** `live` once, when everything up to now has been sent. */
	kind: 'batch' | 'live';
	snapshots: JobSnapshot[];
	events: JobEvent[];
	transients: JobEvent[];
	feed: JobSummary[] | null;
	/** Jobs of that list that were deleted; absent when none was. */
	removed?: string[];
	/** The last seq of each followed job, after this frame. */
	cursors: { jobId: string; after: number }[];
}

/** How far one who asks has come in what has no cursor: when the list was read, and the newest live-only event. */
export interface Mark {
	at: number;
	version: number;
}

/** What `Live` reads. */
export interface LiveSources {
	log: EventLog;
	bell: Bell;
	transients: Transients;
	clock: Clock;
	logger: Pick<RunLog, 'debug'>;
	/** Throws `not_found` for a job that is not the owner's. */
	head(owner: string, jobId: string): Promise<{ seq: number; ended: boolean }>;
	snapshot(owner: string, jobId: string): Promise<JobSnapshot>;
	feed(owner: string, since: number): Promise<JobSummary[]>;
	removed(owner: string, since: number): string[];
	limits: StreamLimits;
	/** How long a stream lasts, in ms, give or take a tenth (TS-20). */
	longestMs: number;
	/** Told of each stream of a door that closed. */
	closed?(door: StreamDoor, how: StreamEnd): void;
	/** Told of each stream that was one too many. */
	refused?(): void;
}
