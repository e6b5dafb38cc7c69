import type { HeadwayError } from '../../jobs/error.ts';
import type { Provider, ProviderEvent, ResponseRequest, RunLog } from '../../operations/operation.ts';
import type { Clock } from '../clock.ts';
import { Attachment } from './attachment.ts';
import { unknownOutcome } from './errors.ts';

/** What must survive this process about one response. Each method resolves when it is stored. */
export interface ProviderMemory {
	readonly state: 'none' | 'creating' | 'created';
	readonly responseId: string | null;
	/** The last cursor that was received and kept; null where nothing was. */
	readonly cursor: number | null;
	/** Awaited before the request leaves. */
	creating(): Promise<void>;
	/** Awaited before anything is shown. */
	created(responseId: string, model: string | null): Promise<void>;
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
	/** Waits between polls, in milliseconds; the last one goes on. */
	readonly pollMs?: readonly number[];
	/** Called for everything that the provider sends, keepalives included. */
	heard(): void;
	/** Called before a create is tried again after `waitMs`. */
	retryNotice?(error: HeadwayError, waitMs: number): void;
}

/**
 * The durable run of one response. It creates at most one, goes on after cuts and restarts from the last cursor, or by
 * polling, and yields each fact once; the last event is `ended`. Adopted after a restart and polled, it tells all items
 * from the start: it cannot know which the other process told. When the signal aborts, it throws the signal's reason
 * within moments with its request closed; it does not cancel at the provider. Fails with a `HeadwayError`;
 * `unknown_outcome` when a create may be running without an id, now or when the process before was lost.
 */
export async function* attach(
	provider: Provider,
	request: ResponseRequest,
	memory: ProviderMemory,
	deps: AttachDeps
): AsyncGenerator<ProviderEvent, void> {
	deps.signal.throwIfAborted();
	if (memory.state === 'creating') throw unknownOutcome(provider.label);
	yield* new Attachment(provider, request, memory, deps).run();
}
