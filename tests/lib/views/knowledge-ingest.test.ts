import { fireEvent, render, screen, waitFor } from '@testing-library/svelte';
import { describe, expect, test, vi } from 'vitest';
import { emptySnapshot, type JobSnapshot } from '../../../src/lib/jobs/snapshot.ts';
import Form from '../../../src/lib/operations/ingest/Form.svelte';
import Live from '../../../src/lib/operations/ingest/Live.svelte';
import { ingest, type IngestResult, type IngestState } from '../../../src/lib/operations/ingest/model.ts';
import { START, tell, type Told } from '../../support/snapshot.ts';

function job(told: readonly Told[]): JobSnapshot<IngestState, IngestResult> {
	const seed = emptySnapshot({
		...{ id: 'job_00000000000000000001', operation: 'ingest', title: 'tides.pdf', input: {}, options: {} },
		...{ createdAt: START, logEpoch: 'e1', phases: ingest.phases, state: ingest.state() }
	});
	return told.reduce<JobSnapshot>(tell, seed) as JobSnapshot<IngestState, IngestResult>;
}
const parsed: Told = [
	'parsed',
	{
		...{ title: 'Tides', mediaType: 'application/pdf', language: 'en', pages: 12, characters: 40_000 },
		headings: ['Causes', '<b>Effects</b>']
	},
	1
];
const split: Told = ['split', { passages: 84, first: ['The moon pulls.', 'So does the sun.'] }, 2];

describe('a document that is added, live', () => {
	test('IR-11 IR-05 what it is shows as soon as it is known, its passages after it, with placeholders until then', async () => {
		const { rerender } = render(Live, { job: job([]), live: true });
		expect(document.querySelector('[data-skeleton]')).not.toBeNull();
		await rerender({ job: job([parsed]) });
		expect(document.querySelector('[data-parsed]')).toHaveTextContent('40,000 characters, 12 pages');
		expect(document.querySelector('[data-skeleton]')).not.toBeNull();
		await rerender({ job: job([parsed, split]) });
		expect(document.querySelector('[data-passages]')).toHaveTextContent('84');
		expect(screen.getByText('The moon pulls.')).toBeInTheDocument();
		expect(document.querySelector('[data-skeleton]')).toBeNull();
		expect(document.querySelector('b')).toBeNull();
	});

	test('IR-09 in the end a link leads to the document', () => {
		const result = {
			...{ documentId: 'doc_1', title: 'Tides', language: 'en', pages: 12, passages: 84, characters: 40_000 },
			vectors: true
		};
		const done: Told = ['done', { result, resultAvailable: true, cost: { usd: 0, known: true }, usage: null }, 3];
		render(Live, { job: job([parsed, split, done]), live: false });
		expect(screen.getByRole('link', { name: 'Tides' })).toHaveAttribute('href', '/knowledge/doc_1');
		expect(document.querySelector('[data-parsed]')).toHaveTextContent('its words and its meaning');
	});
});

describe('the form of a document', () => {
	const choose = (file: File) => fireEvent.change(screen.getByLabelText('Document'), { target: { files: [file] } });
	const props = (facts = {}) => ({
		...{ start: vi.fn(), busy: false, problem: null, initial: undefined, forecast: () => null, ...facts }
	});
	const press = () => fireEvent.click(screen.getByRole('button', { name: /^Start/ }));

	test('CH-05 a file is sent with a bar, and starts once the server has it', async () => {
		const sending = Promise.withResolvers<void>();
		const upload = vi.fn(async (file: File, { onProgress }: { onProgress: (fraction: number) => void }) => {
			onProgress(0.5);
			await sending.promise;
			return { fileId: 'file_1', name: file.name, mediaType: 'text/plain', size: 5, url: '' };
		});
		const given = props({ upload });
		render(Form, given);
		await choose(new File(['bytes'], 'tides.txt'));
		expect(screen.getByRole('progressbar')).toHaveAttribute('aria-valuenow', '50');
		await press();
		expect(given.start).not.toHaveBeenCalled();
		sending.resolve();
		await waitFor(() => expect(screen.queryByRole('progressbar')).toBeNull());
		await fireEvent.input(screen.getByLabelText(/^Title/), { target: { value: ' About tides ' } });
		await press();
		expect(given.start).toHaveBeenCalledWith({ fileId: 'file_1', name: 'tides.txt', title: 'About tides' });
	});

	test('CH-05 an empty file, and one that cannot be sent, are refused in words', async () => {
		const upload = vi.fn(() => Promise.reject(new Error('The disk is full.')));
		render(Form, props({ upload }));
		await choose(new File([], 'empty.txt'));
		expect(screen.getByText('The file is empty.')).toBeInTheDocument();
		expect(upload).not.toHaveBeenCalled();
		await choose(new File(['x'], 'a.txt'));
		expect(await screen.findByText('The disk is full.')).toBeInTheDocument();
	});
});
