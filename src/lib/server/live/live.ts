import { HeadwayError } from '../../jobs/error.ts';
import { baseEvents, type JobEvent } from '../../jobs/event.ts';
import type { JobSnapshot, JobSummary } from '../../jobs/snapshot.ts';
import type { RunLog } from '../../operations/operation.ts';
import { feedKey, jobKey, ringWithin, type Bell, type Listener } from '../bell.ts';
import type { Clock } from '../clock.ts';
import { eventOf, type EventLog } from '../event-log.ts';
import { OpenStreams, type StreamDoor, type StreamLimits } from '../open-streams.ts';
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

/** How far behind a reader may be and still get every event (architecture section 4). */
const FAR_BEHIND = 2_000;
/** What a frame of many jobs holds at most beyond the last one's page, in characters of JSON. */
const FRAME_SIZE = 256 * 1024;
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
	removed(owner: string, since: number): string[];
	limits: StreamLimits;
	/** How long a stream lasts, in ms, give or take a tenth (TS-20). */
	longestMs: number;
	/** Told of each stream of a door that closed. */
	closed?(door: StreamDoor, how: StreamEnd): void;
	/** Told of each stream that was one too many. */
	refused?(): void;
}

/** Streams of what happens, for all doors. Replay and live are one loop: cursors over the log, woken by the bell; between frames it holds nothing for a reader but its cursors. */
export class Live {
	readonly #sources: LiveSources;
	readonly #draining = new AbortController();
	readonly streams: OpenStreams;
	#open = 0;

	constructor(sources: LiveSources) {
		this.#sources = sources;
		this.streams = new OpenStreams(sources.limits, () => sources.refused?.());
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
	 * Throws `limit_reached` before the first frame when no more streams may be open, and an AbortError when the stream is to
	 * be picked up again: the server drains, or it has lasted long enough.
	 */
	async *watch(watch: Watch, signal: AbortSignal): AsyncGenerator<Frame, void> {
		const { owner, door, follow, feed } = watch;
		if (door && !watch.admitted) this.streams.admit(owner);
		const renewal = this.#renewal(door);
		const until = AbortSignal.any([signal, this.#draining.signal, renewal.signal]);
		const keys = follow.map(({ jobId }) => jobKey(jobId));
		// The waiter comes before the first read, so that nothing falls between.
		const listener = this.#sources.bell.listen(feed ? [...keys, feedKey(owner)] : keys);
		const close = this.#opened(watch);
		let how: StreamEnd = 'left';
		try {
			yield* this.#frames(new Cursors(watch), listener, until);
			how = this.#draining.signal.aborted ? 'drained' : renewal.signal.aborted ? 'renewed' : how;
			if (!until.aborted) how = 'ended';
		} catch (error) {
			how = 'failed';
			throw error;
		} finally {
			renewal.stop();
			listener.close();
			close(how);
		}
		if (how === 'drained' || how === 'renewed')
			throw new DOMException('This stream goes on in another one.', 'AbortError');
	}

	/** Aborts when a stream has lasted long enough. Over a WebSocket it is the socket that is renewed. */
	#renewal(door: StreamDoor | undefined): { signal: AbortSignal; stop(): void } {
		const over = new AbortController();
		if (door !== 'trpc' && door !== 'sse') return { signal: over.signal, stop: () => undefined };
		// Spread, so that streams that a restart opened together are not renewed together.
		const ms = this.#sources.longestMs * (0.9 + Math.random() * 0.2);
		return { signal: over.signal, stop: this.#sources.clock.after(ms, () => over.abort()) };
	}

	/** Counts a stream and notes it in the log; what it returns does so for its end. */
	#opened({ owner, door, follow, feed }: Watch): (how: StreamEnd) => void {
		const { clock, logger, closed } = this.#sources;
		this.#open++;
		const closeDoor = door && this.streams.open(owner, door);
		const openedAt = clock.now();
		const facts = { owner, jobs: follow.length, feed, ...(door ? { door } : {}) };
		logger.debug({ ...facts, open: this.#open }, 'stream opened');
		return (how) => {
			this.#open--;
			closeDoor?.();
			if (door) closed?.(door, how);
			logger.debug({ ...facts, open: this.#open, how, lastedMs: clock.now() - openedAt }, 'stream closed');
		};
	}

	/**
	 * One frame of the same, for who can hold no stream: everything new since the cursors and since `mark`, which the answer
	 * before gave, up to the same bounds. `live` says that nothing was left behind.
	 */
	async poll(watch: Watch, mark: Mark | undefined): Promise<{ frame: Frame; mark: Mark }> {
		const now = { at: this.#sources.clock.now(), version: this.#sources.transients.version };
		// A restart counts the live-only events from the beginning.
		const since = mark && mark.version <= now.version ? mark : { at: 0, version: 0 };
		const cursors = new Cursors(watch, since);
		const snapshots = await this.#catchUpFar(cursors);
		const frame = (await this.#collect(cursors)) ?? cursors.frame({});
		const kind = cursors.more ? 'batch' : 'live';
		return { frame: { ...frame, kind, snapshots }, mark: cursors.more ? since : now };
	}

	async *#frames(cursors: Cursors, listener: Listener, signal: AbortSignal): AsyncGenerator<Frame, void> {
		const opening = await this.#catchUpFar(cursors);
		if (opening.length > 0) yield cursors.frame({ snapshots: opening });
		let live = false;
		while (!signal.aborted) {
			const frame = await this.#collect(cursors);
			if (frame) yield frame;
			if (cursors.finished) return;
			if (cursors.more) continue;
			if (!live) yield cursors.frame({ kind: 'live' });
			live = true;
			await this.#nextRing(cursors, listener, signal);
		}
	}

	/** The list is paced; events are not. */
	async #nextRing(cursors: Cursors, listener: Listener, signal: AbortSignal): Promise<void> {
		const wait = Math.min(FEED_MS, cursors.feedDue - this.#sources.clock.now());
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
		let size = 0;
		cursors.more = false;
		for (const [jobId, cursor] of cursors.open()) {
			// The next frame begins with the first job again: it has been read to its end by then.
			if (size > FRAME_SIZE) cursors.more = true;
			if (size > FRAME_SIZE) break;
			const page = await this.#sources.log.page(jobId, cursor.after);
			events.push(...page.events.map(eventOf));
			size += page.size;
			cursors.more ||= page.more;
			const last = events.at(-1)?.jobId === jobId ? events.at(-1) : undefined;
			if (last) cursors.advance(jobId, last.seq ?? cursor.after, page.ends);
			for (const { version, event } of this.#sources.transients.since(jobId, cursor.version)) {
				cursor.version = version;
				if (!cursor.ended || (last && isLeft(event, last))) transients.push(event);
			}
		}
		const list = await this.#list(cursors);
		return events.length + transients.length > 0 || list ? cursors.frame({ events, transients, ...list }) : null;
	}

	async #list(cursors: Cursors): Promise<Pick<Frame, 'feed' | 'removed'> | null> {
		const now = this.#sources.clock.now();
		cursors.feedPending = cursors.watch.feed;
		// Never further ahead than that, but for a clock that was set back.
		const early = cursors.feedDue - now;
		if (!cursors.watch.feed || (early > 0 && early <= FEED_MS)) return null;
		cursors.feedPending = false;
		const since = Math.min(now, cursors.feedDue) - FEED_MS;
		cursors.feedDue = now + FEED_MS;
		const { owner } = cursors.watch;
		const feed = await this.#sources.feed(owner, Math.max(0, since));
		const removed = this.#sources.removed(owner, Math.max(0, since));
		return { feed, ...(removed.length > 0 ? { removed } : {}) };
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
	/** The last frame was full. */
	more = false;

	constructor(watch: Watch, { at, version }: Mark = { at: 0, version: 0 }) {
		this.watch = watch;
		this.#cursors = new Map(watch.follow.map(({ jobId, after }) => [jobId, { after, version, ended: false }]));
		this.feedDue = at;
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
