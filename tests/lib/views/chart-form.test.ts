import { fireEvent, render, screen, waitFor } from '@testing-library/svelte';
import { describe, expect, test, vi } from 'vitest';
import type { StoredFile } from '../../../src/lib/components/form.ts';
import Form from '../../../src/lib/operations/chart/Form.svelte';

const sources = [
	{
		name: 'bike-rides',
		title: 'Bike rides',
		description: '3,000 rides.',
		kind: 'shipped' as const,
		dialect: 'SQLite' as const
	},
	{
		name: 'sales',
		title: 'sales',
		description: 'A PostgreSQL database.',
		kind: 'database' as const,
		dialect: 'PostgreSQL' as const
	}
];
const stored = (name: string, id: string): StoredFile => ({
	...{ fileId: `file_${id.repeat(20)}`, name, mediaType: 'text/csv', size: 12_345, url: '/api/files/x' }
});
const files = [stored('trees.csv', 'a'), stored('photo.png', 'b'), stored('old.sqlite', 'c')];
const props = (facts = {}) => ({
	...{ start: vi.fn(), busy: false, problem: null, initial: undefined, sources, files },
	...{ forecast: () => null, upload: vi.fn(async () => stored('new.csv', 'd')), ...facts }
});
const ask = (question: string) => fireEvent.input(screen.getByLabelText('Question'), { target: { value: question } });
const start = () => screen.getByRole('button', { name: /^Start/ });
const drop = (file: File) => fireEvent.change(screen.getByLabelText('Tables'), { target: { files: [file] } });

const provider = (id: string) => ({ id, label: id, models: { text: 'm', images: 'i' }, can: { images: true } });

describe('chart form', () => {
	test('OP-03 where a provider is asked, the form says what it is told of data of one’s own, and of no other', async () => {
		const told = () => screen.queryByText(/The provider is told your question/);
		const { rerender } = render(Form, props({ providers: [provider('openai')] }));
		expect(told()).toBeNull();
		await fireEvent.click(screen.getByRole('radio', { name: 'sales' }));
		expect(told()).toBeInTheDocument();
		await rerender(props({ providers: [provider('demo')] }));
		expect(told()).toBeNull();
	});

	test('OP-03 the first chart needs no upload: what ships is chosen, with a word on what it holds', async () => {
		const given = props();
		render(Form, given);
		const shipped = screen.getByRole('radio', { name: 'Bike rides' });
		expect(shipped).toHaveAttribute('aria-checked', 'true');
		expect(shipped).toHaveAccessibleDescription('3,000 rides.');
		expect(screen.getByLabelText('Question')).toHaveAttribute(
			'placeholder',
			'How many rides started in each district?'
		);
		expect(start()).toHaveAttribute('aria-disabled', 'true');
		expect(start()).toHaveAccessibleDescription('Ask a question about the data.');
		await ask(' How many rides? ');
		await fireEvent.click(start());
		expect(given.start).toHaveBeenCalledWith({ question: 'How many rides?', source: { name: 'bike-rides' } }, {});
	});

	test('OP-03 asks a configured database', async () => {
		const given = props();
		render(Form, given);
		await ask('How many?');
		await fireEvent.click(screen.getByRole('radio', { name: 'sales' }));
		await fireEvent.click(start());
		expect(given.start.mock.lastCall?.[0]).toEqual({ question: 'How many?', source: { name: 'sales' } });
	});

	test('OP-03 a file is sent when it is chosen, and asked once the server has it', async () => {
		const sent = Promise.withResolvers<StoredFile>();
		const given = props({ upload: vi.fn(() => sent.promise) });
		render(Form, given);
		await ask('How many?');
		await drop(new File(['a,b\n1,2'], 'new.csv'));
		expect(start()).toHaveAccessibleDescription('The file is still being sent.');
		sent.resolve(stored('new.csv', 'd'));
		await waitFor(() => expect(screen.getByRole('radio', { name: 'new.csv' })).toHaveAttribute('aria-checked', 'true'));
		await fireEvent.click(start());
		expect(given.start.mock.lastCall?.[0]).toEqual({
			question: 'How many?',
			source: { fileId: files[0]!.fileId.replaceAll('a', 'd') }
		});
	});

	test('OP-03 a file that holds no tables, and an empty one, are not sent, and the field says why', async () => {
		const given = props();
		render(Form, given);
		await drop(new File(['x'], 'photo.png'));
		expect(screen.getByText(/Choose a CSV, TSV, JSON Lines, Parquet or SQLite file/)).toBeInTheDocument();
		await drop(new File([], 'empty.csv'));
		expect(screen.getByText('The file is empty.')).toBeInTheDocument();
		expect(given.upload).not.toHaveBeenCalled();
	});

	test.each(['list.json', 'export.TXT', 'rides.db3'])('OP-03 %s may hold a table, and is sent', async (name) => {
		const given = props();
		render(Form, given);
		await drop(new File(['[{"a":1}]'], name));
		expect(given.upload).toHaveBeenCalledOnce();
	});

	test('OP-03 an upload that fails says so, and what was chosen before stays', async () => {
		const given = props({ upload: vi.fn(async () => Promise.reject(new Error('The file is larger than 1 GB.'))) });
		render(Form, given);
		await ask('How many?');
		await drop(new File(['a'], 'big.parquet'));
		expect(await screen.findByText('The file is larger than 1 GB.')).toBeInTheDocument();
		await fireEvent.click(start());
		expect(given.start.mock.lastCall?.[0]).toEqual({ question: 'How many?', source: { name: 'bike-rides' } });
	});

	test('OP-03 what is chosen while a file is being sent is what is asked, and the file is not sent on', async () => {
		const sent = Promise.withResolvers<StoredFile>();
		const upload = vi.fn((_: File, _watch: { signal: AbortSignal }) => sent.promise);
		const given = props({ upload });
		render(Form, given);
		await ask('How many?');
		await drop(new File(['a,b\n1,2'], 'new.csv'));
		await fireEvent.click(screen.getByRole('radio', { name: 'sales' }));
		expect(upload.mock.lastCall?.[1].signal.aborted).toBe(true);
		sent.resolve(stored('new.csv', 'd'));
		await sent.promise;
		await fireEvent.click(start());
		expect(given.start.mock.lastCall?.[0]).toEqual({ question: 'How many?', source: { name: 'sales' } });
	});

	test('OP-03 a file that is refused while another is being sent leaves nothing that is waited for', async () => {
		render(Form, props({ upload: vi.fn(() => new Promise<StoredFile>(() => undefined)) }));
		await ask('How many?');
		await drop(new File(['a,b\n1,2'], 'new.csv'));
		await drop(new File(['x'], 'photo.png'));
		expect(screen.queryByRole('progressbar')).toBeNull();
		expect(start()).not.toHaveAccessibleDescription('The file is still being sent.');
	});

	test('OP-03 of two files that are sent one after the other, the first stays within reach', async () => {
		const upload = vi.fn(async (file: File) => stored(file.name, file.name === 'one.csv' ? 'd' : 'e'));
		const given = props({ upload });
		render(Form, given);
		await ask('How many?');
		for (const name of ['one.csv', 'two.csv']) {
			await drop(new File(['a,b\n1,2'], name));
			await screen.findByRole('radio', { name, checked: true });
		}
		await fireEvent.change(screen.getByLabelText('A file from before'), { target: { value: stored('', 'd').fileId } });
		await fireEvent.click(start());
		expect(given.start.mock.lastCall?.[0]).toMatchObject({ source: { fileId: stored('', 'd').fileId } });
	});

	test('OP-03 what was wrong with a source is not said of the one that is chosen then, and is said again', async () => {
		const problem = () => ({
			message: 'Not valid.',
			fields: [{ path: 'input.source.fileId', message: 'It is empty.' }]
		});
		const { rerender } = render(Form, props({ problem: problem() }));
		expect(screen.getByText('It is empty.')).toBeInTheDocument();
		await fireEvent.click(screen.getByRole('radio', { name: 'sales' }));
		expect(screen.queryByText('It is empty.')).toBeNull();
		await rerender(props({ problem: problem() }));
		expect(screen.getByText('It is empty.')).toBeInTheDocument();
	});

	test('OP-03 a table that was sent before can be asked again; other files are not offered', async () => {
		const given = props();
		render(Form, given);
		const earlier = screen.getByLabelText<HTMLSelectElement>('A file from before');
		expect([...earlier.options].map(({ text }) => text)).toEqual([
			'A file from before…',
			'trees.csv, 12 KB',
			'old.sqlite, 12 KB'
		]);
		await ask('How many?');
		await fireEvent.change(earlier, { target: { value: files[2]!.fileId } });
		expect(screen.getByRole('radio', { name: 'Bike rides' })).toHaveAttribute('aria-checked', 'false');
		await fireEvent.click(start());
		expect(given.start.mock.lastCall?.[0]).toEqual({ question: 'How many?', source: { fileId: files[2]!.fileId } });
	});

	test('CX-12 another like an earlier one begins with its question, its data and its options, and without its query', async () => {
		const source = { fileId: `file_${'9'.repeat(20)}` };
		const initial = { question: 'How many?', source, query: 'SELECT 1', model: 'm-1' };
		const given = props({ initial, initialOptions: { timeLimit: 90, stream: false } });
		render(Form, given);
		expect(screen.getByRole('radio', { name: 'The file of the job before' })).toHaveAttribute('aria-checked', 'true');
		await fireEvent.click(start());
		expect(given.start).toHaveBeenCalledWith(
			{ question: 'How many?', source, model: 'm-1' },
			{ timeLimit: 90, stream: false }
		);
	});

	test('DC-01 what the server says of the data or of the question stands at the field', () => {
		const fields = [
			{ path: 'input.source', message: 'The file holds no tables.' },
			{ path: 'input.question', message: 'Ask a question.' }
		];
		render(Form, props({ problem: { message: 'The input is not valid.', fields } }));
		expect(screen.getByText('The file holds no tables.')).toBeInTheDocument();
		expect(screen.getByLabelText('Question')).toHaveAccessibleDescription('Ask a question.');
		expect(screen.queryByRole('alert')).toBeNull();
	});
});
