import { fireEvent, render, screen, waitFor, within } from '@testing-library/svelte';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import DocumentForm from '../../../src/lib/operations/document/Form.svelte';
import ImageForm from '../../../src/lib/operations/image/Form.svelte';
import ResearchForm from '../../../src/lib/operations/research/Form.svelte';

const provider = (id: string, label: string, images = true) => ({
	...{ id, label, can: { images } },
	models: { text: `${id}-writes`, images: images ? `${id}-draws` : '' }
});
const three = [provider('openai', 'OpenAI'), provider('xai', 'xAI', false), provider('custom', 'The lab')];

const props = (facts = {}) => ({
	...{ start: vi.fn(), busy: false, problem: null, initial: undefined, providers: three },
	...{ forecast: () => null, ...facts }
});
const write = (label: string, value: string) => fireEvent.input(screen.getByLabelText(label), { target: { value } });
const choose = (label: string, value: string) => fireEvent.change(screen.getByLabelText(label), { target: { value } });
const start = () => fireEvent.click(screen.getByRole('button', { name: /^Start/ }));
const advanced = () => fireEvent.click(screen.getByRole('button', { name: 'Advanced' }));
const offered = () =>
	within(screen.getByLabelText('Provider'))
		.getAllByRole('option')
		.map(({ textContent }) => textContent);

describe('what a run can be told beside its input', () => {
	test('TS-01 each run can be sent to another provider; the model that is usual there is shown', async () => {
		const given = props();
		render(ResearchForm, given);
		await write('Question', 'How do tides work?');
		await advanced();
		expect(offered()).toEqual(['OpenAI (usual)', 'xAI', 'The lab']);
		expect(screen.getByLabelText('Model')).toHaveAttribute('placeholder', 'openai-writes');
		await choose('Provider', 'custom');
		expect(screen.getByLabelText('Model')).toHaveAttribute('placeholder', 'custom-writes');
		await start();
		expect(given.start).toHaveBeenLastCalledWith(
			{ query: 'How do tides work?', depth: 'standard', provider: 'custom' },
			{}
		);
	});

	test('TS-01 the model field offers what the chosen provider lists, once somebody comes to it', async () => {
		const listed = vi.fn(async (url: string) => Response.json({ models: [`${url.split('/')[3]}-thinks`] }));
		vi.stubGlobal('fetch', listed);
		onTestFinished(() => void vi.unstubAllGlobals());
		render(ResearchForm, props());
		await advanced();
		await choose('Provider', 'custom');
		expect(listed).not.toHaveBeenCalled();
		await fireEvent.focus(screen.getByLabelText('Model'));
		const names = () => [...document.querySelectorAll('#model-known option')].map((one) => one.getAttribute('value'));
		await waitFor(() => expect(names()).toEqual(['custom-thinks']));
	});

	test('TS-01 with one provider there is nothing to choose', async () => {
		const given = props({ providers: three.slice(0, 1) });
		render(ResearchForm, given);
		await write('Question', 'How do tides work?');
		await advanced();
		expect(screen.queryByLabelText('Provider')).toBeNull();
		await start();
		expect(given.start).toHaveBeenLastCalledWith({ query: 'How do tides work?', depth: 'standard' }, {});
	});

	test('TS-01 pictures are only offered of those who make them, and are not asked how to write', async () => {
		const given = props({ providers: [three[1], three[0], three[2]] });
		render(ImageForm, given);
		await write('Description', 'A red kite');
		await advanced();
		expect(offered()).toEqual(['OpenAI', 'The lab']);
		expect(screen.getByLabelText('Model')).toHaveAttribute('placeholder', 'openai-draws');
		expect(screen.queryByLabelText('Temperature, 0 to 2')).toBeNull();
		await start();
		// The usual one makes none.
		expect(given.start.mock.lastCall?.[0]).toMatchObject({ provider: 'openai' });
	});

	test('TS-01 temperature, effort and the longest answer are set for one run', async () => {
		const given = props();
		render(DocumentForm, given);
		await write('Brief', 'A history of tea');
		await advanced();
		await write('Temperature, 0 to 2', '0.4');
		await choose('Reasoning effort', 'low');
		await write('Longest answer, in tokens', '4000');
		await start();
		expect(given.start.mock.lastCall?.[1]).toEqual({ temperature: 0.4, effort: 'low', maxOutputTokens: 4_000 });
	});

	test('TS-01 a temperature of 0 is one', async () => {
		const given = props();
		render(ResearchForm, given);
		await write('Question', 'How do tides work?');
		await advanced();
		await write('Temperature, 0 to 2', '0');
		await start();
		expect(given.start.mock.lastCall?.[1]).toEqual({ temperature: 0 });
	});

	test('CX-12 TS-01 another like an earlier one begins with all of it, unfolded, and starts with it', async () => {
		const initialOptions = { temperature: 1, effort: 'high', maxOutputTokens: 2_000, timeLimit: 60 };
		const given = props({ initial: { query: 'How do tides work?', provider: 'xai' }, initialOptions });
		render(ResearchForm, given);
		expect(screen.getByRole('button', { name: 'Advanced' })).toHaveAttribute('aria-expanded', 'true');
		expect(screen.getByLabelText('Provider')).toHaveValue('xai');
		await start();
		expect(given.start).toHaveBeenLastCalledWith(
			{ query: 'How do tides work?', depth: 'standard', provider: 'xai' },
			initialOptions
		);
	});

	test('CX-12 a provider that is gone gives way to the usual one', async () => {
		const given = props({ initial: { query: 'How do tides work?', provider: 'ollama' } });
		render(ResearchForm, given);
		await start();
		expect(given.start.mock.lastCall?.[0]).toEqual({ query: 'How do tides work?', depth: 'standard' });
	});

	test('DC-01 what the server says of one of these fields stands at the field', () => {
		const message = 'must be at most 2';
		const problem = { message: 'Not valid.', fields: [{ path: 'options.temperature', message }] };
		render(ResearchForm, props({ problem, initialOptions: { temperature: 3 } }));
		expect(screen.getByLabelText('Temperature, 0 to 2')).toHaveAccessibleDescription(message);
		expect(screen.queryByRole('alert')).toBeNull();
	});
});
