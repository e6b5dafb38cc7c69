import type { JobSummary } from '../../jobs/snapshot.ts';
import { feedKey, type Bell, type Waker } from '../bell.ts';
import type { Clock } from '../clock.ts';
import type { ListShare } from './outlet.ts';
import { Kept } from './share.ts';

/** The list goes out at most 4 times a second (OP-10). */
export const LIST_MS = 250;

/** What lists are read from. */
export interface ListSources {
	bell: Bell;
	clock: Clock;
	feed(owner: string, since: number): Promise<JobSummary[]>;
	removed(owner: string, since: number): string[];
}

/** What an owner's list has new since an instant. */
export class ListPart extends Kept implements ListShare {
	readonly feed: readonly JobSummary[];
	readonly removed: readonly string[];
	/** When it was read. */
	readonly at: number;

	constructor(at: number, feed: readonly JobSummary[], removed: readonly string[]) {
		super();
		this.at = at;
		this.feed = feed;
		this.removed = removed;
	}
}

/** Reads what changed in an owner's list since then; `at` says when it counts as read. */
export async function readList(
	sources: ListSources,
	owner: string,
	since: number,
	at = sources.clock.now()
): Promise<ListPart> {
	const feed = await sources.feed(owner, Math.max(0, since));
	return new ListPart(at, feed, sources.removed(owner, Math.max(0, since)));
}

/** One who is served from a list. */
export interface Listed {
	/** The list may have something new. Must not throw. */
	tellList(): void;
}

/** The lists of all owners that are watched. */
export class ListTails {
	readonly #tails = new Map<string, ListTail>();
	readonly #sources: ListSources;

	constructor(sources: ListSources) {
		this.#sources = sources;
	}

	/** The owner's list, with this reader among its readers until it leaves. */
	join(owner: string, reader: Listed): ListTail {
		const known = this.#tails.get(owner);
		const tail = known ?? new ListTail(owner, this.#sources, () => this.#tails.delete(owner));
		this.#tails.set(owner, tail);
		tail.add(reader);
		return tail;
	}

	/** How many owners have readers. */
	get size(): number {
		return this.#tails.size;
	}
}

/** One owner's list: read once for all who are equally far, who are told of it together. */
export class ListTail implements Waker {
	readonly #owner: string;
	readonly #sources: ListSources;
	readonly #gone: () => void;
	readonly #readers = new Set<Listed>();
	/** By the instant since which was asked; until the list changes, or is due again. */
	readonly #parts = new Map<number, Promise<ListPart>>();
	/** Who was told too early to be sent it again. */
	readonly #late = new Set<Listed>();
	#changed = false;
	#toldAt = -Infinity;
	/** It was told in this turn of the event loop: what is read now is read for that. */
	#telling = false;
	#stop: (() => void) | null = null;

	constructor(owner: string, sources: ListSources, gone: () => void) {
		this.#owner = owner;
		this.#sources = sources;
		this.#gone = gone;
	}

	add(reader: Listed): void {
		if (this.#readers.size === 0) this.#sources.bell.join(feedKey(this.#owner), this);
		this.#readers.add(reader);
	}

	/** The reader leaves; the last one takes the list with it. */
	remove(reader: Listed): void {
		this.#late.delete(reader);
		if (!this.#readers.delete(reader) || this.#readers.size > 0) return;
		this.#sources.bell.leave(feedKey(this.#owner), this);
		this.#stop?.();
		this.#gone();
	}

	wake(): void {
		this.#parts.clear();
		this.#changed = true;
		this.#await();
	}

	/** Tells this reader the next time too, whether there is a change until then or not. */
	again(reader: Listed): void {
		this.#late.add(reader);
		this.#await();
	}

	/** What is new since then; those who ask together are given the same. */
	read(since: number): Promise<ListPart> {
		const known = this.#parts.get(since);
		if (known) return known;
		if (this.#parts.size === 0) setImmediate(() => this.#parts.clear());
		const part = readList(this.#sources, this.#owner, since, this.#telling ? this.#toldAt : undefined);
		this.#parts.set(since, part);
		return part;
	}

	/** A change after a pause is told at once. */
	#await(): void {
		if (this.#stop) return;
		const early = this.#toldAt + LIST_MS - this.#sources.clock.now();
		// Never further ahead than that, but for a clock that was set back.
		if (early > 0 && early <= LIST_MS) this.#stop = this.#sources.clock.after(early, () => this.#tell());
		else {
			this.#stop = () => undefined;
			queueMicrotask(() => this.#tell());
		}
	}

	#tell(): void {
		const told = this.#changed ? this.#readers : new Set(this.#late);
		this.#stop = null;
		this.#changed = false;
		this.#late.clear();
		this.#toldAt = this.#sources.clock.now();
		this.#telling = true;
		setImmediate(() => (this.#telling = false));
		for (const reader of told) reader.tellList();
	}
}
