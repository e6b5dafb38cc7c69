import { render, screen } from '@testing-library/svelte';
import { describe, expect, test } from 'vitest';
import { activeCounts, describeParts, grouped } from '../../../src/lib/components/grouping.ts';
import JobList from '../../../src/lib/components/JobList.svelte';
import type { JobSummary } from '../../../src/lib/jobs/snapshot.ts';
import { START, researchJob, summaryOf } from '../../support/snapshot.ts';

const job = (id: string, status: JobSummary['status'], parentId: string | null = null): JobSummary => ({
	...summaryOf(researchJob()),
	...{ id, title: id, status, parentId }
});
const list = [
	job('p3', 'succeeded', 'batch'),
	job('p2', 'queued', 'batch'),
	job('p1', 'running', 'batch'),
	job('batch', 'running'),
	job('lost', 'running', 'elsewhere'),
	job('old', 'succeeded')
];
const show = (current: string | null = null) => render(JobList, { jobs: list, iconOf: () => '', current, now: START });
const headings = () => screen.getAllByRole('heading').map(({ textContent }) => textContent.trim().replace(/\s+/g, ' '));

describe('a batch in the list', () => {
	test('OP-08 stands once, with its parts under it; a part without its batch stands by itself', () => {
		expect(grouped(list).map(({ job: { id }, parts }) => [id, parts.map((part) => part.id)])).toEqual([
			['batch', ['p3', 'p2', 'p1']],
			['lost', []],
			['old', []]
		]);
	});

	test('OP-08 counts as one job that runs', () => {
		expect(activeCounts(list)).toEqual({ running: 2, queued: 0 });
		expect(activeCounts([...list, job('q', 'queued')])).toEqual({ running: 2, queued: 1 });
	});

	test('OP-08 says how many of its parts run and wait, and nothing once all have ended', () => {
		expect(describeParts(list.slice(0, 3))).toBe('1 running, 1 queued');
		expect(describeParts([job('x', 'failed')])).toBe('');
	});

	test('OP-08 says first how many of its parts wait for the person', () => {
		const asks = { ...job('asks', 'running', 'batch'), waitingFor: 'person' as const };
		expect(describeParts([...list.slice(0, 3), asks])).toBe('1 waiting for you, 1 running, 1 queued');
	});

	test('OP-08 does not flood the list: its open parts are folded under it, the ended ones are on its page', () => {
		show();
		expect(headings()).toEqual(['Running 2', 'Recent']);
		const parts = document.querySelector('[data-job-parts]') as HTMLDetailsElement;
		expect(parts.open).toBe(false);
		expect(parts.querySelector('summary')?.textContent.trim()).toBe('1 running, 1 queued');
		expect([...parts.querySelectorAll<HTMLElement>('[data-job]')].map(({ dataset }) => dataset.job)).toEqual(
			expect.arrayContaining(['p1', 'p2'])
		);
		expect(document.querySelector('[data-job=p3]')).toBeNull();
	});

	test('OP-08 unfolds for the part that is on screen, also when that has ended', () => {
		show('p3');
		expect((document.querySelector('[data-job-parts]') as HTMLDetailsElement).open).toBe(true);
		expect(document.querySelector('[data-job=p3]')?.getAttribute('aria-current')).toBe('page');
	});
});
