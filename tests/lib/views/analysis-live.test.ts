import { fireEvent, render, screen, waitFor, within } from '@testing-library/svelte';
import { afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import type { JobSnapshot } from '../../../src/lib/jobs/snapshot.ts';
import Live from '../../../src/lib/operations/analysis/Live.svelte';
import { analysisJob, begun, done, predicted, puzzle, raw, thought, writing } from '../../support/analysis-snapshot.ts';
import type { Told } from '../../support/snapshot.ts';
import { installResizeObserver } from '../../support/resize-observer.ts';

/** What the server has, by its path. */
const served = new Map<string, unknown>();
beforeAll(installResizeObserver);
beforeEach(() => {
	served.clear();
	vi.stubGlobal('fetch', async (path: string) => {
		const body = served.get(path);
		return body === undefined ? new Response(null, { status: 404 }) : Response.json(body);
	});
});
afterEach(() => {
	vi.unstubAllGlobals();
	vi.useRealTimers();
});

const field = (name: string) => document.querySelector<HTMLElement>(`[data-field="${name}"]`)!;
const section = (name: string) => document.querySelector<HTMLElement>(`[data-section="${name}"]`)!;
const placeholders = () =>
	[...document.querySelectorAll('[data-analysis] [data-skeleton]')].map((place) => place.getAttribute('data-skeleton'));

describe('analysis, live', () => {
	test('TS-03 IR-11 every field has its place before anything came', () => {
		render(Live, { job: analysisJob(begun), live: true });
		expect(placeholders()).toEqual(
			['Pattern', 'Strategy', 'Hints', 'Confidence'].map((name) => `${name} will show here`)
		);
		// That of the grid is the grid itself, of the size that it will have: its rows move nothing when they come.
		expect(screen.getByRole('img', { name: 'Prediction: not there yet' })).toHaveAttribute('height', '24');
		expect(screen.getByRole('img', { name: 'Output of pair 2: 1 row of 2' })).toBeVisible();
		expect(screen.getByText('Connecting…')).toBeVisible();
	});

	test('TS-02 TS-08 TS-09 TS-10 reasoning streams in a panel of its own, and is complete with the first word of the answer', async () => {
		const { rerender } = render(Live, { job: analysisJob(thought), live: true });
		const reasoning = within(section('Reasoning'));
		expect(reasoning.getByText('It looks mirrored.')).toBeVisible();
		expect(reasoning.getByText('Streaming')).toBeVisible();
		await rerender({ job: analysisJob(writing) });
		expect(reasoning.getByText('Complete')).toBeVisible();
		expect(within(field('Pattern')).getByText('Mirrored.')).toBeVisible();
		expect(placeholders()).toEqual(['Strategy', 'Hints', 'Confidence'].map((name) => `${name} will show here`));
		expect(document.querySelector('[data-tokens]')).toHaveTextContent('about 6 tokens');
		await fireEvent.click(screen.getByRole('button', { name: 'Answer as it was written' }));
		expect(document.querySelector('[data-raw] .cursor')).not.toBeNull();
		expect(document.querySelector('[data-raw-state]')).toHaveTextContent('Streaming · about 6 tokens');
	});

	test('TS-03 a predicted row is drawn as soon as it is there, with when it came', () => {
		render(Live, { job: analysisJob(predicted([5, 4])), live: true });
		expect(screen.getByRole('img', { name: 'Prediction: 1 row of 2' })).toBeVisible();
		expect(within(field('Prediction')).getByText('+0:06')).toBeVisible();
		expect(document.querySelector('[data-verdict]')).toBeNull();
	});
});

describe('analysis, ended', () => {
	test('TS-05 a right prediction is said to be solved, with score and confidence', () => {
		render(Live, { job: analysisJob(done([5, 4], 1)), live: false });
		expect(document.querySelector('[data-verdict=solved]')).toHaveTextContent('Solved: every cell is right.');
		expect(document.querySelector('[data-score]')).toHaveTextContent('Score 100 %');
		expect(document.querySelector('[data-confidence]')).toHaveTextContent('90 %');
		expect(document.querySelector('[data-answer]')).toBeNull();
	});

	test('TS-05 in a wrong one the cells that differ are marked, beside the known answer', () => {
		render(Live, { job: analysisJob(done([5, 5], 0.5)), live: false });
		expect(screen.getByRole('img', { name: 'Prediction: 1 row of 2, 1 cell differs' })).toBeVisible();
		expect(screen.getByRole('img', { name: 'Known answer: 1 row of 2' })).toBeVisible();
		expect(document.querySelector('[data-verdict=unsolved]')).toHaveTextContent('1 of 2 cells are right.');
	});

	test('TS-05 where the model gave its confidence in words, or none, the page says that', async () => {
		const [ended] = done([5, 4], 1).slice(-1) as [Told];
		const words = 'The model gave its confidence as “very high”, not as a number.';
		const { rerender } = render(Live, {
			...{
				job: analysisJob([...predicted([5, 4]), ['confidence', { percent: null, note: words }, 7], ended]),
				live: false
			}
		});
		expect(within(field('Confidence')).getByText(words)).toBeVisible();
		expect(document.querySelector('[data-confidence]')).toBeNull();
		await rerender({ job: analysisJob([...predicted([5, 4]), ended]) });
		expect(field('Confidence')).toHaveTextContent('The model did not say how sure it is.');
	});

	test('TS-05 without a known answer there is no score, and that is said', () => {
		const input = { puzzle: { ...puzzle, test: [{ input: [[4, 5]] }] } };
		render(Live, { job: analysisJob(done([5, 4], null), { input }), live: false });
		expect(screen.getByText('The answer is not known, so there is no score.')).toBeVisible();
		expect(document.querySelector('[data-score]')).toBeNull();
	});

	test('TS-04 broken JSON shows the fields that parsed and, opened, the raw text', () => {
		const error = { code: 'provider_error' as const, message: 'No whole analysis.', retryable: true };
		render(Live, { job: analysisJob(writing, { status: 'failed', error }), live: false });
		expect(within(field('Pattern')).getByText('Mirrored.')).toBeVisible();
		expect(within(field('Strategy')).getByText('Did not come.')).toBeVisible();
		expect(document.querySelector('[data-raw]')).toHaveTextContent(raw);
		expect(screen.getByText('not complete')).toBeVisible();
		expect(document.querySelector('[data-raw-state]')).toHaveTextContent('Failed · about 6 tokens');
	});

	test('IR-10 the intermediate results are folded away and can be opened', async () => {
		render(Live, { job: analysisJob(done([5, 4], 1)), live: false });
		const button = within(section('Reasoning')).getByRole('button', { name: 'Reasoning' });
		expect(button).toHaveAttribute('aria-expanded', 'false');
		await fireEvent.click(button);
		expect(screen.getByText('It looks mirrored.')).toBeVisible();
	});

	test('TS-05 OP-08 a run in the table that still runs is asked for again until it has ended, and one that is gone is not there', async () => {
		vi.useFakeTimers({ shouldAdvanceTime: true });
		const job = analysisJob(done([5, 4], 1));
		const running = { ...analysisJob(begun), id: 'job_b', model: 'gpt-x' };
		served.set('/api/jobs?operation=analysis&limit=100', { jobs: [job, running, { ...running, id: 'job_deleted' }] });
		served.set('/api/jobs/job_b', running);
		render(Live, { job, live: false });
		const row = await screen.findByRole('row', { name: /^gpt-x Running – –/ });
		served.set('/api/jobs/job_b', { ...analysisJob(done([5, 5], 0.5)), id: 'job_b', model: 'gpt-x' });
		await vi.advanceTimersByTimeAsync(5_000);
		await waitFor(() => expect(row).toHaveTextContent('50 %'));
		expect(screen.getAllByRole('row')).toHaveLength(3);
		expect(vi.getTimerCount()).toBe(0);
	});

	test('TS-05 OP-08 a run whose outcome nobody knows is called so in the table, as in the list of jobs', async () => {
		const job = analysisJob(done([5, 4], 1));
		const error = { code: 'unknown_outcome' as const, message: 'Nobody knows.', retryable: true };
		const other = { ...analysisJob(begun), id: 'job_b', model: 'gpt-x', status: 'failed' as const, error };
		served.set('/api/jobs?operation=analysis&limit=100', { jobs: [job, other] });
		served.set('/api/jobs/job_b', other);
		render(Live, { job, live: false });
		expect(await screen.findByRole('row', { name: /^gpt-x Outcome unknown/ })).toBeVisible();
	});

	test('TS-05 OP-08 a table compares the runs of the same puzzle, and of no other', async () => {
		const job = analysisJob(done([5, 4], 1), { model: 'demo-research-1' });
		const run = (id: string, facts: Partial<JobSnapshot>) => ({ ...analysisJob(done([5, 5], 0.5)), ...facts, id });
		const usage = { inputTokens: 1_000, cachedTokens: null, outputTokens: 500, reasoningTokens: null, searches: null };
		const other = run('job_b', { model: 'gpt-x', elapsedMs: 65_000, usage, createdAt: job.createdAt - 1 });
		const another = run('job_c', { model: 'not-this', input: { puzzleId: 'mirror' } });
		served.set('/api/jobs?operation=analysis&limit=100', { jobs: [job, other, another] });
		for (const one of [other, another]) served.set(`/api/jobs/${one.id}`, one);
		render(Live, { job, live: false });
		const table = within(await screen.findByRole('table'));
		const cells = table
			.getAllByRole('row')
			.slice(1)
			.map((row) => [...row.children].map((cell) => cell.textContent?.trim()));
		expect(cells).toEqual([
			['demo-research-1 (this one)', '100 %', '90 %', expect.any(String), '–', '$0.02'],
			['gpt-x', '50 %', '90 %', '01:05', '1.5K', '$0.02']
		]);
		expect(table.getByRole('link', { name: 'gpt-x' })).toHaveAttribute('href', '/jobs/job_b');
	});

	test('TS-05 OP-08 a run of the same puzzle is found behind many of others that are called alike', async () => {
		const job = analysisJob(done([5, 4], 1), { model: 'this' });
		const run = (id: string, facts: Partial<JobSnapshot>) => ({ ...analysisJob(done([5, 5], 0.5)), ...facts, id });
		const others = Array.from({ length: 30 }, (_, index) =>
			run(`job_other_${index}`, { model: 'other', input: { puzzle: { train: [], test: [], index } } })
		);
		const same = run('job_same', { model: 'gpt-x', createdAt: job.createdAt - 1 });
		served.set('/api/jobs?operation=analysis&limit=100', { jobs: [job, ...others, same] });
		for (const one of [...others, same]) served.set(`/api/jobs/${one.id}`, one);
		render(Live, { job, live: false });
		const table = within(await screen.findByRole('table'));
		expect(table.getByRole('link', { name: 'gpt-x' })).toHaveAttribute('href', '/jobs/job_same');
		expect(table.getAllByRole('row')).toHaveLength(3);
	});

	test('TS-05 OP-08 the runs are asked for when this one begins and ends, and not at each of its events', async () => {
		const asked: string[] = [];
		vi.stubGlobal('fetch', async (path: string) => {
			asked.push(path);
			return Response.json({ jobs: [] });
		});
		const { rerender } = render(Live, { job: analysisJob(thought), live: true });
		for (const told of [writing, predicted([5, 4])]) await rerender({ job: analysisJob(told), live: true });
		expect(asked).toHaveLength(1);
		await rerender({ job: analysisJob(done([5, 4], 1)), live: false });
		expect(asked).toHaveLength(2);
	});
});
