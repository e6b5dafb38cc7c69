import { fireEvent, render, screen, waitFor, within } from '@testing-library/svelte';
import { tick } from 'svelte';
import { beforeAll, describe, expect, test } from 'vitest';
import type { JobSnapshot } from '../../../src/lib/jobs/snapshot.ts';
import type { ResearchResult, ResearchState } from '../../../src/lib/operations/research/model.ts';
import Live from '../../../src/lib/operations/research/Live.svelte';
import { installResizeObserver } from '../../support/resize-observer.ts';
import { begun, done, phase, reasoning, researchJob, search, tell, type Told } from '../../support/snapshot.ts';

const searching: Told[] = [...begun, phase('searching', 0.1), search('tides moon')];
const section = (title: string) => document.querySelector<HTMLElement>(`[data-section="${title}"]`);
const content = (title: string) => section(title)?.querySelector('[data-collapsible-content]');
const toggle = (title: string) => screen.getByRole('button', { name: new RegExp(`^${title}`) });
const skeletons = () =>
	[...document.querySelectorAll<HTMLElement>('[data-skeleton]')].map((each) => each.dataset.skeleton);
const text = (said: string): Told => ['content', { target: 'report', text: said }, 5];

type Job = JobSnapshot<ResearchState, ResearchResult>;
const next = (job: Job, ...told: Told[]) =>
	told.reduce<JobSnapshot>((snapshot, event) => tell(snapshot, event), job) as Job;

beforeAll(installResizeObserver);

describe('research, live', () => {
	test('IR-01 a search shows as it runs, as a link to what was searched', async () => {
		const job = researchJob(searching);
		const { rerender } = render(Live, { job, live: true });
		expect(screen.getByRole('link', { name: 'tides moon' })).toHaveAttribute(
			'href',
			'https://find.example/?q=tides%20moon'
		);
		await rerender({ job: next(job, search('tides sun')), live: true });
		expect(screen.getByRole('link', { name: 'tides sun' })).toBeInTheDocument();
	});

	test('IR-01 opened pages and texts that were looked for show too', () => {
		const page = { callId: 'c', query: null, link: 'https://www.sea.example/tides' };
		render(Live, {
			job: researchJob([
				...searching,
				['web_search_call', { ...page, action: 'open_page', pattern: null }],
				['web_search_call', { ...page, action: 'find_in_page', pattern: 'neap' }]
			]),
			live: true
		});
		expect(screen.getByRole('link', { name: 'Opened sea.example' })).toBeInTheDocument();
		expect(screen.getByRole('link', { name: 'Looked for “neap” in sea.example' })).toBeInTheDocument();
	});

	test('IR-01 a link that is not safe is no link', () => {
		const call = { callId: 'c', action: 'search', query: 'x', link: 'javascript:alert(1)', pattern: null };
		render(Live, { job: researchJob([...begun, ['web_search_call', call]]), live: true });
		expect(screen.queryByRole('link')).toBeNull();
		expect(screen.getByText('x')).toBeInTheDocument();
	});

	test('IR-02 reasoning shows as it completes, with its type, in sections that open and close', async () => {
		const said = '**Planning the search**\n\nFirst the *moon*.';
		render(Live, { job: researchJob([...searching, reasoning(0, said)]), live: true });
		const step = screen.getByRole('button', { name: /Planning: Planning the search/ });
		expect(step).toHaveAttribute('aria-expanded', 'true');
		expect(screen.getByText('moon').tagName).toBe('EM');
		await fireEvent.click(step);
		expect(step).toHaveAttribute('aria-expanded', 'false');
	});

	test('IR-03 the report grows on the page as it is written, below a line of its own', async () => {
		const job = researchJob([...searching, phase('synthesizing', 0.7), text('# Tides\n\nThe moon')]);
		const { rerender } = render(Live, { job, live: true });
		expect(screen.getByText('The moon')).toBeInTheDocument();
		const paragraph = screen.getByText('The moon');
		await rerender({ job: next(job, text(' pulls the sea.')), live: true });
		expect(paragraph).toHaveTextContent('The moon pulls the sea.');
		expect(paragraph.isConnected).toBe(true);
	});

	test('IR-06 each intermediate result says when it was received', () => {
		render(Live, {
			job: researchJob([
				...searching,
				reasoning(0, 'Plan', 'planning', 12),
				['source', { url: 'https://sea.example/', title: 'Sea', number: null }, 63]
			]),
			live: true
		});
		const times = [...document.querySelectorAll('time')];
		expect(times.map((time) => time.textContent)).toEqual(['+0:02', '+0:12', '+1:03']);
		expect(times[1]).toHaveAttribute('datetime', '2026-11-20T12:00:12.000Z');
		expect(times[1]?.title).toMatch(/^Received 20 Nov 2026/);
	});

	test('IR-07 each arrives gently', () => {
		render(Live, { job: researchJob([...searching, reasoning(0, 'Plan')]), live: true });
		expect(document.querySelectorAll('li.arrives')).toHaveLength(2);
	});

	test('IR-08 a person opens and closes each section, and the choice stays while more arrives', async () => {
		const job = researchJob([...searching, reasoning(0, 'Plan')]);
		const { rerender } = render(Live, { job, live: true });
		expect(toggle('Searches')).toHaveAttribute('aria-expanded', 'true');
		await fireEvent.click(toggle('Searches'));
		await rerender({ job: next(job, search('another')), live: true });
		expect(toggle('Searches')).toHaveAttribute('aria-expanded', 'false');
		expect(toggle('Reasoning')).toHaveAttribute('aria-expanded', 'true');
		await fireEvent.click(toggle('Searches'));
		expect(toggle('Searches')).toHaveAttribute('aria-expanded', 'true');
	});

	test('IR-09 the result stands apart from the intermediate results', () => {
		render(Live, { job: researchJob([...searching, done('# Tides')]), live: false });
		const report = screen.getByRole('region', { name: /^Report/ });
		const before = screen.getByRole('region', { name: 'Intermediate results' });
		expect(before.contains(report)).toBe(false);
		expect(report).toHaveClass('border-t-2');
		expect(within(report).getByRole('button', { name: 'Copy' })).toBeInTheDocument();
		expect(within(report).getByRole('button', { name: 'Download .md' })).toBeInTheDocument();
	});

	test('IR-10 intermediate results are still there after the end, collapsed, and open again', async () => {
		const job = researchJob([...searching, reasoning(0, 'Plan')]);
		const { rerender } = render(Live, { job, live: true });
		await rerender({ job: next(job, done('# Tides')), live: false });
		expect(toggle('Searches')).toHaveAttribute('aria-expanded', 'false');
		await waitFor(() => expect(content('Searches')).toHaveAttribute('hidden'));
		await fireEvent.click(toggle('Searches'));
		await waitFor(() => expect(content('Searches')).not.toHaveAttribute('hidden'));
		expect(screen.getByRole('link', { name: 'tides moon' })).toBeInTheDocument();
	});

	test('IR-11 a skeleton stands where the next kind is expected, and goes when nothing more is', async () => {
		const job = researchJob(begun);
		const { rerender } = render(Live, { job, live: true });
		expect(skeletons()).toEqual([
			'The next search will show here',
			'The next summary will show here',
			'The report will grow here'
		]);
		await rerender({ job: next(job, phase('synthesizing', 0.7), text('Tides')), live: true });
		expect(skeletons()).toEqual([]);
		await rerender({ job: next(job, done('# Tides')), live: false });
		expect(skeletons()).toEqual([]);
	});

	test('IR-12 a broken intermediate result does not stop the ones after it', () => {
		const broken: Told = ['web_search_call', { callId: 7, action: 'dance' }];
		render(Live, { job: researchJob([...begun, broken, search('after')]), live: true });
		expect(screen.getByRole('link', { name: 'after' })).toBeInTheDocument();
		expect(screen.getByText(/One update could not be read/)).toBeInTheDocument();
	});

	test('IR-13 a long list follows its newest entry until the reader scrolls up, and again from “Newest”', async () => {
		const job = researchJob(searching);
		const { rerender } = render(Live, { job, live: true });
		const list = section('Searches')?.querySelector<HTMLElement>('.overflow-y-auto');
		if (!list) throw new Error('the list scrolls nowhere');
		let height = 1_000;
		Object.defineProperties(list, { scrollHeight: { get: () => height }, clientHeight: { get: () => 300 } });
		const grow = async (by: number, ...told: Told[]) => {
			height += by;
			await rerender({ job: next(job, ...told), live: true });
			await tick();
		};
		await grow(0, search('b'));
		expect(list.scrollTop).toBe(1_000);
		expect(list).toHaveAttribute('tabindex', '0');

		list.scrollTop = 200;
		await fireEvent.scroll(list);
		await grow(100, search('b'), search('c'));
		expect(list.scrollTop).toBe(200);

		await fireEvent.click(screen.getByRole('button', { name: 'Newest' }));
		expect(list.scrollTop).toBe(1_100);
		expect(screen.queryByRole('button', { name: 'Newest' })).toBeNull();
	});

	test('RS-05 citations and sources point at each other', () => {
		render(Live, { job: researchJob([...searching, done('Tides rise. [1](#source-1)')]), live: false });
		const cited = screen.getByRole('link', { name: 'Source 1' });
		expect(document.querySelector(cited.getAttribute('href') ?? '')).toHaveTextContent('Tides');
		const back = screen.getByRole('link', { name: 'Back to where source 1 is cited' });
		cited.scrollIntoView = () => undefined;
		back.click();
		expect(document.activeElement).toBe(cited);
	});

	test('CX-05 what was written before a cancel stays, and is said not to be complete', () => {
		const job = researchJob([...searching, text('The moon pulls')], { status: 'cancelled' });
		render(Live, { job, live: false });
		expect(screen.getByText('The moon pulls')).toBeInTheDocument();
		expect(screen.getByText('not complete')).toBeInTheDocument();
	});
});
