import type { JobSummary } from '../jobs/snapshot.ts';
import { isActive, statusOf, waitsForPerson, type Standing, type StatusName } from './status.ts';

/** How long a toast stays, in ms. */
export const TOAST_MS = 8_000;

/** The same outcome of the same job is not told twice within this time, in ms. */
export const REPEAT_MS = 10_000;

/** The outcome of a job that is not on screen, or that it asks for something. */
export interface Toast {
	jobId: string;
	title: string;
	outcome: 'ready' | 'stopped' | 'failed' | 'asking';
	/** The outcome as what follows the title: "is ready". */
	words: string;
	/** Where it leads, unless it is the job's own page. */
	href?: string;
}

const outcomes = { succeeded: 'ready', cancelled: 'stopped', failed: 'failed' } as const;

const words: Partial<Record<StatusName, string>> = {
	succeeded: 'is ready',
	incomplete: 'is ready, but not complete',
	cancelled: 'was stopped',
	failed: 'failed',
	unknown: 'outcome unknown',
	interrupted: 'was interrupted',
	waiting: 'is waiting for you'
};

/** The toasts that show now, newest last. */
export class Toasts {
	#list: Toast[] = $state.raw([]);
	/* eslint-disable svelte/prefer-svelte-reactivity -- only the list is shown */
	#told = new Map<string, number>();
	#timers = new Map<string, ReturnType<typeof setTimeout>>();
	/* eslint-enable svelte/prefer-svelte-reactivity */

	get list(): readonly Toast[] {
		return this.#list;
	}

	show(toast: Toast): void {
		const key = `${toast.jobId} ${toast.outcome}`;
		const now = Date.now();
		if (now - (this.#told.get(key) ?? -Infinity) < REPEAT_MS) return;
		this.#told.set(key, now);
		this.#list = [...this.#list.filter(({ jobId }) => jobId !== toast.jobId), toast];
		this.release(toast.jobId);
	}

	dismiss(jobId: string): void {
		this.hold(jobId);
		this.#list = this.#list.filter((toast) => toast.jobId !== jobId);
	}

	/** Stops a toast's clock while someone reads or reaches for it. */
	hold(jobId: string): void {
		clearTimeout(this.#timers.get(jobId));
		this.#timers.delete(jobId);
	}

	/** Starts a toast's clock, anew. */
	release(jobId: string): void {
		this.hold(jobId);
		this.#timers.set(
			jobId,
			setTimeout(() => this.dismiss(jobId), TOAST_MS)
		);
	}

	close(): void {
		for (const timer of this.#timers.values()) clearTimeout(timer);
		this.#timers.clear();
	}
}

/** What there is to tell of jobs that were active in the list before: they have ended in the list after, or wait for the person. */
export function outcomesBetween(before: readonly JobSummary[], after: readonly (JobSummary & Standing)[]): Toast[] {
	return after
		.filter((job) => {
			const earlier = before.find(({ id }) => id === job.id);
			if (!earlier || !isActive(earlier.status)) return false;
			return !isActive(job.status) || (waitsForPerson(job) && !waitsForPerson(earlier));
		})
		.map(toastOf);
}

function toastOf(job: JobSummary & Standing): Toast {
	const outcome = isActive(job.status) ? 'asking' : outcomes[job.status as keyof typeof outcomes];
	return { jobId: job.id, title: job.title, outcome, words: words[statusOf(job)] ?? '' };
}
