import { HeadwayError } from '../../jobs/error.ts';
import type { JobSnapshot } from '../../jobs/snapshot.ts';
import { LIST_MS, readList, type ListPart, type ListTail } from './list-tail.ts';
import type { LiveSources, Mark, Watch } from './watch.ts';
import type { Parts } from './outlet.ts';
import { JobShare } from './share.ts';
import type { Tail } from './tail.ts';

/** How far behind a reader may be and still get every event (architecture section 4). */
const FAR_BEHIND = 2_000;
/** What a frame of many jobs holds at most beyond the last one's page, in characters of JSON. */
const FRAME_SIZE = 256 * 1024;

/** Where a reader is in one job. Without a tail it reads the log. */
export class Cursor {
	readonly jobId: string;
	readonly tail: Tail | null;
	after: number;
	version: number;
	ended = false;

	constructor(jobId: string, after: number, version: number, tail: Tail | null) {
		this.jobId = jobId;
		this.after = after;
		this.version = version;
		this.tail = tail;
	}

	/** It has been sent that. */
	take({ last, version, ends }: JobShare): void {
		this.after = last;
		this.version = version;
		this.ended ||= ends;
	}
}

/** Where one reader is, and what it is to be sent next: whoever drives it, and in whatever form it goes out. Between frames it holds nothing but its cursors. */
export class Reader {
	readonly #sources: LiveSources;
	readonly #owner: string;
	readonly #snapshots: boolean;
	readonly #unpaced: boolean;
	readonly #list: ListTail | null;
	readonly feed: boolean;
	readonly cursors: readonly Cursor[];
	/** When the list may go out again. */
	listDue: number;
	/** The list is to be read. */
	listPending: boolean;
	/** The last frame was full. */
	more = false;

	/** The watch's `follow` must name each job once. With tails it is told what comes; without, it looks. */
	constructor(sources: LiveSources, watch: Watch, at: { mark?: Mark; cursors?: Cursor[]; list?: ListTail } = {}) {
		const { at: listDue, version } = at.mark ?? { at: 0, version: 0 };
		this.#sources = sources;
		this.#owner = watch.owner;
		this.#snapshots = watch.snapshots;
		this.#unpaced = watch.unpaced ?? false;
		this.#list = at.list ?? null;
		this.feed = watch.feed;
		this.cursors = at.cursors ?? once(watch.follow).map(({ jobId, after }) => new Cursor(jobId, after, version, null));
		this.listDue = listDue;
		this.listPending = watch.feed;
	}

	/** Everything followed has ended, and no list is wanted. */
	get finished(): boolean {
		return !this.feed && this.cursors.every(({ ended }) => ended);
	}

	/** Looks for what is there before anything is sent: refuses what it may not see, and brings snapshots of what it is far behind in. */
	async catchUp(): Promise<Parts | null> {
		const snapshots: JobSnapshot[] = [];
		for (const cursor of this.cursors) {
			const snapshot = await this.#catchUpWith(cursor);
			if (snapshot) snapshots.push(snapshot);
		}
		return snapshots.length > 0 ? this.parts({ snapshots }) : null;
	}

	async #catchUpWith(cursor: Cursor): Promise<JobSnapshot | null> {
		const { jobId, after } = cursor;
		const { seq, ended } = await this.#sources.head(this.#owner, jobId);
		cursor.tail?.begin(seq);
		if (ended && after === seq) cursor.ended = true;
		if (!this.#snapshots && after > seq)
			throw new HeadwayError('future_cursor', `This job's log ends at ${seq}; there is no event ${after}.`);
		if (!this.#snapshots || (after <= seq && seq - after <= FAR_BEHIND)) return null;
		const snapshot = await this.#sources.snapshot(this.#owner, jobId);
		cursor.after = snapshot.seq;
		cursor.ended = snapshot.endedAt !== null;
		return snapshot;
	}

	/** What is next, from the tails alone; null when there is nothing, `'read'` when it must be read. */
	next(): Parts | 'read' | null {
		if (this.listPending) return 'read';
		const only = this.cursors[0];
		if (!only || this.cursors.length > 1) return this.#nextOfMany();
		if (only.ended) return null;
		const share = only.tail?.share(only.after, only.version);
		if (!share) return share === null ? null : 'read';
		only.take(share);
		return share.parts;
	}

	#nextOfMany(): Parts | 'read' | null {
		const shares: JobShare[] = [];
		let size = 0;
		for (const cursor of this.cursors) {
			if (cursor.ended) continue;
			const share = cursor.tail?.share(cursor.after, cursor.version);
			if (share === undefined && shares.length === 0) return 'read';
			// The next frame begins with the first job again: it has been read to its end by then.
			if (share === undefined || size > FRAME_SIZE) break;
			if (share === null) continue;
			shares.push(share);
			size += share.size;
			cursor.take(share);
		}
		return shares.length > 0 ? this.parts({ shares }) : null;
	}

	/** What is next, wherever it is; null when there is nothing. `more` says whether it was all. */
	async read(): Promise<Parts | null> {
		const shares: JobShare[] = [];
		let size = 0;
		this.more = false;
		for (const cursor of this.cursors) {
			if (cursor.ended) continue;
			if (size > FRAME_SIZE) this.more = true;
			if (size > FRAME_SIZE) break;
			const share = await this.#shareOf(cursor);
			this.more ||= share?.more ?? false;
			if (!share || share.empty) continue;
			shares.push(share);
			size += share.size;
			cursor.take(share);
		}
		const list = this.listPending ? await this.#readList() : null;
		return shares.length > 0 || list ? this.parts({ shares, list }) : null;
	}

	async #shareOf(cursor: Cursor): Promise<JobShare | null> {
		const { jobId, tail, after, version } = cursor;
		const near = tail?.share(after, version);
		if (near !== undefined) return near;
		if (tail) {
			const { share, gone } = await tail.read(after, version);
			cursor.ended = gone;
			return share;
		}
		const page = await this.#sources.log.page(jobId, after);
		const held = this.#sources.transients.since(jobId, version);
		return new JobShare({ jobId, after, since: version, held, ...page });
	}

	/** The list went out less than 250 ms ago. Never further ahead than that, but for a clock that was set back. */
	get early(): boolean {
		if (this.#unpaced) return false;
		const wait = this.listDue - this.#sources.clock.now();
		return wait > 0 && wait <= LIST_MS;
	}

	async #readList(): Promise<ListPart | null> {
		// One who is told of the list was told when it was due.
		if (!this.#list && this.early) return null;
		this.listPending = false;
		const since = Math.min(this.#sources.clock.now(), this.listDue) - LIST_MS;
		const part = await (this.#list?.read(since) ?? readList(this.#sources, this.#owner, since));
		this.listDue = part.at + LIST_MS;
		return part;
	}

	/** Parts that say where the reader is now. */
	parts(part: Partial<Parts>): Parts {
		const cursors = this.cursors.map(({ jobId, after }) => ({ jobId, after }));
		return { kind: 'batch', snapshots: [], shares: [], list: null, cursors, ...part };
	}
}

/** Each job once, with the cursor that was given last. */
export function once(follow: Watch['follow']): Watch['follow'] {
	if (follow.length < 2) return follow;
	return [...new Map(follow.map(({ jobId, after }) => [jobId, after]))].map(([jobId, after]) => ({ jobId, after }));
}
