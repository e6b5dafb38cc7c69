import { fireEvent, render, screen, waitFor } from '@testing-library/svelte';
import { beforeAll, describe, expect, test, vi } from 'vitest';
import type { Upload } from '../../../src/lib/components/form.ts';
import Form from '../../../src/lib/operations/image/Form.svelte';
import ResearchForm from '../../../src/lib/operations/research/Form.svelte';
import { installObjectUrls } from '../../support/object-urls.ts';
import { installResizeObserver } from '../../support/resize-observer.ts';

const props = (facts = {}) => ({
	...{ start: vi.fn(), busy: false, problem: null, initial: undefined },
	...{ forecast: (variant: string) => `Usually 10 s (${variant}).`, ...facts }
});
const describePicture = (text: string) =>
	fireEvent.input(screen.getByLabelText('Description'), { target: { value: text } });
const start = () => screen.getByRole('button', { name: /^Start/ });
const choose = (label: string, value: string) => fireEvent.change(screen.getByLabelText(label), { target: { value } });
const usual = {
	...{ prompt: 'The sea', size: '1024x1024', quality: 'auto', background: 'auto', format: 'png' },
	...{ count: 1, partialImages: 3 }
};

beforeAll(installResizeObserver);

describe('image form', () => {
	test('IM-01 a description is enough', async () => {
		const given = props();
		render(Form, given);
		expect(start()).toHaveAccessibleDescription(/Describe the picture/);
		await describePicture(' The sea ');
		await fireEvent.click(start());
		expect(given.start.mock.calls).toEqual([[usual, {}]]);
	});

	test('IM-01 IM-03 everything about the picture can be chosen', async () => {
		const given = props();
		render(Form, given);
		await describePicture('The sea');
		await fireEvent.click(screen.getByRole('radio', { name: 'Landscape' }));
		await choose('Quality', 'high');
		await choose('Pictures', '4');
		await choose('Previews', '1');
		await choose('Background', 'transparent');
		await choose('Format', 'webp');
		await fireEvent.click(start());
		expect(given.start.mock.lastCall?.[0]).toEqual({
			...{ prompt: 'The sea', size: '1536x1024', quality: 'high', background: 'transparent', format: 'webp' },
			...{ count: 4, partialImages: 1 }
		});
	});

	test('PG-09 the forecast follows the quality', async () => {
		render(Form, props());
		await describePicture('The sea');
		await choose('Quality', 'low');
		expect(start()).toHaveAccessibleDescription('Usually 10 s (low).');
	});

	test.each([
		['image', Form],
		['research', ResearchForm]
	] as const)('IM-09 the switch of the %s form begins as the person prefers', async (_, Component) => {
		const live = () => screen.getByRole('switch', { name: 'Live results' });
		const first = render(Component, props({ streaming: false }));
		expect(live()).not.toBeChecked();
		first.unmount();
		const second = render(Component, props({ streaming: true }));
		expect(live()).toBeChecked();
		second.unmount();
		// Another like an earlier one runs as that one did.
		render(Component, props({ streaming: false, initialOptions: {} }));
		expect(live()).toBeChecked();
	});

	test('IM-09 OP-06 streaming can be switched off for one run', async () => {
		const given = props();
		render(Form, given);
		await describePicture('The sea');
		await fireEvent.click(screen.getByRole('switch', { name: 'Live results' }));
		await fireEvent.click(start());
		expect(given.start.mock.lastCall).toEqual([usual, { stream: false }]);
	});

	test('CX-12 another like an earlier one begins with all of its input', async () => {
		const given = props({
			initial: { ...usual, size: '2048x1024', quality: 'max', model: 'one', images: [`file_${'0'.repeat(20)}`] }
		});
		render(Form, { ...given, upload: vi.fn() });
		expect(screen.getByRole('radio', { name: 'As before' })).toBeChecked();
		await fireEvent.click(start());
		expect(given.start.mock.lastCall?.[0]).toEqual({
			...{ ...usual, size: '2048x1024', quality: 'max', model: 'one' },
			images: [`file_${'0'.repeat(20)}`]
		});
	});

	test('IM-01 pictures to start from are sent at once, with a bar, and the start waits for them', async () => {
		installObjectUrls();
		let arrive: (stored: Awaited<ReturnType<Upload>>) => void = () => undefined;
		const upload: Upload = (_file, { onProgress }) => {
			onProgress(0.25);
			return new Promise((resolve) => (arrive = resolve));
		};
		const given = props({ upload });
		render(Form, given);
		await describePicture('The sea');
		const file = new File(['bytes'], 'beach.png', { type: 'image/png' });
		await fireEvent.change(screen.getByLabelText('Add pictures'), { target: { files: [file] } });
		expect(screen.getByRole('progressbar', { name: 'Sending beach.png' })).toHaveAttribute('aria-valuenow', '25');
		await fireEvent.click(start());
		expect(given.start).not.toHaveBeenCalled();
		arrive({ fileId: `file_${'1'.repeat(20)}`, name: 'beach.png', mediaType: 'image/png', size: 5, url: '/x' });
		await waitFor(() => expect(screen.queryByRole('progressbar')).toBeNull());
		await fireEvent.click(start());
		expect(given.start.mock.lastCall?.[0]).toEqual({ ...usual, images: [`file_${'1'.repeat(20)}`] });
	});

	test('IM-01 BY-11 a picture is dropped, and removed by its button', async () => {
		installObjectUrls();
		const upload: Upload = async () => ({
			fileId: `file_${'1'.repeat(20)}`,
			name: 'a',
			mediaType: 'image/png',
			size: 5,
			url: '/x'
		});
		const given = props({ upload });
		render(Form, given);
		await describePicture('The sea');
		const file = new File(['bytes'], 'beach.png', { type: 'image/png' });
		await fireEvent.drop(document.querySelector('[data-drop]')!, { dataTransfer: { files: [file] } });
		await screen.findByText('beach.png');
		await fireEvent.click(screen.getByRole('button', { name: 'Remove beach.png' }));
		await fireEvent.click(start());
		expect(given.start.mock.lastCall?.[0]).toEqual(usual);
	});

	test.each([
		['prompt', 'Description'],
		['quality', 'Quality'],
		['count', 'Pictures'],
		['partialImages', 'Previews'],
		['background', 'Background'],
		['format', 'Format']
	])('DC-01 what the server says of %s stands at its field', (path, label) => {
		const problem = { message: 'The input is not valid.', fields: [{ path: `input.${path}`, message: 'is wrong' }] };
		render(Form, props({ problem }));
		expect(screen.getByLabelText(label)).toHaveAccessibleDescription('is wrong');
		expect(screen.queryByRole('alert')).toBeNull();
	});

	test('BY-11 Ctrl+Enter starts from anywhere in the form', async () => {
		const given = props();
		render(Form, given);
		await describePicture('The sea');
		for (const element of [screen.getByLabelText('Description'), screen.getByRole('radio', { name: 'Portrait' })])
			await fireEvent.keyDown(element, { key: 'Enter', ctrlKey: true });
		expect(given.start.mock.calls).toEqual([
			[usual, {}],
			[usual, {}]
		]);
	});
});
