import type { JobSnapshot, JobSummary } from '../../jobs/snapshot.ts';
import type { LoggedEvent } from '../event-log.ts';
import type { StreamEnd } from './watch.ts';

/** A live-only event as it goes out. */
export interface LiveOnly {
	version: number;
	at: number;
	type: string;
	/** The whole event on one line, with `"seq":null`. */
	json: string;
}

/**
 * What one job's readers at one cursor are sent: made once, and shared by all of them. What is built of it is kept with it,
 * so that its bytes are made once as well.
 */
export interface Share {
	readonly jobId: string;
	/** The cursor that it begins after, and the one that it leads to. */
	readonly after: number;
	readonly last: number;
	readonly events: readonly LoggedEvent[];
	readonly liveOnly: readonly LiveOnly[];
	/** The log ends in it. */
	readonly ends: boolean;
	/** `make()`, asked once for each `key`. */
	keep<T>(key: object, make: () => T): T;
}

/** What an owner's list has new, shared by all who watch it. */
export interface ListShare {
	readonly feed: readonly JobSummary[];
	readonly removed: readonly string[];
	keep<T>(key: object, make: () => T): T;
}

/** What one reader is to be sent next, before it has the form of any wire. */
export interface Parts {
	kind: 'batch' | 'live';
	snapshots: readonly JobSnapshot[];
	shares: readonly Share[];
	list: ListShare | null;
	/** The last seq of each followed job, after these parts. */
	cursors: readonly { jobId: string; after: number }[];
}

/** The form that frames have on their way: bytes that can go straight to a socket. */
export interface Wire {
	/** One frame's bytes; null where this wire says nothing of such parts. */
	frame(parts: Parts): Buffer | null;
	/** What says that the stream is alive. */
	readonly ping: Buffer;
}

/** Where a pushed stream goes: one reader's connection. */
export interface Outlet {
	readonly wire: Wire;
	/** Sends bytes, and says whether it takes more at once. One that did not calls the reader's `resume` when it does. */
	send(bytes: Buffer): boolean;
	/** The stream is over, and not because the reader left; called once. `error` when it failed. */
	over(how: Exclude<StreamEnd, 'left'>, error?: unknown): void;
}

/** A stream that is open, by `Live.push` (`Live.open` is how many there are): its cursors were accepted, its place is counted, and nothing was sent yet. Start it or leave it. */
export interface PushedStream {
	/** Sends what there is, and from now on what comes. */
	start(outlet: Outlet): void;
	/** The outlet takes bytes again. */
	resume(): void;
	/** The reader hung up. May be called at any time, more than once. */
	leave(): void;
}
