import { feedKey, jobKey, ringWithin, type Listener } from '../bell.ts';
import { eventOf } from '../event-log.ts';
import { OpenStreams, type StreamDoor } from '../open-streams.ts';
import { LIST_MS, ListTails } from './list-tail.ts';
import type { Parts, PushedStream } from './outlet.ts';
import { Pushed, type PushedParts, type StreamFacts } from './pushed.ts';
import { Reader } from './reader.ts';
import { Sweep } from './sweep.ts';
import { Tails } from './tail.ts';
import type { Frame, LiveSources, Mark, StreamEnd, Watch } from './watch.ts';

/**
 * Streams of what happens, for all doors. Replay and live are one loop: cursors over the log, woken by the bell; between frames
 * it holds nothing for a reader but its cursors. The same reader is driven in two ways: pulled by who takes frames as objects,
 * or pushed to who takes bytes.
 */
export class Live {
	readonly #sources: LiveSources;
	readonly #draining = new AbortController();
	readonly #sweep: Sweep;
	readonly #shared: PushedParts;
	readonly streams: OpenStreams;
	#open = 0;

	constructor(sources: LiveSources) {
		this.#sources = sources;
		this.streams = new OpenStreams(sources.limits, () => sources.refused?.());
		this.#sweep = new Sweep(sources.clock);
		this.#shared = {
			...{ sources, tails: new Tails(sources), lists: new ListTails(sources), sweep: this.#sweep },
			closed: ({ facts, openedAt }, how) => this.#closed(facts, openedAt, how)
		};
	}

	/** How many streams are open. */
	get open(): number {
		return this.#open;
	}

	/** Aborts when the server drains. */
	get draining(): AbortSignal {
		return this.#draining.signal;
	}

	/** Ends every stream so that clients come back elsewhere: as one to be picked up again, never with a return, which tells them to stop. */
	drain(): void {
		this.#draining.abort();
		this.#sweep.drain();
	}

	/**
	 * A stream whose frames are pushed. Rejects with `limit_reached` when no more streams may be open, with `not_found` for a job
	 * that is not the owner's, and with `future_cursor`; else it counts as open until it is over or left.
	 */
	async push(watch: Watch): Promise<PushedStream> {
		if (watch.door && !watch.admitted) this.streams.admit(watch.owner);
		const renewed = isRenewed(watch.door);
		const stream = new Pushed(this.#shared, watch, renewed ? this.#sweep.time + this.#lastsMs() : Infinity);
		this.#opened(stream.facts);
		await stream.open();
		if (this.#draining.signal.aborted) stream.stop('drained');
		return stream;
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
		const facts = { owner, jobs: follow.length, feed, ...(door ? { door } : {}) };
		const openedAt = this.#opened(facts);
		let how: StreamEnd = 'left';
		try {
			yield* this.#frames(new Reader(this.#sources, watch), listener, until);
			how = this.#draining.signal.aborted ? 'drained' : renewal.signal.aborted ? 'renewed' : how;
			if (!until.aborted) how = 'ended';
		} catch (error) {
			how = 'failed';
			throw error;
		} finally {
			renewal.stop();
			listener.close();
			this.#closed(facts, openedAt, how);
		}
		if (how === 'drained' || how === 'renewed')
			throw new DOMException('This stream goes on in another one.', 'AbortError');
	}

	/**
	 * One frame of the same, for who can hold no stream: everything new since the cursors and since `mark`, which the answer
	 * before gave, up to the same bounds. `live` says that nothing was left behind.
	 */
	async poll(watch: Watch, mark: Mark | undefined): Promise<{ frame: Frame; mark: Mark }> {
		const now = { at: this.#sources.clock.now(), version: this.#sources.transients.version };
		// A restart counts the live-only events from the beginning.
		const since = mark && mark.version <= now.version ? mark : { at: 0, version: 0 };
		const reader = new Reader(this.#sources, watch, { mark: since });
		const opening = await reader.catchUp();
		const parts = (await reader.read()) ?? reader.parts({});
		const kind = reader.more ? 'batch' : 'live';
		const frame = frameOf({ ...parts, kind, snapshots: opening?.snapshots ?? [] });
		return { frame, mark: reader.more ? since : now };
	}

	async *#frames(reader: Reader, listener: Listener, signal: AbortSignal): AsyncGenerator<Frame, void> {
		const opening = await reader.catchUp();
		if (opening) yield frameOf(opening);
		let live = false;
		while (!signal.aborted) {
			reader.listPending = reader.feed;
			const parts = await reader.read();
			if (parts) yield frameOf(parts);
			if (reader.finished) return;
			if (reader.more) continue;
			if (!live) yield frameOf(reader.parts({ kind: 'live' }));
			live = true;
			await this.#nextRing(reader, listener, signal);
		}
	}

	/** The list is paced; events are not. */
	async #nextRing(reader: Reader, listener: Listener, signal: AbortSignal): Promise<void> {
		const wait = Math.min(LIST_MS, reader.listDue - this.#sources.clock.now());
		if (!reader.listPending || wait <= 0) return listener.next(signal);
		await ringWithin(listener, wait, this.#sources.clock, signal);
	}

	/** Aborts when a stream has lasted long enough. */
	#renewal(door: StreamDoor | undefined): { signal: AbortSignal; stop(): void } {
		const over = new AbortController();
		if (!isRenewed(door)) return { signal: over.signal, stop: () => undefined };
		return { signal: over.signal, stop: this.#sources.clock.after(this.#lastsMs(), () => over.abort()) };
	}

	/** Spread, so that streams that a restart opened together are not renewed together. */
	#lastsMs(): number {
		return this.#sources.longestMs * (0.9 + Math.random() * 0.2);
	}

	/** Counts a stream and notes it in the log; gives the time. */
	#opened(facts: StreamFacts): number {
		this.#open++;
		if (facts.door) this.streams.open(facts.owner, facts.door);
		this.#sources.logger.debug({ ...facts, open: this.#open }, 'stream opened');
		return this.#sources.clock.now();
	}

	#closed(facts: StreamFacts, openedAt: number, how: StreamEnd): void {
		const { clock, logger, closed } = this.#sources;
		this.#open--;
		if (facts.door) this.streams.close(facts.owner, facts.door);
		if (facts.door) closed?.(facts.door, how);
		logger.debug({ ...facts, open: this.#open, how, lastedMs: clock.now() - openedAt }, 'stream closed');
	}
}

/** Over a WebSocket it is the socket that is renewed; what the server reads for itself is not. */
function isRenewed(door: StreamDoor | undefined): boolean {
	return door === 'trpc' || door === 'sse';
}

/** The parts as the object that a reader without a wire is given. */
function frameOf({ kind, snapshots, shares, list, cursors }: Parts): Frame {
	return {
		kind,
		snapshots: [...snapshots],
		events: shares.flatMap(({ events }) => events.map(eventOf)),
		transients: shares.flatMap(({ liveOnly }) => liveOnly.map(eventOf)),
		feed: list ? [...list.feed] : null,
		cursors: [...cursors],
		...(list && list.removed.length > 0 ? { removed: [...list.removed] } : {})
	};
}
