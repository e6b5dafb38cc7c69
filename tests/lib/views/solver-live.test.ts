import { render, screen, waitFor, within } from '@testing-library/svelte';
import { tick } from 'svelte';
import { afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import { emptySnapshot, type JobSnapshot } from '../../../src/lib/jobs/snapshot.ts';
import Live from '../../../src/lib/operations/solver/Live.svelte';
import type { PairRun } from '../../../src/lib/operations/solver/iterations.ts';
import { solver, type SolverResult, type SolverState } from '../../../src/lib/operations/solver/model.ts';
import { installResizeObserver } from '../../support/resize-observer.ts';
import { START, tell, type Told } from '../../support/snapshot.ts';

beforeAll(installResizeObserver);
afterEach(() => vi.unstubAllGlobals());

const puzzle = {
	train: [
		{ input: [[1, 2]], output: [[2, 1]] },
		{ input: [[3, 0]], output: [[0, 3]] }
	],
	test: [{ input: [[4, 5]], output: [[5, 4]] }]
};
const code = 'Mirrored.\n\n```js\nfunction solve(grid) {\n\treturn grid;\n}\n```\n';
const ran = (pair: number, facts: Partial<PairRun>): PairRun => ({
	...{ pair, output: null, right: 0, of: 2, solved: false, error: null, line: null, log: '', ms: 3, ...facts }
});
const started = (number: number, seconds: number): Told => ['iteration', { stage: 'started', number }, seconds];
const wrote = (number: number, seconds: number, program: string | null = 'x'): Told => [
	'iteration',
	{ stage: 'written', number, program, tokens: { input: 1200, output: 340 } },
	seconds
];
const came = (number: number, runs: PairRun[], seconds: number): Told => [
	'iteration',
	{ stage: 'ran', number, runs },
	seconds
];
const text = (number: number, piece: string): Told => ['content', { target: `code-${number}`, text: piece }];

const first = [
	started(1, 1),
	text(1, code),
	wrote(1, 4),
	came(1, [ran(0, { output: [[1, 2]] }), ran(1, { error: 'TypeError: no', line: 2, log: 'seen 3\n' })], 5)
];

function job(told: readonly Told[]): JobSnapshot<SolverState, SolverResult> {
	const seed = emptySnapshot({
		...{ id: 'job_00000000000000000001', operation: 'solver', title: 'Puzzle', input: { puzzle }, options: {} },
		...{ createdAt: START, logEpoch: 'e1', phases: solver.phases, state: solver.state() }
	});
	return told.reduce<JobSnapshot>(tell, seed) as JobSnapshot<SolverState, SolverResult>;
}
const cards = () => [...document.querySelectorAll<HTMLElement>('[data-iteration]')];
const wordOf = (card: HTMLElement) => card.querySelector('[data-word]')?.textContent;

describe('a solver, live', () => {
	test('TS-06 TS-09 a program is coloured while it is written, and its letters are those that were written', async () => {
		const words = () => document.querySelector('[data-iteration] pre code');
		const upTo = (end: string) => job([started(1, 1), text(1, code.slice(0, code.indexOf(end) + end.length))]);
		const { rerender } = render(Live, { job: upTo('function solve'), live: true });
		await waitFor(() => expect(words()?.querySelector('.code-keyword')).toHaveTextContent('function'));
		await rerender({ job: upTo('return'), live: true });
		expect(words()?.textContent).toBe('function solve(grid) {\n\treturn');
		await waitFor(() => expect(words()?.querySelectorAll('.code-keyword')).toHaveLength(2));
		expect(words()?.textContent).toBe('function solve(grid) {\n\treturn');
	});

	test('TS-06 each iteration is a card that stays: its code, each pair with the differences marked, score, tokens and time', () => {
		render(Live, { job: job([...first, started(2, 6), text(2, 'Turn')]), live: true });
		const [one, two] = cards();
		expect([wordOf(one!), wordOf(two!)]).toEqual(['0 of 2 pairs solved', 'being written']);
		expect(one!.querySelector('[data-facts]')).toHaveTextContent(
			'0 of 4 cells right · 340 tokens written · 1,200 read · 4.0 s'
		);
		expect(one!.querySelector('.code-block')).toHaveTextContent('function solve(grid)');
		expect(
			within(one!).getByRole('img', { name: 'What was made of pair 1: 1 row of 2, 2 cells differ' })
		).toBeInTheDocument();
		expect(within(one!).getByRole('img', { name: 'What was sought of pair 1: 1 row of 2' })).toBeInTheDocument();
		expect(one!.querySelector('[data-run=failed]')).toHaveTextContent('Pair 2: TypeError: no (line 2)');
		expect(one!.querySelector('[data-run=failed] pre')).toHaveTextContent('seen 3');
		expect(one).toHaveAttribute('aria-busy', 'false');
		expect(two).toHaveAttribute('aria-busy', 'true');
		expect(two).toHaveTextContent('Turn');
	});

	test('TS-06 while a program runs its card says so, and a pair that is solved needs no second grid', async () => {
		const running = [started(1, 1), text(1, code), wrote(1, 4)];
		const { rerender } = render(Live, { job: job(running), live: true });
		expect(wordOf(cards()[0]!)).toBe('running');
		const solved = [0, 1].map((pair) => ran(pair, { output: puzzle.train[pair]!.output, right: 2, solved: true }));
		await rerender({ job: job([...running, came(1, solved, 5)]), live: true });
		expect(wordOf(cards()[0]!)).toBe('solved');
		expect(document.querySelectorAll('[data-run=solved]')).toHaveLength(2);
		expect(document.querySelector('[data-sought]')).toBeNull();
	});

	test('TS-06 a grid of another size is said to be one', () => {
		const turned = ran(0, { output: [[2], [1]] });
		render(Live, { job: job([started(1, 1), text(1, code), wrote(1, 4), came(1, [turned], 5)]), live: true });
		expect(document.querySelector('[data-run=unsolved]')).toHaveTextContent('Pair 1: it has another size');
	});

	test('TS-06 an answer without a program says that it counts', () => {
		render(Live, {
			job: job([started(1, 1), text(1, 'I would turn it.'), wrote(1, 3, null), came(1, [], 3)]),
			live: true
		});
		expect(wordOf(cards()[0]!)).toBe('no program');
		expect(screen.getByText(/no block of JavaScript/)).toBeInTheDocument();
	});

	test('TS-06 the program that answers is marked, and its answer stands beside the known one', () => {
		const answered: Told = ['answered', { number: 1, prediction: [[[5, 5]]], errors: [null] }, 6];
		const shown = job([...first, answered]);
		const ended = { ...shown, result: { score: 0.5 } as SolverResult };
		render(Live, { job: ended, live: false });
		expect(cards()[0]!.querySelector('[data-best]')).not.toBeNull();
		expect(screen.getByRole('heading', { name: 'Answer of program 1' })).toBeInTheDocument();
		expect(document.querySelector('[data-score]')).toHaveTextContent('Score 50 %');
		expect(document.querySelector('[data-prediction]')).toHaveTextContent('1 of 2 cells are right.');
		expect(screen.getByRole('img', { name: /^What was made of test 1: .*1 cell differs$/ })).toBeInTheDocument();
	});

	test('IR-08 IR-10 with the answer there only the program that gave it stays open, and each opens by its name', async () => {
		const told = [
			...first,
			started(2, 6),
			text(2, code),
			wrote(2, 7),
			came(2, [ran(0, { output: [[2, 1]], solved: true })], 8)
		];
		const answered: Told = ['answered', { number: 2, prediction: [[[5, 4]]], errors: [null] }, 9];
		const { rerender } = render(Live, { job: job(told), live: true });
		const toggles = () => screen.getAllByRole('button', { name: /^Program/, expanded: undefined });
		const states = () => toggles().map((toggle) => toggle.getAttribute('aria-expanded'));
		expect(states()).toEqual(['true', 'true']);
		await rerender({ job: { ...job([...told, answered]), result: { score: 1 } as SolverResult }, live: false });
		expect(states()).toEqual(['false', 'true']);
		expect(cards()[0]!.querySelector('[data-facts]')).toHaveTextContent('0 of 4 cells right');
		toggles()[0]!.click();
		await tick();
		expect(states()).toEqual(['true', 'true']);
	});

	test('IR-02 what it thinks shows until its text comes, and stays to be opened', async () => {
		const thought: Told = ['content', { target: 'reasoning-1', text: 'Is it **turned**?' }];
		const { rerender } = render(Live, { job: job([started(1, 1), thought]), live: true });
		const reasoning = () => document.querySelector<HTMLDetailsElement>('[data-reasoning]')!;
		expect(reasoning().open).toBe(true);
		expect(screen.getByText('turned').tagName).toBe('STRONG');
		await rerender({ job: job([started(1, 1), thought, text(1, 'Turn')]), live: true });
		expect(reasoning().open).toBe(false);
	});

	test('IR-09 one that was stopped keeps its cards and says what is not finished', () => {
		render(Live, { job: job([...first, started(2, 6), text(2, 'Turn')]), live: false });
		expect(cards().map(wordOf)).toEqual(['0 of 2 pairs solved', 'not finished']);
		expect(document.querySelector('[data-skeleton]')).toBeNull();
	});

	test('OP-08 a table compares the runs of the same puzzle', async () => {
		const shown = { ...job([...first, started(2, 6)]), id: 'job_a', model: 'demo', status: 'cancelled' as const };
		const other = { ...shown, id: 'job_b', model: 'gpt-x', status: 'succeeded' as const, result: { score: 0.996 } };
		const served: Record<string, unknown> = {
			'/api/jobs?operation=solver&limit=100': { jobs: [shown, other] },
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
