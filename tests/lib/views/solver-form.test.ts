import { fireEvent, render, screen } from '@testing-library/svelte';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import SolverForm from '../../../src/lib/operations/solver/Form.svelte';
import VisualForm from '../../../src/lib/operations/visual/Form.svelte';

const puzzles = [{ id: 'mirror', title: 'Mirror', level: 1, example: { input: [[1, 2]], output: [[2, 1]] } }];
beforeEach(() => void vi.stubGlobal('fetch', () => Promise.resolve(Response.json({ puzzles }))));
afterEach(() => void vi.unstubAllGlobals());

const props = (facts = {}) => ({
	...{ start: vi.fn(), busy: false, problem: null, initial: undefined, forecast: () => null, ...facts }
});
const count = () => screen.getByLabelText('Programs at most');
const press = (name: RegExp) => fireEvent.click(screen.getByRole('button', { name }));

describe('the form of a solver', () => {
	test('TS-06 a puzzle that ships is chosen, and how many programs may be written', async () => {
		const given = props();
		render(SolverForm, given);
		await fireEvent.click(await screen.findByRole('radio', { name: 'Mirror' }));
		await fireEvent.input(count(), { target: { value: '3' } });
		await press(/^Start/);
		expect(given.start).toHaveBeenCalledWith({ puzzleId: 'mirror', iterations: 3 }, {});
	});

	test('TS-06 without a puzzle, or with a number that is none from 1 to 10, nothing starts, and the reason is said', async () => {
		const given = props();
		render(SolverForm, given);
		expect(document.querySelector('[data-forecast]')).toHaveTextContent('Choose a puzzle.');
		await fireEvent.click(await screen.findByRole('radio', { name: 'Mirror' }));
		for (const value of ['0', '11', '2.5', '']) {
			await fireEvent.input(count(), { target: { value } });
			expect(count()).toHaveAttribute('aria-invalid', 'true');
			await press(/^Start/);
		}
		expect(given.start).not.toHaveBeenCalled();
	});

	test('TS-06 another like an earlier one begins with its input, and what the server refuses stands at the field', () => {
		const problem = { message: 'Wrong', fields: [{ path: 'input.iterations', message: 'At most 10 iterations.' }] };
		render(SolverForm, props({ initial: { puzzleId: 'mirror', iterations: 7 }, problem }));
		expect(count()).toHaveValue(7);
		expect(screen.getByText('At most 10 iterations.')).toBeInTheDocument();
		expect(screen.queryByText('Wrong')).toBeNull();
	});
});

test('TS-06 the form of a visual solver starts with the puzzle alone', async () => {
	const given = props();
	render(VisualForm, given);
	await fireEvent.click(await screen.findByRole('radio', { name: 'Mirror' }));
	await press(/^Start/);
	expect(given.start).toHaveBeenCalledWith({ puzzleId: 'mirror' }, {});
});
