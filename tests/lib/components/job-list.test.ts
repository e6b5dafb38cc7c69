import { fireEvent, render, screen } from '@testing-library/svelte';
import { expect, test } from 'vitest';
import JobList from '../../../src/lib/components/JobList.svelte';
import type { JobSummary } from '../../../src/lib/jobs/snapshot.ts';
import { begun, done, researchJob, START, summaryOf } from '../../support/snapshot.ts';

const named = (id: string, job: JobSummary): JobSummary => ({ ...job, id });
const queued = (id: string, queuePosition: number) => named(id, summaryOf(researchJob([], { queuePosition })));
const plain = { iconOf: () => '', current: null, now: START };
const show = (jobs: JobSummary[]) => render(JobList, { jobs, ...plain });
const headings = () => screen.getAllByRole('heading').map(({ textContent }) => textContent.trim().replace(/\s+/g, ' '));

test('OP-08 the list tells the running, the queued and the recent apart, each with its real count', () => {
	const running = Array.from({ length: 12 }, (_, index) => named(`r${index}`, summaryOf(researchJob(begun))));
	show([queued('q2', 2), ...running, queued('q1', 1), named('d', summaryOf(researchJob([...begun, done('x')])))]);
	expect(headings()).toEqual(['Running 12', 'Queued 2', 'Recent']);
});

test('OP-08 the queue shows the first to go on top, each with its place', () => {
	show([queued('q3', 3), queued('q1', 1), queued('q2', 2)]);
	const links = screen.getAllByRole('link');
	expect(links.map((link) => link.dataset.job)).toEqual(['q1', 'q2', 'q3']);
	expect(links.map((link) => link.querySelector('[data-place]')?.textContent)).toEqual([
		'place 1',
		'place 2',
		'place 3'
	]);
});

test('PG-12 a job that waits for the person says so in the list', () => {
	const running = summaryOf(researchJob(begun));
	show([named('w', { ...running, waitingFor: 'person' }), named('c', { ...running, waitingFor: 'child' })]);
	const [waiting, other] = screen.getAllByRole('link');
	expect(waiting).toHaveTextContent('Waiting for you');
	expect(other).toHaveTextContent('Running');
});

test('OP-08 older jobs are asked for once at a time, and a page that failed can be asked for again', async () => {
	const asked: PromiseWithResolvers<void>[] = [];
	const older = () => {
		asked.push(Promise.withResolvers());
		return asked.at(-1)?.promise ?? Promise.reject(new Error('none'));
	};
	render(JobList, { jobs: [named('d', summaryOf(researchJob([...begun, done('x')])))], ...plain, older });
	await fireEvent.click(screen.getByRole('button', { name: 'Older jobs' }));
	await fireEvent.click(screen.getByRole('button', { name: 'Older jobs' }));
	expect(asked).toHaveLength(1);
	asked[0]?.reject(new Error('no answer'));
	await fireEvent.click(await screen.findByRole('button', { name: /could not be loaded/ }));
	expect(asked).toHaveLength(2);
});

test('OP-08 a list without older jobs offers none', () => {
	show([named('d', summaryOf(researchJob([...begun, done('x')])))]);
	expect(screen.queryByRole('button', { name: 'Older jobs' })).toBeNull();
});
