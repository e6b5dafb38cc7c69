import { fireEvent, render, screen, waitFor, within } from '@testing-library/svelte';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { argumentsOf, schemaFields } from '../../../src/lib/components/schema-fields.ts';
import { newStep, withoutStep, type Step } from '../../../src/lib/components/tool-steps.ts';
import Form from '../../../src/lib/operations/tools/Form.svelte';

const props = (facts = {}) => ({
	...{ start: vi.fn(), busy: false, problem: null, initial: undefined, forecast: () => null, ...facts }
});
const press = (name: string | RegExp) => fireEvent.click(screen.getByRole('button', { name }));
const steps = () => [...document.querySelectorAll<HTMLElement>('[data-step]')];
const write = (step: number, label: RegExp, value: string) =>
	fireEvent.input(within(steps()[step]!).getByLabelText(label), { target: { value } });

/** What `GET /api/tools` answers; an operator's server with one tool. */
const remote = {
	tools: [],
	servers: [
		{
			name: 'files',
			tools: [
				{
					...{ id: 'files.list', title: 'List files', description: 'Lists a folder.' },
					schema: {
						type: 'object',
						properties: { depth: { type: 'integer' }, options: { type: 'object' } },
						required: ['depth']
					}
				}
			]
		}
	]
};

beforeEach(() => void vi.stubGlobal('fetch', () => Promise.resolve(Response.json(remote))));
afterEach(() => void vi.unstubAllGlobals());

describe('the form of a run of tools', () => {
	test('OP-04 steps are composed from tools, with their arguments and what they wait for', async () => {
		const given = props();
		render(Form, given);
		await press('Calculator');
		await press('Current time');
		await write(0, /^expression/, '2 + 3');
		await write(1, /^timeZone/, 'Europe/Berlin');
		await fireEvent.click(within(steps()[1]!).getByRole('checkbox', { name: '1. Calculator' }));
		await press(/^Start/);
		expect(given.start).toHaveBeenCalledWith({
			calls: [
				{ id: 'step-1', tool: 'calculator', arguments: { expression: '2 + 3' }, after: [] },
				{ id: 'step-2', tool: 'current_time', arguments: { timeZone: 'Europe/Berlin' }, after: ['step-1'] }
			],
			files: []
		});
	});

	test('OP-04 what is missing is said at its field, and nothing starts', async () => {
		const given = props();
		render(Form, given);
		expect(document.body).toHaveTextContent('Add at least one tool.');
		await press('Calculator');
		await press(/^Start/);
		expect(steps()[0]).toHaveTextContent('This is needed.');
		expect(given.start).not.toHaveBeenCalled();
		await write(0, /^expression/, '1');
		expect(steps()[0]).not.toHaveTextContent('This is needed.');
	});

	test('OP-04 what does not have to be given is left out, so that its usual value holds', async () => {
		const given = props();
		render(Form, given);
		await press('Current time');
		await press(/^Start/);
		expect(given.start.mock.lastCall?.[0].calls[0].arguments).toEqual({});
	});

	test('OP-04 tools of the operator’s servers are offered too, once they are known', async () => {
		const given = props();
		render(Form, given);
		await fireEvent.click(await screen.findByRole('button', { name: 'List files' }));
		await write(0, /^depth/, 'two');
		await press(/^Start/);
		expect(steps()[0]).toHaveTextContent('Write a number.');
		await write(0, /^depth/, '2');
		await write(0, /^options/, '{"hidden": true}');
		await press(/^Start/);
		expect(given.start.mock.lastCall?.[0].calls[0]).toMatchObject({
			...{ tool: 'files.list', arguments: { depth: 2, options: { hidden: true } } }
		});
	});

	test('OP-04 a table is sent first, and goes along as the run’s file', async () => {
		const given = props({
			upload: () => Promise.resolve({ fileId: 'file_1', name: 'sales.csv', mediaType: 'text/csv', size: 9, url: '' })
		});
		render(Form, given);
		await press('Query a table');
		await write(0, /^sql/, 'SELECT 1');
		await press(/^Start/);
		expect(steps()[0]).toHaveTextContent('Choose the file.');
		const input = screen.getByLabelText('File for step 1');
		await fireEvent.change(input, { target: { files: [new File(['a'], 'sales.csv')] } });
		await waitFor(() => expect(steps()[0]).toHaveTextContent('sales.csv'));
		await press(/^Start/);
		expect(given.start.mock.lastCall?.[0]).toEqual({
			calls: [{ id: 'step-1', tool: 'query_table', arguments: { fileId: 'file_1', sql: 'SELECT 1' }, after: [] }],
			files: ['file_1']
		});
	});

	test('OP-04 an earlier run begins the form anew, and nothing waits for a step that was removed', async () => {
		const calls = [
			{ id: 'a', tool: 'calculator', arguments: { expression: '1 + 1' }, after: [] },
			{ id: 'b', tool: 'current_time', arguments: {}, after: ['a'] }
		];
		const given = props({ initial: { calls } });
		render(Form, given);
		expect(within(steps()[0]!).getByLabelText(/^expression/)).toHaveValue('1 + 1');
		await press('Remove step 1, Calculator');
		await press(/^Start/);
		expect(given.start.mock.lastCall?.[0].calls).toEqual([{ id: 'b', tool: 'current_time', arguments: {}, after: [] }]);
	});
});

describe('steps and fields', () => {
	test('OP-04 a new step never has the id of another', () => {
		const two: Step[] = [newStep([], 'x')];
		two.push(newStep(two, 'x'));
		const left = withoutStep(two, 'step-1');
		expect([...left, newStep(left, 'x')].map(({ id }) => id)).toEqual(['step-2', 'step-3']);
	});

	test('OP-04 a schema becomes fields by the types of its properties, and a strange one none', () => {
		const properties = {
			...{ a: { type: 'string' }, b: { enum: ['x', 'y'], default: 'x' }, c: { type: 'boolean' } },
			...{ d: { type: 'array', items: { type: 'string' } }, e: true, f: { type: 'number' } }
		};
		const fields = schemaFields({ properties, required: ['a', 'b'] });
		expect(fields.map(({ kind, required }) => [kind, required])).toEqual([
			['text', true],
			['choice', false],
			['boolean', false],
			['lines', false],
			['json', false],
			['number', false]
		]);
		const made = argumentsOf(fields, { a: 'A', c: 'false', d: 'one\n\n two ', e: '[1]', f: '1.5' });
		expect(made).toEqual({ arguments: { a: 'A', c: false, d: ['one', 'two'], e: [1], f: 1.5 }, wrong: {} });
		expect(schemaFields({ properties: 'none' })).toEqual([]);
	});
});
