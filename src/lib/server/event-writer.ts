import { HeadwayError } from '../jobs/error.ts';
import type { RunLog } from '../operations/operation.ts';
import type { Clock } from './clock.ts';
import type { EventLog, NewEvent, RowPatch } from './event-log.ts';
import { whenRoom } from './room.ts';

/** While events keep coming they are written together at most this often (architecture section 4). */
export const GROUP_MS = 15;

/** What may wait for room on a full disk, in characters of JSON. More than that, and the run is stopped. */
const MOST_WAITING = 4 * 1024 * 1024;

interface ContentData {
	target: string;
	text: string;
	replace?: boolean | undefined;
}

/**
 * One run's way into the log. `add` never waits: the first event after a pause and the first of a text are written at
 * once, those that follow within 15 ms together, neighbouring pieces of one text merged. Order is kept; a failed write stops the run. A full disk
 * is waited for: what comes meanwhile is held, up to a bound, and written when there is room.
 */
export class EventWriter {
	readonly #log: EventLog;
	readonly #clock: Clock;
	readonly #jobId: string;
	readonly #epoch: number;
	readonly #onFailure: (error: unknown) => void;
	#events: NewEvent[] = [];
	#patch: RowPatch = {};
	/** What was last said of the row. */
	#noted: RowPatch = {};
	#held = false;
	#grouping = false;
	/** Texts that have begun. */
	readonly #begun = new Set<string>();
	/** Somebody waits for what is written: a provider's request, an end. It shares no later transaction. */
	#hurried = false;
	/** Something waits that is not to wait for its group. */
	#urgent = false;
	#lastWrite = Number.NEGATIVE_INFINITY;
	#tail: Promise<void> = Promise.resolve();
	/** A write waits for room on the disk; what comes meanwhile waits with it, in so many characters. */
	#full = false;
	#waiting = 0;
	readonly #disk: { clock: Clock; log?: Pick<RunLog, 'warn'> | undefined };

	constructor(to: {
		log: EventLog;
		clock: Clock;
		jobId: string;
		epoch: number;
		logger?: Pick<RunLog, 'warn'>;
		onFailure(error: unknown): void;
	}) {
		this.#log = to.log;
		this.#disk = { clock: to.clock, log: to.logger };
		this.#clock = to.clock;
		this.#jobId = to.jobId;
		this.#epoch = to.epoch;
		this.#onFailure = to.onFailure;
	}

	/** Adds an event, and facts of the row that belong to the same transaction. */
	add(event: NewEvent, patch: RowPatch = {}): void {
		if (this.#full && !this.#fits(event)) return;
		const at = event.at ?? this.#clock.now();
		if (!this.#mergeContent(event)) this.#events.push({ ...event, at });
		this.#urgent ||= this.#begins(event);
		this.note(patch);
		if (!this.#held && (!this.#grouping || this.#urgent)) this.#write();
	}

	/** Adds facts of the row that go out with the next write. */
	note(patch: RowPatch): void {
		this.#patch = { ...this.#patch, ...patch };
		this.#noted = { ...this.#noted, ...patch };
	}

	/** Adds facts of the row that are written at once, or with the events that are being grouped. What was said before is not written again. */
	save(patch: RowPatch): void {
		if (Object.keys(patch).every((name) => patch[name as keyof RowPatch] === this.#noted[name as keyof RowPatch]))
			return;
		this.note(patch);
		if (!this.#held && !this.#grouping) this.#write();
	}

	/**
	 * While an operation handles one provider event, its own events wait for each other, so that they and the provider's
	 * cursor are one transaction: a crash then neither loses nor repeats any. An operation that takes longer than the
	 * grouping time is not waited for.
	 */
	hold(): void {
		this.#held = true;
		this.#group();
	}

	release(cursor: number | null): void {
		this.#held = false;
		if (cursor !== null) this.note({ cursor });
		const recent = this.#grouping && this.#clock.now() - this.#lastWrite < GROUP_MS;
		if (this.#events.length > 0 && (!recent || this.#urgent)) this.#write();
	}

	/** Resolves when everything added so far is in the log. Rejects when a write failed. */
	async flush(): Promise<void> {
		this.#hurried = true;
		this.#write();
		this.#log.settle();
		const behind = this.#full;
		try {
			await this.#tail;
		} finally {
			this.#hurried = false;
		}
		// What waited for room is written after the write that found none.
		if (behind) await this.#tail;
	}

	/** Resolves at once, or when a full disk takes events again: who reads them from afar stops reading until then. Never rejects. */
	async room(): Promise<void> {
		if (this.#full) await this.#tail.catch(() => undefined);
	}

	#fits(event: NewEvent): boolean {
		if (this.#waiting > MOST_WAITING) return false;
		this.#waiting += JSON.stringify(event.data).length;
		if (this.#waiting <= MOST_WAITING) return true;
		this.#onFailure(new HeadwayError('unavailable', 'The disk is full, and too much waits for room.'));
		return false;
	}

	/** The first words of a text are what a person waits for longest: nothing that was just written holds them up. */
	#begins({ type, data }: NewEvent): boolean {
		if (type !== 'content') return false;
		const { target } = data as ContentData;
		if (this.#begun.has(target)) return false;
		this.#begun.add(target);
		return true;
	}

	#mergeContent(event: NewEvent): boolean {
		const last = this.#events.at(-1);
		if (event.type !== 'content' || last?.type !== 'content') return false;
		const [before, now] = [last.data as ContentData, event.data as ContentData];
		if (before.target !== now.target || now.replace) return false;
		last.data = { ...before, text: before.text + now.text };
		return true;
	}

	#group(): void {
		if (this.#grouping) return;
		this.#grouping = true;
		this.#clock.after(GROUP_MS, () => {
			this.#grouping = false;
			if (this.#events.length > 0) this.#write();
		});
	}

	#write(): void {
		if (this.#full || (this.#events.length === 0 && Object.keys(this.#patch).length === 0)) return;
		const [events, patch] = [this.#events, this.#patch];
		[this.#events, this.#patch, this.#urgent] = [[], {}, false];
		this.#lastWrite = this.#clock.now();
		this.#group();
		this.#tail = this.#tail.then(() => this.#store(events, patch));
		this.#tail.catch(this.#onFailure);
	}

	async #store(events: readonly NewEvent[], patch: RowPatch): Promise<void> {
		const write = () => {
			const stored = this.#log.append(this.#jobId, this.#epoch, events, patch);
			if (this.#hurried) this.#log.settle();
			return stored;
		};
		await whenRoom(write, { ...this.#disk, waits: () => (this.#full = true) });
		if (!this.#full) return;
		[this.#full, this.#waiting] = [false, 0];
		this.#write();
	}
}
