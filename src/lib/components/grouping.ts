import type { JobSummary } from '../jobs/snapshot.ts';
import { isActive, waitsForPerson } from './status.ts';

/** A job as a list shows it, with those of its parts that the list knows. */
export interface JobGroup {
	job: JobSummary;
	parts: JobSummary[];
}

/** Jobs in their order, each part under the job that it is a part of; a part without one in the list stands by itself. */
export function grouped(jobs: readonly JobSummary[]): JobGroup[] {
	const groups = new Map(jobs.map((job) => [job.id, { job, parts: [] as JobSummary[] }]));
	const whole: JobGroup[] = [];
	for (const [, group] of groups) {
		const parent = group.job.parentId === null ? undefined : groups.get(group.job.parentId);
		if (parent) parent.parts.push(group.job);
		else whole.push(group);
	}
	return whole;
}

/** How many jobs run, and how many wait for their turn; a batch counts as the one job that a person started. */
export function activeCounts(jobs: readonly JobSummary[]): { running: number; queued: number } {
	const whole = grouped(jobs).map(({ job }) => job.status);
	const count = (status: JobSummary['status']) => whole.filter((other) => other === status).length;
	return { running: count('running'), queued: count('queued') };
}

/** "1 waiting for you, 2 running, 3 queued", of the parts that have not ended; empty when all have. */
export function describeParts(parts: readonly JobSummary[]): string {
	const words = parts
		.filter(({ status }) => isActive(status))
		.map((part) => (waitsForPerson(part) ? 'waiting for you' : part.status));
	return ['waiting for you', 'running', 'queued']
		.map((word) => ({ word, count: words.filter((other) => other === word).length }))
		.filter(({ count }) => count > 0)
		.map(({ word, count }) => `${count} ${word}`)
		.join(', ');
}
