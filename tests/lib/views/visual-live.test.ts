import { render, screen, within } from '@testing-library/svelte';
import { afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import { emptySnapshot, type JobSnapshot } from '../../../src/lib/jobs/snapshot.ts';
import Live from '../../../src/lib/operations/visual/Live.svelte';
import { visual, type VisualResult, type VisualState } from '../../../src/lib/operations/visual/model.ts';
import { installResizeObserver } from '../../support/resize-observer.ts';
import { START, tell, type Told } from '../../support/snapshot.ts';

beforeAll(installResizeObserver);
afterEach(() => vi.unstubAllGlobals());

const puzzle = { train: [{ input: [[1, 2]], output: [[2, 1]] }], test: [{ input: [[4, 5]], output: [[5, 4]] }] };
const picture = (of: 'pair' | 'test', number: number): Told => [
	'picture',
	{ of, number, name: `${of}-${number}.png`, url: `/api/artifacts/${of}-${number}`, width: 200, height: 80 }
];
const step = (name: string, finished: boolean, seconds: number): Told => [
	'step',
	{ name, finished, tokens: finished ? { input: 900, output: 120 } : null },
	seconds
];
const text = (target: string, piece: string): Told => ['content', { target, text: piece }];
const looked = [
	picture('pair', 1),
	picture('test', 1),
	step('look', false, 1),
	text('look', 'They **swap**.'),
	step('look', true, 4)
];

function job(told: readonly Told[]): JobSnapshot<VisualState, VisualResult> {
	const seed = emptySnapshot({
		...{ id: 'job_00000000000000000001', operation: 'visual', title: 'Puzzle', input: { puzzle }, options: {} },
		...{ createdAt: START, logEpoch: 'e1', phases: visual.phases, state: visual.state() }
	});
	return told.reduce<JobSnapshot>(tell, seed) as JobSnapshot<VisualState, VisualResult>;
}
const steps = () => [...document.querySelectorAll<HTMLElement>('[data-step]')].map(({ dataset }) => dataset['step']);

describe('a visual solver, live', () => {
	test('TS-07 shows the pictures that the model is given, each with words for those who do not see it', () => {
		render(Live, { job: job(looked), live: true });
		const shown = screen.getAllByRole('img', { name: /as the model sees it/ });
		expect(shown.map((image) => [image.getAttribute('src'), image.getAttribute('alt')])).toEqual([
			['/api/artifacts/pair-1', 'Pair 1 as the model sees it: input and output'],
			['/api/artifacts/test-1', 'Input of test 1 as the model sees it']
		]);
		expect(shown[0]).toHaveAttribute('width', '200');
	});

	test('TS-07 the steps show one by one as they come, and the one that is on its way is busy', async () => {
		const { rerender } = render(Live, { job: job(looked), live: true });
		expect(steps()).toEqual(['look']);
		expect(screen.getByText('swap').tagName).toBe('STRONG');
		expect(screen.getByRole('button', { name: 'Observations 120 tokens' })).toBeInTheDocument();
		await rerender({
			job: job([...looked, step('hypothesize', false, 5), text('hypothesize', '1. Mirror')]),
			live: true
		});
		expect(steps()).toEqual(['look', 'hypothesize']);
		expect(document.querySelector('[data-step=hypothesize]')).toHaveAttribute('aria-busy', 'true');
		expect(document.querySelector('[data-step=look]')).toHaveAttribute('aria-busy', 'false');
	});

	test('IR-02 TS-02 what it thinks shows in its step until the text comes, and stays to be opened', async () => {
		const begun = [...looked, step('hypothesize', false, 5), text('reasoning-hypothesize', 'Is it **turned**?')];
		const { rerender } = render(Live, { job: job(begun), live: true });
		const reasoning = () => document.querySelector<HTMLDetailsElement>('[data-step=hypothesize] [data-reasoning]')!;
		expect(reasoning().open).toBe(true);
		expect(screen.getByText('turned').tagName).toBe('STRONG');
		expect(document.querySelector('[data-step=look] [data-reasoning]')).toBeNull();
		await rerender({ job: job([...begun, text('hypothesize', '1. Mirror')]), live: true });
		expect(reasoning().open).toBe(false);
		// Of one that was stopped before it wrote, it is all that there is.
		await rerender({ job: job(begun), live: false });
		expect(reasoning().open).toBe(true);
	});

	test('TS-07 the prediction stands beside the known answer, with its score', () => {
		const shown = job([...looked, ['predicted', { prediction: [[[5, 4]]] }, 9]]);
		render(Live, { job: { ...shown, result: { score: 1 } as VisualResult }, live: false });
		expect(document.querySelector('[data-score]')).toHaveTextContent('Score 100 %');
		expect(document.querySelector('[data-prediction]')).toHaveTextContent('Solved: every cell is right.');
	});

	test('IR-10 TS-07 with the result the steps are closed, and what the answer says stands with it', () => {
		const shown = job([...looked, ['predicted', { prediction: [[[5, 4]]] }, 9]]);
		const said = { pattern: 'They swap.', strategy: 'Read backwards.', hints: ['Two cells.'], confidence: 90 };
		render(Live, { job: { ...shown, result: { score: 1, ...said } as VisualResult }, live: false });
		expect(screen.getByRole('button', { name: /^Observations/ })).toHaveAttribute('aria-expanded', 'false');
		expect(screen.getByRole('button', { name: /^Pictures/ })).toHaveAttribute('aria-expanded', 'true');
		expect([...document.querySelectorAll('[data-said] dd')].map((each) => each.textContent.trim())).toEqual([
			...['They swap.', 'Read backwards.', 'Two cells.', '90 %']
		]);
	});

	test('IR-09 an answer that could not be read stays to be looked at', () => {
		render(Live, { job: job([...looked, step('answer', true, 8), text('answer', 'It is 5 4.')]), live: false });
		expect(document.querySelector('[data-step=answer] pre')).toHaveTextContent('It is 5 4.');
		expect(document.querySelector('[data-answered]')).toBeNull();
	});

	test('OP-08 a table compares the runs of the same puzzle', async () => {
		const shown = { ...job(looked), id: 'job_a', model: 'demo', status: 'cancelled' as const };
		const other = { ...shown, id: 'job_b', model: 'gpt-x', status: 'succeeded' as const, result: { score: 0.996 } };
		const served: Record<string, unknown> = {
			'/api/jobs?operation=visual&limit=100': { jobs: [shown, other] },
			'/api/jobs/job_b': other
		};
		vi.stubGlobal('fetch', async (path: string) => Response.json(served[path]));
		render(Live, { job: shown, live: false });
		const table = within(await screen.findByRole('table'));
		expect(table.getByRole('row', { name: /^demo \(this one\) Cancelled/ })).toBeVisible();
		// Only all of it is 100 %.
		expect(table.getByRole('row', { name: /^gpt-x 99 %/ })).toBeVisible();
	});
});
