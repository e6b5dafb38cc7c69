import { fireEvent, render, screen, waitFor } from '@testing-library/svelte';
import { tick } from 'svelte';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { ChatFiles } from '../../../src/lib/client/chat-files.svelte.ts';
import type { Jobs } from '../../../src/lib/client/jobs.svelte.ts';
import { LiveJob, type JobCommands } from '../../../src/lib/client/live-job.svelte.ts';
import { ServerClock } from '../../../src/lib/client/server-clock.svelte.ts';
import type { upload } from '../../../src/lib/client/upload.ts';
import { RunChoices } from '../../../src/lib/components/run-choices.svelte.ts';
import type { JobEvent } from '../../../src/lib/jobs/event.ts';
import { emptySnapshot } from '../../../src/lib/jobs/snapshot.ts';
import { ingest } from '../../../src/lib/operations/ingest/model.ts';
import Composer from '../../../src/routes/chat/Composer.svelte';
import { START, type Told } from '../../support/snapshot.ts';

afterEach(() => localStorage.clear());

/** Jobs that only ingest, in the test's hands. */
class FakeIngesting {
	readonly inputs: unknown[] = [];
	job: LiveJob | null = null;

	asJobs(): Jobs {
		const start = async (_operation: string, input: unknown) => {
			this.inputs.push(input);
			return emptySnapshot({
				...{ id: 'job_i', operation: 'ingest', title: 'notes', input, options: {}, createdAt: START, logEpoch: 'e1' },
				...{ phases: ingest.phases, state: ingest.state() }
			});
		};
		const follow = (snapshot: Awaited<ReturnType<typeof start>>) =>
			(this.job = new LiveJob(snapshot, new ServerClock(START), {
				release: () => undefined
			} as unknown as JobCommands));
		return { start, follow } as unknown as Jobs;
	}

	tell(...told: Told[]): void {
		const job = this.job!;
		const { seq } = job;
		job.take(
			told.map(([type, data], place) => ({ jobId: job.id, seq: seq + place + 1, at: START, type, data }) as JobEvent)
		);
	}
}

const stored = (name: string, mediaType: string) => ({ fileId: `f_${name}`, name, mediaType, size: 3, url: '' });
const sends = (mediaType: string) =>
	vi.fn(async (file: File) => stored(file.name, mediaType)) as unknown as typeof upload;
const file = (name: string, text = 'abc') => new File([text], name);
const field = () => screen.getByRole('textbox', { name: 'Message' }) as HTMLTextAreaElement;

function compose(facts: object = {}) {
	const props = {
		...{
			conversation: 'job_1',
			projectId: null,
			choices: new RunChoices(),
			files: new ChatFiles(new FakeIngesting().asJobs(), sends('text/csv'))
		},
		...{ busy: false, stopping: false, disabledReason: null, failure: null },
		...{ send: vi.fn(async () => true), stop: vi.fn() },
		...facts
	};
	return { ...render(Composer, props), props };
}
const type = (value: string) => fireEvent.input(field(), { target: { value } });
const enter = (init: object = {}) => fireEvent.keyDown(field(), { key: 'Enter', ...init });

describe('the composer', () => {
	test('CH-02 Enter sends, Shift+Enter does not, and the field is empty at once', async () => {
		const { props } = compose();
		await type('How high?');
		await enter({ shiftKey: true });
		expect(props.send).not.toHaveBeenCalled();
		await enter();
		expect(props.send).toHaveBeenCalledWith('How high?', []);
		expect(field().value).toBe('');
	});

	test('CH-02 the Enter that ends an input method’s composition sends nothing', async () => {
		const { props } = compose();
		await type('こんにちは');
		await enter({ isComposing: true });
		await enter({ keyCode: 229 });
		expect(props.send).not.toHaveBeenCalled();
		await enter();
		expect(props.send).toHaveBeenCalledTimes(1);
	});

	test('CH-02 Send is Stop while an answer streams; the field takes words, and they wait', async () => {
		const { props, rerender } = compose({ busy: true });
		expect(screen.queryByRole('button', { name: 'Send' })).toBeNull();
		await type('next');
		await enter();
		expect(props.send).not.toHaveBeenCalled();
		expect(screen.getByText('Wait for the answer, or stop it with Escape.')).toBeInTheDocument();
		await fireEvent.click(screen.getByRole('button', { name: 'Stop' }));
		expect(props.stop).toHaveBeenCalledTimes(1);
		await rerender({ ...props, stopping: true });
		expect(screen.getByRole('button', { name: 'Stopping…' })).toHaveAttribute('aria-disabled', 'true');
		await rerender({ ...props, busy: false });
		expect(field().value).toBe('next');
		expect(screen.getByRole('button', { name: 'Send' })).toHaveAttribute('aria-disabled', 'false');
	});

	test('CH-09 a message that did not go is in the field again, with what was typed meanwhile', async () => {
		const gone = Promise.withResolvers<boolean>();
		compose({ send: () => gone.promise });
		await type('first');
		await enter();
		await type('second');
		gone.resolve(false);
		await waitFor(() => expect(field().value).toBe('first\nsecond'));
		expect(localStorage.getItem('headway-draft-job_1')).toBe('first\nsecond');
	});

	test('CH-09 what was typed is kept over a reload, for its own conversation, until it is sent', async () => {
		const first = compose();
		await type('half a thought');
		first.unmount();
		const other = compose({ conversation: 'job_2' });
		await tick();
		expect(field().value).toBe('');
		other.unmount();
		compose();
		await waitFor(() => expect(field().value).toBe('half a thought'));
		await enter();
		await waitFor(() => expect(localStorage.getItem('headway-draft-job_1')).toBeNull());
	});

	test('CH-08 an empty message and an enormous one are refused in words, and nothing is lost', async () => {
		const { props } = compose();
		await type('   ');
		await enter();
		expect(screen.getByText('Write a message first.')).toBeInTheDocument();
		await type('x'.repeat(100_001));
		await enter();
		expect(screen.getByText(/at most 100,000 characters: 1 less, or add it as a document/)).toBeInTheDocument();
		expect(props.send).not.toHaveBeenCalled();
		expect(field().value).toHaveLength(100_001);
	});

	test('CH-05 a table goes with the message', async () => {
		const { props } = compose();
		await fireEvent.change(screen.getByLabelText('Add documents or tables'), {
			target: { files: [file('sales.csv')] }
		});
		await waitFor(() => expect(document.querySelector('[data-file=ready]')).not.toBeNull());
		await type('Sum it up');
		await enter();
		expect(props.send).toHaveBeenCalledWith('Sum it up', [{ fileId: 'f_sales.csv', name: 'sales.csv' }]);
		await waitFor(() => expect(document.querySelector('[data-file]')).toBeNull());
	});

	test('CH-05 a pasted document is read into the knowledge base, and the message waits for it', async () => {
		const ingesting = new FakeIngesting();
		const { props } = compose({ files: new ChatFiles(ingesting.asJobs(), sends('text/markdown')), projectId: 'p1' });
		await fireEvent.paste(field(), { clipboardData: { files: [file('notes.md')] } });
		await waitFor(() => expect(screen.getByText('Reading, 0 %')).toBeInTheDocument());
		expect(ingesting.inputs).toEqual([{ fileId: 'f_notes.md', name: 'notes.md', projectId: 'p1' }]);
		await type('What does it say?');
		await enter();
		expect(props.send).not.toHaveBeenCalled();
		expect(screen.getByText('Documents are still being read.')).toBeInTheDocument();
		ingesting.tell(
			['queued', { operation: 'ingest', title: 'notes', retryOf: null }],
			['started', { epoch: 1, provider: null, model: null, adopted: false }],
			['done', { result: {}, resultAvailable: true, cost: { usd: 0, known: true }, usage: null }]
		);
		await waitFor(() => expect(screen.getByText('In your knowledge base')).toBeInTheDocument());
		await enter();
		expect(props.send).toHaveBeenCalledWith('What does it say?', []);
	});

	test('CH-05 a file that cannot be used says why, and does not hold up the message', async () => {
		const { props } = compose();
		const big = file('big.pdf');
		Object.defineProperty(big, 'size', { value: 50_000_001 });
		await fireEvent.drop(document.querySelector('[data-composer]')!, {
			dataTransfer: { files: [file('empty.txt', ''), big] }
		});
		expect(await screen.findByText('The file is empty.')).toBeInTheDocument();
		expect(screen.getByText('A document may have at most 50 MB.')).toBeInTheDocument();
		await type('Anyway');
		await enter();
		expect(props.send).toHaveBeenCalledWith('Anyway', []);
	});

	test('CH-05 how much of a file has been sent shows, and one that is taken away is not sent on', async () => {
		let signal: AbortSignal | null = null;
		const slow = ((_file: File, watch: { onProgress: (fraction: number) => void; signal: AbortSignal }) => {
			signal = watch.signal;
			watch.onProgress(0.42);
			return new Promise(() => undefined);
		}) as typeof upload;
		compose({ files: new ChatFiles(new FakeIngesting().asJobs(), slow) });
		await fireEvent.change(screen.getByLabelText('Add documents or tables'), { target: { files: [file('notes.md')] } });
		expect(await screen.findByRole('progressbar', { name: 'Sending notes.md' })).toHaveAttribute('aria-valuenow', '42');
		await fireEvent.click(screen.getByRole('button', { name: 'Remove notes.md' }));
		expect(signal!.aborted).toBe(true);
		expect(document.querySelector('[data-file]')).toBeNull();
	});

	test('TS-01 the next answer can be had from another model and provider; Enter there sends nothing', async () => {
		const option = (id: string) => ({
			id,
			label: id,
			models: { text: `${id}-writes`, images: '' },
			can: { images: false }
		});
		const { props } = compose({ providers: [option('openai'), option('xai')] });
		await type('How high?');
		await fireEvent.click(screen.getByRole('button', { name: 'Model and settings' }));
		await fireEvent.change(screen.getByLabelText('Provider'), { target: { value: 'xai' } });
		expect(screen.getByLabelText('Model')).toHaveAttribute('placeholder', 'xai-writes');
		await fireEvent.input(screen.getByLabelText('Model'), { target: { value: 'grok-small' } });
		await fireEvent.keyDown(screen.getByLabelText('Model'), { key: 'Enter' });
		expect(props.send).not.toHaveBeenCalled();
		expect(props.choices.input).toEqual({ provider: 'xai', model: 'grok-small' });
		expect(screen.queryByLabelText('Model')).toBeNull();
		expect(screen.getByRole('button', { name: 'Model and settings: grok-small' })).toHaveAttribute(
			'aria-expanded',
			'false'
		);
		expect(field()).toHaveFocus();
	});

	test('CH-02 BY-11 Stop gives the focus back to the field before it goes', async () => {
		const { props } = compose({ busy: true });
		screen.getByRole('button', { name: 'Stop' }).focus();
		await fireEvent.click(screen.getByRole('button', { name: 'Stop' }));
		expect(props.stop).toHaveBeenCalledTimes(1);
		expect(field()).toHaveFocus();
	});
});
