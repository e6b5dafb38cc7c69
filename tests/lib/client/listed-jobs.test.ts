import { afterEach, beforeEach, expect, test } from 'vitest';
import { ListedJobs, type OlderJobs } from '$lib/client/listed-jobs.svelte.ts';
import type { JobSummary } from '$lib/jobs/snapshot.ts';
import { begun, done, researchJob, START, summaryOf } from '../../support/snapshot.ts';

const ended = summaryOf(researchJob([...begun, done('x')]));
const idOf = (n: number) => `job_${String(n).padStart(20, '0')}`;
const job = (n: number, facts: Partial<JobSummary> = {}): JobSummary => ({
	...ended,
	id: idOf(n),
	createdAt: START + n,
	...facts
});
/** Newest first. */
const jobs = (from: number, to: number) => Array.from({ length: from - to + 1 }, (_, n) => job(from - n));
const ids = (listed: ListedJobs) => listed.list.map(({ id }) => Number(id.slice(4)));

function look(state: 'visible' | 'hidden'): void {
	Object.defineProperty(document, 'visibilityState', { value: state, configurable: true });
}
beforeEach(() => look('visible'));
afterEach(() => look('visible'));

/** As the server lists all jobs below `whole`, in pages of 100. */
function server(whole: number) {
	const asked: string[] = [];
	const fetch = async (before: string): Promise<OlderJobs> => {
		asked.push(before);
		const first = Number(before.split('.')[1]?.slice(4)) - 1;
		const last = Math.max(1, first - 99);
		return { jobs: jobs(Math.min(first, whole), last), next: last > 1 ? `${START + last}.${idOf(last)}` : null };
	};
	return { asked, fetch };
}

test('OP-08 older jobs come page by page to the very first, each once and in order', async () => {
	const { asked, fetch } = server(2_000);
	const listed = new ListedJobs(jobs(2_000, 1_951), `${START + 1_951}.${idOf(1_951)}`, fetch);
	while (listed.hasOlder) await listed.older();
	expect(asked).toHaveLength(20);
	expect(ids(listed)).toEqual(jobs(2_000, 1).map(({ id }) => Number(id.slice(4))));
});

test('OP-08 a page of older jobs is asked for once, though asked twice', async () => {
	const { asked, fetch } = server(300);
	const listed = new ListedJobs(jobs(300, 251), `${START + 251}.${idOf(251)}`, fetch);
	await Promise.all([listed.older(), listed.older()]);
	expect(asked).toHaveLength(1);
});

test('OP-08 jobs that new ones pushed out of the list are among the older ones', async () => {
	const { fetch } = server(70);
	const listed = new ListedJobs(jobs(50, 1), null, fetch);
	expect(listed.hasOlder).toBe(false);
	for (const made of jobs(70, 51).toReversed()) listed.take([made]);
	expect(listed.list).toHaveLength(50);
	await listed.older();
	expect(ids(listed)).toEqual(jobs(70, 1).map(({ id }) => Number(id.slice(4))));
});

test('OP-08 a page that could not be had is asked for again', async () => {
	let fails = true;
	const { fetch } = server(300);
	const listed = new ListedJobs(jobs(300, 251), `${START + 251}.${idOf(251)}`, (before) =>
		fails ? Promise.reject(new Error('no answer')) : fetch(before)
	);
	await expect(listed.older()).rejects.toThrow('no answer');
	fails = false;
	await listed.older();
	expect(listed.list).toHaveLength(150);
});

test('OP-08 a page that nobody looks at lists a new status at once, and mere progress when it is seen', () => {
	const running = job(2, { status: 'running', progress: { fraction: 0.1, basis: 'measured' } });
	const listed = new ListedJobs([running, job(1)], null, server(0).fetch);
	look('hidden');
	const before = listed.list;
	for (let n = 2; n <= 9; n++) listed.take([{ ...running, progress: { fraction: n / 10, basis: 'measured' } }]);
	expect(listed.list).toBe(before);
	listed.take([{ ...running, status: 'succeeded' }]);
	expect(listed.active).toEqual([]);
	listed.take([{ ...running, status: 'succeeded', progress: { fraction: 1, basis: 'measured' } }]);
	listed.show();
	expect(listed.list[0]?.progress.fraction).toBe(1);
});

test('OP-08 a job that was deleted does not come back with what was not shown yet', () => {
	const running = job(2, { status: 'running' });
	const listed = new ListedJobs([running, job(1)], null, server(0).fetch);
	look('hidden');
	listed.take([{ ...running, progress: { fraction: 0.5, basis: 'measured' } }]);
	listed.drop(running.id);
	listed.show();
	expect(ids(listed)).toEqual([1]);
});
