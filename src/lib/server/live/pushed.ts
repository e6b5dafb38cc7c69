import type { StreamDoor } from '../open-streams.ts';
import type { Listed, ListTail, ListTails } from './list-tail.ts';
import type { LiveSources, StreamEnd, Watch } from './watch.ts';
import type { Outlet, Parts, PushedStream } from './outlet.ts';
import { Cursor, once, Reader } from './reader.ts';
import type { Sweep } from './sweep.ts';
import type { Tailed, Tails } from './tail.ts';
import { nextTurn, Turn } from './turn.ts';

/** What all pushed streams share. */
export interface PushedParts {
	sources: LiveSources;
	tails: Tails;
	lists: ListTails;
	sweep: Sweep;
	/** Told of each end, once. */
	closed(stream: Pushed, how: StreamEnd): void;
}

/** What a stream is in the logs and the counts. */
export interface StreamFacts {
	owner: string;
	jobs: number;
	feed: boolean;
	door?: StreamDoor;
}

/** One reader who is sent what comes. It queues nothing: while its outlet is full it is passed over, and then goes on from its cursors. */
export class Pushed implements PushedStream, Tailed, Listed {
	readonly facts: StreamFacts;
	readonly openedAt: number;
	/** When it was last sent anything, and when it has lasted long enough, by the sweep's time. */
	sentAt: number;
	readonly renewAt: number;
	readonly #shared: PushedParts;
	readonly #reader: Reader;
	readonly #list: ListTail | undefined;
	/** Only who follows several jobs is told by several. */
	readonly #turn: Turn | null;
	#outlet: Outlet | null = null;
	/** What far-behind readers begin with, until it is sent. */
	#opening: Parts | null = null;
	#blocked = false;
	#reading = false;
	#live = false;
	#end: { how: StreamEnd; error?: unknown } | null = null;

	constructor(shared: PushedParts, watch: Watch, renewAt: number) {
		const { owner, door, feed } = watch;
		const follow = once(watch.follow);
		const cursors = follow.map(({ jobId, after }) => {
			const tail = shared.tails.join(jobId, this);
			return new Cursor(tail.jobId, after, 0, tail);
		});
		this.#shared = shared;
		this.#list = feed ? shared.lists.join(owner, this) : undefined;
		this.#reader = new Reader(shared.sources, watch, { cursors, ...(this.#list ? { list: this.#list } : {}) });
		this.#turn = follow.length > 1 ? new Turn(() => this.#push()) : null;
		this.facts = { owner, jobs: follow.length, feed, ...(door ? { door } : {}) };
		this.openedAt = shared.sources.clock.now();
		this.sentAt = shared.sweep.time;
		this.renewAt = renewAt;
		shared.sweep.add(this);
	}

	/** Looks for what is there; rejects, and is over, when the reader may not see it. */
	async open(): Promise<void> {
		try {
			this.#opening = await this.#reader.catchUp();
		} catch (error) {
			this.#finish('failed', error);
			throw error;
		}
	}

	start(outlet: Outlet): void {
		this.#outlet = outlet;
		if (this.#end) return this.#tellEnd();
		this.sentAt = this.#shared.sweep.time;
		const opening = this.#opening;
		this.#opening = null;
		this.#guarded(() => {
			if (opening) this.#send(opening);
			this.#push();
		});
	}

	resume(): void {
		this.#blocked = false;
		this.#push();
	}

	leave(): void {
		this.#outlet = null;
		this.#finish('left');
	}

	/** Ends it, so that it goes on in another one. */
	stop(how: 'renewed' | 'drained'): void {
		this.#finish(how);
	}

	tell(): void {
		if (this.#turn) this.#turn.ask();
		else this.#push();
	}

	tellList(): void {
		if (this.#reader.early) return this.#list?.again(this);
		this.#reader.listPending = true;
		this.#push();
	}

	fail(error: unknown): void {
		this.#finish('failed', error);
	}

	/** Says that it is alive, if anything can be said. */
	ping(): void {
		const outlet = this.#outlet;
		if (!outlet || this.#blocked || this.#reading) return;
		this.#guarded(() => {
			this.#blocked = !outlet.send(outlet.wire.ping);
			this.sentAt = this.#shared.sweep.time;
		});
	}

	#push(): void {
		if (!this.#outlet || this.#blocked || this.#reading || this.#end) return;
		try {
			while (!this.#blocked && !this.#end) {
				const next = this.#reader.next();
				if (next === 'read') return void this.#read();
				if (next) this.#send(next);
				else if (!this.#reader.finished && this.#live) return;
				else if (!this.#reader.finished) this.#sayLive();
				if (this.#reader.finished) this.#finish('ended');
			}
		} catch (error) {
			this.#finish('failed', error);
		}
	}

	#sayLive(): void {
		this.#live = true;
		this.#send(this.#reader.parts({ kind: 'live' }));
	}

	/** From the log, page by page; others have their turn in between. */
	async #read(): Promise<void> {
		this.#reading = true;
		try {
			const parts = await this.#reader.read();
			if (parts && !this.#end) this.#send(parts);
			if (!this.#end && this.#reader.finished) this.#finish('ended');
			if (this.#reader.more) await nextTurn();
		} catch (error) {
			this.#finish('failed', error);
		}
		this.#reading = false;
		this.#push();
	}

	#send(parts: Parts): void {
		const outlet = this.#outlet;
		const bytes = outlet?.wire.frame(parts);
		if (!outlet || !bytes) return;
		this.sentAt = this.#shared.sweep.time;
		if (!outlet.send(bytes)) this.#blocked = true;
	}

	#guarded(act: () => void): void {
		try {
			act();
		} catch (error) {
			this.#finish('failed', error);
		}
	}

	/** Once; one that has not been started is told when it is. */
	#finish(how: StreamEnd, error?: unknown): void {
		if (this.#end) return;
		this.#end = { how, error };
		this.#opening = null;
		for (const { tail } of this.#reader.cursors) tail?.remove(this);
		this.#list?.remove(this);
		this.#shared.sweep.remove(this);
		this.#shared.closed(this, how);
		this.#tellEnd();
	}

	#tellEnd(): void {
		const outlet = this.#outlet;
		this.#outlet = null;
		if (!outlet || !this.#end || this.#end.how === 'left') return;
		try {
			outlet.over(this.#end.how, this.#end.error);
		} catch (error) {
			// Whatever is wrong with this one's connection must not reach the others of its tail.
			this.#shared.sources.logger.debug({ ...this.facts, error: String(error) }, 'stream could not be ended');
		}
	}
}
