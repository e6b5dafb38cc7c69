import type { JobEvent } from '$lib/jobs/event.ts';
import type { JobSnapshot } from '$lib/jobs/snapshot.ts';
import { readEvents } from '../http/read-sse.ts';
import { moment } from './seed.ts';
import type { ServerProcess } from './server-process.ts';

/** A research as the plain door tells of it. */
export type Research = JobSnapshot<unknown, { report: string; sources: unknown[]; queries: string[] }>;

/** What the demo's library can say much about. */
export const questions = [
	'How does caffeine affect sleep?',
	'What causes tides?',
	'How are transistors made?',
	'Why do honeybees dance?',
	'How do heat pumps work?'
];

/** The settings of a Headway whose only provider is the server at this address. */
export function askedAt(url: string, env: Record<string, string> = {}): Record<string, string> {
	return {
		...{ OPENAI_API_KEY: 'chaos', OPENAI_BASE_URL: `${url}/v1`, HEADWAY_VENDOR: 'openai' },
		...{
			HEADWAY_MODEL: 'demo-research-1',
			HEADWAY_MAX_RUNNING_BY_OPERATION: 'research=8',
			HEADWAY_PROVIDER_PAUSE: '1'
		},
		...env
	};
}

/** Starts a research, however often it takes until the server answers: the key makes it one job. */
export async function startOne(url: string, query: string, key: string, depth = 'quick'): Promise<string> {
	const request = {
		method: 'POST',
		headers: { 'content-type': 'application/json', 'idempotency-key': key },
		body: JSON.stringify({ operation: 'research', input: { query, depth } })
	};
	for (;;) {
		const signal = AbortSignal.timeout(5_000);
		const answer = await fetch(`${url}/api/jobs`, { ...request, signal }).catch(() => null);
		if (answer?.ok) {
			const job = (await answer.json().catch(() => null)) as Research | null;
			if (job) return job.id;
		} else if (answer) throw new Error(`the start was answered with ${answer.status}: ${await answer.text()}`);
		await moment(50);
	}
}

/** The job as it is now. */
export async function jobOf(url: string, id: string): Promise<Research> {
	return (await (await fetch(`${url}/api/jobs/${id}`)).json()) as Research;
}

/** The job once it has ended; it must within so many seconds. */
export async function endOf(url: string, id: string, seconds = 60): Promise<Research> {
	const signal = AbortSignal.timeout((seconds + 5) * 1_000);
	const job = (await (await fetch(`${url}/api/jobs/${id}?wait=${seconds}`, { signal })).json()) as Research;
	if (job.endedAt === null) throw new Error(`job ${id} has not ended within ${seconds} s: ${JSON.stringify(job)}`);
	return job;
}

/** The whole log of an ended job. */
export async function logOf(url: string, id: string): Promise<JobEvent[]> {
	return readEvents(await fetch(`${url}/api/jobs/${id}/events`));
}

/** What each question's report is when nothing happens to it. */
export async function undisturbed(headway: ServerProcess, demo: ServerProcess): Promise<Map<string, string>> {
	await control(demo, { pace: 60 });
	const reports = questions.map(async (query) => {
		const id = await startOne(headway.url, query, `undisturbed-${questions.indexOf(query)}`);
		const { result } = await endOf(headway.url, id);
		return [query, result?.report ?? ''] as const;
	});
	return new Map(await Promise.all(reports));
}

interface DemoState {
	ledger: { method: string; path: string; jobId?: string; responseId?: string; status: number }[];
	responses: { id: string; status: string; jobId: string | null }[];
}

/** Sets the demo's pace or arms its faults; with nothing to set it only tells how it stands. */
export async function control(demo: ServerProcess, orders: object = {}): Promise<DemoState> {
	const body = JSON.stringify(orders);
	const answer = await fetch(`${demo.url}/control`, { method: 'POST', body });
	if (!answer.ok) throw new Error(`the demo's control answered ${answer.status}: ${await answer.text()}`);
	return (await answer.json()) as DemoState;
}

/** How many times the provider began a response for this job. */
export async function createsOf(demo: ServerProcess, id: string): Promise<number> {
	const { ledger } = await control(demo);
	return ledger.filter(({ method, path, jobId }) => `${method} ${path}` === 'POST /v1/responses' && jobId === id)
		.length;
}
