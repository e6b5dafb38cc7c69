import { baseEvents } from '../../jobs/event.ts';
import type { LoggedEvent } from '../event-log.ts';
import type { Held } from '../transients.ts';
import type { Parts, Share } from './outlet.ts';

/** What a share is made of. */
export interface ShareFacts {
	jobId: string;
	after: number;
	/** The newest live-only event that its readers have seen. */
	since: number;
	events: readonly LoggedEvent[];
	held: readonly Held[];
	/** The log goes on behind it. */
	more: boolean;
	ends: boolean;
}

/** What is kept with a share by the one who made it of the share. */
export class Kept {
	#key: object | undefined;
	#made: unknown;
	#others: Map<object, unknown> | undefined;

	/** `make()`, asked once for each `key`. */
	keep<T>(key: object, make: () => T): T {
		if (this.#key === key) return this.#made as T;
		if (this.#key) return this.#keepAnother(key, make);
		this.#made = make();
		this.#key = key;
		return this.#made as T;
	}

	#keepAnother<T>(key: object, make: () => T): T {
		this.#others ??= new Map();
		if (!this.#others.has(key)) this.#others.set(key, make());
		return this.#others.get(key) as T;
	}
}

/** One job's next events, for all its readers who are at one cursor. */
export class JobShare extends Kept implements Share {
	readonly jobId: string;
	readonly after: number;
	readonly last: number;
	readonly since: number;
	readonly events: readonly LoggedEvent[];
	readonly liveOnly: readonly Held[];
	readonly more: boolean;
	readonly ends: boolean;
	/** The newest live-only event that its readers have seen after it. */
	readonly version: number;
	/** Of its logged events, in characters of JSON. */
	readonly size: number;
	#parts: Parts | undefined;

	constructor({ jobId, after, since, events, held, more, ends }: ShareFacts) {
		super();
		const last = events.at(-1);
		this.jobId = jobId;
		this.after = after;
		this.last = last?.seq ?? after;
		this.since = since;
		this.events = events;
		this.more = more;
		this.ends = ends;
		this.liveOnly = ends && last ? held.filter((event) => isLeft(event, last)) : held;
		this.version = held.at(-1)?.version ?? since;
		this.size = events.reduce((size, { json }) => size + json.length, 0);
	}

	/** It says nothing new. */
	get empty(): boolean {
		return this.events.length === 0 && this.liveOnly.length === 0;
	}

	/** What those are sent who follow this job alone: made once for all of them. */
	get parts(): Parts {
		return (this.#parts ??= {
			...{ kind: 'batch', snapshots: [], shares: [this], list: null },
			cursors: [{ jobId: this.jobId, after: this.last }]
		});
	}
}

/** What an operation showed live before it failed or was stopped may be all that is left of it (IM-10); the ticks of its bar are not. */
function isLeft(live: Held, end: LoggedEvent): boolean {
	return end.type !== 'done' && !Object.hasOwn(baseEvents, live.type) && live.at <= end.at;
}
