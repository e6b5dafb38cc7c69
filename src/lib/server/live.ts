import { HeadwayError } from '../jobs/error.ts';
import { baseEvents, endsJob, type JobEvent } from '../jobs/event.ts';
import type { JobSnapshot, JobSummary } from '../jobs/snapshot.ts';
import type { RunLog } from '../operations/operation.ts';
import { feedKey, jobKey, ringWithin, type Bell, type Listener } from './bell.ts';
import type { Clock } from './clock.ts';
import { PAGE, type EventLog } from './event-log.ts';
import type { Transients } from './transients.ts';

/** What a reader watches: jobs with the last seq it has of each, and whether it wants its owner's list. */
export interface Watch {
	owner: string;
	follow: { jobId: string; after: number }[];
	feed: boolean;
	/** Far behind, or from another log: a snapshot instead of the whole log. The plain door always replays. */
	snapshots: boolean;
}

/** What a reader is sent: everything new since its cursors, up to a bound. So a slow reader gets fewer and larger frames. */
export interface Frame {
	/** `live` once, when everything up to now has been sent. */
	kind: 'batch' | 'live';
	snapshots: JobSnapshot[];
	events: JobEvent[];
	transients: JobEvent[];
	feed: JobSummary[] | null;
	/** The last seq of each followed job, after this frame. */
	cursors: { jobId: string; after: number }[];
}

/** How far behind a reader may be and still get every event (architecture section 4). */
const FAR_BEHIND = 2_000;
/** The list goes out at most 4 times a second. */
const FEED_MS = 250;

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
}

/** Streams of what happens, for all doors. Replay and live are one loop: cursors over the log, woken by the bell; between frames it holds nothing for a reader but its cursors. */
export class Live {
	readonly #sources: LiveSources;
	readonly #draining = new AbortController();
	#open = 0;

	constructor(sources: LiveSources) {
		this.#sources = sources;
	}

	/** How many streams are open. */
	get open(): number {
		return this.#open;
	}

	/** Aborts when the server drains. */
	get draining(): AbortSignal {
		return this.#draining.signal;
	}

	/** Ends every stream so that clients come back elsewhere: with an AbortError, never with a return, which tells them to stop. */
	drain(): void {
		this.#draining.abort();
	}

	/**
	 * Frames until every followed job has ended (then it returns, unless the list is wanted), or the signal aborts.
	 * Throws an AbortError when the server drains.
	 */
	async *watch(watch: Watch, signal: AbortSignal): AsyncGenerator<Frame, void> {
		const until = AbortSignal.any([signal, this.#draining.signal]);
		const keys = watch.follow.map(({ jobId }) => jobKey(jobId));
		// The waiter comes before the first read, so that nothing falls between.
		const listener = this.#sources.bell.listen(watch.feed ? [...keys, feedKey(watch.owner)] : keys);
		this.#open++;
		const openedAt = this.#sources.clock.now();
		const facts = { owner: watch.owner, jobs: watch.follow.length, feed: watch.feed };
		this.#sources.logger.debug({ ...facts, open: this.#open }, 'stream opened');
		try {
			yield* this.#frames(new Cursors(watch), listener, until);
		} finally {
			this.#open--;
			const lastedMs = this.#sources.clock.now() - openedAt;
			this.#sources.logger.debug({ ...facts, open: this.#open, lastedMs }, 'stream closed');
			listener.close();
		}
		if (this.#draining.signal.aborted) throw new DOMException('The server is restarting.', 'AbortError');
	}

	async *#frames(cursors: Cursors, listener: Listener, signal: AbortSignal): AsyncGenerator<Frame, void> {
		const opening = await this.#catchUpFar(cursors);
		if (opening.length > 0) yield cursors.frame({ snapshots: opening });
		let live = false;
		while (!signal.aborted) {
			const frame = await this.#collect(cursors);
			if (frame) yield frame;
			if (cursors.finished) return;
			if (frame && frame.events.length >= PAGE) continue;
			if (!live) yield cursors.frame({ kind: 'live' });
			live = true;
			await this.#nextRing(cursors, listener, signal);
		}
	}

	/** The list is paced; events are not. */
	async #nextRing(cursors: Cursors, listener: Listener, signal: AbortSignal): Promise<void> {
		const wait = cursors.feedDue - this.#sources.clock.now();
		if (!cursors.feedPending || wait <= 0) return listener.next(signal);
		await ringWithin(listener, wait, this.#sources.clock, signal);
	}

	async #catchUpFar(cursors: Cursors): Promise<JobSnapshot[]> {
		const { owner, snapshots, follow } = cursors.watch;
		const sent: JobSnapshot[] = [];
		for (const { jobId, after } of follow) {
			const { seq, ended } = await this.#sources.head(owner, jobId);
			if (ended && after === seq) cursors.advance(jobId, seq, true);
			if (!snapshots && after > seq)
				throw new HeadwayError('future_cursor', `This job's log ends at ${seq}; there is no event ${after}.`);
			if (!snapshots || (after <= seq && seq - after <= FAR_BEHIND)) continue;
			const snapshot = await this.#sources.snapshot(owner, jobId);
			cursors.advance(jobId, snapshot.seq, snapshot.endedAt !== null);
			sent.push(snapshot);
		}
		return sent;
	}

	async #collect(cursors: Cursors): Promise<Frame | null> {
		const events: JobEvent[] = [];
		const transients: JobEvent[] = [];
		for (const [jobId, cursor] of cursors.open()) {
			const added = await this.#sources.log.read(jobId, cursor.after);
			events.push(...added);
			const last = added.at(-1);
			if (last) cursors.advance(jobId, last.seq ?? cursor.after, endsJob(last.type));
			for (const { version, event } of this.#sources.transients.since(jobId, cursor.version)) {
				cursor.version = version;
				if (!cursor.ended || (last && isLeft(event, last))) transients.push(event);
			}
		}
		const feed = await this.#feed(cursors);
		return events.length + transients.length > 0 || feed ? cursors.frame({ events, transients, feed }) : null;
	}

	async #feed(cursors: Cursors): Promise<JobSummary[] | null> {
		const now = this.#sources.clock.now();
		cursors.feedPending = cursors.watch.feed;
		if (!cursors.watch.feed || now < cursors.feedDue) return null;
		cursors.feedPending = false;
		const since = cursors.feedDue - FEED_MS;
		cursors.feedDue = now + FEED_MS;
		return this.#sources.feed(cursors.watch.owner, Math.max(0, since));
	}
}

/** What an operation showed live before it failed or was stopped may be all that is left of it (IM-10); the ticks of its bar are not. */
function isLeft(live: JobEvent, end: JobEvent): boolean {
	return end.type !== 'done' && !Object.hasOwn(baseEvents, live.type) && live.at <= end.at;
}

interface Cursor {
	after: number;
	version: number;
	ended: boolean;
}

/** Where one reader is. */
class Cursors {
	readonly watch: Watch;
	readonly #cursors: Map<string, Cursor>;
	feedDue = 0;
	feedPending = false;

	constructor(watch: Watch) {
		this.watch = watch;
		this.#cursors = new Map(watch.follow.map(({ jobId, after }) => [jobId, { after, version: 0, ended: false }]));
	}

	open(): [string, Cursor][] {
		return [...this.#cursors].filter(([, cursor]) => !cursor.ended);
	}

	advance(jobId: string, after: number, ended: boolean): void {
		const cursor = this.#cursors.get(jobId);
		if (cursor) Object.assign(cursor, { after, ended });
	}

	/** Everything followed has ended, and no list is wanted. */
	get finished(): boolean {
		return !this.watch.feed && this.open().length === 0;
	}

	frame(part: Partial<Frame>): Frame {
		const cursors = [...this.#cursors].map(([jobId, { after }]) => ({ jobId, after }));
		return { kind: 'batch', snapshots: [], events: [], transients: [], feed: null, cursors, ...part };
	}
}
