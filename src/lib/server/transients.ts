import type { JobEvent } from '../jobs/event.ts';
import type { AnyModel } from '../operations/operation.ts';
import { jobKey, type Bell } from './bell.ts';
import type { Clock } from './clock.ts';
import { unreadable } from './event-log.ts';

/** A live-only event as it is held: its JSON is written once, for all who read it. */
export class Held {
	/** Counts all transient events of the process, so that a reader knows what it has seen. */
	readonly version: number;
	readonly at: number;
	readonly type: string;
	/** The whole event on one line, with `"seq":null`. */
	readonly json: string;

	constructor(version: number, { jobId, at, type, data }: Omit<JobEvent, 'seq'>) {
		const { json, ...written } = write({ jobId, seq: null, at, type, data });
		this.version = version;
		this.at = at;
		this.type = written.type;
		this.json = json;
	}

	get event(): JobEvent {
		return JSON.parse(this.json) as JobEvent;
	}
}

interface OfJob {
	/** Of the newest event. */
	version: number;
	byType: Map<string, Held>;
}

/** What all ended jobs together may hold, in characters of JSON; the oldest goes first. */
const AFTERLIFE_SIZE = 64 * 1024 * 1024;

/** How long the newest transient events of a failed or cancelled job are held (IM-10). */
const AFTERLIFE_MS = 15 * 60_000;

/** Live-only events: the newest of each type of each running job, in memory, never stored. A slow reader misses some, and nothing piles up. */
export class Transients {
	readonly #held = new Map<string, OfJob>();
	readonly #bell: Bell;
	readonly #clock: Clock;
	/** Ended jobs with what they still hold, oldest first. */
	readonly #ended = new Map<string, number>();
	#version = 0;

	constructor(bell: Bell, clock: Clock) {
		this.#bell = bell;
		this.#clock = clock;
	}

	/** The newest event's version; 0 before any. */
	get version(): number {
		return this.#version;
	}

	/** Replaces the newest event of this type and wakes the job's watchers. */
	publish(event: Omit<JobEvent, 'seq'>): void {
		const version = ++this.#version;
		const ofJob = this.#held.get(event.jobId) ?? { version, byType: new Map<string, Held>() };
		ofJob.version = version;
		ofJob.byType.set(event.type, new Held(version, event));
		this.#held.set(event.jobId, ofJob);
		this.#bell.ring(jobKey(event.jobId));
	}

	/** The version of the job's newest event; 0 when none is held. */
	newest(jobId: string): number {
		return this.#held.get(jobId)?.version ?? 0;
	}

	/** What is newer than `version`, oldest first. */
	since(jobId: string, version: number): Held[] {
		const ofJob = this.#held.get(jobId);
		if (!ofJob || ofJob.version <= version) return [];
		return [...ofJob.byType.values()].filter((held) => held.version > version).sort((a, b) => a.version - b.version);
	}

	/** Lets go of a job's events: at once on success, otherwise after 15 minutes, or when newer ones need the room. */
	release(jobId: string, succeeded: boolean): void {
		const ofJob = this.#held.get(jobId);
		if (!ofJob) return;
		if (succeeded) return this.#drop(jobId);
		const held = [...ofJob.byType.values()];
		this.#ended.set(
			jobId,
			held.reduce((size, { json }) => size + json.length, 0)
		);
		this.#clock.after(AFTERLIFE_MS, () => this.#drop(jobId));
		this.#makeRoom();
	}

	/** Forgets a job that was deleted, or that another process runs now. */
	forget(jobId: string): void {
		this.#drop(jobId);
	}

	#makeRoom(): void {
		let size = [...this.#ended.values()].reduce((sum, held) => sum + held, 0);
		for (const [jobId, held] of [...this.#ended]) {
			if (size <= AFTERLIFE_SIZE) return;
			size -= held;
			this.#drop(jobId);
		}
	}

	#drop(jobId: string): void {
		this.#held.delete(jobId);
		this.#ended.delete(jobId);
	}
}

/** A body that cannot be sent would end every stream that comes to it, again and again. */
function write(event: JobEvent): { type: string; json: string } {
	try {
		return { type: event.type, json: JSON.stringify(event) };
	} catch {
		const instead = { ...event, ...unreadable(event.type) };
		return { type: instead.type, json: JSON.stringify(instead) };
	}
}

/** An operation's state with what it showed live only, which is in no log: the newest preview (IM-10). */
export function withTransients(state: unknown, model: AnyModel, held: readonly { event: JobEvent }[]): unknown {
	const own = held.filter(({ event }) => Object.hasOwn(model.events, event.type));
	return own.reduce((folded, { event }) => model.reduce(folded, event), state);
}
