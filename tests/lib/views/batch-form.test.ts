import { fireEvent, render, screen, waitFor } from '@testing-library/svelte';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
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
		await write(Array.from({ length: 201 }, (_, index) => `line ${index}`).join('\n'));
		expect(document.body.textContent).toContain('These are 201 parts; a batch has at most 200.');
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

describe('the models of a batch', () => {
	const offered = () => [...document.querySelectorAll('datalist option')].map((option) => option.getAttribute('value'));
	const providers = ['demo', 'lab'].map((id) => ({
		...{ id, label: id, demo: false, models: { text: 'm1', images: 'i1' }, can: { images: true } }
	}));

	test('OP-08 TS-01 those that the chosen provider lists are offered once somebody comes to the field', async () => {
		const asked: string[] = [];
		vi.stubGlobal('fetch', async (url: string) => {
			asked.push(url);
			return Response.json({ models: url.includes('lab') ? ['lab-1'] : ['m1', 'm2'] });
		});
		onTestFinished(() => void vi.unstubAllGlobals());
		render(Form, props({ providers }));
		await fireEvent.click(screen.getByRole('radio', { name: 'Research' }));
		const field = screen.getByLabelText('model');
		expect(asked).toEqual([]);
		await fireEvent.focus(field);
		await waitFor(() => expect(offered()).toEqual(['m1', 'm2']));
		await fireEvent.input(field, { target: { value: 'm2,' } });
		expect(offered()).toEqual(['m2, m1']);
		await fireEvent.click(screen.getByRole('checkbox', { name: 'lab' }));
		await fireEvent.focus(field);
		await waitFor(() => expect(offered()).toEqual(['m2, lab-1']));
		expect(asked).toEqual(['/api/providers/demo/models', '/api/providers/lab/models']);
	});

	test('OP-08 TS-15 a provider that does not answer leaves the field as it is', async () => {
		const answered = vi.fn(async () => new Response('{}', { status: 502 }));
		vi.stubGlobal('fetch', answered);
		onTestFinished(() => void vi.unstubAllGlobals());
		render(Form, props({ providers }));
		await fireEvent.focus(screen.getByLabelText('model'));
		await waitFor(() => expect(answered).toHaveResolved());
		expect(offered()).toEqual([]);
		expect(screen.queryByRole('alert')).toBeNull();
	});
});

describe('batch form of puzzles', () => {
	const listed = [
		{ id: 'quarter-turn', title: 'Quarter turn', level: 1 },
		{ id: 'mirror', title: 'In the mirror', level: 1 },
		{ id: 'fill', title: 'Filled', level: 2 }
	];
	const open = async (given: ReturnType<typeof props>) => {
		vi.stubGlobal('fetch', async () => Response.json({ puzzles: listed }));
		onTestFinished(() => void vi.unstubAllGlobals());
		render(Form, given);
		if (!given.initial) await fireEvent.click(screen.getByRole('radio', { name: 'Analysis' }));
		await screen.findByRole('checkbox', { name: /^All puzzles/ });
	};
	const box = (name: RegExp | string) => screen.getByRole<HTMLInputElement>('checkbox', { name });

	test('OP-08 puzzles are chosen all, by level or one by one, and the models are written', async () => {
		const given = props();
		await open(given);
		expect(document.body.textContent).toContain('Choose at least one puzzle.');
		await fireEvent.click(box(/^All puzzles/));
		await fireEvent.click(box('Quarter turn'));
		expect([box(/^Level 1/).indeterminate, box(/^Level 2/).checked]).toEqual([true, true]);
		await fireEvent.input(screen.getByLabelText('model'), { target: { value: 'one, two' } });
		expect(counted()).toBe('4 parts: 2 puzzles in 2 variants');
		await press();
		expect(given.start.mock.lastCall?.[0]).toEqual({
			...{ operation: 'analysis', input: {}, vary: { puzzleId: ['mirror', 'fill'], model: ['one', 'two'] } }
		});
		await fireEvent.click(box(/^Level 1/));
		await fireEvent.click(box(/^Level 2/));
		await press();
		expect(given.start.mock.lastCall?.[0]).toMatchObject({ vary: { puzzleId: ['quarter-turn', 'mirror'] } });
	});

	test('OP-08 another like an earlier batch of puzzles begins with those', async () => {
		const vary = { puzzleId: ['fill', 'mirror'], model: ['one', 'two'] };
		await open(props({ initial: { operation: 'analysis', input: {}, vary } }));
		expect([box('Filled').checked, box('In the mirror').checked, box('Quarter turn').checked]).toEqual([
			...[true, true, false]
		]);
		expect(counted()).toBe('4 parts: 2 puzzles in 2 variants');
	});

	test('OP-08 lines that were written for another operation are no puzzles', async () => {
		const given = props();
		vi.stubGlobal('fetch', async () => Response.json({ puzzles: listed }));
		onTestFinished(() => void vi.unstubAllGlobals());
		render(Form, given);
		await fireEvent.click(screen.getByRole('radio', { name: 'Research' }));
		await write('How do tides work?');
		await fireEvent.click(screen.getByRole('radio', { name: 'Analysis' }));
		expect(counted()).toBe('0 parts');
	});

	test('OP-08 a list of puzzles that could not be loaded can be asked for again', async () => {
		const answers = [new Response(null, { status: 500 }), Response.json({ puzzles: listed })];
		vi.stubGlobal('fetch', async () => answers.shift());
		onTestFinished(() => void vi.unstubAllGlobals());
		render(Form, props());
		await fireEvent.click(screen.getByRole('radio', { name: 'Analysis' }));
		await fireEvent.click(await screen.findByRole('button', { name: 'Try again' }));
		expect(await screen.findByRole('checkbox', { name: /^Level 2/ })).toBeTruthy();
	});

	test('BY-08 what it will take and cost is said before the start, once the person pauses', async () => {
		const foreseen = {
			...{ parts: 2, atOnce: 2, paidParts: 2, ms: { low: 60_000, high: 120_000 }, usd: { low: 0.2, high: 0.3 } },
			kinds: [{ model: 'one', parts: 2, runs: 9, paidRuns: 9, priced: true, free: false }]
		};
		const foresee = vi.fn(async () => foreseen);
		render(Form, props({ foresee }));
		await fireEvent.click(screen.getByRole('radio', { name: 'Research' }));
		await write('one');
		await write('one\ntwo');
		const said = () => document.querySelector('[data-forecast]')?.textContent.trim();
		await waitFor(() => expect(said()).toBe('Usually 1–2 min for 2 parts, 2 at a time. Costs $0.20–0.30.'));
		const inputs = [{ query: 'one' }, { query: 'two' }];
		expect(foresee.mock.calls).toEqual([[{ operation: 'research', inputs }]]);
		await write('');
		await waitFor(() => expect(said()).toBe('Write at least one line.'));
	});

	test('BY-08 a forecast that fails, or comes after another was asked for, is not shown', async () => {
		let late: (found: unknown) => void = () => undefined;
		const answers = [() => new Promise((resolve) => (late = resolve)), () => Promise.reject(new Error('invalid'))];
		const foresee = vi.fn(() => (answers.shift() ?? (() => Promise.reject(new Error())))());
		render(Form, props({ foresee }));
		await fireEvent.click(screen.getByRole('radio', { name: 'Research' }));
		await write('one');
		await waitFor(() => expect(foresee).toHaveBeenCalledTimes(1));
		await write('two');
		await waitFor(() => expect(foresee).toHaveBeenCalledTimes(2));
		late({ parts: 1, atOnce: 1, paidParts: 1, ms: null, usd: { low: 0, high: 0 }, kinds: [] });
		await new Promise((resolve) => setTimeout(resolve, 20));
		expect(document.querySelector('[data-forecast]')?.textContent.trim()).toBe('');
		expect(screen.getByRole('button', { name: /^Start/ }).getAttribute('aria-disabled')).toBe('false');
	});

	test('BY-08 a budget goes with the start; what is no amount is said at its field and starts nothing', async () => {
		const given = props();
		render(Form, given);
		await fireEvent.click(screen.getByRole('radio', { name: 'Research' }));
		await write('one');
		const field = screen.getByLabelText('Budget in US dollars');
		await fireEvent.input(field, { target: { value: 'much' } });
		expect(field.getAttribute('aria-invalid')).toBe('true');
		expect(document.getElementById('budget-error')?.textContent).toContain('Write an amount in US dollars');
		await press();
		expect(given.start).not.toHaveBeenCalled();
		await fireEvent.input(field, { target: { value: '$2,50' } });
		await press();
		expect(given.start).toHaveBeenCalledWith({ operation: 'research', inputs: [{ query: 'one' }], budget: 2.5 }, {});
	});

	test('BY-08 a form that goes on from a batch has its budget, and what the server refuses of it is at its field', () => {
		const initial = { operation: 'research', inputs: [{ query: 'one' }], budget: 1.25 };
		const problem = { message: 'no', fields: [{ path: 'input.budget', message: 'A budget is more than 0.' }] };
		render(Form, props({ initial, problem }));
		expect((screen.getByLabelText('Budget in US dollars') as HTMLInputElement).value).toBe('1.25');
		expect(document.getElementById('budget-error')?.textContent).toContain('A budget is more than 0.');
		expect(document.getElementById('lines-error')?.textContent?.trim()).toBe('');
	});

	test('OP-08 what is wrong with a value that varies is said at its field, and not at the parts', () => {
		const initial = {
			operation: 'research',
			input: { query: 'one' },
			vary: { model: ['nope'], depth: ['quick', 'deep'] }
		};
		const problem = { message: 'no', fields: [{ path: 'input.vary.model', message: 'There is no such model.' }] };
		render(Form, props({ initial, problem }));
		expect(document.getElementById('varies-model-error')?.textContent).toContain('There is no such model.');
		expect(screen.getByLabelText('model').getAttribute('aria-invalid')).toBe('true');
		expect(document.getElementById('lines-error')?.textContent?.trim()).toBe('');
		expect(document.querySelector('form > p[role=alert]')).toBeNull();
	});
});
