import type { HeadwayError } from '../../jobs/error.ts';
import type { RunLog } from '../../operations/operation.ts';
import type { Clock } from '../clock.ts';
import type { Dispensable } from './refusals.ts';

/** What must survive this process about one response. Each method resolves when it is stored. */
export interface ProviderMemory {
	readonly state: 'none' | 'creating' | 'created';
	readonly responseId: string | null;
	/** The last cursor that was received and kept; null before there is a response, and for one that lives by its connection only. */
	readonly cursor: number | null;
	/** Awaited before the request leaves. */
	creating(): Promise<void>;
	/** Awaited before anything is shown. `resumable`: it runs in the background there, whatever becomes of the connection. */
	created(responseId: string, model: string | null, resumable: boolean): Promise<void>;
	/** The provider refused: nothing runs there. The state is `none` again. */
	rejected(): Promise<void>;
}

export interface AttachDeps {
	readonly clock: Clock;
	/** How long a stream may be silent, in milliseconds. Default 120,000: less than the 300 s of Node's fetch. */
	readonly idleMs?: number;
	readonly log: RunLog;
	readonly signal: AbortSignal;
	/** 0 to 1, for jitter. */
	readonly random?: () => number;
	/** How many reattaches, or polls, in a row may bring nothing. Default 5. */
	readonly maxReattach?: number;
	/** Called for everything that the provider sends, keepalives included. */
	heard(): void;
	/** Called before a create is tried again after `waitMs`. */
	retryNotice?(error: HeadwayError, waitMs: number): void;
	/** What the model was found to do without; one set for all requests of a run, so that each finds out nothing anew. */
	readonly refused?: Set<Dispensable>;
	/** Called when a part of the request is left out because it was refused. */
	leftOut?(part: Dispensable): void;
}
