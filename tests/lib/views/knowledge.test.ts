import { fireEvent, render, screen, within } from '@testing-library/svelte';
import { describe, expect, test, vi } from 'vitest';
import { DocumentUploads } from '../../../src/lib/client/document-uploads.svelte.ts';
import type { JobSummary } from '../../../src/lib/jobs/snapshot.ts';
import { LARGEST } from '../../../src/lib/operations/ingest/model.ts';
import type { Passage } from '../../../src/lib/operations/knowledge.ts';
import Adding from '../../../src/routes/knowledge/Adding.svelte';
import { factsOf } from '../../../src/routes/knowledge/documents.ts';
import DocumentRow from '../../../src/routes/knowledge/DocumentRow.svelte';
import Found from '../../../src/routes/knowledge/Found.svelte';
import { ordinalOf, PAGE, PassagePages } from '../../../src/routes/knowledge/[id]/passage-pages.svelte.ts';
import PassageText from '../../../src/routes/knowledge/[id]/PassageText.svelte';
import { researchJob, summaryOf } from '../../support/snapshot.ts';

const file = (name: string, size = 5) => Object.defineProperty(new File(['bytes'], name), 'size', { value: size });
const settled = () => new Promise((resolve) => setTimeout(resolve));

/** A server that takes files and starts jobs when it is told to. */
function server() {
	const sent: {
		name: string;
		signal: AbortSignal;
		progress: (fraction: number) => void;
		answer: (ok: boolean) => void;
	}[] = [];
	const ingested: unknown[] = [];
	const uploads = new DocumentUploads({
		largest: LARGEST,
		upload: ({ name, size }, { onProgress, signal }) =>
			new Promise((resolve, reject) => {
				const stored = {
					fileId: `file_${name}`,
					name,
					size,
					mediaType: 'text/plain',
					sha256: '',
					url: '',
					createdAt: 0
				};
				const answer = (ok: boolean) => (ok ? resolve(stored) : reject(new Error('The disk is full.')));
				sent.push({ name, signal, progress: onProgress, answer });
				signal.addEventListener('abort', () => reject(signal.reason));
			}),
		ingest: (input) => {
			ingested.push(input);
			return Promise.resolve({ id: `job_${ingested.length}` });
		}
	});
	return { sent, ingested, uploads };
}

const job = (id: string, facts: Partial<JobSummary> = {}): JobSummary => ({
	...summaryOf(researchJob()),
	...{ id, operation: 'ingest', title: 'tides.pdf', status: 'running', phase: 'splitting' },
	...{ progress: { fraction: 0.6, basis: 'measured' } },
	...facts
});
const rows = () => screen.getAllByRole('listitem');

const passage = (ordinal: number, facts: Partial<Passage> = {}): Passage => ({
	...{ id: ordinal + 1, documentId: 'doc_1', title: 'Tides', ordinal, page: 1, heading: 'Causes' },
	...{ text: `Passage ${ordinal}.` },
	...facts
});
const known = {
	...{ id: 'doc_1', title: 'Tides', name: 'tides.pdf', mediaType: 'application/pdf', projectId: null, language: 'de' },
	...{ pages: 12, passages: 1_204, characters: 90_000, jobId: 'job_1', fileId: 'file_1', createdAt: 0 }
};

describe('documents on their way', () => {
	test('CH-05 several files are sent two at a time, and each becomes a job of its own in its project', async () => {
		const { sent, ingested, uploads } = server();
		uploads.add([file('a.txt'), file('b.txt'), file('c.txt')], 'prj_1');
		expect(uploads.list.map(({ state }) => state)).toEqual(['sending', 'sending', 'waiting']);
		sent[0]!.answer(true);
		await settled();
		expect(uploads.list.map(({ state, jobId }) => [state, jobId])).toEqual([
			['started', 'job_1'],
			['sending', null],
			['sending', null]
		]);
		expect(ingested).toEqual([{ fileId: 'file_a.txt', name: 'a.txt', projectId: 'prj_1' }]);
	});

	test('CH-05 one that cannot be sent says why, and the others go on', async () => {
		const { sent, uploads } = server();
		uploads.add([file('a.txt'), file('b.txt'), file('c.txt')], null);
		sent[0]!.answer(false);
		await settled();
		expect(uploads.list).toMatchObject([{ state: 'failed', failure: 'The disk is full.' }, {}, { state: 'sending' }]);
	});

	test('CH-05 an empty file and one over 50 MB are refused in words before anything is sent', () => {
		const { sent, uploads } = server();
		uploads.add([file('empty.txt', 0), file('huge.pdf', LARGEST + 1), file('fits.pdf', LARGEST)], null);
		expect(uploads.list.map(({ failure }) => failure)).toEqual([
			'The file is empty.',
			'The file is larger than 50 MB. Split it, and add the parts.',
			null
		]);
		expect(sent.map(({ name }) => name)).toEqual(['fits.pdf']);
	});

	test('CX-15 one that is taken off the list is sent no further, and no job starts', async () => {
		const { sent, ingested, uploads } = server();
		uploads.add([file('a.txt'), file('b.txt'), file('c.txt')], null);
		uploads.dismiss(uploads.list[0]!.key);
		uploads.dismiss(uploads.list[1]!.key);
		await settled();
		expect(sent.map(({ name, signal }) => [name, signal.aborted])).toEqual([
			['a.txt', true],
			['b.txt', false]
		]);
		expect(ingested).toEqual([]);
		expect(uploads.list.map(({ name }) => name)).toEqual(['b.txt']);
	});

	test('CH-05 PG-01 a bar shows how much is sent, then the phase of its job and how far it is', async () => {
		const { sent, uploads } = server();
		uploads.add([file('tides.pdf', 2_000_000)], null);
		const { rerender } = render(Adding, { uploads, jobs: [], cancel: vi.fn() });
		sent[0]!.progress(0.25);
		expect(await screen.findByText(/Sending 500 KB of 2\.0 MB/)).toBeInTheDocument();
		expect(screen.getByRole('progressbar', { name: 'Sending tides.pdf' })).toHaveAttribute('aria-valuenow', '25');
		sent[0]!.answer(true);
		await settled();
		await rerender({ jobs: [job('job_1')] });
		expect(screen.getByText('Splitting into passages')).toBeInTheDocument();
		expect(screen.getByRole('progressbar', { name: 'Adding tides.pdf' })).toHaveAttribute('aria-valuenow', '60');
		expect(screen.getByRole('link', { name: 'tides.pdf' })).toHaveAttribute('href', '/jobs/job_1');
		await rerender({ jobs: [job('job_1', { status: 'succeeded' })] });
		expect(screen.queryByRole('listitem')).toBeNull();
	});

	test('PG-12 a document that was on its way before a reload is there again, and no other job is', () => {
		const jobs = [job('job_9'), job('job_8', { operation: 'research' }), job('job_7', { status: 'failed' })];
		render(Adding, { uploads: server().uploads, jobs, cancel: vi.fn() });
		expect(rows()).toHaveLength(1);
		expect(screen.getByRole('link')).toHaveAttribute('href', '/jobs/job_9');
	});

	test('CH-08 a document that could not be read says why in its job’s words, and goes when it is dismissed', async () => {
		const { sent, uploads } = server();
		uploads.add([file('secret.pdf')], null);
		sent[0]!.answer(true);
		await settled();
		const message = 'This PDF is encrypted. Remove its password, then add it again.';
		const jobs = [job('job_1', { status: 'failed', error: { code: 'invalid_input', message, retryable: false } })];
		render(Adding, { uploads, jobs, cancel: vi.fn() });
		expect(screen.getByRole('alert')).toHaveTextContent(message);
		await fireEvent.click(screen.getByRole('button', { name: 'Dismiss secret.pdf' }));
		expect(screen.queryByRole('alert')).toBeNull();
	});

	test('CX-01 each that is being read can be cancelled', async () => {
		const cancel = vi.fn(() => Promise.resolve());
		render(Adding, { uploads: server().uploads, jobs: [job('job_9')], cancel });
		const button = screen.getByRole('button', { name: 'Cancel tides.pdf' });
		await fireEvent.click(button);
		expect(cancel).not.toHaveBeenCalled();
		await fireEvent.click(button);
		expect(cancel).toHaveBeenCalledWith('job_9');
	});
});

describe('documents', () => {
	test('CH-05 a document’s line says its kind, language, pages and passages', () => {
		expect(factsOf(known)).toBe('PDF · German · 12 pages · 1,204 passages');
		expect(factsOf({ ...known, mediaType: 'text/plain', language: null, pages: null, passages: 1 })).toBe(
			'Text · 1 passage'
		);
	});

	test('CH-05 a document is deleted only after a question that says what goes with it', async () => {
		const remove = vi.fn();
		render(DocumentRow, { document: known, project: 'Sea', remove });
		await fireEvent.click(screen.getByRole('button', { name: 'Delete Tides' }));
		const dialog = await screen.findByRole('alertdialog');
		expect(dialog).toHaveTextContent('“Tides” and its file go.');
		expect(remove).not.toHaveBeenCalled();
		await fireEvent.click(within(dialog).getByRole('button', { name: 'Delete document' }));
		expect(remove).toHaveBeenCalledOnce();
	});

	test('CH-05 found passages lead to their places, with their score compared with the best', () => {
		const found = [
			{ ...passage(7), score: 0.04 },
			{ ...passage(2, { page: null, heading: null }), score: 0.01 }
		];
		const retrieval = { found, candidates: { lexical: 2, vector: null }, coverage: 1 };
		render(Found, { query: 'moon', retrieval, back: '/knowledge' });
		const [first, second] = rows();
		expect(within(first!).getByRole('link')).toHaveAttribute('href', '/knowledge/doc_1#p-7');
		expect(first).toHaveTextContent('page 1 · Causes');
		expect(first).toHaveTextContent('100 %');
		expect(second).toHaveTextContent('25 %');
		expect(screen.getByRole('heading')).toHaveTextContent('2 passages for “moon”, found by their words');
	});

	test('CH-05 a search without a match says so', () => {
		render(Found, {
			...{ query: 'moon', back: '/knowledge' },
			retrieval: { found: [], candidates: { lexical: 0, vector: 0 }, coverage: 0 }
		});
		expect(screen.getByRole('heading')).toHaveTextContent('Nothing in these documents speaks of “moon”.');
	});
});

describe('the text of a document', () => {
	test('CH-05 an address names a passage by its place, and nothing else does', () => {
		expect(['#p-0', '#p-12345'].map(ordinalOf)).toEqual([0, 12_345]);
		expect(['', '#p-', '#p-x', '#p-12345678', '#source-1', '#p-1"><b>'].map(ordinalOf)).toEqual(
			Array.from({ length: 6 }, () => null)
		);
	});

	test('CH-05 only what is looked at is loaded, each page of passages once', async () => {
		const asked: number[] = [];
		const pages = new PassagePages([passage(0)], (from) => {
			asked.push(from);
			return Promise.resolve([passage(from), passage(from + 1)]);
		});
		expect([pages.at(0)?.text, pages.at(5_001)]).toEqual(['Passage 0.', null]);
		await Promise.all([pages.want(5_001), pages.want(5_050), pages.want(50)]);
		expect(asked).toEqual([5_000]);
		expect(pages.at(5_001)?.text).toBe('Passage 5001.');
		expect(PAGE).toBe(100);
	});

	test('CH-09 a page that did not come is said, and comes when it is wanted again', async () => {
		let fails = true;
		const pages = new PassagePages([], (from) =>
			fails ? Promise.reject(new Error('Headway could not be reached.')) : Promise.resolve([passage(from)])
		);
		await pages.want(0);
		expect([pages.failure, pages.at(0)]).toEqual(['Headway could not be reached.', null]);
		fails = false;
		await pages.want(0);
		expect([pages.failure, pages.at(0)?.ordinal]).toEqual([null, 0]);
	});

	test('CH-05 a page and a heading are marked where they begin, and the named passage is marked', () => {
		const before = passage(3, { page: 2 });
		const { rerender } = render(PassageText, { passage: passage(4, { page: 3 }), before, marked: true });
		expect(document.querySelector('[data-page="3"]')).toHaveTextContent('Page 3');
		expect(screen.queryByRole('heading')).toBeNull();
		expect(document.querySelector('#p-4')).toHaveAttribute('aria-current', 'location');
		return rerender({
			passage: passage(5, { page: 3, heading: 'Effects' }),
			before: passage(4, { page: 3 }),
			marked: false
		}).then(() => {
			expect(document.querySelector('[data-page]')).toBeNull();
			expect(screen.getByRole('heading')).toHaveTextContent('Effects');
			expect(document.querySelector('[aria-current]')).toBeNull();
		});
	});

	test('CH-08 markup in a document is text: nothing of it becomes an element or is loaded', () => {
		const text = '<img src="https://evil.example/x"><script>alert(1)</script>\n![x](https://evil.example/y)';
		render(PassageText, { passage: passage(0, { text, heading: '<b>H</b>' }), before: null, marked: false });
		expect(document.querySelector('img, script, b')).toBeNull();
		expect(document.querySelector('#p-0')).toHaveTextContent('<img src="https://evil.example/x">');
	});
});
