import { fireEvent, render, screen } from '@testing-library/svelte';
import { describe, expect, test, vi } from 'vitest';
import Form from '../../../src/lib/operations/batch/Form.svelte';

const props = (facts = {}) => ({
	...{ start: vi.fn(), busy: false, problem: null, initial: undefined, forecast: () => null, ...facts }
});
const write = (text: string) => fireEvent.input(screen.getByLabelText('One part a line'), { target: { value: text } });
const press = () => fireEvent.click(screen.getByRole('button', { name: /^Start/ }));
const counted = () => document.querySelector('[data-count]')?.textContent.trim().replace(/\s+/g, ' ');

describe('batch form', () => {
	test('OP-08 each line is a part, and their number is said', async () => {
		const given = props();
		render(Form, given);
		await fireEvent.click(screen.getByRole('radio', { name: 'Research' }));
		await write('How do tides work?\n\nHow is tea made?');
		expect(counted()).toBe('2 parts');
		await press();
		const inputs = [{ query: 'How do tides work?' }, { query: 'How is tea made?' }];
		expect(given.start).toHaveBeenCalledWith({ operation: 'research', inputs }, {});
	});

	test('OP-08 one line in several sizes and models is what varies', async () => {
		const given = props();
		render(Form, given);
		await fireEvent.click(screen.getByRole('radio', { name: 'Image' }));
		await write('a lighthouse');
		await fireEvent.click(screen.getByRole('checkbox', { name: '1024x1024' }));
		await fireEvent.click(screen.getByRole('checkbox', { name: '1536x1024' }));
		await fireEvent.input(screen.getByLabelText('model'), { target: { value: 'one, two' } });
		expect(counted()).toBe('4 parts: one line in 4 variants');
		await press();
		expect(given.start.mock.lastCall?.[0]).toEqual({
			...{ operation: 'image', input: { prompt: 'a lighthouse' } },
			vary: { size: ['1024x1024', '1536x1024'], model: ['one', 'two'] }
		});
	});

	test('OP-08 what is chosen for one operation does not go with another', async () => {
		const given = props();
		render(Form, given);
		await fireEvent.click(screen.getByRole('radio', { name: 'Image' }));
		await fireEvent.click(screen.getByRole('checkbox', { name: '1024x1024' }));
		await fireEvent.click(screen.getByRole('radio', { name: 'Research' }));
		await write('How do tides work?');
		await press();
		expect(given.start.mock.lastCall?.[0]).toEqual({
			...{ operation: 'research', inputs: [{ query: 'How do tides work?' }] }
		});
	});

	test('OP-08 too many parts, or none, cannot be started, and it says why', async () => {
		const given = props();
		render(Form, given);
		expect(document.body.textContent).toContain('Write at least one line.');
		await write(Array.from({ length: 51 }, (_, index) => `line ${index}`).join('\n'));
		expect(document.body.textContent).toContain('These are 51 parts; a batch has at most 50.');
		await press();
		expect(given.start).not.toHaveBeenCalled();
	});

	test('OP-06 IM-09 the switch begins as the person prefers, and is sent', async () => {
		const given = props({ streaming: false });
		render(Form, given);
		await write('a');
		await press();
		expect(given.start.mock.lastCall?.[1]).toEqual({ stream: false });
	});

	test('OP-01 a wrong part is told by its line', () => {
		const initial = { operation: 'research', inputs: [{ query: 'How do tides work?' }, { query: '?' }] };
		const fields = [{ path: 'input.inputs.1.query', message: 'Ask a question of at least 3 characters.' }];
		render(Form, props({ initial, problem: { message: 'x', fields } }));
		expect(document.querySelector('#lines-error')?.textContent).toBe(
			'Line 2: Ask a question of at least 3 characters.'
		);
		expect(screen.getByLabelText('One part a line').getAttribute('aria-invalid')).toBe('true');
	});

	test('OP-08 another like an earlier batch begins with what that one had', () => {
		const vary = { size: ['1024x1024', '1024x1536'] };
		render(Form, props({ initial: { operation: 'image', input: { prompt: 'a lighthouse' }, vary } }));
		expect(screen.getByLabelText<HTMLTextAreaElement>('One part a line').value).toBe('a lighthouse');
		expect(screen.getByRole<HTMLInputElement>('radio', { name: 'Image' }).checked).toBe(true);
		expect(counted()).toBe('2 parts: one line in 2 variants');
	});
});
