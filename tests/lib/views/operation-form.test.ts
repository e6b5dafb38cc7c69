import { fireEvent, render, screen } from '@testing-library/svelte';
import { createRawSnippet } from 'svelte';
import { expect, test, vi } from 'vitest';
import OperationForm from '../../../src/lib/components/OperationForm.svelte';

const model = { title: 'Keywords', limits: { timeoutMs: 5 * 60_000 } };
const children = createRawSnippet(() => ({ render: () => '<label>Text <input /></label>' }));

/** The form of an operation of which nothing is known but what it hands over. */
function shown(form: object = {}, own: object = {}) {
	const start = vi.fn();
	const forecast = vi.fn(() => null);
	render(OperationForm, {
		form: { start, busy: false, problem: null, initial: undefined, forecast, ...form },
		...{ model, earlier: undefined, input: { text: 'tea' }, fields: ['text'], reason: null, children },
		...{ note: 'Off: in one piece.', ...own }
	});
	return { start, forecast };
}
const press = () => fireEvent.click(screen.getByRole('button', { name: 'Start' }));

test('OP-01 an operation brings its fields; the switch, the settings of a run and Start are there', async () => {
	const { start } = shown();
	expect(screen.getByRole('form', { name: 'New keywords' })).toBeVisible();
	expect(screen.getByLabelText('Text')).toBeVisible();
	expect(screen.getByRole('switch', { name: 'Live results' })).toHaveAccessibleDescription('Off: in one piece.');
	expect(screen.getByRole('button', { name: 'Advanced' })).toHaveAttribute('aria-expanded', 'false');
	await press();
	expect(start).toHaveBeenCalledExactlyOnceWith({ text: 'tea' }, {});
	await fireEvent.click(screen.getByRole('switch'));
	await fireEvent.keyDown(screen.getByLabelText('Text'), { key: 'Enter', ctrlKey: true });
	expect(start).toHaveBeenLastCalledWith({ text: 'tea' }, { stream: false });
});

test('CX-12 another like an earlier one runs as that one did: its settings, its priority and what its caller asked for', async () => {
	const initialOptions = { priority: 'low', onDisconnect: 'cancel', timeLimit: 120, stream: false };
	const { start, forecast } = shown(
		{ initialOptions, streaming: true },
		{ earlier: { model: 'm-1', provider: 'other' }, variant: 'long' }
	);
	expect(screen.getByRole('button', { name: 'Advanced' })).toHaveAttribute('aria-expanded', 'true');
	expect(forecast).toHaveBeenLastCalledWith('long', { model: 'm-1', provider: 'other' });
	await press();
	expect(start).toHaveBeenCalledWith({ text: 'tea', model: 'm-1', provider: 'other' }, initialOptions);
});

test('OP-01 what cannot be started is not, and it is said why; nothing can be without a connection', async () => {
	const { start } = shown({}, { reason: 'Give it a text.' });
	await press();
	expect(start).not.toHaveBeenCalled();
	expect(screen.getByRole('button', { name: 'Start' })).toHaveAccessibleDescription('Give it a text.');
});

test('TS-15 what is wrong stands once: at its field where the operation has one for it, else above Start', async () => {
	const problem = (path: string) => ({ message: 'Wrong.', fields: [{ path, message: 'Too long.' }] });
	shown({ problem: problem('input.text') });
	expect(screen.queryByRole('alert')).toBeNull();
	shown({ problem: problem('input.other') });
	expect(screen.getByRole('alert')).toHaveTextContent('Wrong.');
});
