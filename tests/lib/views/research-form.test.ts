import { fireEvent, render, screen } from '@testing-library/svelte';
import { describe, expect, test, vi } from 'vitest';
import Form from '../../../src/lib/operations/research/Form.svelte';
import { loadForm } from '../../../src/lib/operations/forms.ts';
import { viewsOf } from '../../../src/lib/operations/views.ts';

const props = (facts = {}) => ({
	...{ start: vi.fn(), busy: false, problem: null, initial: undefined },
	...{ forecast: (variant: string) => `Usually 4–7 min (${variant}).`, ...facts }
});
const ask = (question: string) => fireEvent.input(screen.getByLabelText('Question'), { target: { value: question } });
const start = () => screen.getByRole('button', { name: /^Start/ });

describe('research form', () => {
	test('OP-01 the form and view of an operation are found by its folder, and plain ones stand in', async () => {
		expect(await loadForm('research')).toBe(Form);
		expect(viewsOf('research').Live).not.toBe(viewsOf('nothing').Live);
		expect(await loadForm('nothing')).toBeTypeOf('function');
	});

	test('OP-06 streaming can be switched off for one run', async () => {
		const given = props();
		render(Form, given);
		await ask('How do tides work?');
		await fireEvent.click(start());
		expect(given.start).toHaveBeenLastCalledWith({ query: 'How do tides work?', depth: 'standard' }, {});
		await fireEvent.click(screen.getByRole('switch', { name: 'Live results' }));
		await fireEvent.click(start());
		expect(given.start.mock.lastCall?.[1]).toEqual({ stream: false });
	});

	test('OP-07 a time limit is asked in minutes and sent in seconds, with the model that was named', async () => {
		const given = props();
		render(Form, given);
		await ask('How do tides work?');
		await fireEvent.click(screen.getByRole('button', { name: 'Advanced' }));
		await fireEvent.input(screen.getByLabelText('Model'), { target: { value: 'one-model' } });
		await fireEvent.input(screen.getByLabelText('Time limit, in minutes'), { target: { value: '1.5' } });
		await fireEvent.click(start());
		expect(given.start).toHaveBeenCalledWith(
			{ query: 'How do tides work?', depth: 'standard', model: 'one-model' },
			{ timeLimit: 90 }
		);
	});

	test('BY-11 Ctrl+Enter and Cmd+Enter start from the question', async () => {
		const given = props();
		render(Form, given);
		await ask('How do tides work?');
		await fireEvent.keyDown(screen.getByLabelText('Question'), { key: 'Enter' });
		expect(given.start).not.toHaveBeenCalled();
		await fireEvent.keyDown(screen.getByLabelText('Question'), { key: 'Enter', ctrlKey: true });
		await fireEvent.keyDown(screen.getByLabelText('Question'), { key: 'Enter', metaKey: true });
		expect(given.start).toHaveBeenCalledTimes(2);
	});

	test.each([
		['switch', 'Live results'],
		['radio', 'Deep'],
		['button', 'Advanced']
	])('OP-06 BY-11 Ctrl+Enter on the %s “%s” starts with what is shown, and changes nothing', async (role, name) => {
		const given = props();
		render(Form, given);
		await ask('How do tides work?');
		await fireEvent.keyDown(screen.getByRole(role, { name }), { key: 'Enter', ctrlKey: true });
		expect(given.start.mock.calls).toEqual([[{ query: 'How do tides work?', depth: 'standard' }, {}]]);
		expect(screen.getByRole('switch', { name: 'Live results' })).toBeChecked();
		expect(screen.getByRole('radio', { name: 'Standard' })).toBeChecked();
		expect(screen.getByRole('button', { name: 'Advanced' })).toHaveAttribute('aria-expanded', 'false');
	});

	test('BY-11 a Start that is off says why, and starts nothing', async () => {
		const given = props();
		const { rerender } = render(Form, given);
		expect(start()).toHaveAttribute('aria-disabled', 'true');
		expect(start()).toHaveAccessibleDescription(/at least 3 characters/);
		await fireEvent.click(start());
		await ask('Tides?');
		expect(start()).toHaveAttribute('aria-disabled', 'false');
		await rerender({ ...given, disabledReason: 'This device is offline.' });
		expect(start()).toHaveAccessibleDescription(/This device is offline/);
		await fireEvent.click(start());
		expect(given.start).not.toHaveBeenCalled();
	});

	test('PG-09 the forecast follows the depth', async () => {
		render(Form, props());
		await ask('How do tides work?');
		expect(start()).toHaveAccessibleDescription('Usually 4–7 min (standard).');
		await fireEvent.click(screen.getByRole('radio', { name: 'Deep' }));
		expect(start()).toHaveAccessibleDescription('Usually 4–7 min (deep).');
	});

	test('CX-13 while a start is on its way, another is not sent', async () => {
		const given = props({ busy: true });
		render(Form, given);
		await ask('How do tides work?');
		expect(start()).toHaveTextContent('Starting…');
		await fireEvent.click(start());
		expect(given.start).not.toHaveBeenCalled();
	});

	test('DC-01 what the server says of a field stands at the field', () => {
		const message = 'Ask a question of at most 8,000 characters.';
		render(
			Form,
			props({ problem: { message: 'The input is not valid.', fields: [{ path: 'input.query', message }] } })
		);
		expect(screen.getByLabelText('Question')).toHaveAccessibleDescription(message);
		expect(screen.getByLabelText('Question')).toHaveAttribute('aria-invalid', 'true');
		expect(screen.queryByRole('alert')).toBeNull();
	});

	test('DC-01 what concerns no field is said above Start', () => {
		render(Form, props({ problem: { message: 'You already have 100 unfinished jobs.', fields: [] } }));
		expect(screen.getByRole('alert')).toHaveTextContent('You already have 100 unfinished jobs.');
	});

	test('CX-12 another like an earlier one begins with its input', () => {
		render(Form, props({ initial: { query: 'How do tides work?', depth: 'deep', model: 'one-model' } }));
		expect(screen.getByLabelText('Question')).toHaveValue('How do tides work?');
		expect(screen.getByRole('radio', { name: 'Deep' })).toBeChecked();
		expect(screen.getByLabelText('Model')).toHaveValue('one-model');
	});

	test('CX-12 OP-06 OP-07 another like an earlier one begins with its options, and starts with them', async () => {
		const given = props({ initial: { query: 'How do tides work?' }, initialOptions: { stream: false, timeLimit: 90 } });
		render(Form, given);
		expect(screen.getByRole('switch', { name: 'Live results' })).not.toBeChecked();
		expect(screen.getByLabelText('Time limit, in minutes')).toHaveValue(1.5);
		await fireEvent.click(start());
		expect(given.start.mock.lastCall?.[1]).toEqual({ timeLimit: 90, stream: false });
	});
});
