import { fireEvent, render, screen } from '@testing-library/svelte';
import { expect, test, vi } from 'vitest';
import { z } from 'zod';
import { defineOperation } from '../../../src/lib/operations/operation.ts';
import PlainForm from '../../../src/lib/operations/PlainForm.svelte';

const own = {
	text: z.string().trim().min(1).meta({ title: 'Text', description: 'What is to be counted' }),
	most: z.number().int().min(1).default(3),
	order: z.enum(['frequent', 'rare']).default('frequent'),
	whole: z.boolean().default(false)
};
const operation = (input: z.ZodType) =>
	defineOperation({
		...{ id: 'count', title: 'Count', description: 'Counts words.', icon: 'search', input },
		...{ result: z.object({}), phases: [{ name: 'counting', label: 'Counting', weight: 1 }], events: {} },
		...{ state: () => null, reduce: () => null, titleOf: () => 'Count' },
		variantOf: (read) => z.object({ order: z.string() }).parse(read).order,
		...{ limits: { timeoutMs: 60_000, running: 1 }, typicalMs: 1_000 },
		can: { finishNow: false, resumable: false, repeatable: true }
	});
const props = (facts: object = {}) => ({
	...{ operation: 'count', model: operation(z.strictObject(own)), start: vi.fn(), busy: false, problem: null },
	...{ forecast: (variant: string) => `Usually 1 min (${variant}).`, ...facts }
});
const start = () => fireEvent.click(screen.getByRole('button', { name: /^Start/ }));
const write = (label: RegExp, value: string) => fireEvent.input(screen.getByLabelText(label), { target: { value } });

test('OP-11 the plain form has a control for each kind of field, and sends each as its schema has it', async () => {
	const given = props();
	render(PlainForm, given);
	expect(screen.getByText('What is to be counted')).toBeInTheDocument();
	expect(screen.getByLabelText(/^whole/)).toHaveDisplayValue('As usual: no');
	await write(/^Text/, 'Tea first, then more tea.');
	await write(/^most/, '5');
	await fireEvent.change(screen.getByLabelText(/^order/), { target: { value: 'rare' } });
	await fireEvent.change(screen.getByLabelText(/^whole/), { target: { value: 'true' } });
	await start();
	expect(given.start.mock.lastCall?.[0]).toEqual({
		...{ text: 'Tea first, then more tea.', most: 5, order: 'rare', whole: true }
	});
});

test('OP-11 what is left empty is left out, and what is needed is asked for by name before anything starts', async () => {
	const given = props();
	render(PlainForm, given);
	await start();
	expect(given.start).not.toHaveBeenCalled();
	expect(screen.getByText(/Fill in “Text”\./)).toBeInTheDocument();
	await write(/^most/, 'three');
	await write(/^Text/, 'Tea.');
	await start();
	expect(given.start).not.toHaveBeenCalled();
	expect(screen.getByText('Write a number.')).toBeInTheDocument();
	await write(/^most/, '');
	await start();
	expect(given.start.mock.lastCall?.[0]).toEqual({ text: 'Tea.' });
});

test('OP-11 the plain form asks for the forecast of the variant that its fields make', async () => {
	render(PlainForm, props());
	await write(/^Text/, 'Tea.');
	expect(screen.getByText(/Usually 1 min \(frequent\)/)).toBeInTheDocument();
	await fireEvent.change(screen.getByLabelText(/^order/), { target: { value: 'rare' } });
	expect(screen.getByText(/Usually 1 min \(rare\)/)).toBeInTheDocument();
});

test('OP-11 an input with model and provider has the settings of a run in its plain form, and no field for them', async () => {
	const sent = { model: z.string().optional(), provider: z.string().optional() };
	const given = props({
		model: operation(z.strictObject({ ...own, ...sent })),
		initial: { text: 'Tea.', model: 'm-1' }
	});
	render(PlainForm, given);
	expect(screen.getByRole('switch', { name: 'Live results' })).toBeInTheDocument();
	expect(screen.getByLabelText('Model')).toHaveValue('m-1');
	expect(screen.queryByLabelText(/^model/)).toBeNull();
	await start();
	expect(given.start.mock.lastCall?.[0]).toEqual({ text: 'Tea.', model: 'm-1' });
});

test('OP-11 a field that is only called model is one like others', async () => {
	const given = props({ model: operation(z.strictObject({ ...own, model: z.string() })) });
	render(PlainForm, given);
	await write(/^Text/, 'Tea.');
	await write(/^model/, 'T');
	await start();
	expect(given.start.mock.lastCall?.[0]).toEqual({ text: 'Tea.', model: 'T' });
});

test('OP-11 what a door refuses stands at its field in the plain form', () => {
	const problem = { message: 'At most 50.', fields: [{ path: 'input.most', message: 'At most 50.' }] };
	render(PlainForm, props({ problem }));
	expect(screen.getByLabelText(/^most/)).toHaveAccessibleDescription(/At most 50\./);
	expect(screen.queryByRole('alert')).toBeNull();
});
