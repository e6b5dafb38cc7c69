import type { Cost, Receipt } from '../jobs/event.ts';
import { HeadwayError } from '../jobs/error.ts';
import { isTerminal, type CancelReason, type JobOptions } from '../jobs/job.ts';
import type { JobSnapshot } from '../jobs/snapshot.ts';
import type { EndedPart } from '../operations/operation.ts';
import { totalCost } from './bills.ts';
import { feedKey, jobKey, ringWithin, type Bell } from './bell.ts';
import { pause, type Clock } from './clock.ts';
import type { JobRow } from './db/schema.ts';
import type { JobQueries } from './job-queries.ts';
import { whenRoom } from './room.ts';
import type { StartRequest } from './start-request.ts';
import type { Slot } from './slot.ts';

/** What children are started, stopped and looked at through: the doors' own `Jobs`. */
export interface JobCommands {
	start(owner: string, request: StartRequest): Promise<{ snapshot: JobSnapshot }>;
	cancel(owner: string, id: string, reason: CancelReason): Promise<JobSnapshot>;
	snapshot(owner: string, id: string): Promise<JobSnapshot>;
	wait(owner: string, id: string, ms: number, signal: AbortSignal): Promise<JobSnapshot>;
	scoreOf(job: JobSnapshot): number | null;
}

/** What `Children` is made of. */
export interface ChildrenParts {
	queries: JobQueries;
	bell: Bell;
	clock: Clock;
	/** Given late: jobs are run by what children are a part of. */
	jobs(): JobCommands;
}

/** What a job starts as a part of itself. `key` names it within its parent, so that it is started once. */
export interface ChildRequest {
	key: string;
	operation: string;
	input: unknown;
	options?: JobOptions;
}

type Parent = Pick<JobRow, 'id' | 'owner' | 'priority'>;

/** A watched child is told of at most 4 times a second. */
const WATCH_MS = 250;
/** How often a start that waits for room looks without a bell, for what ends at another process. */
const LOOK_MS = 1_000;

/** Jobs that other jobs start: found again by their key, held to their owner's limits, stopped with their parent. */
export class Children {
	readonly #parts: ChildrenParts;

	constructor(parts: ChildrenParts) {
		this.#parts = parts;
	}

	/**
	 * Puts a child into the queue, with its parent's owner and priority; the same key gives the first one again. Over the
	 * limit of unfinished jobs it waits, without the parent's slot, until one of the owner's ends. Fails with the signal's
	 * reason, or with `conflict` when the parent is to stop.
	 */
	async start(
		parent: Parent,
		{ key, operation, input, options = {} }: ChildRequest,
		signal: AbortSignal,
		slot: Pick<Slot, 'without'>
	): Promise<{ id: string }> {
		signal.throwIfAborted();
		const request: StartRequest = {
			...{ operation, input, options: { ...options, priority: parent.priority } },
			...{ parentId: parent.id, idempotencyKey: keyOf(parent.id, key) }
		};
		const child = await this.#admit(parent.owner, request);
		// Holding on to the slot could keep the very job from ending that is waited for.
		return child ?? slot.without('child', () => this.#admitLater(parent.owner, request, signal));
	}

	async #admitLater(owner: string, request: StartRequest, signal: AbortSignal): Promise<{ id: string }> {
		const { bell, clock } = this.#parts;
		const listener = bell.listen([feedKey(owner)]);
		try {
			for (;;) {
				signal.throwIfAborted();
				const child = await this.#admit(owner, request);
				if (child) return child;
				await ringWithin(listener, LOOK_MS, clock, signal);
			}
		} finally {
			listener.close();
		}
	}

	/** Null when there is no room. */
	async #admit(owner: string, request: StartRequest): Promise<{ id: string } | null> {
		try {
			const { snapshot } = await this.#parts.jobs().start(owner, request);
			return { id: snapshot.id };
		} catch (error) {
			if (error instanceof HeadwayError && error.code === 'limit_reached') return null;
			throw error;
		}
	}

	/** How a job stands: now, then after each change, at most 4 times a second; last, how it ended. Fails with the signal's reason. */
	async *watch(owner: string, id: string, signal: AbortSignal): AsyncGenerator<JobSnapshot, void> {
		const { bell, clock } = this.#parts;
		const listener = bell.listen([jobKey(id)]);
		try {
			for (;;) {
				signal.throwIfAborted();
				const snapshot = await this.#parts.jobs().snapshot(owner, id);
				yield snapshot;
				if (isTerminal(snapshot.status)) return;
				await pause(clock, WATCH_MS, signal);
				await listener.next(signal);
			}
		} finally {
			listener.close();
		}
	}

	/** Stops one of them by itself. */
	async cancel(owner: string, id: string, reason: CancelReason): Promise<void> {
		await whenRoom(() => this.#parts.jobs().cancel(owner, id, reason), this.#parts);
	}

	/** Cancels a job's unfinished children and waits until they have ended, for `ms` at most. Says for the receipt what became of them. */
	async stopAll(parentId: string, reason: CancelReason, ms: number): Promise<Receipt['cleanedUp']> {
		const jobs = this.#parts.jobs();
		const unfinished = await this.#parts.queries.unfinishedChildren(parentId);
		// What waits in the queue can be cancelled only once there is room; the parent's own end waits for that too.
		await Promise.all(unfinished.map(({ owner, id }) => whenRoom(() => jobs.cancel(owner, id, reason), this.#parts)));
		const open = new AbortController();
		const stopped = await Promise.all(unfinished.map(({ owner, id }) => jobs.wait(owner, id, ms, open.signal)));
		const late = stopped.filter(({ status }) => !isTerminal(status)).length;
		const cancelled = stopped.filter(({ status, cancelRequestedAt }) => isTerminal(status) && cancelRequestedAt).length;
		return [
			...(cancelled > 0 ? [{ what: `${parts(cancelled)} cancelled`, ok: true }] : []),
			...(late > 0 ? [{ what: `${parts(late)} still stopping`, ok: false }] : [])
		];
	}

	/** Those of a job's children that have ended. */
	async ended({ id: parentId }: Pick<JobRow, 'id'>): Promise<EndedPart[]> {
		const rows = await this.#parts.queries.children(parentId);
		const ended = rows.filter(({ status }) => isTerminal(status));
		return Promise.all(
			ended.map(async ({ owner, id, idempotencyKey }) => {
				const job = await this.#parts.jobs().snapshot(owner, id);
				return { key: idempotencyKey?.slice(keyOf(parentId, '').length) ?? '', job, score: this.scoreOf(job) };
			})
		);
	}

	/** How good a child's result is, by its operation. */
	scoreOf(job: JobSnapshot): number | null {
		return this.#parts.jobs().scoreOf(job);
	}

	/** Cancels children whose parent has ended without them: what a process left that was killed in between. */
	async stopOrphans(): Promise<void> {
		const orphans = await this.#parts.queries.orphanedChildren();
		await Promise.all(orphans.map(({ owner, id }) => this.#parts.jobs().cancel(owner, id, 'error')));
	}

	/** What a job's children cost in all; `known` only when each has ended and is known. */
	async costOf(parentId: string): Promise<Cost> {
		const children = await this.#parts.queries.children(parentId);
		return totalCost(
			children.map(({ status, cost }) => ({
				usd: cost?.usd ?? null,
				known: isTerminal(status) && (cost?.known ?? false)
			}))
		);
	}
}

/** What a part is found again by. */
function keyOf(parentId: string, key: string): string {
	return `${parentId}/${key}`;
}

function parts(count: number): string {
	return `${count} ${count === 1 ? 'part' : 'parts'}`;
}
