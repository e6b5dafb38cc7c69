import { jobKey, type Bell, type Waker } from '../bell.ts';
import { PAGE, type EventLog, type LoggedEvent, type LogPage } from '../event-log.ts';
import type { Transients } from '../transients.ts';
import { JobShare } from './share.ts';
import { nextTurn, Turn } from './turn.ts';

/** A tail is cut back to so many characters of JSON when it holds twice as many: at most 256 KB for a job that is watched. */
const KEPT_SIZE = 128 * 1024;

/** What tails read. */
export interface TailSources {
	log: EventLog;
	bell: Bell;
	transients: Transients;
}

/** One who is served from a tail. */
export interface Tailed {
	/** There is something new. Must not throw. */
	tell(): void;
	/** The log could not be read. */
	fail(error: unknown): void;
}

/** The tails of all jobs that have readers. */
export class Tails {
	readonly #tails = new Map<string, Tail>();
	readonly #sources: TailSources;

	constructor(sources: TailSources) {
		this.#sources = sources;
	}

	/** The job's tail, with this reader among its readers until it leaves. */
	join(jobId: string, reader: Tailed): Tail {
		const known = this.#tails.get(jobId);
		const tail = known ?? new Tail(jobId, this.#sources, () => this.#tails.delete(jobId));
		this.#tails.set(jobId, tail);
		tail.add(reader);
		return tail;
	}

	/** How many jobs have readers. */
	get size(): number {
		return this.#tails.size;
	}
}

/**
 * The newest events of one job, read once for all its readers. It is a cache of the log and nothing more: it comes with the first
 * reader and goes with the last, and who is further behind than it reaches reads the log.
 */
export class Tail implements Waker {
	readonly jobId: string;
	readonly #sources: TailSources;
	readonly #gone: () => void;
	readonly #readers = new Set<Tailed>();
	readonly #turn = new Turn(() => this.#look());
	#events: LoggedEvent[] = [];
	#size = 0;
	/** The events begin after this one; -1 until it is known where the log is. */
	#base = -1;
	#last = -1;
	#ends = false;
	#version = 0;
	#rung = false;
	/** What most readers are sent next, or were. */
	#newest: JobShare | null = null;
	/** What others are sent in this turn of the event loop. Not kept for longer: it may be a frame for each reader. */
	readonly #shares = new Map<string, JobShare>();
	readonly #pages = new Map<string, Promise<JobShare>>();

	constructor(jobId: string, sources: TailSources, gone: () => void) {
		this.jobId = jobId;
		this.#sources = sources;
		this.#gone = gone;
	}

	/** The last event that it has seen. */
	get last(): number {
		return this.#last;
	}

	add(reader: Tailed): void {
		if (this.#readers.size === 0) this.#sources.bell.join(jobKey(this.jobId), this);
		this.#readers.add(reader);
	}

	/** The reader leaves; the last one takes the tail with it. */
	remove(reader: Tailed): void {
		if (!this.#readers.delete(reader) || this.#readers.size > 0) return;
		this.#sources.bell.leave(jobKey(this.jobId), this);
		this.#gone();
	}

	/** Says where the log was, at the least, when the reader was already among its readers. */
	begin(seq: number): void {
		if (this.#base >= 0) return;
		this.#base = seq;
		this.#last = seq;
		this.#version = this.#sources.transients.newest(this.jobId);
		if (this.#rung) this.#turn.ask();
	}

	wake(): void {
		this.#rung = true;
		if (this.#base >= 0) this.#turn.ask();
	}

	/** What a reader at this place is sent next; null when it has everything, undefined when only the log knows. */
	share(after: number, since: number): JobShare | null | undefined {
		const newest = this.#newest;
		if (newest?.after === after && newest.since === since) return newest;
		if (after >= this.#last && since >= this.#version) return null;
		return this.#base >= 0 && after >= this.#base ? this.#shared(after, since) : undefined;
	}

	/** The same from the log, for who is further behind than this reaches: read once for those who come together. `gone`: the job was deleted. */
	async read(after: number, since: number): Promise<{ share: JobShare; gone: boolean }> {
		const key = `${after} ${since}`;
		const known = this.#pages.get(key);
		const page = known ?? this.#page(after, since);
		if (!known) this.#keepForNow(this.#pages, key, page);
		const share = await page;
		return { share, gone: share.events.length === 0 };
	}

	async #page(after: number, since: number): Promise<JobShare> {
		const page = await this.#sources.log.page(this.jobId, after);
		const held = this.#sources.transients.since(this.jobId, since);
		return new JobShare({ jobId: this.jobId, after, since, held, ...page });
	}

	#shared(after: number, since: number): JobShare | null {
		const key = `${after} ${since}`;
		const known = this.#shares.get(key);
		const share = known ?? this.#cut(after, since);
		if (share.empty) return null;
		if (share.last === this.#last) this.#newest = share;
		if (!known) this.#keepForNow(this.#shares, key, share);
		return share;
	}

	#keepForNow<T>(kept: Map<string, T>, key: string, value: T): void {
		if (kept.size === 0) setImmediate(() => kept.clear());
		kept.set(key, value);
	}

	#cut(after: number, since: number): JobShare {
		const { jobId } = this;
		const from = after - this.#base;
		const events = this.#events.slice(from, from + PAGE);
		const more = from + events.length < this.#events.length;
		const held = this.#sources.transients.since(jobId, since);
		return new JobShare({ jobId, after, since, events, held, more, ends: this.#ends && !more });
	}

	async #look(): Promise<void> {
		try {
			for (let more = true; more && this.#readers.size > 0;) {
				const page = await this.#sources.log.page(this.jobId, this.#last);
				this.#take(page);
				for (const reader of this.#readers) reader.tell();
				more = page.more;
				if (more) await nextTurn();
			}
		} catch (error) {
			for (const reader of this.#readers) reader.fail(error);
		}
	}

	#take({ events, ends }: LogPage): void {
		this.#newest = null;
		this.#shares.clear();
		this.#version = this.#sources.transients.newest(this.jobId);
		for (const event of events) {
			// A log has no gaps. One that had would have readers sent the wrong events by their places.
			if (event.seq !== this.#last + 1) this.#forgetUpTo(event.seq - 1);
			this.#events.push(event);
			this.#size += event.json.length;
			this.#last = event.seq;
		}
		this.#ends ||= ends;
		if (this.#size > 2 * KEPT_SIZE) this.#cutBack();
	}

	#forgetUpTo(seq: number): void {
		this.#events = [];
		this.#size = 0;
		this.#base = seq;
	}

	#cutBack(): void {
		let from = 0;
		for (; this.#size > KEPT_SIZE && from < this.#events.length; from += 1)
			this.#size -= this.#events[from]?.json.length ?? 0;
		this.#events = this.#events.slice(from);
		this.#base = this.#last - this.#events.length;
	}
}
