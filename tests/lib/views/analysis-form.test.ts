import { fireEvent, render, screen, waitFor, within } from '@testing-library/svelte';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import Form from '../../../src/lib/operations/analysis/Form.svelte';
import { readPuzzle } from '../../../src/lib/puzzles/puzzle-text.ts';
import { puzzle } from '../../support/analysis-snapshot.ts';

const listed = [
	{ id: 'mirror', title: 'In the mirror', level: 1, pairs: 3, tests: 1, example: puzzle.train[0] },
	{ id: 'bars', title: 'Bars', level: 4, pairs: 3, tests: 1, example: puzzle.train[1] }
];
let answer: () => Response;
/** Each puzzle as it is had whole, by its path. */
let whole: Record<string, () => Response | Promise<Response>>;
beforeEach(() => {
	answer = () => Response.json({ puzzles: listed });
	whole = Object.fromEntries(
		listed.map(({ id, title }) => [`/api/puzzles/${id}`, () => Response.json({ id, title, puzzle })])
	);
	vi.stubGlobal('fetch', async (path: string) =>
		path === '/api/puzzles' ? answer() : (whole[path]?.() ?? new Response(null, { status: 404 }))
	);
});
afterEach(() => vi.unstubAllGlobals());

const props = (facts = {}) => ({
	...{ start: vi.fn(), busy: false, problem: null, initial: undefined, forecast: () => 'Usually 1 min.', ...facts }
});
const start = () => screen.getByRole('button', { name: /^Start/ });
const own = () => fireEvent.click(screen.getByRole('radio', { name: 'Your own' }));
const paste = (value: unknown) =>
	fireEvent.input(screen.getByLabelText('Or paste it'), {
		target: { value: typeof value === 'string' ? value : JSON.stringify(value) }
	});
const said = () => document.getElementById('puzzle-error')?.textContent ?? '';

describe('analysis form', () => {
	test('TS-03 starts with a puzzle that ships, chosen by its picture', async () => {
		const given = props();
		render(Form, given);
		expect(start()).toHaveAccessibleDescription('Choose a puzzle. Usually 1 min.');
		await fireEvent.click(await screen.findByRole('radio', { name: 'Bars' }));
		expect(screen.getByText('Level 4: Thinking')).toBeVisible();
		await fireEvent.click(start());
		expect(given.start).toHaveBeenCalledWith({ puzzleId: 'bars' }, {});
	});

	test('TS-03 a puzzle that ships shows all of its pairs and tests once it is chosen, and not its answers', async () => {
		render(Form, props());
		await fireEvent.click(await screen.findByRole('radio', { name: 'Bars' }));
		const shown = await screen.findByRole('region', { name: 'All of Bars' });
		expect(shown).toHaveTextContent('2 pairs and 1 test');
		expect(
			within(shown)
				.getAllByRole('img')
				.map((grid) => grid.getAttribute('aria-label'))
		).toEqual([
			...['Input of pair 1', 'Output of pair 1', 'Input of pair 2', 'Output of pair 2', 'Input of test 1'].map(
				(label) => `${label}: 1 row of 2`
			)
		]);
	});

	test('TS-03 with the arrow keys a puzzle is chosen from the first press on', async () => {
		const given = props();
		render(Form, given);
		const first = await screen.findByRole('radio', { name: 'In the mirror' });
		first.focus();
		expect(first).not.toBeChecked();
		await fireEvent.keyDown(first, { key: 'ArrowDown' });
		await waitFor(() => expect(screen.getByRole('radio', { name: 'Bars' })).toBeChecked());
		expect(screen.getByRole('radio', { name: 'Bars' })).toHaveFocus();
		await fireEvent.keyDown(screen.getByRole('radio', { name: 'Bars' }), { key: 'Enter', ctrlKey: true });
		expect(given.start).toHaveBeenCalledWith({ puzzleId: 'bars' }, {});
	});

	test('TS-03 the puzzle that is shown is the one that was chosen last, however late another comes', async () => {
		const late = Promise.withResolvers<Response>();
		whole['/api/puzzles/bars'] = () => late.promise;
		render(Form, props());
		await fireEvent.click(await screen.findByRole('radio', { name: 'Bars' }));
		await fireEvent.click(screen.getByRole('radio', { name: 'In the mirror' }));
		await screen.findByRole('region', { name: 'All of In the mirror' });
		late.resolve(Response.json({ id: 'bars', title: 'Bars', puzzle }));
		await late.promise;
		await new Promise((resolve) => setTimeout(resolve));
		expect(screen.getByRole('region', { name: 'All of In the mirror' })).toBeVisible();
	});

	test('TS-03 a puzzle that cannot be had whole can be started all the same, and asked for again', async () => {
		const had = whole['/api/puzzles/mirror']!;
		whole['/api/puzzles/mirror'] = () => new Response(null, { status: 503 });
		const given = props();
		render(Form, given);
		await fireEvent.click(await screen.findByRole('radio', { name: 'In the mirror' }));
		expect(await screen.findByRole('alert')).toHaveTextContent('The whole puzzle could not be loaded.');
		await fireEvent.click(start());
		expect(given.start).toHaveBeenCalledWith({ puzzleId: 'mirror' }, {});
		whole['/api/puzzles/mirror'] = had;
		await fireEvent.click(screen.getByRole('button', { name: 'Try again' }));
		expect(await screen.findByRole('region', { name: 'All of In the mirror' })).toBeVisible();
	});

	test('TS-03 starts with a puzzle that was pasted, and draws it first', async () => {
		const given = props({ streaming: false });
		render(Form, given);
		await own();
		await paste(puzzle);
		expect(screen.getByRole('img', { name: 'Input of test 1: 1 row of 2' })).toBeVisible();
		await fireEvent.click(start());
		expect(given.start).toHaveBeenCalledWith({ puzzle }, { stream: false });
	});

	test('TS-03 takes a file', async () => {
		render(Form, props());
		await own();
		const file = new File([JSON.stringify(puzzle)], 'puzzle.json', { type: 'application/json' });
		await fireEvent.change(screen.getByLabelText('Puzzle file'), { target: { files: [file] } });
		await waitFor(() => expect(screen.getByLabelText('Or paste it')).toHaveValue(JSON.stringify(puzzle)));
	});

	test.each([
		['picture.json', 'PNG', '“picture.json” is not JSON.'],
		['empty.json', '', '“empty.json” is not JSON.'],
		['huge.json', `[${'1,'.repeat(500_000)}1]`, '“huge.json” is larger than any puzzle can be.']
	])('TS-03 the file %s is refused with a sentence, and what was pasted stays', async (name, text, message) => {
		render(Form, props());
		await own();
		await paste(puzzle);
		await fireEvent.change(screen.getByLabelText('Puzzle file'), { target: { files: [new File([text], name)] } });
		await waitFor(() => expect(said()).toBe(message));
		expect(screen.getByLabelText('Or paste it')).toHaveValue(JSON.stringify(puzzle));
	});

	test('TS-03 the largest puzzle is taken however it is laid out, and one that begins with a byte order mark', async () => {
		const large = Array.from({ length: 30 }, () => new Array<number>(30).fill(1));
		const largest = {
			train: new Array(10).fill({ input: large, output: large }),
			test: new Array(5).fill({ input: large, output: large })
		};
		for (const text of [JSON.stringify(largest, null, '\t\t'), `\uFEFF${JSON.stringify(puzzle)}`])
			expect(readPuzzle(text)).toHaveProperty('puzzle');
	});

	test.each([
		['{"train": [', /^This is not JSON/],
		[{ train: [], test: puzzle.test }, /Training pairs: A puzzle needs at least one training pair\./],
		[{ test: puzzle.test }, /Training pairs: A puzzle needs `train`/],
		[
			{ train: [{ input: [[1, 2], [3]], output: [[1]] }], test: puzzle.test },
			/Training pair 1, input, row 2: Row 2 has 1 cell and the first has 2/
		],
		[
			{ train: puzzle.train, test: [{ input: [[1, 10]] }] },
			/Test 1, input, row 1, cell 2: A cell is a whole number from 0 to 9\./
		],
		[{ train: puzzle.train, test: [{ input: Array(31).fill([1]) }] }, /Test 1, input: A grid has at most 30 rows\./],
		[
			{ train: puzzle.train, test: [{ input: [Array(31).fill(1)] }] },
			/Test 1, input, row 1: A row has at most 30 cells\./
		],
		[{ ...puzzle, name: 'x' }, /^A puzzle is an object with `train` and `test`: take out “name”\.$/],
		[{ train: [{ input: [[1]] }], test: puzzle.test }, /^Training pair 1, output: This grid is missing\.$/],
		[[], /^A puzzle is an object with `train` and `test`\.$/]
	])('TS-03 the puzzle %j is not started, and what is wrong stands at the field', async (value, message) => {
		const given = props();
		render(Form, given);
		await own();
		await paste(value);
		expect(said()).toMatch(message);
		expect(screen.getByLabelText('Or paste it')).toHaveAttribute('aria-invalid', 'true');
		await fireEvent.click(start());
		expect(given.start).not.toHaveBeenCalled();
	});

	test('TS-03 what the server refuses of a puzzle stands at the field too', async () => {
		const fields = [{ path: 'input.puzzle.train.0.input', message: 'Not this one.' }];
		render(Form, props({ problem: { message: 'Wrong.', fields }, initial: { puzzle } }));
		expect(said()).toBe('Not this one.');
		expect(screen.queryByText('Wrong.')).toBeNull();
	});

	test('CX-12 another like an earlier one begins with its puzzle', async () => {
		const given = props({ initial: { puzzleId: 'mirror', model: 'gpt-x' }, initialOptions: { stream: false } });
		render(Form, given);
		await waitFor(() => expect(screen.getByRole('radio', { name: 'In the mirror' })).toBeChecked());
		await fireEvent.click(start());
		expect(given.start).toHaveBeenCalledWith({ puzzleId: 'mirror', model: 'gpt-x' }, { stream: false });
	});

	test('TS-03 a list that cannot be loaded says so and can be asked for again', async () => {
		answer = () => new Response(null, { status: 503 });
		render(Form, props());
		const again = await screen.findByRole('button', { name: 'Try again' });
		answer = () => Response.json({ puzzles: listed });
		await fireEvent.click(again);
		expect(await screen.findByRole('radio', { name: 'Bars' })).toBeInTheDocument();
	});
});
