import { fireEvent, render, screen, waitFor, within } from '@testing-library/svelte';
import { expect, onTestFinished, test, vi } from 'vitest';
import { isTerminal } from '../../../src/lib/jobs/job.ts';
import { emptySnapshot, type JobSnapshot } from '../../../src/lib/jobs/snapshot.ts';
import Live from '../../../src/lib/operations/batch/Live.svelte';
import { batch, type BatchPart, type BatchResult, type BatchState } from '../../../src/lib/operations/batch/model.ts';
import { installObjectUrls } from '../../support/object-urls.ts';
import { START, tell, type Told } from '../../support/snapshot.ts';

const puzzles = ['quarter-turn', 'mirror'];
const twoByTwo = { operation: 'analysis', input: {}, vary: { puzzleId: puzzles, model: ['m1', 'm2'] } };

function batchJob(told: Told[], input: unknown = twoByTwo): JobSnapshot<BatchState, BatchResult> {
	const seed = emptySnapshot({
		...{ id: 'job_b', operation: 'batch', title: '4 × analysis', input, options: {}, createdAt: START },
		...{ logEpoch: 'e', parentId: null, phases: batch.phases, state: batch.state() }
	});
	return told.reduce<JobSnapshot>(tell, { ...seed, status: 'running' }) as ReturnType<typeof batchJob>;
}
const part = (key: string, status: BatchPart['status'], facts: Partial<BatchPart> = {}): Told => [
	'part',
	{
		...{ key, jobId: `job_${key}`, title: Number(key) < 3 ? 'Quarter turn' : 'In the mirror', status, artifacts: [] },
		...{ error: null, score: null, elapsedMs: 12_000, cost: { usd: 0.02, known: isTerminal(status) } },
		progress: isTerminal(status) ? { fraction: 1, basis: 'measured' } : { fraction: 0.25, basis: 'estimated' },
		...facts
	}
];
const show = (job: ReturnType<typeof batchJob>, live = true) =>
	render(Live, { job, live, cancel: vi.fn(async () => undefined), start: vi.fn(async () => undefined) });
const table = () => screen.getByRole('grid', { name: 'Results: Puzzle by Model' });
const words = (element: Element | null | undefined) => element?.textContent.trim().replace(/\s+/g, ' ');
const at = (row: number, column: number) => table().querySelector<HTMLElement>(`[data-at="${row},${column}"]`)!;
const told = [
	part('1', 'succeeded', { score: 1 }),
	part('2', 'succeeded', { score: 0.996, elapsedMs: 63_000 }),
	part('3', 'running')
];

test('OP-08 what varies twice is a matrix: a puzzle in each row by its title, a model in each column, from the first moment', () => {
	show(batchJob([]));
	expect(within(table()).getAllByRole('columnheader').map(words)).toEqual(['Puzzle', 'm1', 'm2']);
	expect([...table().querySelectorAll('tbody th')].map(words)).toEqual(['Quarter turn', 'In the mirror']);
	expect(within(table()).getAllByText('Not started yet')).toHaveLength(4);
});

test('OP-08 a cell has its status or score in words, its time and cost, and leads to its job', () => {
	show(batchJob([...told, part('4', 'failed', { error: { code: 'provider_quota', message: 'No credit.' } })]));
	expect(at(0, 0).getAttribute('href')).toBe('/jobs/job_1');
	expect(words(at(0, 0))).toBe('Quarter turn, m1: Solved 00:12 · $0.02');
	// What is not whole is never called so.
	expect(words(at(0, 1))).toBe('Quarter turn, m2: 99 % 01:03 · $0.02');
	expect(words(at(1, 0))).toBe('In the mirror, m1: Running 25.0 %');
	expect(words(at(1, 1))).toBe('In the mirror, m2: Failed 00:12 · $0.02');
});

test('OP-08 each column adds up: solved, mean score, time and cost', () => {
	show(batchJob(told));
	const sums = (name: string) => [...table().querySelectorAll(`[data-total="${name}"] td`)].map(words);
	expect(sums('Solved')).toEqual(['1 of 1', '0 of 1']);
	expect(sums('Mean score')).toEqual(['100 %', '99 %']);
	expect(sums('Time')).toEqual(['00:24', '01:03']);
	expect(sums('Cost')).toEqual(['$0.04 so far', '$0.02']);
});

test('OP-08 CX-05 what was stopped does not count against what is solved', () => {
	show(
		batchJob([
			part('1', 'succeeded', { score: 1 }),
			part('3', 'cancelled'),
			part('2', 'failed'),
			part('4', 'cancelled')
		])
	);
	expect([...table().querySelectorAll('[data-total="Solved"] td')].map(words)).toEqual(['1 of 1', '0 of 1']);
});

test('OP-08 where nothing has a score the columns count what is done', () => {
	show(batchJob([part('1', 'succeeded'), part('2', 'failed')]));
	expect(table().querySelector('[data-total="Solved"]')).toBeNull();
	expect([...table().querySelectorAll('[data-total="Done"] td')].map(words)).toEqual(['1 of 1', '0 of 1']);
});

test('OP-08 BY-11 the matrix is one stop of the keyboard, and arrows, Home and End go through it', async () => {
	show(batchJob(told));
	const stops = () => [...table().querySelectorAll('[tabindex="0"]')];
	expect(stops()).toEqual([at(0, 0)]);
	at(0, 0).focus();
	const press = async (key: string, row: number, column: number, ctrlKey = false) => {
		await fireEvent.keyDown(document.activeElement!, { key, ctrlKey });
		await waitFor(() => expect(document.activeElement).toBe(at(row, column)));
	};
	await press('ArrowRight', 0, 1);
	await press('ArrowRight', 0, 1);
	// A cell that has no job yet has the focus itself.
	await press('ArrowDown', 1, 1);
	expect(document.activeElement?.getAttribute('role')).toBe('gridcell');
	await press('Home', 1, 0);
	await press('Home', 0, 0, true);
	await press('End', 1, 1, true);
	expect(stops()).toEqual([at(1, 1)]);
});

test('OP-08 puzzles of one’s own that are called alike are told apart by a number, in the matrix and in the list', () => {
	const own = (cell: number) => ({ train: [{ input: [[cell]], output: [[1]] }], test: [{ input: [[2]] }] });
	const vary = { puzzle: [own(1), own(2)], model: ['m1', 'm2'] };
	const title = 'Puzzle of 1 pair and 1 test';
	show(batchJob([part('3', 'succeeded', { title, score: 1 })], { operation: 'analysis', input: {}, vary }));
	expect([...table().querySelectorAll('tbody th')].map(words)).toEqual([`${title} (1)`, `${title} (2)`]);
	expect(words(at(1, 0))).toBe(`${title} (2), m1: Solved 00:12 · $0.02`);
	const rows = screen.getAllByRole('listitem').map((row) => words(row.querySelector('p')));
	expect(rows).toEqual([`${title} (1)`, `${title} (1)`, `${title} (2)`, `${title} (2)`]);
});

test('OP-08 one thing that varies is a list, and no matrix', () => {
	show(batchJob([part('1', 'running')], { operation: 'analysis', input: {}, vary: { puzzleId: puzzles } }));
	expect(screen.queryByRole('grid')).toBeNull();
	expect(screen.getAllByRole('listitem')).toHaveLength(2);
});

test('OP-08 the results so far are saved as CSV while it runs', async () => {
	const urls = installObjectUrls();
	const saved = vi.spyOn(HTMLAnchorElement.prototype, 'click').mockImplementation(() => undefined);
	onTestFinished(() => saved.mockRestore());
	show(batchJob(told));
	await fireEvent.click(screen.getByRole('button', { name: 'CSV so far' }));
	const text = await urls.made.at(-1)?.text();
	expect(text?.split('\r\n').slice(0, 2)).toEqual([
		'part,title,puzzleId,model,status,score,seconds,cost_usd,cost_known,job,error',
		'1,Quarter turn,quarter-turn,m1,succeeded,1,12,0.02,true,job_1,'
	]);
});

test('IR-12 a batch that an older version stored is shown without what that one did not know', () => {
	const job = batchJob([part('1', 'succeeded')]);
	const parts = job.state.parts.map(({ score: _s, elapsedMs: _e, cost: _c, ...old }) => old);
	show({ ...job, state: { parts } as never }, false);
	expect(words(at(0, 0))).toBe('Quarter turn, m1: Done');
});
