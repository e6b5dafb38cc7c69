/* eslint-disable svelte/prefer-svelte-reactivity -- what is shown is one list, made anew; these only help to make it */
import { isTerminal } from '../jobs/job.ts';
import type { JobSummary } from '../jobs/snapshot.ts';
import { inSight } from './page-sight.ts';

/** One page of older jobs, newest first; `next` is null where there are none after it. */
export interface OlderJobs {
	jobs: JobSummary[];
	next: string | null;
}

/** How many jobs the list keeps, parts of others apart, and those that were asked for. */
const LISTED = 50;
/** Turns of conversations have lists of their own: here they push no job out, and only the newest are known once they have ended. */
const TURN = 'chat';
const TURNS = 20;

/** The jobs that the page lists: what it was loaded with, every change since, and as many older ones as were asked for. */
export class ListedJobs {
	#list: JobSummary[] = $state.raw([]);
	readonly #active = $derived(this.#list.filter(({ status }) => !isTerminal(status)));
	readonly #fetch: (before: string) => Promise<OlderJobs>;
	/** The oldest of those that were listed one after the other, as the list's cursor; null where none is older. */
	#reach: string | null = $state.raw(null);
	#asking = $state(false);
	#most = LISTED;
	/** What changed while nobody looked, by id. */
	readonly #unseen = new Map<string, JobSummary>();

	constructor(list: JobSummary[], older: string | null, fetch: (before: string) => Promise<OlderJobs>) {
		this.#list = list;
		this.#reach = older;
		this.#fetch = fetch;
	}

	/** Newest first. */
	get list(): readonly JobSummary[] {
		return this.#list;
	}

	/** Queued or running. */
	get active(): readonly JobSummary[] {
		return this.#active;
	}

	/** Whether there are older ones that can be asked for. */
	get hasOlder(): boolean {
		return this.#reach !== null;
	}

	/** Lists the next page of older ones; does nothing while one is on its way. Rejects as the request does. */
	async older(): Promise<void> {
		if (this.#reach === null || this.#asking) return;
		this.#asking = true;
		try {
			const { jobs, next } = await this.#fetch(this.#reach);
			this.#most += jobs.length;
			this.#reach = next;
			const known = new Set(this.#list.map(({ id }) => id));
			this.#merge(jobs.filter(({ id }) => !known.has(id)));
		} finally {
			this.#asking = false;
		}
	}

	/** Takes what changed. A page that nobody looks at keeps it for later, but for what its title tells: a new status. */
	take(changed: readonly JobSummary[]): void {
		for (const job of changed) this.#unseen.set(job.id, job);
		if (inSight() || changed.some((job) => this.#isTurn(job))) this.show();
	}

	/** Lists what changed while nobody looked. */
	show(): void {
		if (this.#unseen.size === 0) return;
		const changed = [...this.#unseen.values()];
		this.#unseen.clear();
		this.#merge(changed);
	}

	drop(id: string): void {
		this.#list = this.#list.filter((job) => job.id !== id && job.parentId !== id);
		for (const [key, job] of this.#unseen) if (key === id || job.parentId === id) this.#unseen.delete(key);
	}

	#isTurn({ id, status, waitingFor }: JobSummary): boolean {
		const known = this.#list.find((job) => job.id === id);
		return known?.status !== status || known.waitingFor !== waitingFor;
	}

	#merge(changed: readonly JobSummary[]): void {
		const ids = new Set(changed.map(({ id }) => id));
		const merged = [...changed, ...this.#list.filter(({ id }) => !ids.has(id))].toSorted(newestFirst);
		const whole = merged.filter(({ parentId, operation }) => !parentId && operation !== TURN);
		const turns = merged.filter(({ parentId, operation }) => !parentId && operation === TURN);
		this.#noteCut(whole);
		const kept = whole.filter(({ status }, place) => place < this.#most || !isTerminal(status));
		const open = new Set(kept.filter(({ status }) => !isTerminal(status)).map(({ id }) => id));
		// Parts push no other job out of the list, and leave it with what they are a part of.
		const parts = merged.filter(({ parentId, status }) => parentId && (open.has(parentId) || !isTerminal(status)));
		this.#list = [...kept, ...parts, ...turns.filter(({ status }, place) => place < TURNS || !isTerminal(status))];
	}

	/** What falls off the end is the first of the older ones from then on. */
	#noteCut(whole: readonly JobSummary[]): void {
		const last = whole[this.#most - 1];
		if (!last || whole.length === this.#most) return;
		if (this.#reach === null || Number(this.#reach.split('.')[0]) <= last.createdAt) this.#reach = cursorOf(last);
	}
}

/** As the server writes the `next` of a page that ends with this job. */
const cursorOf = ({ createdAt, id }: JobSummary) => `${createdAt}.${id}`;
const newestFirst = (a: JobSummary, b: JobSummary) => b.createdAt - a.createdAt || (a.id < b.id ? 1 : -1);
